//! Errors and warnings.

use rapid7::printable_lines;
use serde_json::Value;

use super::parts::{BAD, CARE, QUIET, paint};
use super::people;

/// What can't be done of a plan that was shown.
pub(crate) fn left_out(error: &actions::Error) -> String {
    let kind = error.kind.name();
    format!(
        "{} {kind}: {}",
        paint(BAD, "not in this plan:"),
        printable_lines(&error.message)
    )
}

/// A warning about the deployment itself.
pub(crate) fn warning(text: &str) -> String {
    format!("{} {}", paint(CARE, "warning:"), printable_lines(text))
}

/// An error.
pub(crate) fn error(error: &actions::Error) -> String {
    let mut text = String::new();
    let details = error.details.as_deref().and_then(Value::as_object);
    if let Some(members) = details.filter(|members| people::is_about(members)) {
        text.push_str(&format!("{}\n", people::tables(members)));
    }
    // Settings that can't be used are no refusal by anybody.
    let kind = if error.settings {
        "Configuration"
    } else {
        error.kind.name()
    };
    text.push_str(&format!("{} ", paint(BAD, &format!("{kind}:"))));
    text.push_str(&printable_lines(&error.to_string()));
    if error.kind.is_retryable() {
        text.push_str(&paint(QUIET, " (running it again is safe)"));
    }
    text
}
