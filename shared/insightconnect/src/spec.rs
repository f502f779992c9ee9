//! What plugin.spec.yaml says, made from the registry.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use crate::about::{DESCRIPTION, NAME, TITLE, VENDOR, VERSION};
use crate::catalog::{PluginAction, names};
use crate::connection;
use crate::fields::{Field, Kind, Types};
use crate::task::{self, TaskFields};
use crate::wording::{sentence, title};

/// The specification as it is checked in, for those who ask for YAML.
pub(super) const YAML: &str = include_str!("../../../infra/insightconnect/plugin.spec.yaml");

/// What actions answered when they were run on their examples: by action, then by output.
pub type Examples = BTreeMap<String, BTreeMap<String, Value>>;

/// The specification.
#[must_use]
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
        let examples = serde_json::from_str(include_str!("output_examples.json"));
        document_with(&examples.unwrap_or_default())
    });
    &DOCUMENT
}

/// The specification with these examples of outputs.
#[must_use]
pub fn document_with(examples: &Examples) -> Value {
    let mut types = Types::new();
    let mut actions = Map::new();
    for action in names().iter().filter_map(|name| PluginAction::find(name)) {
        let answered = examples.get(&action.name);
        let output = action.output.iter().map(|field| {
            let answered = answered.and_then(|answered| answered.get(&field.name));
            let mut described = described(field);
            if let Some(answered) = answered {
                described["example"] = answered.clone();
            } else if field.example.is_none() {
                described["example"] = sample_of(field).into();
            }
            remove_null(&mut described, "example");
            (field.name.clone(), described)
        });
        let output: Map<String, Value> = output.collect();
        let mut about = json!({"title": action.title, "description": action.description});
        about["input"] = inputs(&action.input);
        about["output"] = output.into();
        actions.insert(action.name, about);
        types.extend(action.types);
    }
    let mut document = head();
    document["actions"] = actions.into();
    if let Some(task) = TaskFields::new() {
        let output = task.output.iter();
        let output = output.map(|field| (field.name.clone(), described(field)));
        let output: Map<String, Value> = output.collect();
        document["tasks"][task::NAME] = json!({
            "title": title(task::NAME),
            "description": sentence(task::DESCRIPTION),
            "input": inputs(&task.input),
            "output": output,
            "state": state(),
        });
        types.extend(task.types);
    }
    let types = types.iter().map(|(name, fields)| {
        let fields = fields
            .iter()
            .map(|field| (field.name.clone(), described(field)));
        (name.clone(), fields.collect::<Map<_, _>>().into())
    });
    document["types"] = types.collect::<Map<_, _>>().into();
    document
}

/// All but what can be run.
fn head() -> Value {
    let connection = connection::fields();
    let connection = connection.iter().enumerate();
    let connection: Map<String, Value> = connection
        .map(|(index, field)| (field.name.clone(), in_place(field, index)))
        .collect();
    json!({
        "plugin_spec_version": "v2",
        "extension": "plugin",
        "products": ["insightconnect"],
        "name": NAME,
        "title": TITLE,
        "description": sentence(DESCRIPTION),
        "version": VERSION,
        "connection_version": 1,
        "supported_versions": ["InsightVM API 3", "Insight Account API 1"],
        "vendor": VENDOR,
        "support": "community",
        "status": [],
        "resources": {},
        "tags": ["rapid7", "insightvm", "insight platform", "user", "access", "offboarding"],
        "hub_tags": {
            "use_cases": [
                "user_management", "credential_management", "threat_detection_and_response",
            ],
            "keywords": ["rapid7", "insightvm", "user", "access", "offboarding"],
            "features": [],
        },
        "version_history": ["1.0.0 - Initial plugin"],
        "connection": connection,
    })
}

/// The members of a task's state, which is the operation's own.
fn state() -> Value {
    let member = |name: &str, kind: &str, description: &str| json!({"title": title(name), "type": kind, "description": description});
    json!({
        "format": member("format", "integer", "Version of the format that the state is kept in"),
        "roles": member("roles", "[]string", "Roles of the accounts, each listed once"),
        "target": member("target", "string", "Console of the state"),
        "users": member("users", "object", "Last seen data of each account, by user ID"),
    })
}

fn described(field: &Field) -> Value {
    let mut about = json!({
        "title": field.title,
        "type": field.kind.name(),
        "description": field.description,
        "required": field.required,
        "default": field.default,
        "enum": field.choices,
        "example": field.example,
    });
    for member in ["default", "example"] {
        remove_null(&mut about, member);
    }
    if field.choices.is_empty()
        && let Value::Object(members) = &mut about
    {
        members.remove("enum");
    }
    about
}

fn remove_null(value: &mut Value, member: &str) {
    if let Value::Object(members) = value
        && members.get(member).is_some_and(Value::is_null)
    {
        members.remove(member);
    }
}

/// A field at its place among others, counted from 1 as people do.
fn in_place(field: &Field, index: usize) -> Value {
    let mut about = described(field);
    about["order"] = (index + 1).into();
    about
}

/// What every input of its kind has, in the order that people ask for it.
const SELECTORS: [&str; 3] = ["user_id", "login", "email"];
const COMMON: [&str; 4] = ["console", "dry_run", "ticket", "requested_by"];

/// Inputs in the order that people fill them in: what is required, whom it is about, what else can be
/// said, and last what every action has.
fn inputs(fields: &[Field]) -> Value {
    let place = |of: &[&str], name: &str| of.iter().position(|one| *one == name);
    let mut fields: Vec<&Field> = fields.iter().collect();
    fields.sort_by_key(|field| {
        let selector = place(&SELECTORS, &field.name);
        let common = place(&COMMON, &field.name);
        let selector = selector.unwrap_or(SELECTORS.len());
        (
            common.map_or(0, |place| place + 1),
            !field.required,
            selector,
        )
    });
    let fields = fields.into_iter().enumerate();
    let fields = fields.map(|(index, field)| (field.name.clone(), in_place(field, index)));
    fields.collect::<Map<_, _>>().into()
}

/// What may stand for an output that no example has: the vendor's tools want a value of every one that
/// is a single value.
fn sample_of(field: &Field) -> Option<Value> {
    if let Some(choice) = field.choices.first() {
        return Some(choice.clone().into());
    }
    match field.kind {
        Kind::Boolean => Some(false.into()),
        Kind::Integer => Some(0.into()),
        Kind::String | Kind::NumberOrName | Kind::AnyJson | Kind::Password => Some("-".into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fields::{Absence, schema};

    fn all() -> Vec<PluginAction> {
        let found = names()
            .into_iter()
            .filter_map(|name| PluginAction::find(&name));
        let found: Vec<PluginAction> = found.collect();
        assert_eq!(found.len(), names().len());
        found
    }

    #[test]
    fn a_type_is_the_same_wherever_it_is_used() {
        let mut known = Types::new();
        for action in all() {
            for (name, fields) in action.types {
                let first = known.entry(name.clone()).or_insert_with(|| fields.clone());
                assert_eq!(*first, fields, "{}: {name}", action.name);
            }
        }
    }

    /// What restores takes what the step before it told.
    #[test]
    fn a_record_in_an_output_is_of_the_type_that_restoring_takes() {
        let record = |fields: &[Field]| {
            let field = fields.iter().find(|field| field.name == "record");
            field.map(|field| field.kind.clone())
        };
        for (restore, platform) in [("restore_user", false), ("restore_platform_user", true)] {
            let taken = all().into_iter().find(|action| action.name == restore);
            let taken = record(&taken.expect(restore).input).expect(restore);
            let told = all().into_iter().filter(|action| {
                action.entry.platform == platform && action.entry.console != platform
            });
            let told: Vec<_> = told.filter_map(|action| record(&action.output)).collect();
            assert!(told.len() > 3, "{restore}");
            assert!(
                told.iter().all(|kind| *kind == taken),
                "{restore}: {told:?}"
            );
        }
    }

    #[test]
    fn examples_are_what_the_fields_take() {
        for action in all() {
            let name = &action.name;
            let fields = schema(&action.input, &action.types, Absence::LeftOut);
            for input in [
                action.example(),
                action
                    .input
                    .iter()
                    .map(|field| {
                        let example = field.example.clone();
                        (field.name.clone(), example.unwrap_or_default())
                    })
                    .collect(),
            ] {
                let input = Value::from(input);
                let fits = jsonschema::validate(&fields, &input);
                assert!(fits.is_ok(), "{name}: {fits:?}");
            }
        }
        let connection = connection::fields();
        let examples = connection.iter().map(|field| {
            let example = field.example.clone();
            (field.name.clone(), example.unwrap_or_default())
        });
        let examples: Map<String, Value> = examples.collect();
        let fields = schema(&connection, &Types::new(), Absence::LeftOut);
        let examples = Value::from(examples);
        let fits = jsonschema::validate(&fields, &examples);
        assert!(fits.is_ok(), "{fits:?}");
    }

    /// What the vendor's validators ask of every text, as far as it is easily said.
    #[test]
    fn texts_are_in_the_vendors_style() {
        fn visit(place: &str, value: &Value) {
            let Some(members) = value.as_object() else {
                return;
            };
            if let (Some(title), Some(about)) = (members.get("title"), members.get("description"))
                && let (Some(title), Some(about)) = (title.as_str(), about.as_str())
            {
                assert!(title.split(' ').count() <= 7, "{place}: {title}");
                let plain = about.is_ascii() && !about.contains(['"', '|', '\\']);
                assert!(plain, "{place}: {about}");
                let long = about.is_empty() || about.len() > 500;
                assert!(!long && !about.ends_with('.'), "{place}: {about}");
                assert!(
                    !about.starts_with(|c: char| c.is_lowercase()),
                    "{place}: {about}"
                );
            }
            for (name, value) in members {
                visit(&format!("{place}.{name}"), value);
            }
        }
        visit("", document());
    }

    #[test]
    fn every_field_has_the_examples_that_the_vendors_tools_ask_for() {
        for part in ["actions", "tasks"] {
            for (name, step) in document()[part].as_object().into_iter().flatten() {
                for (input, field) in step["input"].as_object().expect(name) {
                    assert!(!field["example"].is_null(), "{name}: {input}");
                }
                for (output, field) in step["output"].as_object().expect(name) {
                    let single = ["string", "integer", "boolean"];
                    let single = single.iter().any(|kind| field["type"] == *kind);
                    assert!(!single || !field["example"].is_null(), "{name}: {output}");
                }
            }
        }
    }

    #[test]
    fn the_file_says_the_same() {
        let file: Value = serde_saphyr::from_str(YAML).expect("YAML");
        assert!(
            file == *document(),
            "out of date: to bring up to date, cargo xtask generate"
        );
    }
}
