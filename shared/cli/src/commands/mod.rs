//! The commands that are no operations.

pub(crate) mod history;
pub(crate) mod undo;

use clap::ArgMatches;
use serde_json::Value;

use crate::interrupt::Interrupt;

/// Runs one of them, by its name, that answers as an operation does; `None` if the person said no.
pub(crate) async fn run(
    name: &str,
    arguments: &ArgMatches,
    as_json: bool,
    interrupt: &Interrupt,
) -> actions::Result<Option<Value>> {
    match name {
        "history" => history::run(arguments).map(Some),
        _ => undo::run(arguments, as_json, interrupt).await,
    }
}
