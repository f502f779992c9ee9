//! What a write did, and what it is about to do.

use serde_json::{Map, Value};

use super::page::Page;
use super::parts::{CARE, GOOD, cell, paint, texts, warnings};
use super::people;
use super::table::{Cell, Column, Table};

/// Whom an answer is about.
pub(super) fn subject(members: &Map<String, Value>) -> String {
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

/// What differs, a row a member.
fn changes(members: &Map<String, Value>, page: Page) -> String {
    let changes = texts(members, "changes");
    if changes.is_empty() {
        return String::new();
    }
    let mut table = Table::new([
        Column::whole("field"),
        Column::text("before"),
        Column::text("after"),
    ]);
    for change in changes {
        table.add(["field", "before", "after"].map(|column| Cell::from(cell(&change[column]))));
    }
    format!("\n{}", table.shown(page))
}

/// What a write did.
pub(super) fn outcome(members: &Map<String, Value>, page: Page) -> String {
    let flag = |name: &str| members[name] == true;
    if flag("dry_run") {
        let verdict = paint(CARE, "Dry run: nothing was written.");
        return format!("{}\n{verdict}", plan(members, page));
    }
    let verdict = match flag("changed") {
        true => paint(GOOD, "done, and read back"),
        false => paint(GOOD, "nothing was left to do"),
    };
    let mut text = page.joined(&format!("{}:", subject(members)), &verdict);
    text.push_str(&changes(members, page));
    text.push_str(&warnings(members, page));
    text
}

/// The plan of a dry run, before it is carried out: for one account its steps, for a list of people a row for
/// each of them.
pub(crate) fn plan(members: &Map<String, Value>, page: Page) -> String {
    if people::is_a_list(members) {
        return people::plan(members, page);
    }
    let steps = texts(members, "plan");
    let whom = match people::is_about(members) {
        true => people::whom(members),
        false => subject(members),
    };
    let mut text = format!("Plan for {whom}:");
    if steps.is_empty() {
        text.push_str(" nothing is left to do");
    }
    text = page.wrapped(&text, "  ");
    for step in &steps {
        let step = page.wrapped(&format!("  • {}", cell(step)), "    ");
        text.push_str(&format!("\n{step}"));
    }
    if !steps.is_empty() {
        text.push_str(&changes(members, page));
    }
    text.push_str(&warnings(members, page));
    text
}
