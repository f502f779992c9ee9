//! What answers for people are made of: colours, cells, tables, warnings.

use anstyle::{AnsiColor, Style};
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{ContentArrangement, Table};
use rapid7::printable;
use serde_json::{Map, Value};

pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(super) const CARE: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const QUIET: Style = Style::new().dimmed();

pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A value in a cell: text without quotes, nothing for null, objects as compact JSON. What a console
/// tells must not move the cursor of whoever is about to confirm a plan, nor show another name than is meant.
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::String(text) => printable(text),
        Value::Array(items) if items.is_empty() => "none".into(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        other => printable(&other.to_string()),
    }
}

pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header);
    // Some terminals, inside other programs, say that they have no width at all.
    if table.width().is_some_and(|width| width < 40) {
        table.set_width(100);
    }
    table
}

pub(super) fn warnings(members: &Map<String, Value>) -> String {
    let warnings = members.get("warnings").and_then(Value::as_array);
    let warnings = warnings.into_iter().flatten();
    warnings
        .map(|warning| format!("\n{} {}", paint(CARE, "warning:"), cell(warning)))
        .collect()
}
