//! Commands that are no operations.

mod completions;
mod config;
mod history;
mod init;
pub(crate) mod undo;

use std::process::ExitCode;

use clap::{ArgMatches, Command};
use serde_json::Value;

use crate::interrupt::Interrupt;
use crate::output::Form;

/// Every one of them, in the order in which help lists them.
pub(crate) fn all() -> Vec<Command> {
    vec![
        init::command(),
        config::command(),
        history::command(),
        undo::command(),
        completions::command(),
    ]
}

/// Runs the command of that name, if it is one that answers in its own way. `program` is all that there is to type.
pub(crate) fn run(
    name: &str,
    arguments: &ArgMatches,
    form: Form,
    program: fn() -> Command,
) -> Option<ExitCode> {
    match name {
        init::NAME => Some(init::run(arguments, form)),
        config::NAME => Some(config::run(arguments, form)),
        completions::NAME => Some(completions::run(arguments, &mut program())),
        _ => None,
    }
}

/// Runs one that answers as an operation does; `None` if the person said no.
pub(crate) async fn answer(
    name: &str,
    arguments: &ArgMatches,
    form: Form,
    interrupt: &Interrupt,
) -> actions::Result<Option<Value>> {
    match name {
        history::NAME => history::run(arguments).map(Some),
        _ => undo::run(arguments, form, interrupt).await,
    }
}
