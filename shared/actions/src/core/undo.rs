//! How what a run does is taken back.

use serde::Serialize;
use serde_json::{Value, json};

/// How a change is taken back. It is part of the audit record from before the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Undo {
    /// By this operation, from the record. What it can't bring back of it, it tells.
    By(&'static str),
    /// Not from a record: why, and what to do instead.
    Instead(&'static str),
}

impl Undo {
    /// How several steps on an account are taken back: from the record, if that brings back any of them.
    pub(crate) fn of(steps: impl Iterator<Item = Self>) -> Self {
        let mut found = Self::Instead("the run changes nothing");
        for (place, step) in steps.enumerate() {
            match step {
                Self::By(_) => return step,
                Self::Instead(_) if place == 0 => found = step,
                Self::Instead(_) => {}
            }
        }
        found
    }

    /// Whether a record is what it takes.
    pub(crate) fn is_by_record(self) -> bool {
        matches!(self, Self::By(_))
    }

    pub(crate) fn to_json(self) -> Value {
        json!(self)
    }
}

/// Where in an audit record, or an answer, outcomes stand.
const OUTCOMES: [&str; 2] = ["", "/error/details"];

/// Takes the records from before the run out of what the record of its end tells: they are in the same place
/// already, each by itself.
pub(crate) fn without_records(ended: &mut Value) {
    for place in OUTCOMES {
        let Some(Value::Object(outcome)) = ended.pointer_mut(place) else {
            continue;
        };
        outcome.remove("record");
        let surfaces = outcome.get_mut("surfaces").and_then(Value::as_array_mut);
        for surface in surfaces.into_iter().flatten() {
            if let Value::Object(surface) = surface {
                surface.remove("record");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_takes_back_what_it_has_any_of() {
        let of = |steps: &[Undo]| Undo::of(steps.iter().copied());
        let (by, first, other) = (
            Undo::By("restore-user"),
            Undo::Instead("a"),
            Undo::Instead("b"),
        );
        assert_eq!(of(&[first, by]), by);
        assert_eq!(of(&[first, other]), first);
        assert!(!of(&[]).is_by_record());
        assert_eq!(by.to_json(), json!({"by": "restore-user"}));
        assert_eq!(first.to_json(), json!({"instead": "a"}));
    }

    #[test]
    fn a_record_is_not_in_another_one() {
        let surfaces = json!([{"name": "emea", "record": {"audit": "before"}}, {"name": "apac"}]);
        let told = json!([{"name": "emea"}, {"name": "apac"}]);
        for (mut ended, expected) in [
            (
                json!({"changed": true, "record": {}}),
                json!({"changed": true}),
            ),
            (json!({"surfaces": surfaces}), json!({"surfaces": told})),
            (
                json!({"error": {"details": {"surfaces": surfaces}}}),
                json!({"error": {"details": {"surfaces": told}}}),
            ),
            (
                json!({"error": {"kind": "Refused"}}),
                json!({"error": {"kind": "Refused"}}),
            ),
        ] {
            without_records(&mut ended);
            assert_eq!(ended, expected);
        }
    }
}
