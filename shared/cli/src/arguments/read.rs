//! From a command line's arguments to an operation's input.

use std::io::{self, IsTerminal as _};
use std::path::{Path, PathBuf};

use actions::{AccountPick, Entry, Error, strict_json, typed_whole};
use clap::ArgMatches;
use serde_json::{Map, Value, json};
use services::files;

use super::command::command;
use super::members::{CLEAR, Item, Kind, Member, REPORT, RESUME, long, members};
use super::records::{self, Place, REQUEST_ID};

/// What a file may hold, a record or a list of people, or the report of an earlier run: a row of it is a
/// kilobyte or two.
pub(crate) const LARGEST_FILE: usize = 64 << 20;

fn cleared(matches: &ArgMatches) -> Vec<String> {
    let names = matches.try_get_many::<String>(CLEAR).ok().flatten();
    names.into_iter().flatten().cloned().collect()
}

/// Whether the argument is there by itself and not by default.
fn given(matches: &ArgMatches, name: &str) -> bool {
    matches.try_contains_id(name).unwrap_or(false)
        && matches.value_source(name) == Some(clap::parser::ValueSource::CommandLine)
}

/// The operation's input, out of its subcommand's arguments.
pub(crate) fn input(entry: &Entry, matches: &ArgMatches) -> actions::Result<Map<String, Value>> {
    let mut input = Map::new();
    let cleared = cleared(matches);
    for Member { name, kind, .. } in members(entry) {
        if cleared.contains(&long(&name)) {
            input.insert(name, Value::Null);
            continue;
        }
        if !given(matches, &name) {
            continue;
        }
        let value = match kind {
            Kind::Flag => Some(Value::Bool(true)),
            Kind::Boolean => matches.get_one::<bool>(&name).copied().map(Value::from),
            Kind::One(Item::Choice(_)) => {
                matches.get_one::<String>(&name).cloned().map(Value::from)
            }
            Kind::One(_) => matches.get_one::<Value>(&name).cloned(),
            Kind::List(_) => {
                let lists = matches.get_many::<Vec<Value>>(&name);
                lists.map(|lists| lists.flatten().cloned().collect())
            }
            Kind::TextOfDocument | Kind::Report => None,
            Kind::Document { text } => match matches.get_one::<PathBuf>(&name) {
                Some(path) => match (document(&name, path, text.is_some())?, text) {
                    (Value::String(written), Some(text)) => {
                        input.insert(text, written.into());
                        None
                    }
                    (document, _) => Some(document),
                },
                None => None,
            },
            Kind::Accounts => match matches.get_one::<PathBuf>(&name) {
                Some(path) => Some(accounts(&name, path)?),
                None => None,
            },
            Kind::Record => match matches.get_one::<PathBuf>(&name) {
                Some(path) => Some(record(entry, matches, &name, path)?),
                None => None,
            },
            Kind::Secret => Some(secret(&name)?.into()),
        };
        if let Some(value) = value {
            input.insert(name, value);
        }
    }
    Ok(input)
}

pub(crate) fn unreadable_input(error: &io::Error) -> Error {
    Error::invalid_input("(standard input)", &format!("can't be read: {error}"))
}

fn secret(name: &str) -> actions::Result<String> {
    let secret = if io::stdin().is_terminal() {
        rpassword::prompt_password(format!("{}: ", name.replace('_', " ")))
    } else {
        files::read(io::stdin().lock(), files::LARGEST_SECRET)
    };
    let secret = secret.map_err(|error| unreadable_input(&error))?;
    let secret = typed_whole(&secret);
    let secret = secret.map_err(|expected| Error::invalid_input("(standard input)", expected))?;
    Ok(secret.to_owned())
}

/// The text of a file, and what to call it.
fn text_of(argument: &str, path: &Path) -> actions::Result<(String, String)> {
    let (place, text) = if path == Path::new("-") {
        let text = files::read(io::stdin().lock(), LARGEST_FILE);
        ("standard input".to_owned(), text)
    } else {
        (format!("{path:?}"), files::read_file(path, LARGEST_FILE))
    };
    match text {
        Ok(text) => Ok((place, text)),
        Err(error) => {
            let expected = format!("{place} can't be read: {error}");
            Err(Error::invalid_input(argument, &expected))
        }
    }
}

/// One JSON document out of a file; where any text will do, the text of what is no JSON list.
fn document(name: &str, path: &Path, any_text: bool) -> actions::Result<Value> {
    let argument = format!("--{}-file", long(name));
    let (place, text) = text_of(&argument, path)?;
    if any_text && !text.trim_start().starts_with('[') {
        return Ok(text.into());
    }
    json(name, &argument, &place, &text)
}

pub(super) fn json(name: &str, argument: &str, place: &str, text: &str) -> actions::Result<Value> {
    let read = strict_json::from_slice(text.as_bytes()).map_err(|error| {
        let expected = format!("expected one JSON document in {place}: {error}");
        Error::invalid_input(argument, &expected)
    })?;
    read.once(name)
}

/// The audit record to restore from, out of a file that may have others too.
fn record(entry: &Entry, matches: &ArgMatches, name: &str, path: &Path) -> actions::Result<Value> {
    let argument = format!("--{}-file", long(name));
    let (shown, text) = text_of(&argument, path)?;
    let place = Place {
        operation: entry.operation.spec.name,
        surface: if entry.console { "console" } else { "platform" },
        argument: &argument,
        file: &path.to_string_lossy(),
        shown: &shown,
    };
    let id = matches.get_one::<String>(REQUEST_ID);
    records::chosen(name, &place, &text, id.map(String::as_str))
}

/// The accounts of a person, in any of the forms that a list of people has them in.
fn accounts(name: &str, path: &Path) -> actions::Result<Value> {
    let argument = format!("--{}-file", long(name));
    let (place, text) = text_of(&argument, path)?;
    match text.trim_start().starts_with('[') {
        true => self::json(name, &argument, &place, &text),
        false => Ok(json!(AccountPick::of_text(&argument, &text)?)),
    }
}

/// Where the rows of a run are kept.
pub(crate) struct ReportAt {
    pub(crate) path: PathBuf,
    /// Whether to go on from what is in it.
    pub(crate) resume: bool,
    /// The member that takes the rows of an earlier run.
    pub(crate) member: String,
}

/// Where to keep rows, if the operation makes any and somebody wants them.
pub(crate) fn report(entry: &Entry, matches: &ArgMatches) -> Option<ReportAt> {
    let mut members = members(entry).into_iter();
    let member = members.find(|member| matches!(member.kind, Kind::Report))?;
    Some(ReportAt {
        path: matches.get_one::<PathBuf>(REPORT)?.clone(),
        resume: matches.get_flag(RESUME),
        member: member.name,
    })
}

/// Refuses arguments that contradict each other, which clap can't see: a member's new value, and
/// that it is taken away.
pub(crate) fn check(entry: &Entry, matches: &ArgMatches) -> Result<(), clap::Error> {
    let cleared = cleared(matches);
    let both = members(entry)
        .into_iter()
        .find(|member| cleared.contains(&long(&member.name)) && given(matches, &member.name));
    let Some(both) = both else {
        return Ok(());
    };
    let long = long(&both.name);
    let command = command(entry);
    let name = format!("r7user {}", command.get_name());
    Err(command.bin_name(name).error(
        clap::error::ErrorKind::ArgumentConflict,
        format!("'--{CLEAR} {long}' and a value for it ('--{long}') contradict each other"),
    ))
}
