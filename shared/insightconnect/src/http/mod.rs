//! The plugin as a server: the routes, status codes and answers of the plugin contract.

mod args;
mod body;
mod connection;
mod details;
mod limits;
mod problem;
mod routes;
mod serve;
mod server;
mod steps;
#[cfg(test)]
mod tests;

pub(crate) use args::{Args, known};
pub(crate) use limits::LARGEST_MESSAGE;
pub(crate) use serve::serve;
