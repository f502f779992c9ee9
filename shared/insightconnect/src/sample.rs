//! Messages to start from.

use serde_json::{Map, Value, json};

use crate::catalog::PluginAction;
use crate::fields::Field;
use crate::{connection, task};

/// The start message of an action or task.
pub(super) fn message(name: &str) -> Option<Value> {
    let connection = examples(&connection::fields(), &["url", "credentials"]);
    if name == task::NAME {
        return Some(json!({
            "version": "v1",
            "type": "task_start",
            "body": {"task": name, "meta": {}, "connection": connection, "input": {}, "state": {}},
        }));
    }
    let action = PluginAction::find(name)?;
    Some(json!({
        "version": "v1",
        "type": "action_start",
        "body": {
            "action": name,
            "meta": {},
            "connection": connection,
            "input": action.example(),
        },
    }))
}

fn examples(fields: &[Field], wanted: &[&str]) -> Map<String, Value> {
    let wanted = fields
        .iter()
        .filter(|field| wanted.contains(&field.name.as_str()));
    let example = |field: &Field| {
        (
            field.name.clone(),
            field.example.clone().unwrap_or_default(),
        )
    };
    wanted.map(example).collect()
}
