//! Audit records, read back out of whatever keeps them.

use std::ops::Range;

use serde_json::{Deserializer, Value};

use crate::core::text::printable;

/// So many records are named where one has to be chosen.
const NAMED: usize = 5;

/// The audit records in a text: a file of one a line, a single one, one that was written over several lines for
/// people, or any of these among other lines.
#[derive(Debug)]
pub struct AuditRecords<'a> {
    text: &'a str,
    found: Vec<(Range<usize>, Value)>,
    broken: Vec<usize>,
}

impl<'a> AuditRecords<'a> {
    /// Reads a text. A record that was cut, as a disk was full, is passed over: the next one begins a line.
    #[must_use]
    pub fn read(text: &'a str) -> Self {
        let mut records = Self {
            text,
            found: Vec::new(),
            broken: Vec::new(),
        };
        let mut at = 0;
        while let Some(begin) = text[at..].find(|c: char| !c.is_whitespace() && c != '\u{feff}') {
            at += begin;
            let mut values = Deserializer::from_str(&text[at..]).into_iter::<Value>();
            match values.next() {
                Some(Ok(value)) if value.is_object() => {
                    let end = at + values.byte_offset();
                    if value["audit"].is_string() {
                        records.found.push((at..end, value));
                    }
                    at = end;
                }
                _ => {
                    records.broken.push(text[..at].matches('\n').count() + 1);
                    let next = text[at..].find("\n{");
                    at = next.map_or(text.len(), |next| at + next);
                }
            }
        }
        records
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The records.
    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.found.iter().map(|(_, record)| record)
    }

    /// The lines, counted from one, at which something begins that can't be read.
    #[must_use]
    pub fn broken(&self) -> &[usize] {
        &self.broken
    }

    /// The text of the one record that has the state from before a run.
    ///
    /// # Errors
    /// What is expected, if there is not exactly one.
    pub fn to_restore_from(&self) -> Result<&'a str, String> {
        let before = self.found.iter();
        let before: Vec<_> = before
            .filter(|(_, record)| record["audit"] == "before")
            .collect();
        match before.as_slice() {
            [(place, _)] => Ok(&self.text[place.clone()]),
            [] => Err(format!(
                "expected a record with \"audit\": \"before\", and there is none among {}",
                self.found.len()
            )),
            several => {
                let last = several.iter().rev().take(NAMED);
                let last: Vec<String> = last.map(|(_, record)| line(record)).collect();
                Err(format!(
                    "expected one record with \"audit\": \"before\", and there are {}; the last are {}. \
                     Give the line of one by itself",
                    several.len(),
                    last.join(", ")
                ))
            }
        }
    }
}

/// A record in a few words.
fn line(record: &Value) -> String {
    let text = |value: &Value| printable(value.as_str().unwrap_or_default());
    format!(
        "{} of {} ({}, request {})",
        text(&record["operation"]),
        text(&record["record"]["subject"]["login"]),
        text(&record["at"]),
        text(&record["request_id"])
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn record(audit: &str, number: usize) -> Value {
        json!({
            "at": "2026-01-01T00:00:00Z", "audit": audit, "operation": "disable-user",
            "request_id": number.to_string(), "record": {"subject": {"login": "jdoe"}},
        })
    }

    #[test]
    fn every_way_of_keeping_records_is_read() {
        let (before, after) = (record("before", 1), record("after", 1));
        let taken = |text: &str| {
            let records = AuditRecords::read(text);
            let found = records.to_restore_from().map(str::to_owned);
            let found = found.map(|text| serde_json::from_str::<Value>(&text).expect("JSON"));
            (found, records.broken().to_vec())
        };
        for text in [
            format!("{before}"),
            format!("\u{feff}\r\n{before:#}\r\n"),
            format!("{before}\n{after}\n"),
            format!("{after:#}\n{before:#}"),
            format!("{{\"level\":\"INFO\"}}\n{before}\n{after}\n"),
        ] {
            assert_eq!(taken(&text), (Ok(before.clone()), vec![]), "{text}");
        }
        let text = format!("START now\n{before}\nEND\n\nREPORT\n{after}\n");
        assert_eq!(taken(&text), (Ok(before.clone()), vec![1, 3]));
        let (none, _) = taken(&format!("{after}\n{after}"));
        let told = "expected a record with \"audit\": \"before\", and there is none among 2";
        assert_eq!(none, Err(told.into()));
        let (several, _) = taken(&format!("{before}\n{}", record("before", 2)));
        let several = several.expect_err("two");
        let told = "there are 2; the last are disable-user of jdoe (2026-01-01T00:00:00Z, request 2), disable-user";
        assert!(several.contains(told), "{several}");
        assert!(AuditRecords::read("[1, 2]\n").is_empty());
        assert!(AuditRecords::read("{\"login\": \"jdoe\"}").is_empty());
    }

    proptest! {
        /// Wherever a record was cut, those before and after it are read, and it is told.
        #[test]
        fn a_record_that_was_cut_spoils_no_other(cut in any::<prop::sample::Index>(), pretty in any::<bool>()) {
            let (first, last) = (record("after", 1), record("before", 3));
            let broken = match pretty {
                true => format!("{:#}", record("before", 2)),
                false => record("before", 2).to_string(),
            };
            let broken = &broken[..1 + cut.index(broken.len() - 1)];
            let text = format!("{first}\n{broken}\n{last}\n");
            let records = AuditRecords::read(&text);
            let found: Vec<&Value> = records.iter().collect();
            prop_assert_eq!(found, [&first, &last]);
            prop_assert_eq!(records.broken(), [2]);
        }
    }
}
