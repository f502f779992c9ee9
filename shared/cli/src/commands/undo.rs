//! `r7user undo`: what a run did, taken back from the record that it left.

use std::path::PathBuf;

use actions::{Entry, Error, ErrorKind, History, PastRun};
use clap::parser::ValueSource;
use clap::{Arg, ArgAction, ArgMatches, Command};
use rapid7::printable;
use serde_json::{Map, Value};

use super::history::{read, records};
use crate::arguments::{from_record, in_flags, quoted};
use crate::interrupt::Interrupt;
use crate::out::say;
use crate::output::Form;
use crate::render::{Page, run_line};
use crate::run::{Asked, carry_out};
use crate::{profile, render, via_lambda};

const NAME: &str = "undo";

/// The subcommand.
pub(crate) fn command() -> Command {
    let text = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name.replace('_', "-"))
            .value_name(value)
            .help(help)
    };
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .long(name.replace('_', "-"))
            .help(help)
            .action(ArgAction::SetTrue)
    };
    Command::new(NAME)
        .about("Undo what a run did to an account, from its audit record")
        .after_help(
            "Without an ID, it is the newest run that changed something. What can't be undone with it, such as a \
             password, is said before the plan.\n\nExample:\n  r7user undo\n  r7user undo cli-1767323045000000-4711 \
             --dry-run",
        )
        .arg(
            Arg::new("id")
                .value_name("ID")
                .help("ID of the run, as `r7user history` shows it"),
        )
        .arg(switch("dry_run", "Dry run: read and plan, but write nothing"))
        .arg(switch(
            "accept_loss_of_privileges",
            "Accept that the account loses permissions of its own, which nothing can restore",
        ))
        .arg(text("ticket", "TEXT", "Ticket for this request"))
        .arg(text("requested_by", "TEXT", "Who asked for this"))
        .arg(text(
            "console",
            "NAME",
            "Name of the console, if its address does not identify it",
        ))
}

/// Takes a run back; `None` if the person said no.
pub(crate) async fn run(
    arguments: &ArgMatches,
    form: Form,
    interrupt: &Interrupt,
) -> actions::Result<Option<Value>> {
    let newest = records(arguments)?;
    let records = read(&newest);
    let history = History::of(&records);
    let id = arguments.get_one::<String>("id");
    let undone = match id {
        Some(id) => named(&history, id, &newest.place, newest.left_out > 0, arguments)?,
        None => history.last_to_undo().ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!(
                    "no run in {} changed anything that can be taken back",
                    newest.place
                ),
            )
            .next("r7user history shows all runs; r7user undo ID takes back any of them")
        })?,
    };
    let operation = undone.undone_by().map_err(|why| {
        let message = format!("this run can't be taken back: {why}");
        let mut error = Error::new(ErrorKind::Refused, message)
            .next("r7user history shows other runs; r7user undo ID takes back one of them");
        error.subject = Some(run_line(undone));
        error
    })?;
    let entry = actions::ALL.iter();
    let entry = entry.filter(|entry| takes_record(entry));
    let entry = entry
        .into_iter()
        .find(|entry| entry.operation.spec.name == operation);
    let (Some(entry), Some(record)) = (entry, history.record(undone)) else {
        return Err(Error::invalid_input(
            "ID",
            "expected a run whose record names an operation that takes it back",
        ));
    };
    let warnings = warnings(undone, &history.later_on_account(undone));
    // Errors are one JSON document, and nothing before it.
    if !form.errors_in_json() {
        let page = Page::of_stderr();
        say(page.wrapped(&told(undone), "  "));
        for warning in &warnings {
            say(render::warning(warning, page));
        }
    }
    let mut input = Map::new();
    input.insert(
        "record".into(),
        from_record("record", "ID", &newest.place, record)?,
    );
    for flag in ["dry_run", "accept_loss_of_privileges"] {
        if arguments.get_flag(flag) && entry.operation.members().contains(&flag) {
            input.insert(flag.into(), true.into());
        }
    }
    for member in ["ticket", "requested_by", "console"] {
        if let Some(text) = arguments.get_one::<String>(member)
            && entry.operation.members().contains(&member)
        {
            input.insert(member.into(), text.clone().into());
        }
    }
    // The function has the records of its own; this file is only what was read.
    let mut arguments = arguments.clone();
    if via_lambda::stack(&arguments, profile::chosen(&arguments)?.as_ref()).is_some() {
        arguments.remove_one::<PathBuf>("audit_file");
    }
    let asked = Asked {
        whom: None,
        always_asks: true,
    };
    let result = carry_out(entry, &arguments, input, asked, form, interrupt).await;
    let mut answer = result.map_err(|error| in_words_of_undo(entry, error))?;
    if form.errors_in_json()
        && let Some(told) = answer
            .as_mut()
            .and_then(|answer| answer.get_mut("warnings"))
        && let Some(told) = told.as_array_mut()
    {
        told.extend(warnings.into_iter().map(Value::from));
    }
    Ok(answer)
}

/// An error in flags. The record is none that was typed.
fn in_words_of_undo(entry: &Entry, error: Error) -> Error {
    let mut error = in_flags(entry, error);
    error.message = error.message.replace("`--record-file`", "the record");
    error
}

fn takes_record(entry: &Entry) -> bool {
    entry.operation.members().contains(&"record")
}

fn named<'h>(
    history: &'h History<'_>,
    id: &str,
    place: &str,
    has_older: bool,
    arguments: &ArgMatches,
) -> actions::Result<&'h PastRun> {
    match history.find(id).as_slice() {
        [run] => Ok(*run),
        [] => {
            let next = match has_older {
                true => format!(
                    "if it is older: grep -F {} {} > records.jsonl, then r7user undo {} --audit-file records.jsonl",
                    quoted(id.split_once('/').map_or(id, |(request, _)| request)),
                    quoted(place),
                    quoted(id)
                ),
                false => "r7user history shows those that there are".to_owned(),
            };
            let message = format!("{place} has no run {}", printable(id));
            Err(Error::new(ErrorKind::NotFound, message).next(next))
        }
        several => {
            let mut lines: Vec<String> = several
                .iter()
                .take(NAMED)
                .map(|run| format!("\n  {}", run_line(run)))
                .collect();
            if several.len() > NAMED {
                let more = several.len() - NAMED;
                lines.push(format!(
                    "\n  and {more} more: r7user history --limit {}",
                    several.len()
                ));
            }
            let message = format!(
                "{} is about {} accounts, and one is taken back at a time:{}",
                printable(id),
                several.len(),
                lines.concat()
            );
            let next = format!(
                "r7user undo {}{}",
                quoted(&several[0].id),
                options(arguments)
            );
            Err(Error::new(ErrorKind::Ambiguous, message).next(next))
        }
    }
}

/// What is taken back.
fn told(run: &PastRun) -> String {
    let who = run
        .requested_by
        .as_deref()
        .map(|who| format!(" by {}", printable(who)));
    let ticket = run
        .ticket
        .as_deref()
        .map(|ticket| format!(", ticket {}", printable(ticket)));
    format!(
        "Taking back {} of {} on {}: {}{}{}, {}",
        printable(&run.operation),
        run.whom(),
        printable(&run.target),
        render::local_time(&run.at),
        who.unwrap_or_default(),
        ticket.unwrap_or_default(),
        printable(&run.id),
    )
}

/// What a person should know before it is: what stays as it is, and what else is taken back with it.
fn warnings(run: &PastRun, later: &[&PastRun]) -> Vec<String> {
    let stays = (!run.stays.is_empty()).then(|| format!("not undone: {}", run.stays.join("; ")));
    let lines: Vec<String> = later.iter().map(|run| run_line(run)).collect();
    let with = (!lines.is_empty()).then(|| {
        format!(
            "the account goes back to how it was before that run, so what these runs did to it since is undone, too: {}",
            lines.join(", ")
        )
    });
    stays.into_iter().chain(with).collect()
}

/// So many runs are named where one has to be chosen.
const NAMED: usize = 10;

/// The options that decide which records are read and which consoles are known, as they were typed.
fn options(arguments: &ArgMatches) -> String {
    let typed = |name: &str| arguments.value_source(name) == Some(ValueSource::CommandLine);
    let mut options = String::new();
    if let Some(name) = profile::named(arguments).filter(|_| typed("profile")) {
        options.push_str(&format!(" --profile {}", quoted(name)));
    }
    if let Some(file) = arguments
        .get_one::<PathBuf>("audit_file")
        .filter(|_| typed("audit_file"))
    {
        options.push_str(&format!(
            " --audit-file {}",
            quoted(&file.to_string_lossy())
        ));
    }
    options
}

/// How what an answer tells of is taken back.
pub(crate) fn how(answer: &Value, arguments: &ArgMatches) -> Option<String> {
    let surfaces = answer["surfaces"].as_array().into_iter().flatten();
    let of_surfaces = surfaces.map(|surface| &surface["record"]);
    let records = std::iter::once(&answer["record"]).chain(of_surfaces);
    let records: Vec<&Value> = records.filter(|record| record.is_object()).collect();
    let id = records
        .first()
        .and_then(|record| record["request_id"].as_str());
    let id = id.map(quoted);
    let profile = profile::chosen(arguments).ok().flatten();
    if let Some(stack) = via_lambda::stack(arguments, profile.as_ref()) {
        let id = id?;
        return Some(format!(
            "Undo: save the record from the log group /aws/lambda/{stack}-{} as FILE (the line with \
             \"audit\":\"before\" and {id}; with --json, an answer has it as `record`), then r7user \
             --via-lambda {stack} {} --record-file FILE",
            answer["operation"].as_str().unwrap_or_default(),
            records[0]["record"]["undo"]["by"]
                .as_str()
                .unwrap_or("restore-user"),
        ));
    }
    let file = options(arguments);
    match (id, records.len()) {
        (Some(id), 1) => Some(format!("Undo: r7user undo {id}{file}")),
        (Some(id), _) => Some(format!(
            "Undo, an account at a time: r7user undo {id}{file} lists them"
        )),
        (None, _) if answer["rows"].is_array() && answer["changed"] == true => Some(format!(
            "Undo, an account at a time: r7user history{file} lists them, r7user undo ID{file}"
        )),
        (None, _) => None,
    }
}
