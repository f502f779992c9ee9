//! The rows of a list of people: what came of each.

use schemars::JsonSchema;
use serde::Serialize;

use super::listing::PersonView;
use super::options::Options;
use super::report::{PersonReport, RowResult, SurfaceReport, Worked, report};
use crate::core::context::RunContext;
use crate::core::error::{Error, ErrorKind};
use crate::core::text::printable;

/// Result for one person in a list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PersonRow {
    /// The person.
    pub person: PersonView,
    /// Ticket for this person, if it differs from the run's.
    pub ticket: Option<String>,
    /// Overall result on all surfaces.
    pub result: RowResult,
    /// Whether this run changed anything.
    pub changed: bool,
    /// Whether this was a dry run.
    pub dry_run: bool,
    /// The requested steps. A later run that requests more looks at the person again.
    pub options: Options,
    /// The reason, if no surface has one.
    pub reason: Option<String>,
    /// Every configured console, and the platform if it is configured and not left out.
    pub surfaces: Vec<SurfaceReport>,
}

/// Number of people by result.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// All people.
    pub people: usize,
    /// Done by this run.
    pub done: usize,
    /// Already done.
    pub already: usize,
    /// No account anywhere.
    pub absent: usize,
    /// Refused on a surface.
    pub refused: usize,
    /// Failed on a surface, or not read.
    pub failed: usize,
    /// Done by an earlier run, or listed twice.
    pub skipped: usize,
    /// Not begun, because the time ran out.
    pub not_begun: usize,
    /// Dry run: something would be changed.
    pub planned: usize,
}

impl Summary {
    pub(crate) fn of(rows: &[Row]) -> Self {
        let count = |result| rows.iter().filter(|row| row.row.result == result).count();
        Self {
            people: rows.len(),
            done: count(RowResult::Done),
            already: count(RowResult::Already),
            absent: count(RowResult::Absent),
            refused: count(RowResult::Refused),
            failed: count(RowResult::Failed),
            skipped: count(RowResult::Skipped),
            not_begun: count(RowResult::NotBegun),
            planned: count(RowResult::DryRun),
        }
    }
}

/// A row with the errors behind it, and the whole report where there is one.
pub(crate) struct Row {
    pub(crate) row: PersonRow,
    pub(crate) errors: Vec<Error>,
    pub(crate) report: Option<PersonReport>,
    pub(crate) worked: Vec<Worked>,
}

impl Row {
    pub(super) fn settled(
        view: PersonView,
        ticket: Option<String>,
        result: RowResult,
        reason: String,
    ) -> Self {
        Self {
            row: PersonRow {
                person: view,
                ticket,
                result,
                changed: false,
                dry_run: false,
                options: Options::default(),
                reason: Some(reason),
                surfaces: Vec::new(),
            },
            errors: Vec::new(),
            report: None,
            worked: Vec::new(),
        }
    }

    pub(super) fn failed(
        view: PersonView,
        ticket: Option<String>,
        result: RowResult,
        error: Error,
    ) -> Self {
        let mut row = Self::settled(view, ticket, result, error.message.clone());
        row.errors.push(error);
        row
    }

    pub(super) fn of(
        run: &RunContext,
        ticket: Option<String>,
        view: PersonView,
        worked: Vec<Worked>,
        allow_absent: bool,
    ) -> Self {
        let mut report = report(run.spec.name, view, run.dry_run, &worked);
        // A list would grow too long for what takes it. They are in the audit records.
        for surface in &mut report.surfaces {
            surface.record = None;
        }
        let errors = worked.iter().filter_map(|worked| worked.error.clone());
        let mut errors: Vec<Error> = errors.collect();
        let mut reason = None;
        if report.result == RowResult::Absent {
            let absent = "no account on any surface";
            if !allow_absent {
                errors.push(Error::new(ErrorKind::NotFound, absent).next("check the spelling"));
            }
            reason = Some(absent.into());
        }
        Self {
            row: PersonRow {
                person: report.person.clone(),
                ticket,
                result: report.result,
                changed: report.changed,
                dry_run: run.dry_run,
                options: Options::default(),
                reason,
                surfaces: report.surfaces.clone(),
            },
            errors,
            report: Some(report),
            worked,
        }
    }

    /// What is not done, in one line for people.
    pub(crate) fn to_line(&self) -> String {
        let surfaces = self.row.surfaces.iter();
        let surfaces = surfaces.filter(|surface| surface.error.is_some());
        let lines = self.row.reason.iter().cloned();
        let lines: Vec<String> = lines.chain(surfaces.map(SurfaceReport::to_line)).collect();
        format!("{}: {}", self.name(), lines.join(" "))
    }

    /// Where something was changed, in one line for people.
    pub(crate) fn applied_line(&self) -> Option<String> {
        let changed = self.worked.iter().filter(|worked| worked.has_changed());
        let surfaces: Vec<String> = changed
            .map(|worked| match worked.is_uncertain() {
                true => format!("perhaps {}", worked.report.name),
                false => worked.report.name.clone(),
            })
            .collect();
        (!surfaces.is_empty()).then(|| format!("{} on {}", self.name(), surfaces.join(", ")))
    }

    /// Whom it is about, in a few words.
    pub(crate) fn name(&self) -> String {
        let person = &self.row.person;
        let name = person.email.as_ref().or(person.login.as_ref());
        printable(name.map_or("unnamed", String::as_str))
    }
}
