//! Commands that are no operations.

mod config;
mod init;

use std::process::ExitCode;

use clap::{ArgMatches, Command};

/// Every one of them, in the order in which help lists them.
pub(crate) fn all() -> Vec<Command> {
    vec![init::command(), config::command()]
}

/// Runs the command of that name, if it is one of these.
pub(crate) fn run(name: &str, arguments: &ArgMatches) -> Option<ExitCode> {
    match name {
        init::NAME => Some(init::run(arguments)),
        config::NAME => Some(config::run(arguments)),
        _ => None,
    }
}
