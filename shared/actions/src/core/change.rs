//! Two states of a user, compared member by member.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::core::error::{Error, ErrorKind};
use crate::core::text::printable;

/// A member with its old and new value. Values of members with names of secrets are redacted.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct FieldChange {
    /// The member. Nested members have dots, such as `role.superuser`.
    pub field: String,
    /// Value before, or the intended value. Null if absent.
    pub before: Value,
    /// Value after, or the value found. Null if absent.
    pub after: Value,
}

impl FieldChange {
    /// In one line for people: `enabled: true → false`.
    #[must_use]
    pub fn to_line(&self) -> String {
        let [field, before, after] = self.shown();
        format!("{field}: {before} → {after}")
    }

    /// The member and its two values, for people.
    pub(crate) fn shown(&self) -> [String; 3] {
        let value = |value: &Value| printable(&value.to_string());
        [
            printable(&self.field),
            value(&self.before),
            value(&self.after),
        ]
    }
}

/// Members that say where else to look rather than what the user is.
fn is_link(name: &str) -> bool {
    name == "links"
}

/// Every scalar and list in an object by its dotted path. Null and absent are the same: consoles
/// leave out what is not set.
fn leaves(members: &Map<String, Value>) -> BTreeMap<String, Value> {
    fn walk(prefix: &str, members: &Map<String, Value>, into: &mut BTreeMap<String, Value>) {
        for (name, value) in members {
            let path = match prefix {
                "" => name.clone(),
                prefix => format!("{prefix}.{name}"),
            };
            match value {
                _ if is_link(name) => {}
                Value::Null => {}
                Value::Object(nested) => walk(&path, nested, into),
                value => {
                    into.insert(path, value.clone());
                }
            }
        }
    }
    let mut into = BTreeMap::new();
    walk("", members, &mut into);
    into
}

/// The members in which two objects differ, in alphabetical order, links aside.
pub(crate) fn changes(before: &Map<String, Value>, after: &Map<String, Value>) -> Vec<FieldChange> {
    let shown_before = leaves(&shown(before));
    let shown_after = leaves(&shown(after));
    let (before, after) = (leaves(before), leaves(after));
    let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let value = |leaves: &BTreeMap<String, Value>, field: &str| {
        leaves.get(field).cloned().unwrap_or(Value::Null)
    };
    fields
        .into_iter()
        .filter(|field| before.get(*field) != after.get(*field))
        .map(|field| FieldChange {
            field: field.clone(),
            before: hidden_or(value(&shown_before, field), before.contains_key(field)),
            after: hidden_or(value(&shown_after, field), after.contains_key(field)),
        })
        .collect()
}

/// A whole object under a secret's name is redacted as one, so its parts have no shown value.
fn hidden_or(shown: Value, present: bool) -> Value {
    if present && shown.is_null() {
        rapid7::REDACTED.into()
    } else {
        shown
    }
}

fn shown(members: &Map<String, Value>) -> Map<String, Value> {
    match rapid7::redact_secret_members(&Value::Object(members.clone())) {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// The change in a list of individual grants, if there is one.
pub(crate) fn grants(
    field: &str,
    before: &BTreeSet<i64>,
    after: &BTreeSet<i64>,
) -> Option<FieldChange> {
    let list = |ids: &BTreeSet<i64>| ids.iter().copied().collect::<Value>();
    (before != after).then(|| FieldChange {
        field: field.into(),
        before: list(before),
        after: list(after),
    })
}

/// The account is not as intended: somebody else changed it, or the console did.
pub(crate) fn conflict(found: &[FieldChange]) -> Error {
    let lines: Vec<String> = found
        .iter()
        .map(|change| {
            let [field, before, after] = change.shown();
            format!("{field} should be {before} and reads {after}")
        })
        .collect();
    Error::new(
        ErrorKind::Conflict,
        format!("the account is not as intended: {}", lines.join("; ")),
    )
    .next("look who changed it (the audit record has the state before), then run it again")
}

/// The account is not any more what the run was planned on.
pub(crate) fn changed_meanwhile(found: &[FieldChange]) -> Error {
    let mut error = conflict(found);
    error.message = format!(
        "somebody else is changing this account at the same time: {}",
        error.message
    );
    error.next("run it again: it plans on what the account is by then")
}

/// The account was deleted, and is there.
pub(crate) fn still_exists() -> Error {
    conflict(&[FieldChange {
        field: "account".into(),
        before: Value::Null,
        after: "exists".into(),
    }])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn diff(before: Value, after: Value) -> Vec<String> {
        let object = |value: Value| value.as_object().expect("an object").clone();
        let changes = changes(&object(before), &object(after));
        changes.iter().map(FieldChange::to_line).collect()
    }

    #[test]
    fn nested_members_are_compared_one_by_one_and_links_not_at_all() {
        assert_eq!(
            diff(
                json!({"role": {"id": "user", "superuser": true}, "links": [1], "locale": {}}),
                json!({"role": {"id": "user", "superuser": false}, "links": [2], "email": null}),
            ),
            ["role.superuser: true → false"]
        );
    }

    /// A value that is told must not show others elsewhere than they are.
    #[test]
    fn what_nobody_sees_is_told_escaped() {
        assert_eq!(
            diff(
                json!({"email": "a\u{202e}b"}),
                json!({"email": "a\u{200b}b", "x\u{9b}": "\n"})
            ),
            [
                r#"email: "a\u202eb" → "a\u200bb""#,
                r#"x\u009b: null → "\n""#
            ]
        );
    }

    #[test]
    fn a_secret_shows_that_it_changed_but_not_what_it_was() {
        assert_eq!(
            diff(
                json!({"apiToken": "old", "secret": {"value": "old"}}),
                json!({"apiToken": "new", "secret": {"value": "new", "more": 1}}),
            ),
            [
                "apiToken: \"[redacted]\" → \"[redacted]\"",
                "secret.more: null → \"[redacted]\"",
                "secret.value: \"[redacted]\" → \"[redacted]\"",
            ]
        );
    }
}
