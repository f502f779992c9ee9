//! What answers for people are made of: colours, cells, warnings.

use anstyle::{AnsiColor, Style};
use rapid7::printable;
use serde_json::{Map, Value};

use super::page::Page;

pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(super) const CARE: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const QUIET: Style = Style::new().dimmed();
pub(super) const BOLD: Style = Style::new().bold();

pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// A value in a cell: text without quotes, nothing for null, objects as JSON. What a console
/// tells must not move the cursor of whoever is about to confirm a plan, nor show another name than is meant.
pub(super) fn cell(value: &Value) -> String {
    match value {
        Value::Null => "–".into(),
        Value::String(text) => printable(text),
        Value::Array(items) if items.is_empty() => "none".into(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(", "),
        Value::Object(_) => printable(&spaced(value)),
        other => printable(&other.to_string()),
    }
}

/// JSON with blanks where a line may end.
fn spaced(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(name, value)| format!("{}: {}", Value::from(name.as_str()), spaced(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let items = items.iter().map(spaced);
            format!("[{}]", items.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// The texts in a list.
pub(super) fn texts<'a>(members: &'a Map<String, Value>, name: &str) -> Vec<&'a Value> {
    let list = members.get(name).and_then(Value::as_array);
    list.into_iter().flatten().collect()
}

pub(super) fn warnings(members: &Map<String, Value>, page: Page) -> String {
    let warnings = texts(members, "warnings").into_iter();
    let warnings = warnings.map(|warning| warning_line(&cell(warning), page));
    warnings.map(|line| format!("\n{line}")).collect()
}

/// One warning.
pub(super) fn warning_line(text: &str, page: Page) -> String {
    page.wrapped(&format!("{} {text}", paint(CARE, "warning:")), "  ")
}
