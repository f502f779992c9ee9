//! Any operation's answer.

use comfy_table::{Attribute, Cell, Color};
use rapid7::printable;
use serde_json::{Map, Value};

use super::outcome::outcome;
use super::parts::{cell, table, warnings};
use super::{history, people, user_changes};

/// Any operation's answer. An outcome shows what changed; lists of objects are tables, with what else
/// is told above them; anything else is its members.
pub(crate) fn answer(answer: &Value) -> String {
    let Value::Object(members) = answer else {
        return cell(answer);
    };
    if people::is_about(members) {
        return people::answer(members);
    }
    if history::is_about(members) {
        return history::answer(members);
    }
    if user_changes::is_about(members) {
        return user_changes::answer(members);
    }
    if members.contains_key("changes") {
        return outcome(members);
    }
    // An empty list is one of objects only where it is counted: an account may have no sites.
    let counted = members.contains_key("count");
    let rows_in = |value: &Value| {
        let rows = value.as_array()?;
        let fits = rows.iter().all(Value::is_object) && (counted || !rows.is_empty());
        fits.then(|| rows.clone())
    };
    let lists = members.iter().filter(|(name, _)| *name != "warnings");
    let lists: Vec<_> = lists
        .filter_map(|(name, value)| Some((name, rows_in(value)?)))
        .collect();
    if lists.is_empty() {
        return members_of(members);
    }
    let is_list = |name: &str| lists.iter().any(|(list, _)| *list == name);
    let mut parts: Vec<String> = members
        .iter()
        .filter(|(name, _)| !is_list(name) && !["count", "warnings"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {}", cell(value)))
        .collect();
    for (name, rows) in &lists {
        if lists.len() > 1 {
            parts.push(format!("{name}:"));
        }
        parts.push(rows_of(rows));
    }
    format!("{}{}", parts.join("\n"), warnings(members))
}

/// The rows of an answer's list, one JSON object a line; nothing, if they have been printed as they
/// came.
pub(crate) fn lines(answer: &Value) -> String {
    let members = answer
        .as_object()
        .into_iter()
        .flat_map(|members| members.values());
    let lists = members.filter_map(Value::as_array);
    let rows = lists.flatten().filter(|row| row.is_object());
    let lines = rows.map(|row| printable(&row.to_string()));
    lines.collect::<Vec<_>>().join("\n")
}

/// Wide enough to recognise an account, narrow enough for a terminal.
const OF_A_USER: [&str; 7] = [
    "user_id", "login", "name", "email", "enabled", "locked", "role_id",
];

/// The same of the Insight Platform, where the email address is the name: a UUID takes a third of a
/// terminal.
const OF_A_PLATFORM_USER: [&str; 5] = [
    "email",
    "first_name",
    "last_name",
    "status",
    "platform_admin",
];

/// The same of an API key: whose it is by email, and the id by which it is revoked.
const OF_AN_API_KEY: [&str; 4] = ["name", "kind", "email", "key_id"];

/// What a row of anything begins and ends with: what it is first, explanations last.
const FIRST: [&str; 8] = [
    "check",
    "id",
    "user_id",
    "login",
    "name",
    "verdict",
    "type",
    "description",
];
const LAST: [&str; 2] = ["detail", "next"];

fn columns(rows: &[Value]) -> Vec<&str> {
    for known in [&OF_A_USER[..], &OF_A_PLATFORM_USER, &OF_AN_API_KEY] {
        let fits = |row: &Value| known.iter().all(|column| row.get(column).is_some());
        if rows.iter().all(fits) {
            return known.to_vec();
        }
    }
    let mut columns: Vec<&str> = Vec::new();
    for name in rows.iter().filter_map(Value::as_object).flat_map(Map::keys) {
        if !columns.contains(&name.as_str()) {
            columns.push(name);
        }
    }
    let place = |name: &str| {
        let first = FIRST.iter().position(|column| *column == name);
        let last = LAST.iter().position(|column| *column == name);
        match (first, last) {
            (Some(place), _) => place,
            (None, None) => FIRST.len(),
            (None, Some(place)) => FIRST.len() + 1 + place,
        }
    };
    columns.sort_by_key(|column| place(column));
    columns
}

fn rows_of(rows: &[Value]) -> String {
    let columns = columns(rows);
    let mut table = table(&columns);
    for row in rows {
        let cells = columns.iter();
        table.add_row(cells.map(|column| verdict_cell(column, &row[*column])));
    }
    format!("{table}\n{} in all", rows.len())
}

/// A cell, coloured where it tells how something went.
fn verdict_cell(column: &str, value: &Value) -> Cell {
    let text = Cell::new(cell(value));
    match (column, value.as_str()) {
        ("verdict", Some("ok")) => text.fg(Color::Green),
        ("verdict", Some("failed")) => text.fg(Color::Red),
        ("verdict", Some("skipped")) => text.add_attribute(Attribute::Dim),
        _ => text,
    }
}

fn members_of(members: &Map<String, Value>) -> String {
    let mut table = table(&["field", "value"]);
    for (name, value) in members.iter().filter(|(name, _)| *name != "warnings") {
        table.add_row([name.clone(), cell(value)]);
    }
    format!("{table}{}", warnings(members))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::parts::{CARE, paint};
    use super::*;

    /// The lines of an answer, cells by `|`, without the table's frame.
    fn lines(value: Value) -> Vec<String> {
        let text = answer(&value);
        let lines = text
            .lines()
            .filter(|line| !line.starts_with(['┌', '╞', '└', '├']));
        lines
            .map(|line| {
                let cells = line.trim_matches(['│', ' ']).split(['│', '┆']);
                cells.map(str::trim).collect::<Vec<_>>().join("|")
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
                r#"odd|Odd|a\u009bb|–|{"a":[1,"\u009b"]}"#,
                "2 in all"
            ]
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
                &format!("{} careful", paint(CARE, "warning:"))
            ]
        );
        let groups = json!([{"id": 7, "name": "Servers"}]);
        let two = lines(json!({"asset_groups": groups, "sites": sites}));
        assert_eq!(
            (two[0].as_str(), two[4].as_str()),
            ("asset_groups:", "sites:")
        );
        assert_eq!(lines(json!({"count": 0, "roles": []}))[1..], ["0 in all"]);
    }

    /// An account without sites is an account, not an empty list.
    #[test]
    fn an_account_with_empty_lists_is_shown_by_member() {
        assert_eq!(
            lines(json!({"login": "jdoe", "sites": [], "asset_groups": [1, 2]})),
            [
                "field|value",
                "asset_groups|1, 2",
                "login|jdoe",
                "sites|none"
            ]
        );
    }

    #[test]
    fn verdicts_are_told_by_colour_too() {
        let check = |verdict: &str| json!({"check": "login", "verdict": verdict, "next": "n", "detail": "d"});
        let rows = ["ok", "failed", "skipped", "other"].map(check);
        let names = columns(&rows);
        assert_eq!(names, ["check", "verdict", "detail", "next"]);
        let shown = |verdict: &str| {
            let mut table = table(&["verdict"]);
            table.add_row([verdict_cell("verdict", &verdict.into())]);
            table.enforce_styling().to_string()
        };
        for (verdict, style) in [
            ("ok", "[38;5;10m"),
            ("failed", "[38;5;9m"),
            ("skipped", "[2m"),
        ] {
            assert!(shown(verdict).contains(style), "{:?}", shown(verdict));
        }
        assert!(!shown("other").contains('\u{1b}'));
        assert_eq!(lines(json!({"checks": rows}))[1], "login|ok|d|n");
    }
}
