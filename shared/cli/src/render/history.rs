//! Past runs.

use actions::PastRun;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rapid7::printable;
use serde_json::{Map, Value};

use super::page::Page;
use super::parts::{BAD, GOOD, QUIET, cell};
use super::table::{Cell, Column, Table};

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
pub(super) fn answer(members: &Map<String, Value>, page: Page) -> String {
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
    // What is typed or searched for stays; what else there is goes in this order.
    let importance = ["when", "who", "ticket", "on"];
    let mut table = Table::new(columns.iter().map(|column| {
        let place = importance.iter().position(|name| name == column);
        let shown = match *column {
            "who" => Column::text(*column),
            name => Column::whole(name),
        };
        match place {
            Some(place) => shown.importance(place + 1),
            None => shown,
        }
    }));
    for run in runs {
        let cells = columns.iter();
        table.add(cells.map(|column| match *column {
            // The year is in the others' way on a narrow terminal.
            "when" => {
                let time = local_time(run["at"].as_str().unwrap_or_default());
                let this_year = Timestamp::now()
                    .to_zoned_datetime(TimeZone::system())
                    .strftime("%Y-")
                    .to_string();
                time.strip_prefix(&this_year).unwrap_or(&time).into()
            }
            "who" => cell(&run["requested_by"]).into(),
            "what" => cell(&run["operation"]).into(),
            "whom" => whom(run).into(),
            "on" => cell(&run["target"]).into(),
            "outcome" => outcome(run),
            column => cell(&run[column]).into(),
        }));
    }
    let mut text = table.shown(page);
    let mut below = format!("{} of {} in {file}", cell(count), cell(of));
    if !several && !runs[0]["target"].as_str().unwrap_or_default().is_empty() {
        below.push_str(&format!(", all on {}", cell(&runs[0]["target"])));
    }
    if count != of {
        below.push_str("; --limit shows more");
    }
    text.push_str(&format!("\n{}", page.wrapped(&below, "  ")));
    if runs.iter().any(|run| run["outcome"] == "unfinished") {
        let unfinished = "Unfinished: killed, or still running. Run the same again: it does what is left, and gives back \
                          what the account had lost. Or take it back: r7user undo ID.";
        text.push_str(&format!("\n{}", page.wrapped(unfinished, "  ")));
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
        "done" => Cell::styled("done", GOOD),
        "nothing_to_do" => Cell::styled("nothing to do", QUIET),
        "unfinished" => Cell::styled("unfinished", BAD),
        "settled" => "cut, settled later".into(),
        "failed" => {
            let changed = match &run["changed"] {
                Value::Bool(false) => "",
                Value::Bool(true) => ", in part done",
                _ => ", perhaps done",
            };
            Cell::styled(format!("failed: {error}{changed}"), BAD)
        }
        other => cell(&other.into()).into(),
    }
}
