//! The user actions of the vendor's own plugin, so that a workflow that was written for it need not
//! be rewritten: the same names, with inputs and outputs that its steps expect.

use serde_json::{Map, Value};

use super::fields::{Field, Types};
use super::message::Failure;

/// The operation's input, out of what the action was given.
type ToOperation = fn(Map<String, Value>) -> Result<Map<String, Value>, Failure>;
/// The action's output, out of the operation's input and output.
type ToPlugin = fn(&Value, Value) -> Result<Value, Failure>;

/// An action of the vendor's plugin, told by what differs from the operation that does its work.
///
/// One with the name of an operation takes the inputs of both and answers with the outputs of both.
pub(super) struct VendorAction {
    /// Its name there and here.
    pub(super) name: &'static str,
    /// The operation that does the work.
    pub(super) operation: &'static str,
    /// What it does.
    pub(super) description: &'static str,
    /// Its inputs, out of those of the operation.
    pub(super) input: fn(Vec<Field>) -> Vec<Field>,
    /// Its outputs, out of those of the operation, and the types that they need.
    pub(super) output: fn(Vec<Field>, &mut Types) -> Vec<Field>,
    /// What the operation is given.
    pub(super) to_operation: ToOperation,
    /// What the action answers with.
    pub(super) to_plugin: ToPlugin,
}

/// Every one of them.
pub(super) static ALL: &[VendorAction] = &[];
