//! A run's hold on an account: the lease that it takes before its first write, and what it leaves in the journal
//! until it has proven what it did.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use rand::TryRng as _;
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use crate::core::context::{RunContext, TIME_TO_WRITE};
use crate::core::error::{Changed, Error, ErrorKind, Result};
use crate::core::journal::{Found, Holder, Journal, JournalEntry, JournalKey, Lease};

/// How long to wait before asking again for a lease that somebody else holds: longer each time.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How often work is planned, where other runs keep changing its account.
pub(crate) const PLANS: usize = 4;

/// A lease outlasts its run's deadline by this: the last request may be on its way.
const AFTER_DEADLINE: Duration = Duration::from_secs(2);

/// How long telling the journal that the work has ended may take, however late it is.
const TIME_TO_END: Duration = Duration::from_millis(250);

/// What a run knows of its own leases. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Leases(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// When this run itself ended a lease last.
    ended: HashMap<JournalKey, SystemTime>,
    /// What of somebody else's work this run has finished, in lines for people.
    finished: Vec<(JournalKey, String)>,
    /// The same of a dry run, which finishes nothing.
    foreseen: Vec<(JournalKey, String)>,
}

impl Leases {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what of somebody else's work on an account was finished.
    pub(crate) fn finished(&self, key: &JournalKey, what: String) {
        self.lock().finished.push((key.clone(), what));
    }

    /// Notes what of somebody else's work on an account another run would finish first.
    pub(crate) fn foreseen(&self, key: &JournalKey, what: String) {
        self.lock().foreseen.push((key.clone(), what));
    }

    /// What a person should know of somebody else's work on an account.
    pub(crate) fn notes_on(&self, key: &JournalKey) -> Vec<String> {
        let known = self.lock();
        let notes = known.finished.iter().chain(&known.foreseen);
        let on = notes.filter(|(on, _)| on == key);
        on.map(|(_, what)| what.clone()).collect()
    }

    /// What of somebody else's work on an account this run has finished.
    pub(crate) fn finished_on(&self, key: &JournalKey) -> Vec<String> {
        let known = self.lock();
        let on = known.finished.iter().filter(|(on, _)| on == key);
        on.map(|(_, what)| what.clone()).collect()
    }

    /// An error after what of others' work was finished: that has changed, whatever became of the rest.
    pub(crate) fn told(&self, error: Error) -> Error {
        let known = self.lock();
        let told = match &error.changed {
            Changed::Applied(lines) => lines.as_slice(),
            _ => &[],
        };
        let untold = known.finished.iter().map(|(_, what)| what);
        let untold: Vec<String> = untold
            .filter(|what| !told.contains(what))
            .cloned()
            .collect();
        drop(known);
        error.after(untold)
    }
}

/// What a run holds, until it is ended. Dropped without that, the entry stays for the next run.
pub(crate) struct Held {
    journal: Option<Arc<dyn Journal>>,
    key: JournalKey,
    holder: Holder,
    leases: Leases,
    /// Whether somebody else may have been at it after the account was read.
    pub(crate) stale: bool,
}

/// What came of asking for a lease.
pub(crate) enum Taken {
    /// The account is this run's.
    Begun(Held),
    /// The same, and somebody left work behind that comes first.
    LeftBehind(Held, Box<JournalEntry>),
}

impl Held {
    /// Whether there is a journal behind it, which keeps what is not finished for the next run.
    pub(crate) fn keeps(&self) -> bool {
        self.journal.is_some()
    }

    /// Where there is no journal, everybody holds everything.
    fn nothing(key: JournalKey, leases: &Leases) -> Self {
        Self {
            journal: None,
            key,
            holder: Holder {
                id: String::new(),
                until: SystemTime::UNIX_EPOCH,
            },
            leases: leases.clone(),
            stale: false,
        }
    }

    /// Ends the lease. What is not `finished` stays for the next run. Answers what a person should know.
    pub(crate) async fn end(mut self, deadline: Instant, finished: bool) -> Option<String> {
        let journal = self.journal.take()?;
        let left = deadline.saturating_duration_since(Instant::now());
        let ended = journal.end(&self.key, &self.holder, finished);
        let ended = timeout(left.max(TIME_TO_END), ended).await;
        let ended = ended.unwrap_or_else(|_| Err("it did not answer in time".into()));
        let mut known = self.leases.lock();
        known.ended.insert(self.key.clone(), SystemTime::now());
        drop(known);
        let why = ended.err()?;
        warn!(key = %self.key, why, "the journal could not be told that the work has ended");
        journal.abandon(&self.key, &self.holder);
        finished.then(|| {
            format!(
                "the journal could not be told that this is done ({why}): the next run on the account looks \
                 at it once more, and may have to wait for that"
            )
        })
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(journal) = self.journal.take() {
            journal.abandon(&self.key, &self.holder);
        }
    }
}

impl RunContext {
    /// Takes the lease of an account and leaves an entry there. Whoever holds it is waited for, as long as
    /// there is time to write afterwards.
    ///
    /// # Errors
    /// `Conflict` if somebody else holds it all the time, `Unavailable` if the journal can't be reached.
    pub(crate) async fn hold(&self, key: JournalKey, entry: &JournalEntry) -> Result<Taken> {
        let Some(journal) = self.services.journal.clone() else {
            return Ok(Taken::Begun(Held::nothing(key, &self.leases)));
        };
        let left = self.deadline.saturating_duration_since(Instant::now());
        let mut held = Held {
            journal: Some(journal.clone()),
            holder: Holder {
                id: random_id()?,
                until: SystemTime::now() + left + AFTER_DEADLINE,
            },
            leases: self.leases.clone(),
            stale: false,
            key,
        };
        let mut wait = FIRST_WAIT;
        loop {
            let asked = journal.begin(&held.key, &held.holder, entry);
            let asked = self.of_journal(&*journal, asked).await;
            match asked? {
                Lease::Begun { ended } => {
                    let own = held.leases.lock().ended.get(&held.key).copied();
                    let since = own.map_or(self.read_since, |own| own.max(self.read_since));
                    held.stale |= ended.is_some_and(|ended| ended > since);
                    return Ok(Taken::Begun(held));
                }
                Lease::LeftBehind(left) => return Ok(Taken::LeftBehind(held, left)),
                Lease::Busy { entry, .. } => {
                    let left = self.deadline.saturating_duration_since(Instant::now());
                    if left < TIME_TO_WRITE + wait {
                        return Err(busy(entry.as_deref()));
                    }
                    if !held.stale {
                        info!(key = %held.key, "another run is at work on this: waiting");
                    }
                    held.stale = true;
                    sleep(wait).await;
                    wait = (wait * 2).min(LONGEST_WAIT);
                }
            }
        }
    }

    /// What is in the journal about an account that this run has nothing to do on.
    pub(crate) async fn found(&self, key: &JournalKey) -> Result<Found> {
        match &self.services.journal {
            Some(journal) => self.of_journal(&**journal, journal.look(key)).await,
            None => Ok(Found::Nothing),
        }
    }

    async fn of_journal<T>(
        &self,
        journal: &dyn Journal,
        asked: impl Future<Output = std::result::Result<T, String>>,
    ) -> Result<T> {
        let unreachable = |why: String| {
            Error::unavailable(format!(
                "the journal ({}) can't be used, so nothing was written: {why}",
                journal.place()
            ))
        };
        let asked = tokio::time::timeout_at(self.deadline, asked).await;
        let asked = asked.unwrap_or_else(|_| Err("it did not answer before the deadline".into()));
        asked.map_err(unreachable)
    }

    /// What this run leaves in the journal.
    pub(crate) fn entry(&self, subject: String, plan: Vec<String>) -> JournalEntry {
        JournalEntry {
            at: jiff::Timestamp::now().to_string(),
            operation: self.spec.name.into(),
            request_id: self.caller.request_id.clone(),
            ticket: self.caller.ticket.clone(),
            requested_by: self.caller.requested_by.clone(),
            subject,
            plan,
            give_back: None,
        }
    }
}

/// Whose work it was, in a line for people.
pub(crate) fn whose(entry: &JournalEntry) -> String {
    let ticket = entry.ticket.as_ref();
    let ticket = ticket.map(|ticket| format!(", ticket {ticket:?}"));
    format!(
        "{} of {} (request {:?}{})",
        entry.operation,
        entry.at,
        entry.request_id,
        ticket.unwrap_or_default()
    )
}

fn busy(entry: Option<&JournalEntry>) -> Error {
    let who = entry.map_or_else(|| "another run".to_owned(), whose);
    Error::new(
        ErrorKind::Conflict,
        format!("{who} is at work on this, or was killed a moment ago, and did not end in time"),
    )
    .next("run it again: it waits for the other, or finishes what that left behind")
}

fn random_id() -> Result<String> {
    let mut bytes = [0_u8; 16];
    let filled = rand::rngs::SysRng.try_fill_bytes(&mut bytes);
    filled.map_err(|error| Error::unavailable(format!("no random numbers: {error}")))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}
