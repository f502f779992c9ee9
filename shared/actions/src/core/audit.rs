//! The record of who had what changed, and how it was before.

use rapid7::BoxFuture;
use serde::Serialize;
use serde_json::Value;

/// When a record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Phase {
    /// Before the first write, with the full state: what an account can be restored from.
    Before,
    /// After the run, however it ended.
    After,
}

/// One record. The two of a run share operation, request id and subject. No secret is in it.
#[derive(Debug, Serialize)]
pub struct AuditRecord<'a> {
    /// When it was written, RFC 3339 in UTC.
    pub at: String,
    /// Before or after.
    pub audit: Phase,
    /// The operation.
    pub operation: &'a str,
    /// The run, as its caller knows it.
    pub request_id: &'a str,
    /// The ticket that asked for it.
    pub ticket: Option<&'a str>,
    /// Who asked for it.
    pub requested_by: Option<&'a str>,
    /// The address of the console or the platform; several, for a run on a person.
    pub target: &'a str,
    /// Before: `{subject, plan, state, undo}`. After: the outcome, or `{error}`.
    pub record: Value,
}

/// Where records go.
pub trait Audit: Send + Sync {
    /// Writes a record. When this returns it is out of this process: on disk, or with whatever keeps
    /// standard output. An error before the first write stops the run.
    ///
    /// # Errors
    /// Why it could not be written, for a person.
    fn write<'a>(&'a self, record: &'a AuditRecord<'a>) -> BoxFuture<'a, Result<(), String>>;
}
