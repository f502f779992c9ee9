//! What came of a person on each surface, and what that means for the run.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::listing::{Candidate, PersonView};
use crate::core::change::FieldChange;
use crate::core::error::{Changed, Error, ErrorKind};
use crate::core::outcome::{Outcome, Subject};

/// What came of one account, or of a surface without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum SurfaceVerdict {
    /// Changed, and read back.
    Done,
    /// Nothing was left to do.
    Already,
    /// A dry run: this would be changed.
    Planned,
    /// The person has no account there.
    Absent,
    /// A guard or a rule forbids it, or a person has to say which account is meant.
    Refused,
    /// It was not done, or not proven.
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

/// What came of a person on one surface. A surface with several accounts of one person is there
/// several times.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct SurfaceReport {
    /// Which of Rapid7's surfaces: `console` or `platform`.
    pub surface: String,
    /// The console's name, or `platform`.
    pub name: String,
    /// The address; null if the surface could not be got ready.
    pub target: Option<String>,
    /// What came of it.
    pub verdict: SurfaceVerdict,
    /// Why, for people.
    pub reason: String,
    /// What to do next, where it was not done.
    pub next: Option<String>,
    /// How it failed, if it did: the error's kind.
    pub error: Option<String>,
    /// Whether running the same again may succeed.
    pub retryable: bool,
    /// The account.
    pub subject: Option<Subject>,
    /// The accounts that may be meant, where a person has to say which.
    pub accounts: Vec<Candidate>,
    /// The steps that were, or would be, taken.
    pub plan: Vec<String>,
    /// What differs, field by field; of a dry run, what would.
    pub changes: Vec<FieldChange>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// What came of a person on all surfaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RowResult {
    /// Done on every surface where there was something left to do.
    Done,
    /// Nothing was left to do anywhere.
    Already,
    /// A dry run: something would be changed.
    DryRun,
    /// No account on any surface.
    Absent,
    /// Refused on a surface.
    Refused,
    /// Failed on a surface.
    Failed,
    /// Of a list: done by an earlier run, or listed twice.
    Skipped,
    /// Of a list: there was no time left to begin.
    NotBegun,
}

/// What came of one person.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PersonReport {
    /// The operation.
    pub operation: String,
    /// The person.
    pub person: PersonView,
    /// What came of it, on all surfaces together.
    pub result: RowResult,
    /// Whether this run changed anything. A dry run never does.
    pub changed: bool,
    /// Whether this run only shows what would be done.
    pub dry_run: bool,
    /// The steps that were, or would be, taken, each with its surface before it.
    pub plan: Vec<String>,
    /// What differs, field by field, each with its surface before it; of a dry run, what would.
    pub changes: Vec<FieldChange>,
    /// Every console and the platform, as far as they are configured and not left out.
    pub surfaces: Vec<SurfaceReport>,
    /// What a person should know, each with its surface before it.
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

/// Which of several failures speaks for the run, best first for whoever has to act.
///
/// What may leave something lost comes first, as another run would find it done; then a login that a console
/// refused, as another run would send it again, and failed logins lock accounts. Then what passes by itself,
/// so that retriers run it again until only what a person has to decide is left. Then that.
pub(crate) fn worst(errors: &[Error]) -> Option<&Error> {
    let place = |error: &&Error| match error.kind {
        ErrorKind::Unexpected if error.changed != Changed::Nothing => 0,
        ErrorKind::Unauthorized if error.locks_an_account() => 1,
        ErrorKind::Indeterminate => 2,
        ErrorKind::Conflict => 3,
        ErrorKind::Unavailable => 4,
        ErrorKind::RateLimited => 5,
        ErrorKind::Refused => 6,
        ErrorKind::Ambiguous => 7,
        ErrorKind::Unauthorized => 8,
        ErrorKind::Unexpected => 9,
        ErrorKind::InvalidInput => 10,
        ErrorKind::NotFound => 11,
    };
    errors.iter().min_by_key(place)
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

/// What to do next, where another run is the answer.
pub(crate) const RUN_AGAIN: &str =
    "run it again: what is done is found done, and only the rest is done";

/// How many of several failures may pass by themselves.
fn retryable(errors: &[Error]) -> usize {
    errors
        .iter()
        .filter(|error| error.kind.is_retryable())
        .count()
}

/// What a run ends with that was not done on every surface. Where another run would do some of it, and
/// another failure speaks for the run, it says both.
pub(crate) fn failure(errors: &[Error], message: String, changed: Changed) -> Option<Error> {
    let worst = worst(errors)?;
    let mut error = Error::new(worst.kind, message).changed(changed);
    error.next = match worst.kind {
        kind if kind.is_retryable() => Some(RUN_AGAIN.into()),
        ErrorKind::Ambiguous => Some("name the accounts that are meant, in `accounts`".into()),
        _ => worst.next.clone(),
    };
    let left = retryable(errors);
    if left > 0 && !worst.kind.is_retryable() {
        let rest = format!("{left} of {} failures may pass by themselves", errors.len());
        error.next = Some(match error.next {
            Some(next) => format!("{next}; {rest}: {RUN_AGAIN}"),
            None => format!("{rest}: {RUN_AGAIN}"),
        });
    }
    error.retry_after = errors.iter().filter_map(|error| error.retry_after).max();
    error.source.clone_from(&worst.source);
    Some(error)
}

/// The report as an error's details, with how many of the failures may pass by themselves.
pub(crate) fn details(report: &impl Serialize, errors: &[Error]) -> Option<Box<Value>> {
    let mut details = serde_json::to_value(report).ok()?;
    details["retryable_left"] = retryable(errors).into();
    Some(Box::new(details))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(kind: ErrorKind, changed: Changed) -> Error {
        Error::new(kind, "").changed(changed)
    }

    #[test]
    fn what_passes_by_itself_speaks_for_the_run_unless_it_must_not_be_run_again() {
        use ErrorKind::{
            Ambiguous, Conflict, NotFound, RateLimited, Refused, Unauthorized, Unavailable,
            Unexpected,
        };
        let kind = |kinds: &[ErrorKind]| {
            let errors = kinds.iter().map(|kind| error(*kind, Changed::Nothing));
            let errors: Vec<Error> = errors.collect();
            worst(&errors).map(|error| error.kind)
        };
        assert_eq!(kind(&[Unavailable, Refused]), Some(Unavailable));
        assert_eq!(kind(&[Ambiguous, Unavailable]), Some(Unavailable));
        assert_eq!(kind(&[Ambiguous, Refused]), Some(Refused));
        assert_eq!(kind(&[Unauthorized, RateLimited]), Some(RateLimited));
        assert_eq!(kind(&[Unauthorized, Unexpected]), Some(Unauthorized));
        assert_eq!(kind(&[Unavailable, Conflict]), Some(Conflict));
        assert_eq!(kind(&[NotFound, Unavailable]), Some(Unavailable));
        assert_eq!(kind(&[]), None);
    }

    /// Another run would find the account disabled, and leave its grants lost.
    #[test]
    fn no_retry_is_invited_where_something_may_be_lost() {
        for changed in [Changed::Unknown, Changed::Applied(vec!["x".into()])] {
            let errors = [
                error(ErrorKind::Unavailable, Changed::Nothing),
                error(ErrorKind::Refused, Changed::Nothing),
                error(ErrorKind::Unexpected, changed),
            ];
            let worst = worst(&errors).expect("one");
            assert_eq!(worst.kind, ErrorKind::Unexpected);
        }
    }

    #[test]
    fn what_speaks_for_the_run_does_not_hide_that_the_rest_may_pass() {
        let errors = [
            error(ErrorKind::Unexpected, Changed::Unknown).next("ask"),
            error(ErrorKind::Unavailable, Changed::Nothing),
        ];
        let failed = failure(&errors, "m".into(), Changed::Nothing).expect("failed");
        assert_eq!(failed.kind, ErrorKind::Unexpected);
        let next = failed.next.expect("told");
        assert_eq!(
            next,
            format!("ask; 1 of 2 failures may pass by themselves: {RUN_AGAIN}")
        );
        let details = details(&serde_json::json!({}), &errors).expect("details");
        assert_eq!(details["retryable_left"], 1);
    }

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
