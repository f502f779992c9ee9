//! What came of a person on each surface, and what that means for the run.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::listing::{Candidate, PersonView};
use crate::core::change::FieldChange;
use crate::core::error::{Changed, Error, ErrorKind};
use crate::core::outcome::{Outcome, Subject};

/// Result for one account, or for a surface without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SurfaceVerdict {
    /// Changed, and read back.
    Done,
    /// Already done.
    Already,
    /// Dry run: this would be changed.
    Planned,
    /// The person has no account there.
    Absent,
    /// A guard or a rule forbids it, or a person must choose the account.
    Refused,
    /// Not done, or not proven.
    Failed,
}

impl SurfaceVerdict {
    fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Already => "already",
            Self::Planned => "planned",
            Self::Absent => "absent",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// Result for a person on one surface. A surface with several accounts of the person appears once per
/// account.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SurfaceReport {
    /// The surface: `console` or `platform`.
    pub surface: String,
    /// The console's name, or `platform`.
    pub name: String,
    /// Address of the surface. Null if it could not be set up.
    pub target: Option<String>,
    /// The result.
    pub verdict: SurfaceVerdict,
    /// The reason, for people.
    pub reason: String,
    /// What to do next, if it was not done.
    pub next: Option<String>,
    /// Kind of the error, if it failed.
    pub error: Option<String>,
    /// Whether running it again may succeed.
    pub retryable: bool,
    /// The account.
    pub subject: Option<Subject>,
    /// The possible accounts, if a person must choose.
    pub accounts: Vec<Candidate>,
    /// The steps taken; in a dry run, the steps planned.
    pub plan: Vec<String>,
    /// The changes, field by field; in a dry run, the changes that would be made.
    pub changes: Vec<FieldChange>,
    /// Warnings for a person.
    pub warnings: Vec<String>,
    /// The audit record from before the change, for restore-user or restore-platform-user. Left out if
    /// nothing was changed that can be restored, and in a list of people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<serde_json::Map<String, Value>>")]
    pub record: Option<Value>,
}

/// Result for a person on all surfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowResult {
    /// Done on every surface that needed a change.
    Done,
    /// Already done on every surface.
    Already,
    /// Dry run: something would be changed.
    DryRun,
    /// No account on any surface.
    Absent,
    /// Refused on a surface.
    Refused,
    /// Failed on a surface.
    Failed,
    /// In a list: done by an earlier run, or listed twice.
    Skipped,
    /// In a list: not begun, because the time ran out.
    NotBegun,
}

/// Result for one person.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PersonReport {
    /// Name of the operation.
    pub operation: String,
    /// The person.
    pub person: PersonView,
    /// Overall result on all surfaces.
    pub result: RowResult,
    /// Whether this run changed anything. Always false in a dry run.
    pub changed: bool,
    /// Whether this was a dry run.
    pub dry_run: bool,
    /// The steps taken; in a dry run, the steps planned. Each begins with the surface.
    pub plan: Vec<String>,
    /// The changes, field by field; in a dry run, the changes that would be made. Each begins with the
    /// surface.
    pub changes: Vec<FieldChange>,
    /// Every configured console, and the platform if it is configured and not left out.
    pub surfaces: Vec<SurfaceReport>,
    /// Warnings for a person. Each begins with the surface.
    pub warnings: Vec<String>,
}

/// A report with the error behind it.
#[derive(Debug, Clone)]
pub(crate) struct Worked {
    pub(crate) report: SurfaceReport,
    pub(crate) error: Option<Error>,
}

impl SurfaceReport {
    /// In one line for people: `emea: done: jdoe (user 4): disabled`.
    pub(crate) fn to_line(&self) -> String {
        let kind = self.error.as_ref().map(|kind| format!(" ({kind})"));
        let subject = self.subject.as_ref().map(Subject::to_line);
        let subject = subject.map(|line| format!("{line}: ")).unwrap_or_default();
        let next = self.next.as_ref().map(|next| format!(" Next: {next}."));
        let line = format!(
            "{}: {}{}: {subject}{}.{}",
            self.name,
            self.verdict.name(),
            kind.unwrap_or_default(),
            self.reason.trim_end_matches('.'),
            next.unwrap_or_default()
        );
        // What a console told must not look like another surface's line.
        line.replace(['\n', '\r'], " ")
    }
}

impl Worked {
    /// A surface on which it was done, or nothing was left to do, or a dry run shows what would be.
    pub(crate) fn of<State>(
        mut report: SurfaceReport,
        outcome: Outcome<State>,
        step: &str,
        left: Option<&str>,
    ) -> Self {
        let (verdict, mut reason) = match (outcome.changed, outcome.plan.is_empty()) {
            (true, _) => (SurfaceVerdict::Done, format!("{step}, and read back")),
            (false, false) if outcome.dry_run => {
                (SurfaceVerdict::Planned, "would be changed".to_owned())
            }
            (false, _) => (SurfaceVerdict::Already, "nothing was left to do".to_owned()),
        };
        if let Some(left) = left {
            reason.push_str(&format!("; {left}"));
        }
        report.verdict = verdict;
        report.reason = reason;
        report.subject = Some(outcome.subject);
        report.plan = outcome.plan;
        report.changes = outcome.changes;
        report.record = outcome.record;
        report.warnings.extend(outcome.warnings);
        Self {
            report,
            error: None,
        }
    }

    /// A surface on which it was refused or failed.
    pub(crate) fn failed(mut report: SurfaceReport, error: Error) -> Self {
        report.verdict = match error.kind {
            ErrorKind::Refused | ErrorKind::Ambiguous => SurfaceVerdict::Refused,
            _ => SurfaceVerdict::Failed,
        };
        report.reason.clone_from(&error.message);
        report.next.clone_from(&error.next);
        report.error = Some(error.kind.name().into());
        report.retryable = error.kind.is_retryable();
        if error.changed == Changed::Unknown {
            report
                .reason
                .push_str("; whether something was changed is not known");
        }
        Self {
            report,
            error: Some(error),
        }
    }

    /// Whether something was changed, or may have been.
    pub(crate) fn has_changed(&self) -> bool {
        !self.applied().is_empty()
    }

    /// Whether it is not known if anything was changed.
    pub(crate) fn is_uncertain(&self) -> bool {
        let error = self.error.as_ref();
        error.is_some_and(|error| error.changed == Changed::Unknown)
    }

    /// What was changed, each with its surface before it.
    fn applied(&self) -> Vec<String> {
        let name = &self.report.name;
        let subject = self.report.subject.as_ref().map(Subject::to_line);
        let subject = subject.unwrap_or_default();
        let lines: Vec<String> = match (&self.error, self.report.verdict) {
            (Some(error), _) => match &error.changed {
                Changed::Applied(lines) => lines.clone(),
                Changed::Unknown => vec!["perhaps something, which is not known".into()],
                Changed::Nothing => Vec::new(),
            },
            (None, SurfaceVerdict::Done) => self.report.plan.clone(),
            _ => Vec::new(),
        };
        let lines = lines.iter();
        lines
            .map(|line| format!("{name}: {subject}: {line}"))
            .collect()
    }
}

/// Everything that came of a person, as a report.
pub(crate) fn report(
    operation: &str,
    person: PersonView,
    dry_run: bool,
    worked: &[Worked],
) -> PersonReport {
    let reports = || worked.iter().map(|worked| &worked.report);
    let named = |report: &SurfaceReport, lines: &[String]| -> Vec<String> {
        let lines = lines.iter();
        lines
            .map(|line| format!("{}: {line}", report.name))
            .collect()
    };
    PersonReport {
        operation: operation.into(),
        person,
        result: result(reports().map(|report| report.verdict)),
        changed: worked.iter().any(|worked| !worked.applied().is_empty()),
        dry_run,
        plan: reports()
            .flat_map(|report| named(report, &report.plan))
            .collect(),
        changes: reports().flat_map(named_changes).collect(),
        surfaces: reports().cloned().collect(),
        warnings: reports()
            .flat_map(|report| named(report, &report.warnings))
            .collect(),
    }
}

fn named_changes(report: &SurfaceReport) -> impl Iterator<Item = FieldChange> + '_ {
    report.changes.iter().map(|change| FieldChange {
        field: format!("{}: {}", report.name, change.field),
        ..change.clone()
    })
}

fn result(verdicts: impl Iterator<Item = SurfaceVerdict>) -> RowResult {
    let verdicts: Vec<SurfaceVerdict> = verdicts.collect();
    let is = |verdict| verdicts.contains(&verdict);
    if is(SurfaceVerdict::Failed) {
        RowResult::Failed
    } else if is(SurfaceVerdict::Refused) {
        RowResult::Refused
    } else if is(SurfaceVerdict::Planned) {
        RowResult::DryRun
    } else if is(SurfaceVerdict::Done) {
        RowResult::Done
    } else if is(SurfaceVerdict::Already) {
        RowResult::Already
    } else {
        RowResult::Absent
    }
}

/// What had been changed before all of these.
pub(crate) fn changed<'a>(worked: impl Iterator<Item = &'a Worked>) -> Changed {
    let worked: Vec<&Worked> = worked.collect();
    let applied: Vec<String> = worked.iter().flat_map(|worked| worked.applied()).collect();
    let known = |worked: &&Worked| !worked.is_uncertain() && !worked.applied().is_empty();
    match applied.is_empty() {
        true => Changed::Nothing,
        false if worked.iter().any(known) => Changed::Applied(applied),
        false => Changed::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_done_only_if_no_surface_is_left() {
        use SurfaceVerdict::{Absent, Already, Done, Failed, Planned, Refused};
        let of = |verdicts: &[SurfaceVerdict]| result(verdicts.iter().copied());
        assert_eq!(of(&[Done, Already, Absent]), RowResult::Done);
        assert_eq!(of(&[Already, Absent]), RowResult::Already);
        assert_eq!(of(&[Absent, Absent]), RowResult::Absent);
        assert_eq!(of(&[Done, Refused]), RowResult::Refused);
        assert_eq!(of(&[Refused, Failed, Done]), RowResult::Failed);
        assert_eq!(of(&[Planned, Already]), RowResult::DryRun);
        assert_eq!(of(&[]), RowResult::Absent);
    }
}
