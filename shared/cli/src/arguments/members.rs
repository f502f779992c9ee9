//! The members of an operation's input, and what kind of argument each becomes.

use actions::Entry;
use actions::schema::{choices, description, has_type, is_required, resolved};
use serde_json::Value;

/// What kind of argument a member becomes.
pub(super) enum Kind {
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
    /// `--name-file`: accounts of a person, in any of the forms that a list of people has them in.
    Accounts,
    /// `--name-file`: an audit record, out of whatever has some.
    Record,
    /// The text of a document, by that one's argument.
    TextOfDocument,
    /// `--report FILE` keeps the rows of a run as they are done, and `--resume` goes on from it.
    Report,
    /// Not an argument: other users of the machine can read those. One line of standard input.
    Secret,
}

/// What one value may be.
#[derive(Clone)]
pub(super) enum Item {
    Number,
    Text,
    /// A number if it is all digits, else a name.
    NumberOrName,
    Choice(Vec<String>),
}

impl Item {
    pub(super) fn value_name(&self) -> &'static str {
        match self {
            Self::Number => "NUMBER",
            Self::Text => "TEXT",
            Self::NumberOrName => "NUMBER|NAME",
            Self::Choice(_) => "ONE OF",
        }
    }

    pub(super) fn parse(&self, text: &str) -> Result<Value, String> {
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
    pub(super) fn parse_list(&self, text: &str) -> Result<Vec<Value>, String> {
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

/// The argument that takes members away.
pub(super) const CLEAR: &str = "clear";

/// The arguments of an operation that tells what becomes of each one of a list.
pub(super) const REPORT: &str = "report";
pub(super) const RESUME: &str = "resume";

/// A member of an operation's input, as an argument.
pub(super) struct Member {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) required: bool,
    /// Whether it may be null, which takes away what is there.
    pub(super) clearable: bool,
    pub(super) help: String,
}

pub(super) fn long(name: &str) -> String {
    name.replace('_', "-")
}

/// What is typed for a member, beside its value.
pub(super) fn flag(members: &[Member], member: &Member) -> String {
    let long = long(&member.name);
    match &member.kind {
        Kind::Flag | Kind::Boolean | Kind::One(_) | Kind::List(_) => format!("--{long}"),
        Kind::Document { .. } | Kind::Record | Kind::Accounts => format!("--{long}-file"),
        Kind::Secret => format!("--{long}-stdin"),
        Kind::Report => format!("--{RESUME}"),
        Kind::TextOfDocument => {
            let text = |kind: &Kind| matches!(kind, Kind::Document { text: Some(text) } if *text == member.name);
            let document = members.iter().find(|member| text(&member.kind));
            document.map_or_else(|| format!("--{long}"), |document| flag(members, document))
        }
    }
}

/// A word as a shell reads it.
pub(crate) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

pub(super) fn members(entry: &Entry) -> Vec<Member> {
    let schema = Value::from((entry.input)());
    let properties = schema["properties"].as_object();
    let texts = properties.into_iter().flatten();
    let texts: Vec<&str> = texts
        .filter_map(|(_, property)| property["x-text"].as_str())
        .collect();
    let mut members: Vec<Member> = properties
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
        .collect();
    let help: Vec<String> = members
        .iter()
        .map(|member| {
            let flag = flag(&members, member);
            let help = with_flags(&members, &member.help);
            // One argument takes both.
            help.replace(&format!(" Exactly one of `{flag}`, `{flag}`."), "")
        })
        .collect();
    for (member, help) in members.iter_mut().zip(help) {
        member.help = help;
    }
    members
}

/// A text in which members stand in quotation marks, as what is typed for them. What is called a member, or is one of
/// an answer, belongs to something else.
pub(super) fn with_flags(members: &[Member], text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    let told = parts.iter().enumerate().map(|(at, part)| {
        let before = at.checked_sub(1).map_or("", |before| parts[before]);
        let after = parts.get(at + 1).copied().unwrap_or_default();
        let is_ours = at % 2 == 1
            && !["member ", "called "]
                .iter()
                .any(|word| before.ends_with(word))
            && !after.starts_with(" of the last answer");
        let mut members_so_called = members.iter().filter(|member| member.name == **part);
        match members_so_called.next().filter(|_| is_ours) {
            Some(member) => flag(members, member),
            None => (*part).to_owned(),
        }
    });
    told.collect::<Vec<_>>().join("`")
}

pub(super) fn kind(schema: &Value, property: &Value) -> Kind {
    if property["writeOnly"] == true {
        return Kind::Secret;
    }
    if property["x-report"] == true {
        return Kind::Report;
    }
    if property["x-accounts"] == true {
        return Kind::Accounts;
    }
    if property["x-record"] == true {
        return Kind::Record;
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

pub(super) fn item(schema: &Value, property: &Value) -> Item {
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
pub(crate) fn names_a_user(entry: &Entry) -> bool {
    members(entry).iter().any(|member| member.name == "user_id")
}

/// Whether the operation works through a list, which takes its time: of people, or of all accounts.
pub(crate) fn takes_long(entry: &Entry) -> bool {
    let schema = Value::from((entry.input)());
    let properties = schema["properties"].as_object();
    let mut properties = properties.into_iter().flatten();
    properties.any(|(_, property)| property["x-report"] == true || property["x-long"] == true)
}

/// Whether the operation takes `accounts`, which pin what a preview showed.
pub(crate) fn takes_accounts(entry: &Entry) -> bool {
    members(entry)
        .iter()
        .any(|member| member.name == "accounts")
}
