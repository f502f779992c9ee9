//! `r7user history`: what the audit file tells of past runs.

use actions::{AuditRecords, Error, History, PastRun, RunOutcome};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use crate::audit_file::{AppendedFile, Newest};
use crate::out::say;
use crate::render::Page;
use crate::{profile, render, via_lambda};

pub(super) const NAME: &str = "history";

/// The subcommand.
pub(crate) fn command() -> Command {
    let operations = actions::ALL.iter().map(|entry| entry.operation.spec.name);
    Command::new(NAME)
        .about("Show past runs from the audit file, unfinished ones first, then the newest")
        .after_help(
            "Example:\n  r7user history --login jdoe\n  r7user history --json | jq '.runs[] | select(.error)'",
        )
        .arg(
            Arg::new("limit")
                .long("limit")
                .value_name("NUMBER")
                .help("Maximum number of runs to show")
                .default_value("20")
                .value_parser(value_parser!(u32).range(1..)),
        )
        .arg(
            Arg::new("login")
                .long("login")
                .value_name("TEXT")
                .help("Only runs on accounts with this login or email address"),
        )
        .arg(
            Arg::new("operation")
                .long("operation")
                .value_name("OPERATION")
                .hide_possible_values(true)
                .value_parser(PossibleValuesParser::new(operations))
                .help("Only runs of this operation"),
        )
        .arg(
            Arg::new("unfinished")
                .long("unfinished")
                .action(ArgAction::SetTrue)
                .help("Only runs without a record of how they ended"),
        )
}

/// The past runs that are asked for, as an answer.
pub(crate) fn run(arguments: &ArgMatches) -> actions::Result<Value> {
    let newest = records(arguments)?;
    let records = read(&newest);
    let history = History::of(&records);
    let login = arguments.get_one::<String>("login");
    let operation = arguments.get_one::<String>("operation");
    let fits = |run: &&PastRun| {
        let has = |text: &Option<String>, wanted: &str| {
            text.as_ref()
                .is_some_and(|text| text.to_lowercase() == wanted.to_lowercase())
        };
        login.is_none_or(|login| has(&run.login, login) || has(&run.email, login))
            && operation.is_none_or(|operation| run.operation == *operation)
            && (!arguments.get_flag("unfinished") || run.outcome == RunOutcome::Unfinished)
    };
    let runs: Vec<&PastRun> = history.for_people().into_iter().filter(fits).collect();
    let limit = arguments.get_one::<u32>("limit").copied().unwrap_or(20);
    let shown: Vec<&PastRun> = runs.iter().copied().take(limit as usize).collect();
    Ok(json!({
        "count": shown.len(), "of": runs.len(), "file": newest.place, "runs": shown,
    }))
}

/// The newest records of the audit file.
pub(super) fn records(arguments: &ArgMatches) -> actions::Result<Newest> {
    let named =
        arguments.value_source("audit_file") == Some(clap::parser::ValueSource::CommandLine);
    if via_lambda::stack(arguments, profile::chosen(arguments)?.as_ref()).is_some() && !named {
        return Err(Error::invalid_input(
            "--audit-file",
            "required with --via-lambda: the function writes the audit records into its own log group, so name \
             a file into which you saved them",
        ));
    }
    AppendedFile::of(arguments)?.newest(arguments.contains_id("audit_file"))
}

/// Puts the records together. What can't be read is told and passed over.
pub(super) fn read(newest: &Newest) -> AuditRecords<'_> {
    let records = AuditRecords::read(&newest.text);
    let place = &newest.place;
    let warn = |text: String| say(render::warning(&text, Page::of_stderr()));
    if newest.left_out > 0 {
        let megabytes = newest.left_out.div_ceil(1 << 20);
        warn(format!(
            "{place} is large: its oldest {megabytes} MB were not read"
        ));
    }
    match (records.broken(), newest.left_out) {
        ([], _) => {}
        ([line], 0) => warn(format!(
            "{place}: line {line} can't be read and was passed over"
        )),
        ([first, ..], 0) => warn(format!(
            "{place}: {} lines can't be read and were passed over; the first is line {first}",
            records.broken().len()
        )),
        (broken, _) => warn(format!(
            "{place}: lines that can't be read were passed over: {}",
            broken.len()
        )),
    }
    records
}
