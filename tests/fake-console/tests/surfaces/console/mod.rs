//! The console, rule by rule.

mod auth;
mod catalog;
pub(crate) mod client;
mod create;
mod faults;
mod grants;
mod guide;
mod maintenance;
mod replace;
mod seeds;
mod site_users;
mod users;
