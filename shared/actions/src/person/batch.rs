//! Many people at once: planned before anything is written, then some at a time.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::Instant;

use super::identity::Person;
use super::listing::PersonView;
use super::offboarding::{Offboarding, Prepared, Wanted};
use super::people::{People, PersonEntry};
use super::report::{PersonReport, RowResult, SurfaceReport, Worked, report};
use super::resume::Earlier;
use crate::context::RunContext;
use crate::error::{Error, ErrorKind};

/// People who are planned, or worked on, at the same time.
const AT_ONCE: usize = 8;

/// Nobody is begun with less time than this, or than twice what the slowest took.
const TIME_FOR_ONE: Duration = Duration::from_secs(3);

/// Planning takes at most this part of the time: the platform lets fifty requests a minute through, and
/// a long list must not be planned until nothing of it can be done.
const TO_PLAN: u32 = 2;

/// What came of one person of a list.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct PersonRow {
    /// The person.
    pub person: PersonView,
    /// The ticket for this person, if it is not the run's.
    pub ticket: Option<String>,
    /// What came of it, on all surfaces together.
    pub result: RowResult,
    /// Whether this run changed anything.
    pub changed: bool,
    /// Why, where no surface tells.
    pub reason: Option<String>,
    /// Every console and the platform, as far as they are configured and not left out.
    pub surfaces: Vec<SurfaceReport>,
}

/// How many people ended how.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// All.
    pub people: usize,
    /// Done by this run.
    pub done: usize,
    /// Nothing was left to do.
    pub already: usize,
    /// No account anywhere.
    pub absent: usize,
    /// Refused on a surface.
    pub refused: usize,
    /// Failed on a surface, or not read.
    pub failed: usize,
    /// Done by an earlier run, or listed twice.
    pub skipped: usize,
    /// There was no time left to begin.
    pub not_begun: usize,
    /// Of a dry run: something would be changed.
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

/// A person before anything was written.
pub(crate) enum Step {
    /// Nothing is to be done.
    Settled(Box<Row>),
    /// There was no time left to plan it.
    Unplanned(Box<Row>),
    Prepared(Option<String>, Prepared),
}

impl Row {
    fn settled(
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
                reason: Some(reason),
                surfaces: Vec::new(),
            },
            errors: Vec::new(),
            report: None,
            worked: Vec::new(),
        }
    }

    fn failed(view: PersonView, ticket: Option<String>, result: RowResult, error: Error) -> Self {
        let mut row = Self::settled(view, ticket, result, error.message.clone());
        row.errors.push(error);
        row
    }

    fn of(run: &RunContext, ticket: Option<String>, view: PersonView, worked: Vec<Worked>) -> Self {
        let report = report(run.spec.name, view, run.dry_run, &worked);
        let errors = worked.iter().filter_map(|worked| worked.error.clone());
        let mut errors: Vec<Error> = errors.collect();
        let mut reason = None;
        if report.result == RowResult::Absent {
            let absent = "no account on any surface";
            errors.push(Error::new(ErrorKind::NotFound, absent).next("check the spelling"));
            reason = Some(absent.into());
        }
        Self {
            row: PersonRow {
                person: report.person.clone(),
                ticket,
                result: report.result,
                changed: report.changed,
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
        let surfaces: Vec<&str> = changed.map(|worked| worked.report.name.as_str()).collect();
        (!surfaces.is_empty()).then(|| format!("{} on {}", self.name(), surfaces.join(", ")))
    }

    /// Whom it is about, in a few words.
    pub(crate) fn name(&self) -> String {
        let person = &self.row.person;
        let name = person.email.as_ref().or(person.login.as_ref());
        crate::lookup::printable(name.map_or("", String::as_str))
    }
}

/// Plans everything that is left to do, in the order of the list, without writing.
pub(crate) async fn prepare(
    run: &RunContext,
    offboarding: &Offboarding<'_>,
    people: &People,
    earlier: &Earlier,
) -> Vec<Step> {
    let until = Instant::now() + run.deadline.saturating_duration_since(Instant::now()) / TO_PLAN;
    let steps = people.iter();
    let steps: Vec<_> = steps
        .map(|(person, entry)| prepare_one(offboarding, person, entry, earlier, until))
        .collect();
    let steps = stream::iter(steps);
    let mut steps: Vec<Step> = steps.buffered(AT_ONCE).collect().await;
    without_duplicates(people, &mut steps);
    steps
}

async fn prepare_one(
    offboarding: &Offboarding<'_>,
    person: &Person,
    entry: &PersonEntry,
    earlier: &Earlier,
    until: Instant,
) -> Step {
    let ticket = entry.ticket.clone();
    let resolved = offboarding.resolve(person);
    if earlier.is_done(person, &resolved) {
        let reason = "an earlier run did this, and it still looks done".to_owned();
        let row = Row::settled(resolved.person, ticket, RowResult::Skipped, reason);
        return Step::Settled(Box::new(row));
    }
    if Instant::now() > until {
        let error = Error::unavailable("there was no time left to plan it");
        let row = Row::failed(resolved.person, ticket, RowResult::NotBegun, error);
        return Step::Unplanned(Box::new(row));
    }
    let wanted = Wanted {
        person: person.clone(),
        picks: &entry.accounts,
        ticket: entry.ticket.as_deref(),
    };
    match offboarding.prepare(&wanted).await {
        Ok(prepared) => Step::Prepared(ticket, prepared),
        Err(error) => {
            let row = Row::failed(resolved.person, ticket, RowResult::Failed, error);
            Step::Settled(Box::new(row))
        }
    }
}

/// Somebody who is listed twice, under whatever name, is done once.
fn without_duplicates(people: &People, steps: &mut [Step]) {
    let mut named: BTreeMap<Person, usize> = BTreeMap::new();
    let mut taken: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (index, ((person, _), step)) in people.iter().zip(steps).enumerate() {
        let Step::Prepared(ticket, prepared) = step else {
            named.entry(person.key()).or_insert(index);
            continue;
        };
        let accounts = prepared.accounts();
        let known = accounts.iter().filter_map(|account| taken.get(account));
        let known = known.min().copied();
        let new = accounts.iter().any(|account| !taken.contains_key(account));
        let same = named.get(&person.key()).copied();
        let view = prepared.person.clone();
        let row = match (known, same) {
            (Some(first), _) if new => {
                let error = Error::new(
                    ErrorKind::Ambiguous,
                    format!(
                        "some of these accounts are also those of person {} of the list",
                        first + 1
                    ),
                )
                .next("put them into one row, or name the accounts of each");
                Row::failed(view, ticket.clone(), RowResult::Refused, error)
            }
            (Some(first), _) | (None, Some(first)) if !new => {
                let reason = format!("listed before, as person {}", first + 1);
                Row::settled(view, ticket.clone(), RowResult::Skipped, reason)
            }
            _ => {
                named.entry(person.key()).or_insert(index);
                taken.extend(accounts.into_iter().map(|account| (account, index)));
                continue;
            }
        };
        *step = Step::Settled(Box::new(row));
    }
}

/// Carries out what was planned. Rows come back in the order of the list, and are told to whoever
/// watches as they are done.
pub(crate) async fn carry_out(run: &RunContext, steps: Vec<Step>) -> Vec<Row> {
    let progress = run.services.progress.as_deref();
    if let Some(progress) = progress {
        progress.begin("people", steps.len());
    }
    let slowest = Mutex::new(Duration::ZERO);
    let not_kept: Mutex<Option<String>> = Mutex::new(None);
    let stopped = AtomicBool::new(false);
    let one = async |index: usize, step: Step| {
        let row = match step {
            Step::Settled(row) | Step::Unplanned(row) => *row,
            Step::Prepared(ticket, prepared) => {
                let why = match stopped.load(Ordering::Relaxed) {
                    true => lock(&not_kept).clone(),
                    false => no_time(run, *lock(&slowest)),
                };
                match why {
                    Some(why) => {
                        let error = Error::unavailable(why);
                        Row::failed(prepared.person, ticket, RowResult::NotBegun, error)
                    }
                    None => {
                        let begun = Instant::now();
                        let (view, worked) = prepared.carry_out().await;
                        let mut slowest = lock(&slowest);
                        *slowest = slowest.max(begun.elapsed());
                        Row::of(run, ticket, view, worked)
                    }
                }
            }
        };
        if let Some(progress) = progress {
            let kept = serde_json::to_value(&row.row).map_err(|error| error.to_string());
            if let Err(why) = kept.and_then(|kept| progress.done(&kept)) {
                let why = format!("stopped after a row: {why}");
                lock(&not_kept).get_or_insert(why);
                stopped.store(true, Ordering::Relaxed);
            }
        }
        (index, row)
    };
    let rows = steps.into_iter().enumerate();
    let rows: Vec<_> = rows.map(|(index, step)| one(index, step)).collect();
    let rows = stream::iter(rows).buffer_unordered(AT_ONCE);
    let mut rows: Vec<(usize, Row)> = rows.collect().await;
    rows.sort_by_key(|(index, _)| *index);
    let mut rows: Vec<Row> = rows.into_iter().map(|(_, row)| row).collect();
    // Also where it was the last one: the report lacks somebody.
    if let (Some(why), Some(last)) = (lock(&not_kept).take(), rows.last_mut()) {
        last.errors.push(Error::unavailable(why));
    }
    rows
}

fn no_time(run: &RunContext, slowest: Duration) -> Option<String> {
    let needed = TIME_FOR_ONE.max(slowest * 2);
    let left = run.deadline.saturating_duration_since(Instant::now());
    (left < needed).then(|| {
        format!(
            "{} s were left before the deadline, too little to begin with this person",
            left.as_secs()
        )
    })
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
