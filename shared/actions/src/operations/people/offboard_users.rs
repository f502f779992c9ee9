//! `offboard-users`: a list of people off every surface.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::core::action::Action;
use crate::core::change::FieldChange;
use crate::core::context::Scope as _;
use crate::core::error::{Changed, Error, ErrorKind, Result};
use crate::core::policy::refuse;
use crate::core::spec::{Effect, Spec};
use crate::person::batch::{Batch, Ended};
use crate::person::failure::{details, failure};
use crate::person::offboarding::{Offboarding, check_platform};
use crate::person::options::offboarding_input;
use crate::person::people::{Listed, PersonEntry, people};
use crate::person::report::{RowResult, changed};
use crate::person::resume::Earlier;
use crate::person::rows::{PersonRow, Row, Summary};
use crate::person::step::Step;
use crate::person::surfaces::Surfaces;

offboarding_input! {
    /// The people who leave, and what to do in addition to disabling the accounts.
    pub struct OffboardUsersInput {
        /// The people, each named by email or login. Exactly one of `people`, `people_text`.
        #[schemars(extend("x-text" = "people_text"))]
        pub people: Option<Vec<PersonEntry>>,
        /// The people as text: CSV with a header line (`email`, `login`, `ticket`, and `accounts` such
        /// as emea:42; other columns are ignored), or one JSON object per line.
        #[schemars(example = &"email,ticket\njdoe@example.com,OFF-1042\n")]
        pub people_text: Option<String>,
        /// Maximum number of accounts to change. If the list would change more, none is changed. The
        /// policy's own limit also applies, to the whole list.
        #[schemars(range(min = 1))]
        pub max_changes: Option<u32>,
        /// The rows of an earlier run, one JSON object per line. People are skipped if their row shows
        /// that everything requested is done, and their accounts still agree.
        #[schemars(extend("x-report" = true))]
        pub resume_from: Option<String>,
    }
}

/// Result for a list of people.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PeopleReport {
    /// Name of the operation.
    pub operation: String,
    /// Overall result for all people.
    pub result: RowResult,
    /// Whether this run changed anything. Always false in a dry run.
    pub changed: bool,
    /// Whether this was a dry run.
    pub dry_run: bool,
    /// Number of people by result.
    pub summary: Summary,
    /// The steps taken; in a dry run, the steps planned. Each begins with the person and the surface.
    pub plan: Vec<String>,
    /// The changes, field by field; in a dry run, the changes that would be made. Each begins with the
    /// person and the surface.
    pub changes: Vec<FieldChange>,
    /// The people, in the order of the list.
    pub rows: Vec<PersonRow>,
    /// Warnings for a person.
    pub warnings: Vec<String>,
}

/// Takes a list of people off every surface, as offboard-user does for one person. Each surface is
/// listed once. Eight people are processed at a time, those with an enabled account first. A person who
/// is refused, ambiguous, listed twice or not named does not stop the others. If anybody is not done,
/// the run is an error that says who and why. Run it again: only what is missing is done. If a limit
/// must be counted exactly, everybody is planned before anything is written. Planning takes at most
/// half of the time; people not planned by then are left for another run.
pub struct OffboardUsers;

impl Action for OffboardUsers {
    type Input = OffboardUsersInput;
    type Output = PeopleReport;
    type Scope = Surfaces;
    const SPEC: Spec = Spec {
        name: "offboard-users",
        title: "Offboard a list of people from all consoles and the platform",
        effect: Effect::Destructive,
        example: r#"{"people": [{"email": "jdoe@example.com"}, {"login": "rmartinez", "ticket": "OFF-1043"}], "max_changes": 10, "ticket": "OFF-1042"}"#,
    };
    const QUESTION: &'static str = "Offboard {}";

    async fn run(surfaces: &Surfaces, input: OffboardUsersInput) -> Result<PeopleReport> {
        let Listed { people, warnings } =
            people(input.people.as_deref(), input.people_text.as_deref())?;
        let options = input.options();
        let warning = check_platform(surfaces, options)?;
        let earlier = Earlier::read(input.resume_from.as_deref().unwrap_or_default());
        let offboarding = Offboarding::read(surfaces, options).await;
        offboarding.check_sight()?;
        let run = surfaces.run_context();
        let batch = Batch {
            run,
            offboarding: &offboarding,
            people: &people,
            earlier: &earlier,
            allow_absent: input.allow_absent,
            target: surfaces.target(),
        };
        let mut steps = batch.look();
        let accounts = |steps: &[Step]| steps.iter().map(Step::may_change).sum::<usize>();
        // The lists tell of no account too few. Only where they tell of too many, or grants count too,
        // does everybody have to be planned before the first write.
        let listed = check_limit(input.max_changes, accounts(&steps));
        if listed.is_err() || surfaces.policy().max_changes.is_some() {
            steps = batch.prepare(steps).await;
            check_limit(input.max_changes, accounts(&steps))?;
            let size = steps.iter().map(Step::size).sum::<usize>();
            surfaces.policy().check_count(size)?;
        }
        let Ended { rows, not_kept } = batch.carry_out(steps).await;
        let mut report = report(run.spec.name, run.dry_run, &rows);
        report.warnings.extend(warning);
        report.warnings.extend(warnings);
        if earlier.unreadable > 0 {
            report.warnings.push(format!(
                "{} lines of the earlier report could not be read: whoever they were about was looked \
                 at again",
                earlier.unreadable
            ));
        }
        finish(report, &rows, not_kept)
    }

    /// Everybody has a record of their own: this one has whoever is not done, in short, so that what
    /// keeps the log takes it as one entry.
    fn recorded(mut report: Value) -> Value {
        let Some(members) = report.as_object_mut() else {
            return report;
        };
        members.remove("plan");
        members.remove("changes");
        if let Some(Value::Array(warnings)) = members.get_mut("warnings") {
            warnings.truncate(NAMED);
        }
        let mut left_out = 0;
        if let Some(Value::Array(rows)) = members.get_mut("rows") {
            rows.retain(|row| {
                let result = row["result"].as_str().unwrap_or_default();
                ["failed", "refused", "absent", "not_begun"].contains(&result)
            });
            left_out = rows.len().saturating_sub(RECORDED);
            rows.truncate(RECORDED);
            for surface in rows.iter_mut().flat_map(surfaces_of) {
                for member in ["accounts", "plan", "changes", "warnings"] {
                    surface.remove(member);
                }
            }
        }
        members.insert("rows_left_out".into(), left_out.into());
        report
    }
}

fn surfaces_of(row: &mut Value) -> impl Iterator<Item = &mut serde_json::Map<String, Value>> {
    let surfaces = row.get_mut("surfaces").and_then(Value::as_array_mut);
    let surfaces = surfaces.into_iter().flatten();
    surfaces.filter_map(Value::as_object_mut)
}

fn check_limit(most: Option<u32>, accounts: usize) -> Result<()> {
    match most {
        Some(most) if accounts > most as usize => Err(refuse(
            "max_changes",
            &format!("this would change {accounts} accounts, and the input allows {most}"),
            "look whether the list is the right one; then raise `max_changes`, or do less at once",
        )),
        _ => Ok(()),
    }
}

fn report(operation: &str, dry_run: bool, rows: &[Row]) -> PeopleReport {
    let named = |lines: fn(&Row) -> &[String]| -> Vec<String> {
        let lines = rows.iter().flat_map(|row| {
            let lines = lines(row).iter();
            lines.map(|line| format!("{}: {line}", row.name()))
        });
        lines.collect()
    };
    let changes = rows.iter().flat_map(|row| {
        let changes = row.report.iter().flat_map(|report| &report.changes);
        changes.map(|change| FieldChange {
            field: format!("{}: {}", row.name(), change.field),
            ..change.clone()
        })
    });
    let results: Vec<RowResult> = rows.iter().map(|row| row.row.result).collect();
    PeopleReport {
        operation: operation.into(),
        result: overall(&results),
        changed: rows.iter().any(|row| row.row.changed),
        dry_run,
        summary: Summary::of(rows),
        plan: named(|row| row.report.as_ref().map_or(&[], |report| &report.plan)),
        changes: changes.collect(),
        rows: rows.iter().map(|row| row.row.clone()).collect(),
        warnings: named(|row| row.report.as_ref().map_or(&[], |report| &report.warnings)),
    }
}

/// The result that most needs somebody's eye.
fn overall(results: &[RowResult]) -> RowResult {
    let order = [
        RowResult::Failed,
        RowResult::Refused,
        RowResult::Absent,
        RowResult::NotBegun,
        RowResult::DryRun,
        RowResult::Done,
        RowResult::Already,
    ];
    let found = order.into_iter().find(|result| results.contains(result));
    found.unwrap_or(RowResult::Skipped)
}

/// So many people are named in a message; all of them are in the details.
const NAMED: usize = 20;

/// So many people are in the run's own audit record.
const RECORDED: usize = 50;

fn finish(report: PeopleReport, rows: &[Row], not_kept: Option<Error>) -> Result<PeopleReport> {
    let errors = rows.iter().flat_map(|row| row.errors.iter().cloned());
    let errors: Vec<Error> = errors.chain(not_kept.clone()).collect();
    let left: Vec<&Row> = rows.iter().filter(|row| !row.errors.is_empty()).collect();
    let mut lines = vec![format!(
        "{} of {} people are not done",
        left.len(),
        rows.len()
    )];
    lines.extend(left.iter().take(NAMED).map(|row| row.to_line()));
    if left.len() > NAMED {
        let more = left.len() - NAMED;
        lines.push(format!(
            "{more} more: everybody has a record in the audit log"
        ));
    }
    if let Some(error) = not_kept {
        lines.push(format!("the report lacks rows: {}", error.message));
    }
    let changed = match changed(rows.iter().flat_map(|row| &row.worked)) {
        Changed::Applied(_) => Changed::Applied(applied(rows)),
        other => other,
    };
    let Some(mut error) = failure(&errors, lines.join("\n"), changed) else {
        return Ok(report);
    };
    if error.kind == ErrorKind::NotFound {
        error.next = Some("check the spelling; who is gone already needs nothing".into());
    }
    error.details = details(&report, &errors);
    Err(error)
}

/// For whom something was changed, and where.
fn applied(rows: &[Row]) -> Vec<String> {
    let mut lines: Vec<String> = rows.iter().filter_map(Row::applied_line).collect();
    if lines.len() > NAMED {
        let more = lines.len() - NAMED;
        lines.truncate(NAMED);
        lines.push(format!("{more} more people"));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whom it was about does not matter: what lacks a row is the report.
    #[test]
    fn a_report_that_lacks_rows_is_an_error_of_the_run() {
        let not_kept = Error::unavailable("stopped after a row: the disk is full");
        let report = report("offboard-users", false, &[]);
        let error = finish(report, &[], Some(not_kept)).expect_err("not kept");
        assert_eq!(error.kind, ErrorKind::Unavailable);
        let told = "the report lacks rows: stopped after a row: the disk is full";
        assert!(error.message.contains(told), "{}", error.message);
    }
}
