//! Many people at once: looked up in the lists, then planned and worked on, some at a time.
//!
//! Where nothing has to be counted exactly before the first write, each person is planned just before
//! the work on it begins. The platform lets fifty requests a minute through: a list that would have to
//! be planned as a whole first would get no further by being run again. Whoever still has an enabled
//! account comes first, so that every run gets further. Where an exact count is asked for (the policy's
//! `max_changes`, or an input's that the lists alone might exceed), all are planned first, in at most
//! half of the time: of a list that is too long for that, the rest is not begun, and a report of rows to
//! resume from, or shorter lists, get through.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use serde_json::json;
use tokio::time::Instant;
use tracing::error;

use super::duplicates;
use super::listing::PersonView;
use super::offboarding::{Looked, Offboarding, Wanted};
use super::people::{People, PersonEntry};
use super::report::RowResult;
use super::resume::Earlier;
use super::rows::Row;
use super::step::Step;
use crate::core::audit::Phase;
use crate::core::context::RunContext;
use crate::core::error::Error;

/// Nobody is begun with less time than this, or than twice what the slowest took.
const TIME_FOR_ONE: Duration = Duration::from_secs(3);

/// Planning everybody takes at most this part of the time.
const TO_PLAN: u32 = 2;

/// A list of people, with all that the work on it needs.
pub(crate) struct Batch<'a> {
    pub(crate) run: &'a RunContext,
    pub(crate) offboarding: &'a Offboarding<'a>,
    pub(crate) people: &'a People,
    pub(crate) earlier: &'a Earlier,
    /// Whether a person without any account is no failure.
    pub(crate) allow_absent: bool,
    /// The surfaces' addresses, for the records.
    pub(crate) target: String,
}

/// What became of a list.
pub(crate) struct Ended {
    /// In the order of the list.
    pub(crate) rows: Vec<Row>,
    /// Why the report that somebody keeps lacks rows, if it does.
    pub(crate) not_kept: Option<Error>,
}

/// What the people who are worked on at the same time share.
#[derive(Default)]
struct Shared {
    slowest: Mutex<Duration>,
    not_kept: Mutex<Option<String>>,
    stopped: AtomicBool,
}

impl Batch<'_> {
    /// Looks everybody up in the lists, and says who leaves. Nothing is asked for.
    pub(crate) fn look(&self) -> Vec<Step> {
        let people = self.people.iter();
        let steps = people.map(|(person, entry)| {
            let looked = match person {
                Ok(person) => self.offboarding.look(person, &entry.accounts),
                Err(error) => Err(Box::new((PersonView::unnamed(), error.clone()))),
            };
            match looked {
                Ok(looked) => Step::Looked(Box::new(looked)),
                Err(wrong) => {
                    let (view, error) = *wrong;
                    let row = Row::failed(view, entry.ticket.clone(), RowResult::Failed, error);
                    Step::Settled(Box::new(row))
                }
            }
        });
        let mut steps: Vec<Step> = steps.collect();
        duplicates::settle(self.people, &mut steps);
        for step in &steps {
            if let Step::Looked(looked) = step {
                self.offboarding.announce_all(looked);
            }
        }
        steps
    }

    /// Plans everybody, without writing, as far as half of the time allows.
    pub(crate) async fn prepare(&self, steps: Vec<Step>) -> Vec<Step> {
        let left = self.run.deadline.saturating_duration_since(Instant::now());
        let until = Instant::now() + left / TO_PLAN;
        let one = async |index: usize, step: Step| {
            let Step::Looked(looked) = step else {
                return (index, step);
            };
            let step = match Instant::now() > until {
                true => {
                    let why = "there was no time left to plan it";
                    Step::Unplanned(Box::new(self.not_begun(index, &looked, why.into())))
                }
                false => self.prepare_one(index, *looked).await,
            };
            (index, step)
        };
        let steps = self.in_order(steps).into_iter();
        let steps: Vec<_> = steps.map(|(index, step)| one(index, step)).collect();
        let steps = stream::iter(steps).buffer_unordered(self.offboarding.at_once());
        let mut steps: Vec<(usize, Step)> = steps.collect().await;
        steps.sort_by_key(|(index, _)| *index);
        steps.into_iter().map(|(_, step)| step).collect()
    }

    /// Whoever still has an enabled account first, and whom an earlier run is done with last.
    fn in_order(&self, steps: Vec<Step>) -> Vec<(usize, Step)> {
        let mut steps: Vec<(usize, Step)> = steps.into_iter().enumerate().collect();
        steps.sort_by_key(|(_, step)| match step {
            Step::Looked(looked) if looked.is_enabled() => 0,
            Step::Looked(looked) if self.was_done(looked) => 2,
            Step::Prepared(prepared) if prepared.accounts_to_change() > 0 => 0,
            _ => 1,
        });
        steps
    }

    fn entry(&self, index: usize) -> &PersonEntry {
        &self.people[index].1
    }

    fn wanted(&self, index: usize, looked: &Looked) -> Wanted<'_> {
        Wanted {
            person: looked.named().clone(),
            ticket: self.entry(index).ticket.as_deref(),
            begun: self.run.begun.part(),
        }
    }

    /// Whether an earlier run is done with somebody, as far as the lists tell.
    fn was_done(&self, looked: &Looked) -> bool {
        let options = self.offboarding.options();
        self.earlier
            .is_done(looked.named(), looked.resolved(), options)
    }

    async fn prepare_one(&self, index: usize, looked: Looked) -> Step {
        let wanted = self.wanted(index, &looked);
        if self.was_done(&looked) && self.offboarding.is_still_done(&wanted, &looked).await {
            let reason = "an earlier run did this, and it still looks done".to_owned();
            return Step::Settled(Box::new(self.skipped(index, &looked, reason)));
        }
        let prepared = self.offboarding.prepare(&wanted, looked).await;
        Step::Prepared(Box::new(prepared))
    }

    fn skipped(&self, index: usize, looked: &Looked, reason: String) -> Row {
        let ticket = self.entry(index).ticket.clone();
        Row::settled(looked.person().clone(), ticket, RowResult::Skipped, reason)
    }

    /// Somebody for whom there was no time. Where an earlier run proved that it was done and only the
    /// platform could not be asked once more, that is told, and no failure: a long list comes to an end.
    fn not_begun(&self, index: usize, looked: &Looked, why: String) -> Row {
        if self.was_done(looked) {
            let reason = format!(
                "an earlier run did this, and the lists still look so; its account on the platform was \
                 not looked at again: {why}"
            );
            return self.skipped(index, looked, reason);
        }
        let (view, ticket) = (looked.person().clone(), self.entry(index).ticket.clone());
        Row::failed(view, ticket, RowResult::NotBegun, Error::unavailable(why))
    }

    /// Plans what is not planned yet, and carries it out. Every row has its record, and is told to
    /// whoever watches, as it is done.
    pub(crate) async fn carry_out(&self, steps: Vec<Step>) -> Ended {
        if let Some(progress) = self.run.services.progress.as_deref() {
            progress.begin("people", steps.len());
        }
        let shared = Shared::default();
        let steps = self.in_order(steps).into_iter();
        let rows: Vec<_> = steps
            .map(|(index, step)| self.one(&shared, index, step))
            .collect();
        let rows = stream::iter(rows).buffer_unordered(self.offboarding.at_once());
        let mut rows: Vec<(usize, Row)> = rows.collect().await;
        rows.sort_by_key(|(index, _)| *index);
        let not_kept = lock(&shared.not_kept).take();
        Ended {
            rows: rows.into_iter().map(|(_, row)| row).collect(),
            not_kept: not_kept.map(Error::unavailable),
        }
    }

    fn told_to_end(&self) -> Option<String> {
        let why = self.run.services.ending.why()?;
        Some(format!("{why} before the work on this person was begun"))
    }

    async fn one(&self, shared: &Shared, index: usize, step: Step) -> (usize, Row) {
        let mut row = self.work(shared, index, step).await;
        row.row.dry_run = self.run.dry_run;
        row.row.options = self.offboarding.options();
        self.record(index, &row).await;
        if let Some(progress) = self.run.services.progress.as_deref() {
            let kept = serde_json::to_value(&row.row).map_err(|error| error.to_string());
            if let Err(why) = kept.and_then(|kept| progress.done(&kept)) {
                let why = format!("stopped after a row: {why}");
                lock(&shared.not_kept).get_or_insert(why);
                shared.stopped.store(true, Ordering::Relaxed);
            }
        }
        (index, row)
    }

    async fn work(&self, shared: &Shared, index: usize, step: Step) -> Row {
        let why_not = || match shared.stopped.load(Ordering::Relaxed) {
            true => lock(&shared.not_kept).clone(),
            false => self
                .told_to_end()
                .or_else(|| no_time(self.run, *lock(&shared.slowest))),
        };
        let ticket = self.entry(index).ticket.clone();
        let begun = Instant::now();
        let prepared = match step {
            Step::Settled(row) | Step::Unplanned(row) => return *row,
            Step::Looked(looked) => {
                if let Some(why) = why_not() {
                    return self.not_begun(index, &looked, why);
                }
                match self.prepare_one(index, *looked).await {
                    Step::Prepared(prepared) => prepared,
                    Step::Settled(row) | Step::Unplanned(row) => return *row,
                    // Planning ends in one of the others.
                    Step::Looked(looked) => return self.not_begun(index, &looked, String::new()),
                }
            }
            Step::Prepared(prepared) => {
                if let Some(why) = why_not() {
                    let error = Error::unavailable(why);
                    return Row::failed(prepared.person, ticket, RowResult::NotBegun, error);
                }
                prepared
            }
        };
        let (view, worked) = prepared.carry_out().await;
        let mut slowest = lock(&shared.slowest);
        *slowest = slowest.max(begun.elapsed());
        Row::of(self.run, ticket, view, worked, self.allow_absent)
    }

    /// The row's own record. A list's whole report may be larger than what keeps the log takes as one
    /// entry, and an error's caller may get to see no more than its message.
    async fn record(&self, index: usize, row: &Row) {
        let mut run = self.run.clone();
        run.caller.ticket = row.row.ticket.clone().or(run.caller.ticket);
        let record = json!({"person": index + 1, "row": row.row});
        if let Err(why) = run.record(&self.target, Phase::After, record).await {
            error!(
                why,
                person = index + 1,
                "the audit record of a person's outcome could not be written"
            );
        }
    }
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
