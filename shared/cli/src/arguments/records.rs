//! The audit record to restore from, out of a file that may have others too.

use actions::{AuditRecords, Error, History, NotOne, PastRun, RecordText};
use clap::Arg;
use rapid7::printable;
use serde_json::Value;

use super::members::quoted;
use super::read::json;
use crate::out::say;
use crate::render;

pub(super) const REQUEST_ID: &str = "request_id";

/// So many records are named where one has to be chosen.
const NAMED: usize = 5;

/// The argument that says which record is meant.
pub(super) fn argument() -> Arg {
    Arg::new(REQUEST_ID)
        .long("request-id")
        .value_name("ID")
        .help("ID of the run, as `r7user history` shows it, if the file has several records")
        .help_heading("Input")
        .display_order(1)
}

/// Where a record is looked for.
pub(super) struct Place<'a> {
    /// The operation that takes it.
    pub(super) operation: &'a str,
    /// Of which surface's accounts.
    pub(super) surface: &'a str,
    /// The argument that names the file.
    pub(super) argument: &'a str,
    /// The file as it was typed.
    pub(super) file: &'a str,
    /// The same for people.
    pub(super) shown: &'a str,
}

/// The record in a text. What can't be read of it is told and passed over.
pub(super) fn chosen(
    name: &str,
    place: &Place<'_>,
    text: &str,
    id: Option<&str>,
) -> actions::Result<Value> {
    let Place {
        argument, shown, ..
    } = place;
    let records = AuditRecords::read(text);
    if records.is_empty() {
        return json(name, argument, shown, text);
    }
    for line in records.broken() {
        let broken = format!("{shown}: line {line} can't be read and was passed over");
        say(render::warning(&broken, render::Page::of_stderr()));
    }
    let history = History::of(&records);
    let run = history.to_restore_from(id, place.surface);
    let run = run.map_err(|why| not_one(place, &why, id, records.iter().count()))?;
    match history.record(run) {
        Some(record) => from_record(name, argument, shown, record),
        None => json(name, argument, shown, text),
    }
}

/// A record as it was written, with nothing in it twice.
pub(crate) fn from_record(
    name: &str,
    argument: &str,
    shown: &str,
    record: RecordText<'_>,
) -> actions::Result<Value> {
    let document = json(name, argument, shown, record.document)?;
    Ok(document.pointer(record.within).cloned().unwrap_or_default())
}

fn not_one(place: &Place<'_>, why: &NotOne<'_>, id: Option<&str>, records: usize) -> Error {
    let Place {
        shown, argument, ..
    } = place;
    let wrong = |expected: &str| Error::invalid_input(argument, &format!("{shown}: {expected}"));
    match why {
        NotOne::None => wrong(&format!(
            "expected a record with \"audit\": \"before\" of an account on a {}, and there is none among \
             {records}",
            place.surface
        )),
        NotOne::Unknown => Error::invalid_input(
            "--request-id",
            &format!(
                "{shown} has no record of {} from before a change of an account on a {}",
                printable(id.unwrap_or_default()),
                place.surface
            ),
        )
        .next("r7user history shows the IDs of an audit file"),
        NotOne::Several(runs) => {
            let newest: Vec<String> = runs
                .iter()
                .rev()
                .take(NAMED)
                .map(|run| listed(run))
                .collect();
            let which = match runs.len() > NAMED {
                true => "the newest are",
                false => "the newest first",
            };
            let command = format!(
                "r7user {} --record-file {} --request-id {}",
                place.operation,
                quoted(place.file),
                quoted(&runs[runs.len() - 1].id)
            );
            wrong(&format!(
                "there are {} records: choose one ({which}):{}",
                runs.len(),
                newest.concat()
            ))
            .next(command)
        }
    }
}

fn listed(run: &PastRun) -> String {
    format!(
        "\n  {} {}",
        render::local_time(&run.at),
        render::run_line(run)
    )
}
