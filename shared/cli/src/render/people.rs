//! What became of people on every surface.

use comfy_table::{Attribute, Cell, Color};
use serde_json::{Map, Value};

use super::parts::{BAD, CARE, GOOD, cell, paint, table, warnings};

/// Whether an answer is about people rather than an account.
pub(super) fn is_about(members: &Map<String, Value>) -> bool {
    members.contains_key("rows") || members.contains_key("person")
}

fn name(person: &Value) -> String {
    match &person["email"] {
        Value::Null => cell(&person["login"]),
        email => cell(email),
    }
}

/// Whom a plan or an answer is about.
pub(super) fn whom(members: &Map<String, Value>) -> String {
    match members.get("rows").and_then(Value::as_array) {
        Some(rows) => format!("{} people", rows.len()),
        None => name(&members["person"]),
    }
}

/// An answer about one person, or many.
pub(super) fn answer(members: &Map<String, Value>) -> String {
    let mut text = whom(members);
    if let Some(result) = members.get("result").and_then(Value::as_str) {
        let (style, told) = match result {
            "done" => (GOOD, "done, and read back"),
            "already" | "skipped" => (GOOD, "nothing was left to do"),
            "dry_run" => (CARE, "a dry run: nothing was written"),
            other => (BAD, other),
        };
        text.push_str(&format!(": {}", paint(style, told)));
    }
    text.push_str(&format!("\n{}", tables(members)));
    text.push_str(&warnings(members));
    text
}

/// What became of each surface, or of each person.
pub(super) fn tables(members: &Map<String, Value>) -> String {
    match members.get("rows").and_then(Value::as_array) {
        Some(rows) => of_rows(rows, &members["summary"]),
        None => of_surfaces(members["surfaces"].as_array().map_or(&[], Vec::as_slice)),
    }
}

fn of_surfaces(surfaces: &[Value]) -> String {
    let mut table = table(&["surface", "verdict", "account", "reason"]);
    for surface in surfaces {
        table.add_row([
            Cell::new(cell(&surface["name"])),
            verdict(&surface["verdict"]),
            Cell::new(account(surface)),
            Cell::new(cell(&surface["reason"])),
        ]);
    }
    table.to_string()
}

fn account(surface: &Value) -> String {
    let line = |subject: &Value| {
        format!(
            "{} ({})",
            cell(&subject["login"]),
            cell(&subject["user_id"])
        )
    };
    if surface["subject"].is_object() {
        return line(&surface["subject"]);
    }
    let accounts = surface["accounts"].as_array().into_iter().flatten();
    let lines: Vec<String> = accounts.map(|one| line(&one["subject"])).collect();
    match lines.is_empty() {
        true => "–".into(),
        false => lines.join("\n"),
    }
}

fn of_rows(rows: &[Value], summary: &Value) -> String {
    let surfaces = |row: &Value| row["surfaces"].as_array().cloned().unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    for surface in rows.iter().flat_map(surfaces) {
        let name = cell(&surface["name"]);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut header = vec!["person", "result"];
    header.extend(names.iter().map(String::as_str));
    header.push("reason");
    let mut table = table(&header);
    for row in rows {
        let surfaces = surfaces(row);
        let mut cells = vec![Cell::new(name(&row["person"])), verdict(&row["result"])];
        for name in &names {
            let mine = surfaces
                .iter()
                .filter(|surface| cell(&surface["name"]) == *name);
            let verdicts: Vec<String> = mine.map(|surface| cell(&surface["verdict"])).collect();
            cells.push(match verdicts.as_slice() {
                [] => Cell::new("–"),
                [one] => verdict(&one.as_str().into()),
                several => Cell::new(several.join(", ")),
            });
        }
        let not_done = surfaces
            .iter()
            .filter(|surface| !surface["error"].is_null());
        let reasons = not_done.map(|s| format!("{}: {}", cell(&s["name"]), cell(&s["reason"])));
        let own = row["reason"].as_str().map(|reason| cell(&reason.into()));
        let reasons: Vec<String> = own.into_iter().chain(reasons).collect();
        cells.push(Cell::new(reasons.join("\n")));
        table.add_row(cells);
    }
    let counts = summary.as_object().into_iter().flatten();
    let counts = counts.filter(|(name, count)| *name != "people" && **count != 0);
    let counts: Vec<String> = counts
        .map(|(name, count)| format!("{count} {}", name.replace('_', " ")))
        .collect();
    format!("{table}\n{} in all: {}", rows.len(), counts.join(", "))
}

fn verdict(value: &Value) -> Cell {
    let text = Cell::new(cell(value).replace('_', " "));
    match value.as_str() {
        Some("done" | "already" | "found") => text.fg(Color::Green),
        Some("failed" | "refused" | "several" | "unsure") => text.fg(Color::Red),
        Some("not_begun" | "planned" | "dry_run") => text.fg(Color::Yellow),
        Some("absent" | "skipped") => text.add_attribute(Attribute::Dim),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn each_surface_has_a_row_and_so_has_each_person() {
        let surface = |name: &str, verdict: &str| {
            json!({
                "name": name, "verdict": verdict, "reason": "\u{9b}because", "error": null,
                "subject": {"login": "jdoe", "user_id": 4}, "accounts": [],
            })
        };
        let mut failed = surface("platform", "failed");
        failed["error"] = "Unavailable".into();
        let surfaces = json!([surface("emea", "done"), failed]);
        let person = json!({"email": "jdoe@example.com", "login": null});
        let one = answer(&object(
            json!({"person": person, "result": "failed", "surfaces": surfaces}),
        ));
        for told in ["jdoe@example.com: ", "emea", "jdoe (4)", r"\u009bbecause"] {
            assert!(one.contains(told), "{told}: {one}");
        }
        let rows = json!([{
            "person": person, "result": "failed", "reason": null, "surfaces": surfaces,
        }]);
        let summary = json!({"people": 1, "failed": 1, "done": 0, "not_begun": 0});
        let many = answer(&object(
            json!({"rows": rows, "summary": summary, "result": "failed"}),
        ));
        for told in ["1 people", r"platform: \u009bbecause", "1 in all: 1 failed"] {
            assert!(many.contains(told), "{told}: {many}");
        }
        assert!(!many.contains('\u{9b}'), "{many}");
    }
}
