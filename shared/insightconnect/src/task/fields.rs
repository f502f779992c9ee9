//! What the task is called, takes and answers with.

use actions::{ALL, Entry};
use serde_json::Value;

use crate::fields::{self, Field, Types};

/// The task's name.
pub(crate) const NAME: &str = "user_changes";

/// What the task does.
pub(crate) const DESCRIPTION: &str = "Report users of a console that were created, deleted, enabled, \
                                      disabled, locked or unlocked, or whose role or profile changed";

/// The operation that does the work.
pub(crate) const OPERATION: &str = "list-user-changes";

/// Members of the operation's output that the contract tells beside the output.
pub(super) const STATE: &str = "state";
pub(super) const MORE: &str = "has_more_pages";
pub(super) const CHANGES: &str = "changes";

/// The fields of the task, out of the operation's.
pub(crate) struct TaskFields {
    pub(crate) input: Vec<Field>,
    /// The list of changes, which is all of its output.
    pub(crate) output: Vec<Field>,
    pub(crate) types: Types,
}

impl TaskFields {
    pub(crate) fn new() -> Option<Self> {
        let entry = operation()?;
        let mut types = Types::new();
        let mut input = fields::fields(&Value::from((entry.input)()), &mut types);
        input.retain(|field| field.name != STATE);
        let output = fields::fields(&Value::from((entry.output)()), &mut types);
        let output = output
            .into_iter()
            .filter(|field| field.name == CHANGES)
            .collect();
        Some(Self {
            input,
            output,
            types,
        })
    }
}

/// That operation.
pub(super) fn operation() -> Option<&'static Entry> {
    ALL.iter()
        .find(|entry| entry.operation.spec.name == OPERATION)
}
