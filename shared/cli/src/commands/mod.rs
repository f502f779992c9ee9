//! Commands that are no operations.

mod completions;

use std::process::ExitCode;

use clap::{ArgMatches, Command};

/// Every one of them, in the order in which help lists them.
pub(crate) fn all() -> Vec<Command> {
    vec![completions::command()]
}

/// Runs the command of that name, if it is one of these. `program` is all that there is to type.
pub(crate) fn run(
    name: &str,
    arguments: &ArgMatches,
    program: fn() -> Command,
) -> Option<ExitCode> {
    match name {
        completions::NAME => Some(completions::run(arguments, &mut program())),
        _ => None,
    }
}
