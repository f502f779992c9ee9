//! Which columns rows have, in which order, and which of them matter most.

use serde_json::{Map, Value};

use super::table::Column;

/// What is shown of rows of a kind, in the order in which it stands; what else they have is left to JSON. The
/// number says what stays where there is no room: the lowest.
type Known = &'static [(&'static str, usize)];

/// Wide enough to recognise an account, narrow enough for a terminal.
const OF_A_USER: Known = &[
    ("user_id", 3),
    ("login", 0),
    ("name", 4),
    ("email", 1),
    ("enabled", 2),
    ("locked", 5),
    ("role_id", 6),
];

/// The same of the Insight Platform, where the email address is the name: a UUID takes a third of a
/// terminal.
const OF_A_PLATFORM_USER: Known = &[
    ("email", 0),
    ("first_name", 2),
    ("last_name", 3),
    ("status", 1),
    ("platform_admin", 4),
];

/// The same of an API key: whose it is by email, and the id by which it is revoked.
const OF_AN_API_KEY: Known = &[("name", 2), ("kind", 3), ("email", 1), ("key_id", 0)];

const KNOWN: [Known; 3] = [OF_A_USER, OF_A_PLATFORM_USER, OF_AN_API_KEY];

/// What a row of anything begins and ends with: what it is first, explanations last.
const FIRST: [&str; 13] = [
    "check",
    "id",
    "user_id",
    "login",
    "name",
    "first_name",
    "last_name",
    "email",
    "verdict",
    "enabled",
    "locked",
    "type",
    "description",
];
const LAST: [&str; 3] = ["detail", "next", "other"];

/// What may be wrapped: sentences, and lists of what is not copied. Anything else is a name or a number.
const TEXTS: [&str; 7] = [
    "description",
    "detail",
    "name",
    "next",
    "privileges",
    "reason",
    "other",
];

/// The columns of a list's rows.
pub(super) fn of_rows(rows: &[Value]) -> Vec<(&str, Column)> {
    let known = KNOWN.into_iter().find(|known| {
        let fits = |row: &Value| known.iter().all(|(column, _)| row.get(column).is_some());
        !rows.is_empty() && rows.iter().all(fits)
    });
    if let Some(known) = known {
        let known = known.iter().copied();
        return known
            .map(|(name, importance)| (name, column(name, rows, importance)))
            .collect();
    }
    let names = all(rows).into_iter().enumerate();
    names
        .map(|(place, name)| (name, column(name, rows, place)))
        .collect()
}

/// What matters most stays however narrow it gets.
fn column(name: &str, rows: &[Value], importance: usize) -> Column {
    let nested = |row: &Value| {
        row.get(name)
            .is_some_and(|value| value.is_object() || value.is_array())
    };
    let column = match TEXTS.contains(&name) || rows.iter().any(nested) {
        true => Column::text(name),
        false => Column::whole(name),
    };
    match importance {
        0 => column,
        importance => column.importance(importance),
    }
}

/// Every member of any of the rows, those of known rows in their order.
pub(super) fn all(rows: &[Value]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in rows.iter().filter_map(Value::as_object).flat_map(Map::keys) {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    names.sort_by_key(|name| place(name));
    names
}

/// Where a member stands among others.
pub(super) fn place(name: &str) -> usize {
    let first = FIRST.iter().position(|column| *column == name);
    let last = LAST.iter().position(|column| *column == name);
    match (first, last) {
        (Some(place), _) => place,
        (None, None) => FIRST.len(),
        (None, Some(place)) => FIRST.len() + 1 + place,
    }
}
