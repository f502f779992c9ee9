//! Past runs.

use actions::PastRun;
use comfy_table::{Attribute, Cell, Color, ColumnConstraint};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rapid7::printable;
use serde_json::{Map, Value};

use super::parts::{cell, table};

/// Whether an answer is about those.
pub(super) fn is_about(members: &Map<String, Value>) -> bool {
    members.contains_key("runs")
}

/// A moment as the clock on the wall shows it, to the second.
pub(crate) fn local_time(at: &str) -> String {
    match at.parse::<Timestamp>() {
        Ok(at) => at
            .to_zoned_datetime(TimeZone::system())
            .strftime("%Y-%m-%d %H:%M:%S")
            .to_string(),
        Err(_) => cell(&at.into()),
    }
}

/// A run in one line.
pub(crate) fn run_line(run: &PastRun) -> String {
    let (operation, id) = (printable(&run.operation), printable(&run.id));
    format!("{operation} of {} ({id})", run.whom())
}

/// A row a run.
pub(super) fn answer(members: &Map<String, Value>) -> String {
    let runs = members["runs"].as_array().map_or(&[][..], Vec::as_slice);
    let (count, of) = (&members["count"], &members["of"]);
    let file = cell(&members["file"]);
    if runs.is_empty() {
        return format!("No run to show in {file}");
    }
    // The same for all is told once.
    let mut targets: Vec<&Value> = runs.iter().map(|run| &run["target"]).collect();
    targets.dedup();
    let several = targets.len() > 1;
    let mut columns = vec![
        "when", "who", "what", "whom", "on", "ticket", "outcome", "id",
    ];
    // What no run tells takes no place.
    let told = |member: &str| runs.iter().any(|run| !run[member].is_null());
    columns.retain(|column| match *column {
        "on" => several,
        "who" => told("requested_by"),
        "ticket" => told("ticket"),
        _ => true,
    });
    let mut table = table(&columns);
    for run in runs {
        let cells = columns.iter();
        table.add_row(cells.map(|column| match *column {
            "when" => Cell::new(local_time(run["at"].as_str().unwrap_or_default())),
            "who" => Cell::new(cell(&run["requested_by"])),
            "what" => Cell::new(cell(&run["operation"])),
            "whom" => Cell::new(whom(run)),
            "on" => Cell::new(cell(&run["target"])),
            "outcome" => outcome(run),
            column => Cell::new(cell(&run[column])),
        }));
    }
    // What is typed or searched for is never broken.
    for (place, column) in columns.iter().enumerate() {
        if ["when", "what", "id"].contains(column)
            && let Some(column) = table.column_mut(place)
        {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    let mut text = format!("{table}\n{} of {} in {file}", cell(count), cell(of));
    if !several && !runs[0]["target"].as_str().unwrap_or_default().is_empty() {
        text.push_str(&format!(", all on {}", cell(&runs[0]["target"])));
    }
    if count != of {
        text.push_str("; --limit shows more");
    }
    if runs.iter().any(|run| run["outcome"] == "unfinished") {
        text.push_str(
            "\nUnfinished: killed, or still at work. The same again does what is left, and gives back what the \
             account had lost; r7user undo ID takes it back.",
        );
    }
    text
}

fn whom(run: &Value) -> String {
    match (&run["login"], &run["user_id"]) {
        (Value::Null, _) => cell(&run["about"]),
        (login, Value::Null) => cell(login),
        (login, id) => format!("{} ({})", cell(login), cell(id)),
    }
}

fn outcome(run: &Value) -> Cell {
    let error = cell(&run["error"]);
    match run["outcome"].as_str().unwrap_or_default() {
        "done" => Cell::new("done").fg(Color::Green),
        "nothing_to_do" => Cell::new("nothing to do").add_attribute(Attribute::Dim),
        "unfinished" => Cell::new("unfinished")
            .fg(Color::Red)
            .add_attribute(Attribute::Bold),
        "settled" => Cell::new("cut, settled later"),
        "failed" => {
            let changed = match &run["changed"] {
                Value::Bool(false) => "",
                Value::Bool(true) => ", in part done",
                _ => ", perhaps done",
            };
            Cell::new(format!("failed: {error}{changed}")).fg(Color::Red)
        }
        other => Cell::new(cell(&other.into())),
    }
}
