//! What the work on one account of a surface ends with.

use serde::Serialize;
use serde_json::json;

use super::report::{SurfaceReport, Worked};
use crate::core::audit::Phase;
use crate::core::context::Scope;
use crate::core::error::Result;
use crate::core::outcome::Outcome;

/// Records how the work on an account ended, unless nothing was begun, and tells it: `step` is what was
/// done, `left` what stays.
pub(super) async fn ended<State: Serialize>(
    scope: &impl Scope,
    mut report: SurfaceReport,
    begun: bool,
    result: Result<Outcome<State>>,
    step: &str,
    left: Option<&str>,
) -> Worked {
    let run = scope.run();
    if begun && !run.dry_run {
        let record = match &result {
            Ok(outcome) => json!(outcome),
            Err(error) => json!({
                "subject": report.subject, "state": null, "error": error.to_json(),
            }),
        };
        if let Err(why) = run.record(&scope.target(), Phase::After, record).await {
            report.warnings.push(format!(
                "the audit record of this account's outcome could not be written: {why}"
            ));
        }
    }
    match result {
        Ok(outcome) => Worked::of(report, outcome, step, left),
        Err(error) => Worked::failed(report, error),
    }
}
