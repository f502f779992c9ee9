//! What a write did, and what it is about to do.

use comfy_table::Table;
use serde_json::{Map, Value};

use super::parts::{CARE, GOOD, cell, paint, table, warnings};
use super::people;

fn subject(members: &Map<String, Value>) -> String {
    let subject = &members["subject"];
    let number = match &subject["user_id"] {
        Value::Null => "no account".to_owned(),
        id => format!("user {}", cell(id)),
    };
    format!(
        "{} ({number}) on {}",
        cell(&subject["login"]),
        cell(&subject["target"])
    )
}

fn changes(members: &Map<String, Value>) -> Table {
    let mut table = table(&["field", "before", "after"]);
    for change in members["changes"].as_array().into_iter().flatten() {
        table.add_row(["field", "before", "after"].map(|column| cell(&change[column])));
    }
    table
}

/// What a write did.
pub(super) fn outcome(members: &Map<String, Value>) -> String {
    let flag = |name: &str| members[name] == true;
    if flag("dry_run") {
        let verdict = paint(CARE, "Dry run: nothing was written.");
        return format!("{}\n{verdict}", plan(members));
    }
    let none = members["changes"].as_array().is_some_and(Vec::is_empty);
    let verdict = match flag("changed") {
        true => paint(GOOD, "done, and read back"),
        false => paint(GOOD, "nothing was left to do"),
    };
    let mut text = format!("{}: {verdict}", subject(members));
    if !none {
        text.push_str(&format!("\n{}", changes(members)));
    }
    text.push_str(&warnings(members));
    text
}

/// The plan of a dry run, before it is carried out.
pub(crate) fn plan(members: &Map<String, Value>) -> String {
    let steps = members["plan"].as_array().cloned().unwrap_or_default();
    let whom = match people::is_about(members) {
        true => people::whom(members),
        false => subject(members),
    };
    let mut text = format!("Plan for {whom}:");
    if steps.is_empty() {
        text.push_str(" nothing is left to do");
    }
    for step in &steps {
        text.push_str(&format!("\n  • {}", cell(step)));
    }
    if !steps.is_empty() {
        text.push_str(&format!("\n{}", changes(members)));
    }
    text.push_str(&warnings(members));
    text
}
