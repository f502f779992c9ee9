//! What a test of a connection tells.

use schemars::JsonSchema;
use serde::Serialize;

/// What came of one check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Not as it should be, and the pack works all the same.
    Warning,
    /// Nothing can be done until this is put right.
    Failed,
    /// Not tried, as something before it failed.
    Skipped,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Check {
    /// What was checked: `reachable`, `certificate`, `credentials`, `privilege`, `wire form`; `protected
    /// logins` where there are any.
    pub check: String,
    /// What came of it.
    pub verdict: Verdict,
    /// What was seen.
    pub detail: String,
    /// What to do about it; null if nothing.
    pub next: Option<String>,
}
