//! Numbers, times and severities as the page shows them.

use jiff::Timestamp;

use crate::access_report::findings::Severity;
use crate::access_report::html::Html;

/// The class and the word of a severity.
pub(super) fn severity(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::High => ("high", "High"),
        Severity::Medium => ("medium", "Medium"),
        Severity::Low => ("low", "Low"),
    }
}

/// A number with its noun.
pub(super) fn counted(page: &mut Html, number: usize, noun: &'static str) {
    page.text(&grouped(number)).raw(" ").raw(noun);
    if number != 1 {
        page.raw("s");
    }
}

/// With a comma before every three digits, as the script writes numbers.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// What is no time stamp is shown as it is.
fn formatted(at: &str, format: &str) -> String {
    let stamp = at.parse::<Timestamp>();
    stamp.map_or_else(|_| at.to_owned(), |at| at.strftime(format).to_string())
}

pub(super) fn date(at: &str) -> String {
    formatted(at, "%Y-%m-%d")
}

pub(super) fn time(at: &str) -> String {
    formatted(at, "%Y-%m-%d %H:%M UTC")
}
