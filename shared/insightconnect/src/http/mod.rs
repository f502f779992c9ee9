//! The plugin as a server: the routes, status codes and answers of the plugin contract.

mod args;
mod details;
mod routes;
mod serve;
mod server;
mod steps;

pub(crate) use args::{Args, known};
pub(crate) use serve::serve;
