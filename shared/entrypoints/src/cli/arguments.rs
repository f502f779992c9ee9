//! An operation's input schema as command line arguments, and back.

use std::io::{self, BufRead as _, IsTerminal as _};

use actions::{Effect, Entry};
use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Map, Value};

/// What kind of argument a member becomes.
enum Kind {
    /// `--name`: false unless given.
    Flag,
    /// `--name true|false`.
    Boolean,
    Number,
    Text,
    Choice(Vec<String>),
    /// Not an argument: other users of the machine can read those. One line of standard input.
    Secret,
}

struct Member {
    name: String,
    kind: Kind,
    required: bool,
    help: String,
}

fn members(entry: &Entry) -> Vec<Member> {
    let schema = Value::from((entry.input)());
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let properties = schema["properties"].as_object();
    properties
        .into_iter()
        .flatten()
        .map(|(name, property)| Member {
            name: name.clone(),
            kind: kind(&schema, property),
            required: required.iter().any(|required| required == name),
            help: property["description"]
                .as_str()
                .unwrap_or_default()
                .replace('\n', " "),
        })
        .collect()
}

fn kind(schema: &Value, property: &Value) -> Kind {
    if property["writeOnly"] == true {
        return Kind::Secret;
    }
    let is = |name: &str| match &property["type"] {
        Value::String(one) => one == name,
        Value::Array(several) => several.iter().any(|one| one == name),
        _ => false,
    };
    if is("boolean") {
        return if property["default"] == false {
            Kind::Flag
        } else {
            Kind::Boolean
        };
    }
    if is("integer") {
        return Kind::Number;
    }
    let choices = choices(schema, property);
    if choices.is_empty() {
        Kind::Text
    } else {
        Kind::Choice(choices)
    }
}

/// The values of an enumeration, which a property refers to.
fn choices(schema: &Value, property: &Value) -> Vec<String> {
    let reference = property["$ref"].as_str();
    let target = reference
        .and_then(|reference| schema.pointer(reference.trim_start_matches('#')))
        .unwrap_or(property);
    let constants = target["oneOf"].as_array().into_iter().flatten();
    let constants = constants.filter_map(|choice| choice["const"].as_str());
    let plain = target["enum"].as_array().into_iter().flatten();
    let plain = plain.filter_map(Value::as_str);
    constants.chain(plain).map(str::to_owned).collect()
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

fn argument(member: &Member) -> Arg {
    let long = member.name.replace('_', "-");
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
        Kind::Number => arg
            .long(long)
            .value_name("NUMBER")
            .value_parser(value_parser!(i64)),
        Kind::Text => arg.long(long).value_name("TEXT"),
        Kind::Choice(choices) => arg
            .long(long)
            .value_name("ONE OF")
            .value_parser(PossibleValuesParser::new(choices)),
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
    let mut command = Command::new(spec.name)
        .about(spec.title)
        .after_help(format!(
            "Example:\n  {}",
            example(spec.name, &members(entry), spec.example)
        ));
    for member in members(entry) {
        if member.name == "dry_run" && spec.effect == Effect::Read {
            continue;
        }
        command = command.arg(argument(&member));
    }
    command
}

/// The operation's JSON example as a command line.
fn example(name: &str, members: &[Member], example: &str) -> String {
    let mut line = format!("r7user {name}");
    let example: Value = serde_json::from_str(example).unwrap_or_default();
    for (key, value) in example.as_object().into_iter().flatten() {
        let long = key.replace('_', "-");
        let member = members.iter().find(|member| member.name == *key);
        match (member.map(|member| &member.kind), value) {
            (Some(Kind::Flag), Value::Bool(true)) => line.push_str(&format!(" --{long}")),
            (Some(Kind::Flag), _) => {}
            (_, Value::String(text)) if !text.contains(' ') => {
                line.push_str(&format!(" --{long} {text}"));
            }
            (_, value) => line.push_str(&format!(" --{long} {value}")),
        }
    }
    line
}

/// The operation's input, out of its subcommand's arguments.
pub(super) fn input(entry: &Entry, matches: &ArgMatches) -> io::Result<Map<String, Value>> {
    let mut input = Map::new();
    for Member { name, kind, .. } in members(entry) {
        if !matches.try_contains_id(&name).unwrap_or(false) {
            continue;
        }
        let value = match kind {
            Kind::Flag => matches.get_flag(&name).then_some(Value::Bool(true)),
            Kind::Boolean => matches.get_one::<bool>(&name).copied().map(Value::from),
            Kind::Number => matches.get_one::<i64>(&name).copied().map(Value::from),
            Kind::Text | Kind::Choice(_) => {
                matches.get_one::<String>(&name).cloned().map(Value::from)
            }
            Kind::Secret if matches.get_flag(&name) => Some(secret(&name)?.into()),
            Kind::Secret => None,
        };
        if let Some(value) = value {
            input.insert(name, value);
        }
    }
    Ok(input)
}

fn secret(name: &str) -> io::Result<String> {
    if io::stdin().is_terminal() {
        return rpassword::prompt_password(format!("{}: ", name.replace('_', " ")));
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim_end_matches(['\r', '\n']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_has_a_sound_command_whose_example_parses() {
        for entry in actions::ALL {
            command(entry).debug_assert();
            let spec = entry.operation.spec;
            let line = example(spec.name, &members(entry), spec.example);
            // Values of the examples hold no quotes or spaces, so words are arguments.
            let words = line.split(' ').skip(1);
            let matches = command(entry).try_get_matches_from(words).expect(&line);
            let mut input = input(entry, &matches).expect(spec.name);
            let example: Value = serde_json::from_str(spec.example).expect(spec.name);
            input.retain(|name, _| example.get(name).is_some());
            assert_eq!(Value::Object(input), example, "{line}");
        }
    }

    #[test]
    fn a_password_can_not_be_an_argument() {
        let entry = actions::ALL.iter();
        let entry = entry.filter(|entry| entry.operation.spec.name == "create-user");
        for entry in entry {
            let words = "create-user --login a --email a@example.com --role-id user --password x";
            let refused = command(entry).try_get_matches_from(words.split(' '));
            assert!(refused.is_err());
        }
    }
}
