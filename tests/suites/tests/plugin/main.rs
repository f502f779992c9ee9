//! The InsightConnect plugin: the program, its folder and its package.

mod actions;
mod connection;
mod logins;
mod messages;
mod package;
mod server;
mod signals;
mod task;
mod validators;
mod vendor_actions;
mod vendor_runtime;
mod workflows;
