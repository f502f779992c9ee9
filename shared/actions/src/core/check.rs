//! What a test of a connection tells.

use schemars::JsonSchema;
use serde::Serialize;

/// Result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Passed.
    Ok,
    /// A problem, but the pack works.
    Warning,
    /// A problem: nothing works until it is fixed.
    Failed,
    /// Not tried, because an earlier check failed.
    Skipped,
}

/// A check and its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Check {
    /// What was checked: `reachable`, `certificate`, `credentials`, `privilege`, `wire form`;
    /// `protected logins` if there are any.
    pub check: String,
    /// Result of the check.
    pub verdict: Verdict,
    /// What was found.
    pub detail: String,
    /// What to do next. Null if nothing.
    pub next: Option<String>,
}
