//! What the demo shows: plans, outcomes, and the proof that nothing else changed.

use std::collections::{BTreeMap, BTreeSet};

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use serde_json::Value;

use crate::ui::paint_output;

pub(crate) fn heading(text: &str) -> String {
    format!("\n{}\n", paint_output("1;36", &format!("━━ {text}")))
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    if table.width().is_none() {
        table.set_width(100);
    }
    table
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn list<'a>(outcome: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    outcome[member].as_array().into_iter().flatten()
}

/// A user's members as the console tells them, links aside.
pub(crate) fn members(user: &Value) -> Table {
    let mut table = table(&["member", "value"]);
    for (name, value) in user.as_object().into_iter().flatten() {
        if name != "links" {
            let mut value = value.clone();
            if let Some(nested) = value.as_object_mut() {
                nested.remove("links");
            }
            table.add_row([name.clone(), cell(&value)]);
        }
    }
    table
}

/// The plan in a dry run's answer.
pub(crate) fn steps(dry: &Value) -> String {
    let title = paint_output("1;33", "Plan (dry run, nothing written):");
    let steps = list(dry, "plan").map(|step| format!("\n  • {}", cell(step)));
    steps.fold(title, |text, step| text + &step)
}

/// An outcome in a line, with its warnings below.
pub(crate) fn outcome(outcome: &Value) -> String {
    let subject = &outcome["subject"];
    let verdict = match outcome["changed"] == true {
        true => "done, and proven by reading back.",
        false => "nothing was left to do.",
    };
    let who = match subject {
        Value::Null => cell(&outcome["person"]["email"]),
        subject => format!("{} (user {})", cell(&subject["login"]), subject["user_id"]),
    };
    let mut text = format!("{} {who}: {verdict}", paint_output("1;32", "Outcome:"));
    for warning in list(outcome, "warnings") {
        text.push_str(&format!("\n  note: {}", cell(warning)));
    }
    text
}

/// The changes of an outcome, field by field.
pub(crate) fn changes(outcome: &Value) -> Table {
    let mut table = table(&["field", "before", "after"]);
    for change in list(outcome, "changes") {
        table.add_row(["field", "before", "after"].map(|name| cell(&change[name])));
    }
    table
}

/// What came of a person on each surface.
pub(crate) fn verdicts(outcome: &Value) -> Table {
    let mut table = table(&["surface", "name", "account", "verdict", "why"]);
    for surface in list(outcome, "surfaces") {
        let login = &surface["subject"]["login"];
        let cells = [
            &surface["surface"],
            &surface["name"],
            login,
            &surface["verdict"],
        ];
        let cells = cells.into_iter().chain([&surface["reason"]]);
        table.add_row(cells.map(cell));
    }
    table
}

/// A dry run beside the real one.
pub(crate) fn side_by_side(dry: &Value, real: &Value) -> String {
    let mut table = table(&["", "dry run", "real run"]);
    for member in ["dry_run", "changed"] {
        table.add_row([member.to_owned(), cell(&dry[member]), cell(&real[member])]);
    }
    let changes = |outcome| {
        let lines: Vec<String> = list(outcome, "changes")
            .map(|c| format!("{}: {} → {}", cell(&c["field"]), c["before"], c["after"]))
            .collect();
        lines.join("\n")
    };
    table.add_row(["changes".to_owned(), changes(dry), changes(real)]);
    for member in [
        "enabled",
        "sites",
        "asset_groups",
        "locale",
        "reports_locale",
        "other",
    ] {
        table.add_row([
            format!("state: {member}"),
            cell(&dry["state"][member]),
            cell(&real["state"][member]),
        ]);
    }
    format!("The dry run beside the real one:\n{table}")
}

/// Every value in the console's state by (login, member).
fn leaves(snapshot: &Value) -> BTreeMap<(String, String), Value> {
    fn walk(login: &str, path: &str, value: &Value, into: &mut BTreeMap<(String, String), Value>) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (name, value) in members {
                    let path = match path {
                        "" => name.clone(),
                        path => format!("{path}.{name}"),
                    };
                    walk(login, &path, value, into);
                }
            }
            value => {
                into.insert((login.to_owned(), path.to_owned()), value.clone());
            }
        }
    }
    let mut into = BTreeMap::new();
    for user in snapshot
        .as_object()
        .into_iter()
        .flat_map(|users| users.values())
    {
        walk(user["login"].as_str().unwrap_or("?"), "", user, &mut into);
    }
    into
}

/// Compares the console's whole state before and after, prints every difference, and fails if one
/// was not asked for, or one that was asked for is not there. `("login", "")` stands for a whole
/// account.
pub(crate) fn proof(
    before: &Value,
    after: &Value,
    asked_for: &[(&str, &str)],
) -> Result<(), String> {
    let (before, after) = (leaves(before), leaves(after));
    let mut table = table(&["account", "member", "before", "after"]);
    let mut found = BTreeSet::new();
    let mut surprises = Vec::new();
    let mut same = 0;
    let keys: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let (login, member) = (key.0.as_str(), key.1.as_str());
        let value = |leaves: &BTreeMap<_, Value>| leaves.get(key).cloned().unwrap_or_default();
        let (old, new) = (value(&before), value(&after));
        if old == new {
            same += 1;
            continue;
        }
        let asked = [(login, member), (login, "")];
        match asked.iter().find(|asked| asked_for.contains(asked)) {
            Some(asked) => _ = found.insert(*asked),
            None => surprises.push(format!("{login}: {member}")),
        }
        let (old, new) = match member {
            // A fingerprint: the console never tells the password.
            "password" => (cell(&old), "(set from the secret)".into()),
            _ => (cell(&old), cell(&new)),
        };
        table.add_row([login.to_owned(), member.to_owned(), old, new]);
    }
    println!("{table}");
    let missing: Vec<_> = asked_for
        .iter()
        .filter(|asked| !found.contains(asked))
        .collect();
    if !surprises.is_empty() || !missing.is_empty() {
        return Err(format!(
            "not asked for, and changed: {surprises:?}; asked for, and not changed: {missing:?}"
        ));
    }
    println!(
        "{} every other value on the console, {same} of them, is what it was before: compared one \
         by one.\n",
        paint_output("1;32", "Nothing else changed:")
    );
    Ok(())
}
