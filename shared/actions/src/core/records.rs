//! Audit records, read back out of whatever keeps them.

use std::ops::Range;

use serde_json::{Deserializer, Value};

/// The audit records in a text: a file of one a line, a single one, one that was written over several lines for
/// people, or any of these among other lines. An answer that has records counts for those.
#[derive(Debug)]
pub struct AuditRecords<'a> {
    text: &'a str,
    found: Vec<Found>,
    broken: Vec<usize>,
}

#[derive(Debug)]
struct Found {
    /// The document that it is, or is in.
    place: Range<usize>,
    /// Where in the document, as a JSON pointer.
    within: String,
    record: Value,
}

/// A record as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordText<'a> {
    /// The JSON document that it is, or is in.
    pub document: &'a str,
    /// Where in the document, as a JSON pointer.
    pub within: &'a str,
}

/// Where answers stand: by themselves, in an error, in a message of the plugin.
const ANSWERS: [&str; 4] = ["", "/details", "/error/details", "/body/output"];

/// The records in an answer, with their places.
fn in_answer(document: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for answer in ANSWERS {
        let surfaces = document.pointer(&format!("{answer}/surfaces"));
        let surfaces = surfaces.and_then(Value::as_array).map_or(0, Vec::len);
        let of_surfaces = (0..surfaces).map(|n| format!("{answer}/surfaces/{n}/record"));
        for place in std::iter::once(format!("{answer}/record")).chain(of_surfaces) {
            if let Some(record) = document.pointer(&place)
                && record["audit"] == "before"
            {
                found.push((place, record));
            }
        }
    }
    found
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
        let (mut counted, mut line) = (0, 1);
        while let Some(begin) = text[at..].find(|c: char| !c.is_whitespace() && c != '\u{feff}') {
            at += begin;
            let mut values = Deserializer::from_str(&text[at..]).into_iter::<Value>();
            match values.next() {
                Some(Ok(value)) if value.is_object() => {
                    let end = at + values.byte_offset();
                    let place = at..end;
                    at = end;
                    if value["audit"].is_string() {
                        records.found.push(Found {
                            place,
                            within: String::new(),
                            record: value,
                        });
                        continue;
                    }
                    let inner = in_answer(&value).into_iter().map(|(within, record)| Found {
                        place: place.clone(),
                        within,
                        record: record.clone(),
                    });
                    records.found.extend(inner);
                }
                _ => {
                    line += text[counted..at].matches('\n').count();
                    counted = at;
                    records.broken.push(line);
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
        self.found.iter().map(|found| &found.record)
    }

    /// The lines, counted from one, at which something begins that can't be read.
    #[must_use]
    pub fn broken(&self) -> &[usize] {
        &self.broken
    }

    /// One of them as it was written.
    pub(crate) fn text(&'a self, index: usize) -> RecordText<'a> {
        let Found { place, within, .. } = &self.found[index];
        RecordText {
            document: &self.text[place.clone()],
            within,
        }
    }
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
        let all = |text: &str| {
            let records = AuditRecords::read(text);
            let found: Vec<Value> = records.iter().cloned().collect();
            for (index, record) in found.iter().enumerate() {
                let text = records.text(index);
                let document: Value = serde_json::from_str(text.document).expect("JSON");
                assert_eq!(document.pointer(text.within), Some(record));
            }
            (found, records.broken().to_vec())
        };
        for text in [
            format!("{before}\n{after}\n"),
            format!("\u{feff}\r\n{before:#}\r\n{after:#}"),
            format!("{{\"level\":\"INFO\"}}\n{before}\n{after}\n"),
        ] {
            assert_eq!(
                all(&text),
                (vec![before.clone(), after.clone()], vec![]),
                "{text}"
            );
        }
        let text = format!("START now\n{before}\nEND\n\nREPORT\n{after}\n");
        assert_eq!(
            all(&text),
            (vec![before.clone(), after.clone()], vec![1, 3])
        );
        // The answers of runs.
        for answer in [
            json!({"changed": true, "record": before}),
            json!({"surfaces": [{"name": "emea"}, {"record": before}]}),
            json!({"error": {"details": {"surfaces": [{"record": before}]}}}),
            json!({"body": {"output": {"record": before}}}),
        ] {
            assert_eq!(
                all(&format!("{answer:#}")).0,
                std::slice::from_ref(&before),
                "{answer}"
            );
        }
        let other = json!({"record": after, "state": {"record": before}});
        for text in ["[1, 2]\n", "{\"login\": \"jdoe\"}", &other.to_string()] {
            assert!(AuditRecords::read(text).is_empty(), "{text}");
        }
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
