//! An operation as a subcommand.

use std::path::PathBuf;

use actions::{Effect, Entry};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, Command, ValueHint, value_parser};
use serde_json::Value;

use super::members::{CLEAR, Item, Kind, Member, REPORT, RESUME, long, members, quoted};
use super::{records, whom};

const LISTS: &str = "\
Separate the values of a list with commas, or repeat the argument. Write a comma
inside a value as \\, and an empty list as ''.";

/// Where a member stands in the help: what says whom or is required first, what every operation has
/// last.
fn place(member: &Member) -> usize {
    match member.name.as_str() {
        "user_id" | "login" | "email" => 0,
        "dry_run" | "ticket" | "requested_by" => 3,
        _ if member.required => 1,
        _ => 2,
    }
}

fn arguments(member: &Member) -> Vec<Arg> {
    match &member.kind {
        Kind::TextOfDocument => Vec::new(),
        Kind::Report => vec![
            Arg::new(REPORT)
                .long(REPORT)
                .help("Write the result for each person to this file at once, one JSON object per line")
                .help_heading("Input")
                .display_order(2)
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .value_parser(value_parser!(PathBuf)),
            Arg::new(RESUME)
                .long(RESUME)
                .help("Continue the run whose results are in that file")
                .help_heading("Input")
                .display_order(2)
                .requires(REPORT)
                .action(ArgAction::SetTrue),
        ],
        Kind::Record => vec![argument(member), records::argument()],
        _ => vec![argument(member)],
    }
}

fn argument(member: &Member) -> Arg {
    let long = long(&member.name);
    let arg = Arg::new(member.name.clone())
        .help(member.help.clone())
        .help_heading("Input")
        .display_order(place(member))
        .required(member.required);
    match &member.kind {
        Kind::Flag => arg.long(long).action(ArgAction::SetTrue),
        Kind::Boolean => arg
            .long(long)
            .value_name("true|false")
            .value_parser(value_parser!(bool)),
        Kind::One(Item::Choice(choices)) => arg
            .long(long)
            .value_name("ONE OF")
            .value_parser(PossibleValuesParser::new(choices)),
        Kind::One(item) => {
            let parser = item.clone();
            arg.long(long)
                .value_name(item.value_name())
                .value_parser(move |text: &str| parser.parse(text))
        }
        Kind::List(item) => {
            let parser = item.clone();
            let help = match item {
                Item::Choice(choices) => {
                    format!("{} [each of: {}]", member.help, choices.join(", "))
                }
                _ => member.help.clone(),
            };
            arg.long(long)
                .help(help)
                .value_name(format!("{},…", item.value_name()))
                .action(ArgAction::Append)
                .value_parser(move |text: &str| parser.parse_list(text))
        }
        Kind::TextOfDocument | Kind::Report => arg,
        Kind::Document { text } => arg
            .long(format!("{long}-file"))
            .value_name("FILE")
            .value_hint(ValueHint::FilePath)
            .value_parser(value_parser!(PathBuf))
            .help(format!(
                "File in JSON{}, or `-` for standard input. {}",
                if text.is_some() {
                    ", JSON lines or CSV"
                } else {
                    ""
                },
                member.help
            )),
        Kind::Accounts => arg
            .long(format!("{long}-file"))
            .value_name("FILE")
            .value_hint(ValueHint::FilePath)
            .value_parser(value_parser!(PathBuf))
            .help(format!(
                "File in JSON, JSON lines or CSV (surface,user_id), or with pairs (emea:42), or `-` for \
                 standard input. {}",
                member.help
            )),
        Kind::Record => arg
            .long(format!("{long}-file"))
            .value_name("FILE")
            .value_hint(ValueHint::FilePath)
            .value_parser(value_parser!(PathBuf))
            .help(format!(
                "File, or `-` for standard input: an audit file, a single record, or the answer of a run. {}",
                member.help
            )),
        Kind::Secret => arg
            .long(format!("{long}-stdin"))
            .action(ArgAction::SetTrue)
            .help(format!(
                "Read the {} from standard input (one line; asked for on a terminal). It can't be \
                 given as an argument",
                member.name.replace('_', " ")
            )),
    }
}

/// The subcommand of an operation.
pub(crate) fn command(entry: &Entry) -> Command {
    let spec = entry.operation.spec;
    let members = members(entry);
    let example = example(spec.name, &members, spec.example);
    let mut after_help = format!("Example:\n  {example}");
    if members.iter().any(|m| matches!(m.kind, Kind::List(_))) {
        after_help = format!("{LISTS}\n\n{after_help}");
    }
    let mut command = Command::new(spec.name)
        .about(spec.title)
        .after_help(after_help)
        .args(whom::argument(entry));
    for member in &members {
        if member.name == "dry_run" && spec.effect == Effect::Read {
            continue;
        }
        command = command.args(arguments(member));
    }
    let clearable = members.iter().filter(|member| member.clearable);
    let clearable: Vec<String> = clearable.map(|member| long(&member.name)).collect();
    if clearable.is_empty() {
        return command;
    }
    command.arg(
        Arg::new(CLEAR)
            .long(CLEAR)
            .help("Members to clear")
            .help_heading("Input")
            .display_order(2)
            .value_name("NAME,…")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .value_parser(PossibleValuesParser::new(clearable)),
    )
}

/// A value as it is typed.
fn typed(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items = items.iter().map(|item| typed(item).replace(',', "\\,"));
            items.collect::<Vec<_>>().join(",")
        }
        other => other.to_string(),
    }
}

/// An operation's example as it is typed.
#[must_use]
pub fn example_of(entry: &Entry) -> String {
    let spec = entry.operation.spec;
    example(spec.name, &members(entry), spec.example)
}

/// The operation's JSON example as a command line.
pub(super) fn example(name: &str, members: &[Member], example: &str) -> String {
    let mut line = format!("r7user {name}");
    let example: Value = serde_json::from_str(example).unwrap_or_default();
    let mut cleared = Vec::new();
    for (key, value) in example.as_object().into_iter().flatten() {
        let long = long(key);
        let member = members.iter().find(|member| member.name == *key);
        match (member.map(|member| &member.kind), value) {
            (_, Value::Null) if member.is_some_and(|member| member.clearable) => cleared.push(long),
            (_, Value::Null) => {}
            (Some(Kind::Flag), Value::Bool(true)) => line.push_str(&format!(" --{long}")),
            (Some(Kind::Flag), _) => {}
            (Some(Kind::Secret), _) => line.push_str(&format!(" --{long}-stdin")),
            (Some(Kind::Document { .. } | Kind::Accounts | Kind::Record), _) => {
                line.push_str(&format!(" --{long}-file {long}.json"))
            }
            (_, value) => line.push_str(&format!(" --{long} {}", quoted(&typed(value)))),
        }
    }
    if !cleared.is_empty() {
        line.push_str(&format!(" --{CLEAR} {}", cleared.join(",")));
    }
    line
}
