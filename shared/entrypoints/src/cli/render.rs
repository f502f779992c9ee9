//! Answers for people: tables and a few coloured words.

use anstyle::{AnsiColor, Style};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use serde_json::{Map, Value};

const GOOD: Style = AnsiColor::Green.on_default().bold();
const CARE: Style = AnsiColor::Yellow.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const QUIET: Style = Style::new().dimmed();

fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A value in a cell: text without quotes, nothing for null. What a console tells must not move the
/// cursor of whoever is about to confirm a plan.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::String(text) => text
            .chars()
            .map(|c| if c.is_control() { '\u{fffd}' } else { c })
            .collect(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    // Some terminals, inside other programs, say that they have no width at all.
    if table.width().is_some_and(|width| width < 40) {
        table.set_width(100);
    }
    table
}

/// Any operation's answer. An outcome shows what changed; a list is a table; anything else is its
/// members.
pub(super) fn answer(answer: &Value) -> String {
    let Value::Object(members) = answer else {
        return answer.to_string();
    };
    if members.contains_key("changes") {
        return outcome(members);
    }
    let list = members.iter().find_map(|(_, value)| value.as_array());
    match list {
        Some(rows) if rows.iter().all(Value::is_object) => rows_of(rows),
        _ => members_of(members),
    }
}

fn rows_of(rows: &[Value]) -> String {
    // Wide enough to recognise an account, narrow enough for a terminal.
    const COLUMNS: [&str; 7] = [
        "user_id", "login", "name", "email", "enabled", "locked", "role_id",
    ];
    let mut table = table(&COLUMNS);
    for row in rows {
        table.add_row(COLUMNS.map(|column| cell(&row[column])));
    }
    format!("{table}\n{} in all", rows.len())
}

fn members_of(members: &Map<String, Value>) -> String {
    let mut table = table(&["field", "value"]);
    for (name, value) in members {
        table.add_row([name.clone(), cell(value)]);
    }
    table.to_string()
}

fn subject(members: &Map<String, Value>) -> String {
    let subject = &members["subject"];
    let number = match &subject["user_id"] {
        Value::Null => "no number yet".to_owned(),
        id => format!("user {id}"),
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

fn warnings(members: &Map<String, Value>) -> String {
    let warnings = members.get("warnings").and_then(Value::as_array);
    let warnings = warnings.into_iter().flatten();
    warnings
        .map(|warning| format!("\n{} {}", paint(CARE, "warning:"), cell(warning)))
        .collect()
}

fn outcome(members: &Map<String, Value>) -> String {
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
pub(super) fn plan(members: &Map<String, Value>) -> String {
    let steps = members["plan"].as_array().cloned().unwrap_or_default();
    let mut text = format!("Plan for {}:", subject(members));
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

/// A warning about the deployment itself.
pub(super) fn warning(text: &str) -> String {
    format!("{} {text}", paint(CARE, "warning:"))
}

/// An error.
pub(super) fn error(error: &actions::Error) -> String {
    let mut text = format!("{} ", paint(BAD, &format!("{}:", error.kind.name())));
    text.push_str(&error.to_string());
    if error.kind.is_retryable() {
        text.push_str(&paint(QUIET, " (running it again is safe)"));
    }
    text
}
