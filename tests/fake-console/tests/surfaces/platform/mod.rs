//! Drives the fake platform over real connections and proves the rules that it claims to follow.

mod auth;
mod catalog;
mod client;
mod faults;
mod gateway;
mod seeds;
mod tls;
mod users;
mod vm_users;
