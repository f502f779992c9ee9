//! Any operation's answer.

use anstyle::{AnsiColor, Style};
use rapid7::printable;
use serde_json::{Map, Value};

use super::outcome::{outcome, subject};
use super::page::Page;
use super::parts::{BOLD, QUIET, cell, warnings};
use super::table::{Cell, Column, Table};
use super::{columns, history, people, user_changes};

/// Any operation's answer. An outcome shows what changed; lists of objects are tables, with what else
/// is told above them; anything else is its members.
pub(crate) fn answer(answer: &Value, page: Page) -> String {
    let Value::Object(members) = answer else {
        return cell(answer);
    };
    if people::is_about(members) {
        return people::answer(members, page);
    }
    if history::is_about(members) {
        return history::answer(members, page);
    }
    if user_changes::is_about(members) {
        return user_changes::answer(members, page);
    }
    if members.contains_key("changes") {
        return outcome(members, page);
    }
    let lists = lists_in(members);
    if lists.is_empty() {
        return members_of(members, page);
    }
    let is_list = |name: &str| lists.iter().any(|(list, _)| *list == name);
    let mut others: Vec<_> = members.iter().collect();
    others.sort_by_key(|(name, _)| (*name != "subject", columns::place(name)));
    let mut parts: Vec<String> = others
        .into_iter()
        .filter(|(name, _)| !is_list(name) && !["count", "warnings"].contains(&name.as_str()))
        .map(|(name, value)| match name.as_str() {
            "subject" => subject(members),
            _ => page.wrapped(&format!("{name}: {}", cell(value)), "  "),
        })
        .collect();
    for (name, rows) in &lists {
        if lists.len() > 1 {
            parts.push(format!("{name}:"));
        }
        parts.push(rows_of(rows, page));
    }
    format!("{}{}", parts.join("\n"), warnings(members, page))
}

/// The lists of objects in an answer. An empty list is one of objects only where it is counted: an account may
/// have no sites.
pub(super) fn lists_in(members: &Map<String, Value>) -> Vec<(&str, &[Value])> {
    let counted = members.contains_key("count");
    let lists = members.iter().filter(|(name, _)| *name != "warnings");
    lists
        .filter_map(|(name, value)| {
            let rows = value.as_array()?;
            let fits = rows.iter().all(Value::is_object) && (counted || !rows.is_empty());
            fits.then_some((name.as_str(), rows.as_slice()))
        })
        .collect()
}

/// The rows of a list, one JSON object a line; nothing, if they have been printed as they came. What is no list is
/// one line.
pub(crate) fn lines(answer: &Value) -> String {
    let is_list = |answer: &Value| answer.get("count").is_some() || answer.get("rows").is_some();
    if !is_list(answer) {
        return printable(&answer.to_string());
    }
    let members = answer
        .as_object()
        .into_iter()
        .flat_map(|members| members.values());
    let lists = members.filter_map(Value::as_array);
    let rows = lists.flatten().filter(|row| row.is_object());
    let lines = rows.map(|row| printable(&row.to_string()));
    lines.collect::<Vec<_>>().join("\n")
}

fn rows_of(rows: &[Value], page: Page) -> String {
    let count = format!("{} in all", rows.len());
    if rows.is_empty() {
        return count;
    }
    let (names, columns): (Vec<&str>, Vec<Column>) = columns::of_rows(rows).into_iter().unzip();
    let mut table = Table::new(columns);
    for row in rows {
        table.add(names.iter().map(|name| verdict_cell(name, &row[*name])));
    }
    format!("{}\n{count}", table.shown(page))
}

/// A cell, coloured where it tells how something went or what somebody should see.
fn verdict_cell(column: &str, value: &Value) -> Cell {
    let style = match (column, value) {
        ("verdict", Value::String(verdict)) => match verdict.as_str() {
            "ok" => AnsiColor::Green.on_default(),
            "failed" => AnsiColor::Red.on_default(),
            "skipped" => QUIET,
            _ => Style::new(),
        },
        ("enabled", Value::Bool(false)) => QUIET,
        ("locked", Value::Bool(true)) => AnsiColor::Yellow.on_default(),
        _ => Style::new(),
    };
    Cell::styled(cell(value), style)
}

fn members_of(members: &Map<String, Value>, page: Page) -> String {
    let mut table = Table::new([Column::whole("field"), Column::text("value")]).without_header();
    let mut members_shown: Vec<_> = members
        .iter()
        .filter(|(name, _)| *name != "warnings")
        .collect();
    members_shown.sort_by_key(|(name, _)| columns::place(name));
    for (name, value) in members_shown {
        table.add([Cell::styled(name.clone(), BOLD), verdict_cell(name, value)]);
    }
    format!("{}{}", table.shown(page), warnings(members, page))
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;
    use serde_json::json;

    use super::*;

    /// The lines of an answer, cells by `|`.
    fn lines(value: Value) -> Vec<String> {
        let text = strip_str(&answer(&value, Page::ENDLESS)).to_string();
        let lines = text.lines();
        lines
            .map(|line| {
                let cells = line.split("  ").map(str::trim);
                let cells: Vec<&str> = cells.filter(|cell| !cell.is_empty()).collect();
                cells.join("|")
            })
            .collect()
    }

    #[test]
    fn users_keep_their_columns_and_other_rows_show_all_that_they_have() {
        let user = json!({
            "user_id": 4, "login": "jdoe", "name": "J", "email": null, "enabled": true,
            "locked": false, "role_id": "user", "superuser": false, "other": {"new": 1},
        });
        assert_eq!(
            lines(json!({"count": 1, "users": [user]})),
            [
                "user_id|login|name|email|enabled|locked|role_id",
                "4|jdoe|J|–|true|false|user",
                "1 in all"
            ]
        );
        let roles = json!([
            {"name": "User", "id": "user", "privileges": ["view-site", "scan"]},
            {"name": "Odd", "id": "odd", "description": "a\u{9b}b", "extra": {"a": [1, "\u{9b}"]}},
        ]);
        assert_eq!(
            lines(json!({"count": 2, "roles": roles})),
            [
                "id|name|description|privileges|extra",
                "user|User|–|view-site, scan|–",
                r#"odd|Odd|a\u009bb|–|{"a": [1, "\u009b"]}"#,
                "2 in all"
            ]
        );
    }

    /// Whoever looks for somebody at night has a narrow window.
    #[test]
    fn what_is_left_of_users_in_sixty_columns_says_who_and_whether_they_may_log_in() {
        let user = json!({
            "user_id": 4, "login": "jdoe", "name": "Jane Doe", "email": "jane.doe@corp.example.com",
            "enabled": true, "locked": false, "role_id": "global-admin",
        });
        let told = answer(&json!({"count": 1, "users": [user]}), Page::wide(60));
        assert_eq!(
            strip_str(&told).to_string(),
            "user_id  login  name      email                      enabled\n\
             4        jdoe   Jane Doe  jane.doe@corp.example.com  true\n\
             Not shown, for want of room: locked, role_id. --output json\n  has all.\n1 in all"
        );
    }

    #[test]
    fn what_is_no_list_stands_above_the_tables() {
        let sites = json!([{"id": 1, "name": "Paris", "type": "static"}]);
        assert_eq!(
            lines(json!({"all_sites": false, "sites": sites, "warnings": ["careful"]})),
            [
                "all_sites: false",
                "id|name|type",
                "1|Paris|static",
                "1 in all",
                "warning: careful"
            ]
        );
        let groups = json!([{"id": 7, "name": "Servers"}]);
        let two = lines(json!({"asset_groups": groups, "sites": sites}));
        assert_eq!(
            (two[0].as_str(), two[4].as_str()),
            ("asset_groups:", "sites:")
        );
        assert_eq!(lines(json!({"count": 0, "roles": []})), ["0 in all"]);
    }

    /// An account without sites is an account, not an empty list; what says who it is comes first.
    #[test]
    fn an_account_with_empty_lists_is_shown_by_member() {
        assert_eq!(
            lines(json!({"login": "jdoe", "sites": [], "asset_groups": [1, 2]})),
            ["login|jdoe", "asset_groups|1, 2", "sites|none"]
        );
    }

    #[test]
    fn verdicts_are_told_by_colour_too() {
        let check = |verdict: &str| json!({"check": "login", "verdict": verdict, "next": "n", "detail": "d"});
        let shown = |verdict: &str| answer(&json!({"checks": [check(verdict)]}), Page::ENDLESS);
        for (verdict, style) in [
            ("ok", "\u{1b}[32mok"),
            ("failed", "\u{1b}[31mfailed"),
            ("skipped", "\u{1b}[2mskipped"),
        ] {
            assert!(shown(verdict).contains(style), "{:?}", shown(verdict));
        }
        assert!(shown("other").contains("  other  "));
        let rows = ["ok", "failed"].map(check);
        assert_eq!(
            lines(json!({"checks": rows}))[..2],
            ["check|verdict|detail|next", "login|ok|d|n"]
        );
    }
}
