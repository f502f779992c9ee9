//! `offboard-users`: a list of people off every surface.

use schemars::JsonSchema;
use serde::Serialize;

use crate::action::{Action, Effect, Spec};
use crate::diff::FieldChange;
use crate::error::{Changed, Error, ErrorKind, Result};
use crate::guard::refuse;
use crate::person::{
    Earlier, Offboarding, PersonEntry, PersonRow, Prepared, Row, RowResult, Step, Summary,
    carry_out, changed, failure, offboarding_input, people, prepare,
};
use crate::surfaces::Surfaces;

offboarding_input! {
    /// Who leaves, and what to do beside disabling the accounts.
    pub struct OffboardUsersInput {
        /// The people, each named by email or login. Exactly one of `people`, `people_text`.
        #[schemars(extend("x-text" = "people_text"))]
        pub people: Option<Vec<PersonEntry>>,
        /// The same as text: CSV whose first line names its columns (`email`, `login`, `ticket`), or one
        /// JSON object a line.
        pub people_text: Option<String>,
        /// How many accounts may be changed at most: if it were more, none is. The policy's own limit
        /// counts too, for all of them together.
        #[schemars(range(min = 1))]
        pub max_changes: Option<u32>,
        /// The rows of an earlier run, one JSON object a line: whoever is complete in them, and still
        /// looks so, is skipped.
        #[schemars(extend("x-report" = true))]
        pub resume_from: Option<String>,
    }
}

/// What came of a list of people.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PeopleReport {
    /// The operation.
    pub operation: String,
    /// What came of it, of all people together.
    pub result: RowResult,
    /// Whether this run changed anything. A dry run never does.
    pub changed: bool,
    /// Whether this run only shows what would be done.
    pub dry_run: bool,
    /// How many people ended how.
    pub summary: Summary,
    /// The steps that were, or would be, taken, each with its person and surface before it.
    pub plan: Vec<String>,
    /// What differs, field by field, each with its person and surface before it; of a dry run, what
    /// would.
    pub changes: Vec<FieldChange>,
    /// The people, in the order of the list.
    pub rows: Vec<PersonRow>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// Takes a list of people off every surface, as offboard-user does with one. Each surface is listed once.
/// Everything is planned before anything is written; then eight people are worked on at a time. Somebody
/// who is refused, ambiguous or listed twice does not stop the others. If anybody is not done, the run is
/// an error that says who and why: run it again, and only the rest is done.
pub struct OffboardUsers;

impl Action for OffboardUsers {
    type Input = OffboardUsersInput;
    type Output = PeopleReport;
    type Scope = Surfaces;
    const SPEC: Spec = Spec {
        name: "offboard-users",
        title: "Take a list of people off every console and the platform",
        effect: Effect::Destructive,
        example: r#"{"people": [{"email": "jdoe@example.com"}, {"login": "rmartinez", "ticket": "OFF-1043"}], "max_changes": 10, "ticket": "OFF-1042"}"#,
    };

    async fn run(surfaces: &Surfaces, input: OffboardUsersInput) -> Result<PeopleReport> {
        let people = people(input.people.as_deref(), input.people_text.as_deref())?;
        let earlier = Earlier::read(input.resume_from.as_deref().unwrap_or_default());
        let offboarding = Offboarding::read(surfaces, input.options()).await;
        offboarding.check_sight()?;
        let run = surfaces.run_context();
        let steps = prepare(run, &offboarding, &people, &earlier).await;
        let prepared = || {
            steps.iter().filter_map(|step| match step {
                Step::Prepared(_, prepared) => Some(prepared),
                Step::Settled(_) | Step::Unplanned(_) => None,
            })
        };
        // Whoever could not be planned has at least one account.
        let unplanned = |step: &&Step| matches!(step, Step::Unplanned(_));
        let unplanned = steps.iter().filter(unplanned).count();
        let accounts = prepared().map(Prepared::accounts_to_change).sum::<usize>();
        check_limit(input.max_changes, accounts + unplanned)?;
        let size = prepared().map(Prepared::size).sum::<usize>();
        surfaces.policy().check_count(size + unplanned)?;
        offboarding.announce(prepared());
        let rows = carry_out(run, steps).await;
        let mut report = report(run.spec.name, run.dry_run, &rows);
        if earlier.unreadable > 0 {
            report.warnings.push(format!(
                "{} lines of the earlier report could not be read: whoever they were about was looked \
                 at again",
                earlier.unreadable
            ));
        }
        finish(report, &rows)
    }
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

fn finish(report: PeopleReport, rows: &[Row]) -> Result<PeopleReport> {
    let errors = rows.iter().flat_map(|row| row.errors.iter().cloned());
    let errors: Vec<Error> = errors.collect();
    let left: Vec<&Row> = rows.iter().filter(|row| !row.errors.is_empty()).collect();
    let mut lines = vec![format!(
        "{} of {} people are not done",
        left.len(),
        rows.len()
    )];
    lines.extend(left.iter().take(NAMED).map(|row| row.to_line()));
    if left.len() > NAMED {
        lines.push(format!("{} more", left.len() - NAMED));
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
    error.details = serde_json::to_value(&report).ok().map(Box::new);
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
