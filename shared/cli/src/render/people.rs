//! What became of people on every surface.

use std::collections::BTreeSet;

use anstyle::{AnsiColor, Style};
use serde_json::{Map, Value};

use super::page::Page;
use super::parts::{BAD, CARE, GOOD, QUIET, cell, paint, texts, warning_line, warnings};
use super::table::{Cell, Column, Table};

/// Whether an answer is about people rather than an account.
pub(super) fn is_about(members: &Map<String, Value>) -> bool {
    is_a_list(members) || members.contains_key("person")
}

/// Whether it is about several.
pub(super) fn is_a_list(members: &Map<String, Value>) -> bool {
    members.contains_key("rows")
}

fn name(person: &Value) -> String {
    match &person["email"] {
        Value::Null => cell(&person["login"]),
        email => cell(email),
    }
}

/// Whom a plan or an answer is about.
pub(super) fn whom(members: &Map<String, Value>) -> String {
    match is_a_list(members) {
        true => format!("{} people", texts(members, "rows").len()),
        false => name(&members["person"]),
    }
}

/// Whom a question is about: how many of them there is something to do about, and which accounts that is.
pub(super) fn asked_about(members: &Map<String, Value>) -> String {
    let planned = |surface: &&Value| surface["verdict"] == "planned";
    let surfaces = |row: &Value| row["surfaces"].as_array().cloned().unwrap_or_default();
    let accounts = |count: usize| match count {
        1 => "1 account".to_owned(),
        count => format!("{count} accounts"),
    };
    if is_a_list(members) {
        let rows = texts(members, "rows");
        let planned: Vec<usize> = rows
            .iter()
            .map(|row| surfaces(row).iter().filter(planned).count())
            .filter(|count| *count > 0)
            .collect();
        let count = accounts(planned.iter().sum());
        return format!("{} of {} people ({count})", planned.len(), rows.len());
    }
    let surfaces = texts(members, "surfaces");
    let planned = surfaces.iter().filter(|surface| planned(surface));
    let planned: Vec<String> = planned
        .map(|surface| {
            format!(
                "{} on {}",
                cell(&surface["subject"]["login"]),
                cell(&surface["name"])
            )
        })
        .collect();
    let whom = whom(members);
    format!(
        "{whom}: {} ({})",
        accounts(planned.len()),
        planned.join(", ")
    )
}

/// An answer about one person, or many.
pub(super) fn answer(members: &Map<String, Value>, page: Page) -> String {
    let mut text = whom(members);
    if let Some(result) = members.get("result").and_then(Value::as_str) {
        let (style, told) = match result {
            "done" => (GOOD, "done, and read back"),
            "already" | "skipped" => (GOOD, "nothing was left to do"),
            "dry_run" => (CARE, "a dry run: nothing was written"),
            other => (BAD, other),
        };
        text = page.joined(&format!("{text}:"), &paint(style, told));
    }
    text.push_str(&format!("\n{}", tables(members, page)));
    text.push_str(&told_once(members, page));
    text
}

/// The warnings; of a list, what is told of several people once.
fn told_once(members: &Map<String, Value>, page: Page) -> String {
    if !is_a_list(members) {
        return warnings(members, page);
    }
    let names: BTreeSet<String> = texts(members, "rows")
        .iter()
        .map(|row| name(&row["person"]))
        .collect();
    let mut told: Vec<(String, Vec<String>)> = Vec::new();
    for warning in texts(members, "warnings") {
        let warning = cell(warning);
        let (who, what) = match warning.split_once(": ") {
            Some((who, what)) if names.contains(who) => (Some(who), what),
            _ => (None, warning.as_str()),
        };
        let who = who.map(str::to_owned);
        match told
            .iter_mut()
            .find(|(known, people)| known == what && !people.is_empty())
        {
            Some((_, people)) if who.is_some() => people.extend(who),
            _ => told.push((what.to_owned(), who.into_iter().collect())),
        }
    }
    let lines = told.iter().map(|(what, people)| match people.as_slice() {
        [] => warning_line(what, page),
        [one] => warning_line(&format!("{one}: {what}"), page),
        several => warning_line(&format!("{} people: {what}", several.len()), page),
    });
    lines.map(|line| format!("\n{line}")).collect()
}

/// What is about to be done to each person of a list.
pub(super) fn plan(members: &Map<String, Value>, page: Page) -> String {
    let tables = tables(members, page);
    let warnings = told_once(members, page);
    format!("Plan for {}:\n{tables}{warnings}", whom(members))
}

/// What became of each surface, or of each person.
pub(super) fn tables(members: &Map<String, Value>, page: Page) -> String {
    match is_a_list(members) {
        true => of_rows(&texts(members, "rows"), &members["summary"], page),
        false => of_surfaces(&texts(members, "surfaces"), page),
    }
}

fn of_surfaces(surfaces: &[&Value], page: Page) -> String {
    let mut table = Table::new([
        Column::whole("surface"),
        Column::whole("verdict"),
        Column::whole("account"),
        Column::text("reason"),
    ]);
    for surface in surfaces {
        table.add([
            cell(&surface["name"]).into(),
            verdict(&surface["verdict"]),
            account(surface).into(),
            cell(&surface["reason"]).into(),
        ]);
    }
    table.shown(page)
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

fn of_rows(rows: &[&Value], summary: &Value, page: Page) -> String {
    let surfaces = |row: &Value| row["surfaces"].as_array().cloned().unwrap_or_default();
    let mut names: Vec<String> = Vec::new();
    for surface in rows.iter().flat_map(|row| surfaces(row)) {
        let name = cell(&surface["name"]);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    // Who, and what became of them, always; then why, and where.
    let mut columns = vec![Column::whole("person"), Column::whole("result")];
    let places = names.iter().zip(2..);
    columns.extend(places.map(|(name, place)| Column::whole(name.clone()).importance(place)));
    columns.push(Column::text("reason").importance(1));
    let mut table = Table::new(columns);
    for row in rows {
        let surfaces = surfaces(row);
        let person = name(&row["person"]);
        let mut cells = vec![Cell::from(person.clone()), verdict(&row["result"])];
        for name in &names {
            let mine = surfaces
                .iter()
                .filter(|surface| cell(&surface["name"]) == *name);
            let mine: Vec<&Value> = mine.collect();
            cells.push(match mine.as_slice() {
                [] => "–".into(),
                [one] => on_a_surface(one, &person),
                several => {
                    let verdicts: Vec<String> = several
                        .iter()
                        .map(|one| verdict_or_login(one, &person))
                        .collect();
                    verdicts.join(", ").into()
                }
            });
        }
        let not_done = surfaces
            .iter()
            .filter(|surface| !surface["error"].is_null());
        let reasons = not_done.map(|s| format!("{}: {}", cell(&s["name"]), cell(&s["reason"])));
        let own = row["reason"].as_str().map(|reason| cell(&reason.into()));
        let reasons: Vec<String> = own.into_iter().chain(reasons).collect();
        cells.push(reasons.join("\n").into());
        table.add(cells);
    }
    let counts = summary.as_object().into_iter().flatten();
    let counts = counts.filter(|(name, count)| *name != "people" && **count != 0);
    let counts: Vec<String> = counts
        .map(|(name, count)| format!("{count} {}", in_words(name)))
        .collect();
    let table = table.shown(page);
    format!("{table}\n{} in all: {}", rows.len(), counts.join(", "))
}

/// A plan says whose account it is; what was done, how it went.
fn on_a_surface(surface: &Value, person: &str) -> Cell {
    let text = verdict_or_login(surface, person);
    Cell::styled(text, verdict_style(&surface["verdict"]))
}

fn verdict_or_login(surface: &Value, person: &str) -> String {
    match &surface["subject"]["login"] {
        Value::String(login) if surface["verdict"] == "planned" && login != person => {
            cell(&surface["subject"]["login"])
        }
        _ => in_words(&cell(&surface["verdict"])),
    }
}

fn verdict(value: &Value) -> Cell {
    Cell::styled(in_words(&cell(value)), verdict_style(value))
}

/// A verdict in words. What a dry run shows is what is planned.
fn in_words(name: &str) -> String {
    match name {
        "dry_run" => "planned".to_owned(),
        name => name.replace('_', " "),
    }
}

fn verdict_style(value: &Value) -> Style {
    match value.as_str() {
        Some("done" | "already" | "found") => AnsiColor::Green.on_default(),
        Some("failed" | "refused" | "several" | "unsure") => AnsiColor::Red.on_default(),
        Some("not_begun" | "planned" | "dry_run") => AnsiColor::Yellow.on_default(),
        Some("absent" | "skipped") => QUIET,
        _ => Style::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    fn surface(name: &str, verdict: &str) -> Value {
        json!({
            "name": name, "verdict": verdict, "reason": "\u{9b}because", "error": null,
            "subject": {"login": "jdoe", "user_id": 4}, "accounts": [],
        })
    }

    #[test]
    fn each_surface_has_a_row_and_so_has_each_person() {
        let mut failed = surface("platform", "failed");
        failed["error"] = "Unavailable".into();
        let surfaces = json!([surface("emea", "done"), failed]);
        let person = json!({"email": "jdoe@example.com", "login": null});
        let one = answer(
            &object(json!({"person": person, "result": "failed", "surfaces": surfaces})),
            Page::ENDLESS,
        );
        for told in ["jdoe@example.com: ", "emea", "jdoe (4)", r"\u009bbecause"] {
            assert!(one.contains(told), "{told}: {one}");
        }
        let rows = json!([{
            "person": person, "result": "failed", "reason": null, "surfaces": surfaces,
        }]);
        let summary = json!({"people": 1, "failed": 1, "done": 0, "not_begun": 0});
        let many = answer(
            &object(json!({"rows": rows, "summary": summary, "result": "failed"})),
            Page::ENDLESS,
        );
        for told in ["1 people", r"platform: \u009bbecause", "1 in all: 1 failed"] {
            assert!(many.contains(told), "{told}: {many}");
        }
        assert!(!many.contains('\u{9b}'), "{many}");
    }

    /// Fifty people with the same warning are one warning.
    #[test]
    fn what_is_told_of_several_people_is_told_once() {
        let person =
            |login: &str| json!({"person": {"login": login, "email": null}, "surfaces": []});
        let told = told_once(
            &object(json!({
                "rows": [person("a"), person("b"), person("c")],
                "warnings": ["a: platform: it stays", "the list has two columns", "b: platform: it stays", "c: other"],
            })),
            Page::ENDLESS,
        );
        let told = anstream::adapter::strip_str(&told).to_string();
        assert_eq!(
            told,
            "\nwarning: 2 people: platform: it stays\nwarning: the list has two columns\nwarning: c: other"
        );
    }

    #[test]
    fn a_question_tells_whose_accounts_and_how_many() {
        let surfaces = json!([
            surface("emea", "planned"),
            surface("apac", "already"),
            surface("platform", "planned")
        ]);
        let person = json!({"email": "jdoe@example.com", "login": null});
        let row = json!({"person": person, "surfaces": surfaces});
        assert_eq!(
            asked_about(&object(row.clone())),
            "jdoe@example.com: 2 accounts (jdoe on emea, jdoe on platform)"
        );
        let absent = json!({"person": person, "surfaces": [surface("emea", "absent")]});
        let list = object(json!({"rows": [row, absent]}));
        assert_eq!(asked_about(&list), "1 of 2 people (2 accounts)");
    }
}
