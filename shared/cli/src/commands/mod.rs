//! Commands that are no operations.

mod completions;
mod config;
mod init;

use std::process::ExitCode;

use clap::{ArgMatches, Command};

use crate::output::Form;

/// Every one of them, in the order in which help lists them.
pub(crate) fn all() -> Vec<Command> {
    vec![init::command(), config::command(), completions::command()]
}

/// Runs the command of that name, if it is one of these. `program` is all that there is to type.
pub(crate) fn run(
    name: &str,
    arguments: &ArgMatches,
    form: Form,
    program: fn() -> Command,
) -> Option<ExitCode> {
    match name {
        init::NAME => Some(init::run(arguments)),
        config::NAME => Some(config::run(arguments, form)),
        completions::NAME => Some(completions::run(arguments, &mut program())),
        _ => None,
    }
}
