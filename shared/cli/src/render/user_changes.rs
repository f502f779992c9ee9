//! What changed among accounts since an earlier run.

use anstyle::Style;
use serde_json::{Map, Value};

use super::page::Page;
use super::parts::{BOLD, CARE, cell, paint};
use super::table::{Cell, Column, Table};

/// Whether an answer is one of those.
pub(super) fn is_about(members: &Map<String, Value>) -> bool {
    members.contains_key("has_more_pages")
}

/// A row a change. The state is left out: it is for the next run, and long.
pub(super) fn answer(members: &Map<String, Value>, page: Page) -> String {
    let users = cell(&members["users"]);
    if members["first_run"] == true {
        let told = format!(
            "{users} accounts recorded; what changes from now on is told to whoever gives back the `state` \
             of this answer (--json shows it)"
        );
        return page.wrapped(&told, "");
    }
    let changes = members["changes"].as_array().map_or(&[][..], Vec::as_slice);
    let mut text = format!("{} changes, {users} accounts", changes.len());
    if !changes.is_empty() {
        text = format!("{}\n{text}", rows(changes, page));
    }
    if members["has_more_pages"] == true {
        let more = paint(CARE, "There are more:");
        text.push_str(&format!("\n{more} go on with the `state` of this answer"));
    }
    text
}

fn rows(changes: &[Value], page: Page) -> String {
    let mut table = Table::new([
        Column::whole("user_id").importance(1),
        Column::whole("login"),
        Column::whole("change"),
        Column::text("before → after"),
    ]);
    for change in changes {
        let kind = cell(&change["kind"]).replace('_', " ");
        let style = match ["deleted", "disabled"].contains(&kind.as_str()) {
            true => BOLD,
            false => Style::new(),
        };
        table.add([
            cell(&change["user_id"]).into(),
            cell(&change["login"]).into(),
            Cell::styled(kind, style),
            fields(&change["fields"]).into(),
        ]);
    }
    table.shown(page)
}

/// `role_id: user → auditor`, each in a line. Of an account that came or went there are none.
fn fields(fields: &Value) -> String {
    let fields = fields.as_array().into_iter().flatten();
    let line = |field: &Value| {
        let [name, before, after] = ["field", "before", "after"].map(|member| cell(&field[member]));
        format!("{name}: {before} → {after}")
    };
    fields.map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(more: Value) -> String {
        let mut members = json!({
            "count": 0, "changes": [], "state": {"format": 1}, "has_more_pages": false, "users": 15,
            "first_run": false,
        });
        let object = members.as_object_mut().expect("an object");
        object.extend(more.as_object().expect("an object").clone());
        crate::render::answer(&members, Page::ENDLESS)
    }

    #[test]
    fn changes_are_rows_and_the_state_is_left_out() {
        assert_eq!(told(json!({})), "0 changes, 15 accounts");
        let first = told(json!({"first_run": true}));
        assert!(first.starts_with("15 accounts recorded;"), "{first}");
        let role = json!({"field": "role_id", "before": "user", "after": "auditor"});
        let superuser = json!({"field": "superuser", "before": false, "after": true});
        let changes = json!([
            {"kind": "deleted", "user_id": 3, "login": "gone\u{9b}", "fields": [], "user": null},
            {"kind": "role_changed", "user_id": 4, "login": "jdoe", "fields": [role, superuser],
             "user": {"user_id": 4}},
        ]);
        let text = told(json!({"changes": changes, "has_more_pages": true}));
        for part in [
            r"gone\u009b",
            "role changed",
            "role_id: user → auditor",
            "superuser: false → true",
            "2 changes, 15 accounts",
            "There are more:",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        assert!(!text.contains("format"), "{text}");
    }
}
