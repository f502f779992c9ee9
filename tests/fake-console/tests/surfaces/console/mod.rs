//! Drives the fake over real connections and proves the rules that it claims to follow.

mod auth;
mod catalog;
mod client;
mod create;
mod faults;
mod grants;
mod guide;
mod maintenance;
mod replace;
mod seeds;
mod site_users;
mod tls;
mod users;
