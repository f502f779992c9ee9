//! The platform, rule by rule.

mod auth;
mod catalog;
mod client;
mod faults;
mod gateway;
mod seeds;
mod users;
mod vm_users;
