//! Answers as CSV and as tab-separated values, for spreadsheets and for tools that cut columns.

use actions::no_formula;
use csv::{Terminator, WriterBuilder};
use serde_json::{Map, Value};

use super::answer::lists_in;
use super::columns;

/// An answer with a row for each object of its list, or a single one for the answer itself, below a header.
/// Members of members have their path for a name; nothing in it is a formula.
pub(crate) fn separated(answer: &Value, delimiter: u8) -> String {
    let rows = rows_of(answer).unwrap_or_else(|| vec![answer.clone()]);
    let rows: Vec<Value> = rows.iter().map(|row| Value::Object(flat(row))).collect();
    let header = columns::all(&rows);
    if header.is_empty() {
        return String::new();
    }
    let mut table = WriterBuilder::new();
    let table = table
        .delimiter(delimiter)
        .terminator(Terminator::Any(b'\n'));
    let mut table = table.from_writer(Vec::new());
    let mut write = |row: Vec<String>| table.write_record(row).expect("memory takes every row");
    write(header.iter().map(|name| no_formula(name)).collect());
    for row in &rows {
        write(header.iter().map(|name| value(&row[*name])).collect());
    }
    let bytes = table.into_inner().expect("memory takes every row");
    String::from_utf8(bytes)
        .expect("made of strings")
        .trim_end_matches('\n')
        .to_owned()
}

/// The list that an answer is about, if it is about one. An account is one row, and so is what was done to it,
/// whatever lists they have.
fn rows_of(answer: &Value) -> Option<Vec<Value>> {
    let members = answer.as_object()?;
    let has = |name: &str| members.contains_key(name);
    if has("user_id") || has("subject") && has("changes") {
        return None;
    }
    let mut lists = lists_in(members);
    // What differs, beside those in whom it does; and of two listings the one that was not asked for.
    if lists.len() > 1 {
        lists.retain(|(name, rows)| *name != "changes" && !rows.is_empty());
    }
    match lists.as_slice() {
        [(_, rows)] => Some(rows.to_vec()),
        _ => None,
    }
}

/// The members of an object, those of its members in place of them.
fn flat(row: &Value) -> Map<String, Value> {
    fn walk(prefix: &str, value: &Value, into: &mut Map<String, Value>) {
        match value {
            Value::Object(members) if !members.is_empty() || prefix.is_empty() => {
                for (name, value) in members {
                    let path = match prefix {
                        "" => name.clone(),
                        prefix => format!("{prefix}.{name}"),
                    };
                    walk(&path, value, into);
                }
            }
            value => {
                into.insert(prefix.to_owned(), value.clone());
            }
        }
    }
    let mut into = Map::new();
    walk("", row, &mut into);
    into
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => no_formula(text),
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => {
            no_formula(&Value::from(items.clone()).to_string())
        }
        Value::Array(items) => {
            let items = items.iter().map(plain);
            no_formula(&items.collect::<Vec<_>>().join("; "))
        }
        other => plain(other),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_list_is_a_row_an_object_and_anything_else_a_single_row() {
        let users = json!([
            {"user_id": 4, "login": "jdoe", "name": "Doe, \"Jane\"", "sites": [1, 2], "locked": false},
            {"user_id": 5, "login": "=1+1", "name": null, "other": {"a": {"b": -1}}},
        ]);
        assert_eq!(
            separated(&json!({"count": 2, "users": users}), b','),
            "user_id,login,name,locked,sites,other.a.b\n\
             4,jdoe,\"Doe, \"\"Jane\"\"\",false,1; 2,\n\
             5,'=1+1,,,,-1"
        );
        assert_eq!(
            separated(&json!({"login": "a\tb", "sites": []}), b'\t'),
            "login\tsites\n\"a\tb\"\t"
        );
        let outcome = json!({
            "subject": {"login": "jdoe"}, "changed": true, "plan": ["replace user 4"],
            "changes": [{"field": "enabled", "before": true, "after": false}],
        });
        assert_eq!(
            separated(&outcome, b'\t'),
            "changed\tchanges\tplan\tsubject.login\n\
             true\t\"[{\"\"after\"\":false,\"\"before\"\":true,\"\"field\"\":\"\"enabled\"\"}]\"\treplace user 4\tjdoe"
        );
        assert_eq!(separated(&json!({"count": 0, "users": []}), b','), "");
    }
}
