//! An operation's input schema as command line arguments, and back.

mod read;

use std::path::PathBuf;

use actions::schema::{choices, description, has_type, is_required, resolved};
use actions::{Effect, Entry};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, ValueHint, value_parser};
use serde_json::Value;

use read::{cleared, given};
pub(super) use read::{input, report, unreadable_input};

/// What kind of argument a member becomes.
enum Kind {
    /// `--name`: false unless given.
    Flag,
    /// `--name true|false`.
    Boolean,
    /// One value.
    One(Item),
    /// Several values.
    List(Item),
    /// `--name-file`: a JSON document. Where another member takes the same as text, what is no JSON goes
    /// there.
    Document { text: Option<String> },
    /// The text of a document, by that one's argument.
    TextOfDocument,
    /// `--report FILE` keeps the rows of a run as they are done, and `--resume` goes on from it.
    Report,
    /// Not an argument: other users of the machine can read those. One line of standard input.
    Secret,
}

/// What one value may be.
#[derive(Clone)]
enum Item {
    Number,
    Text,
    /// A number if it is all digits, else a name.
    NumberOrName,
    Choice(Vec<String>),
}

impl Item {
    fn value_name(&self) -> &'static str {
        match self {
            Self::Number => "NUMBER",
            Self::Text => "TEXT",
            Self::NumberOrName => "NUMBER|NAME",
            Self::Choice(_) => "ONE OF",
        }
    }

    fn parse(&self, text: &str) -> Result<Value, String> {
        let number = || text.parse::<i64>().map(Value::from);
        match self {
            Self::Number => number().map_err(|_| "expected a whole number".into()),
            Self::NumberOrName if text.bytes().all(|b| b.is_ascii_digit()) => {
                Ok(number().unwrap_or_else(|_| text.into()))
            }
            Self::Choice(choices) if !choices.iter().any(|choice| choice == text) => {
                Err(format!("expected one of {}", choices.join(", ")))
            }
            _ => Ok(text.into()),
        }
    }

    /// Values with commas between them; `\,` is a comma in a value. Nothing at all is no value, so
    /// that an empty list can be said.
    fn parse_list(&self, text: &str) -> Result<Vec<Value>, String> {
        if text.is_empty() {
            return Ok(Vec::new());
        }
        let mut values = vec![String::new()];
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let value = values.last_mut().expect("never empty");
            match character {
                '\\' if characters.peek() == Some(&',') => value.extend(characters.next()),
                ',' => values.push(String::new()),
                other => value.push(other),
            }
        }
        let values = values.iter().map(|value| match value.trim() {
            "" => Err("a value between commas is empty".to_owned()),
            value => self.parse(value),
        });
        values.collect()
    }
}

const LISTS: &str = "\
Lists take commas between values, or the argument again for each of them. A comma
in a value is \\, and an empty list is ''.";

/// The argument that takes members away.
const CLEAR: &str = "clear";

/// The arguments of an operation that tells what becomes of each one of a list.
const REPORT: &str = "report";
const RESUME: &str = "resume";

struct Member {
    name: String,
    kind: Kind,
    required: bool,
    /// Whether it may be null, which takes away what is there.
    clearable: bool,
    help: String,
}

fn long(name: &str) -> String {
    name.replace('_', "-")
}

fn members(entry: &Entry) -> Vec<Member> {
    let schema = Value::from((entry.input)());
    let properties = schema["properties"].as_object();
    let texts = properties.into_iter().flatten();
    let texts: Vec<&str> = texts
        .filter_map(|(_, property)| property["x-text"].as_str())
        .collect();
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| Member {
            name: name.clone(),
            kind: match texts.contains(&name.as_str()) {
                true => Kind::TextOfDocument,
                false => kind(&schema, property),
            },
            required: is_required(&schema, name),
            clearable: property["x-clearable"] == true,
            help: description(property),
        })
        .collect()
}

fn kind(schema: &Value, property: &Value) -> Kind {
    if property["writeOnly"] == true {
        return Kind::Secret;
    }
    if property["x-report"] == true {
        return Kind::Report;
    }
    let target = resolved(schema, property);
    let items = resolved(schema, &target["items"]);
    if has_type(target, "array") && has_type(items, "object") {
        let text = property["x-text"].as_str().map(str::to_owned);
        return Kind::Document { text };
    }
    if has_type(target, "boolean") {
        return if property["default"] == false {
            Kind::Flag
        } else {
            Kind::Boolean
        };
    }
    if has_type(target, "array") {
        return Kind::List(item(schema, &target["items"]));
    }
    if has_type(target, "object") {
        return Kind::Document { text: None };
    }
    Kind::One(item(schema, property))
}

fn item(schema: &Value, property: &Value) -> Item {
    let target = resolved(schema, property);
    match (has_type(target, "integer"), has_type(target, "string")) {
        (true, true) => return Item::NumberOrName,
        (true, false) => return Item::Number,
        _ => {}
    }
    let choices: Vec<String> = choices(target).into_iter().map(str::to_owned).collect();
    if choices.is_empty() {
        Item::Text
    } else {
        Item::Choice(choices)
    }
}

/// Whether the operation is about one user who exists.
pub(super) fn names_a_user(entry: &Entry) -> bool {
    members(entry).iter().any(|member| member.name == "user_id")
}

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
                .help("Keep what becomes of each one here as it is done, one JSON object a line")
                .help_heading("Input")
                .display_order(2)
                .value_name("FILE")
                .value_hint(ValueHint::FilePath)
                .value_parser(value_parser!(PathBuf)),
            Arg::new(RESUME)
                .long(RESUME)
                .help("Go on from what an earlier run kept in that file")
                .help_heading("Input")
                .display_order(2)
                .requires(REPORT)
                .action(ArgAction::SetTrue),
        ],
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
                "A file with this in JSON{}, `-` for standard input: {}",
                if text.is_some() {
                    ", JSON lines or CSV"
                } else {
                    ""
                },
                member.help
            )),
        Kind::Secret => arg
            .long(format!("{long}-stdin"))
            .action(ArgAction::SetTrue)
            .help(format!(
                "Read the {} from standard input (one line; asked for on a terminal). It is never \
                 taken as an argument",
                member.name.replace('_', " ")
            )),
    }
}

/// The subcommand of an operation.
pub(super) fn command(entry: &Entry) -> Command {
    let spec = entry.operation.spec;
    let members = members(entry);
    let example = example(spec.name, &members, spec.example);
    let mut after_help = format!("Example:\n  {example}");
    if members.iter().any(|m| matches!(m.kind, Kind::List(_))) {
        after_help = format!("{LISTS}\n\n{after_help}");
    }
    let mut command = Command::new(spec.name)
        .about(spec.title)
        .after_help(after_help);
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
            .help("Take away what these hold")
            .help_heading("Input")
            .display_order(2)
            .value_name("NAME,…")
            .action(ArgAction::Append)
            .value_delimiter(',')
            .value_parser(PossibleValuesParser::new(clearable)),
    )
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
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

/// The operation's JSON example as a command line.
fn example(name: &str, members: &[Member], example: &str) -> String {
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
            (Some(Kind::Document { .. }), _) => {
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

/// Refuses arguments that contradict each other, which clap can't see: a member's new value, and
/// that it is taken away.
pub(super) fn check(entry: &Entry, matches: &ArgMatches) -> Result<(), clap::Error> {
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

/// Whether the operation works through a list, which takes its time: of people, or of all accounts.
pub(super) fn takes_long(entry: &Entry) -> bool {
    let schema = Value::from((entry.input)());
    let properties = schema["properties"].as_object();
    let mut properties = properties.into_iter().flatten();
    properties.any(|(_, property)| property["x-report"] == true || property["x-long"] == true)
}

/// Whether the operation takes `accounts`, which pin what a preview showed.
pub(super) fn takes_accounts(entry: &Entry) -> bool {
    members(entry)
        .iter()
        .any(|member| member.name == "accounts")
}

#[cfg(test)]
mod tests;
