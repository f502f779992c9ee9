//! A run's hold on an account: the lease that it takes before its first write, and what it leaves in the journal
//! until it has proven what it did.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use tokio::time::{Instant, timeout};
use tracing::warn;

use crate::core::error::{Changed, Error};
use crate::core::journal::{Holder, Journal, JournalEntry, JournalKey};

/// How often work is planned, where other runs keep changing its account.
pub(crate) const PLANS: usize = 4;

/// How long telling the journal that the work has ended may take, however late it is.
const TIME_TO_END: Duration = Duration::from_millis(250);

/// What a run knows of its own leases. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Leases(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    /// When this run itself ended a lease last.
    ended: HashMap<JournalKey, SystemTime>,
    /// Leases that this run could not end, and still has.
    not_ended: HashMap<JournalKey, Holder>,
    /// What of somebody else's work this run has finished, in lines for people.
    finished: Vec<(JournalKey, String)>,
    /// The same of a dry run, which finishes nothing.
    foreseen: Vec<(JournalKey, String)>,
}

impl Leases {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// When this run itself ended a lease of this last.
    pub(crate) fn ended(&self, key: &JournalKey) -> Option<SystemTime> {
        self.lock().ended.get(key).copied()
    }

    /// The holder of a lease that this run could not end.
    pub(crate) fn not_ended(&self, key: &JournalKey) -> Option<Holder> {
        self.lock().not_ended.remove(key)
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
    pub(crate) key: JournalKey,
    pub(crate) holder: Holder,
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
    /// On its way to being held.
    pub(crate) fn asked(
        journal: &Arc<dyn Journal>,
        key: JournalKey,
        holder: Holder,
        leases: &Leases,
    ) -> Self {
        Self {
            journal: Some(Arc::clone(journal)),
            key,
            holder,
            leases: leases.clone(),
            stale: false,
        }
    }

    /// Whether there is a journal behind it, which keeps what is not finished for the next run.
    pub(crate) fn keeps(&self) -> bool {
        self.journal.is_some()
    }

    /// Whether that is so for runs of other processes, too.
    pub(crate) fn keeps_for_good(&self) -> bool {
        let journal = self.journal.as_ref();
        journal.is_some_and(|journal| journal.outlives_the_process())
    }

    /// Where there is no journal, everybody holds everything.
    pub(crate) fn nothing(key: JournalKey, leases: &Leases) -> Self {
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
        let ended = ended.unwrap_or_else(|_| Err("it did not answer in time".to_owned().into()));
        let mut known = self.leases.lock();
        known.ended.insert(self.key.clone(), SystemTime::now());
        drop(known);
        let why = match ended {
            Ok(()) => return None,
            Err(why) => why,
        };
        // Asked for again, it is this run's all the same.
        if finished {
            let mut known = self.leases.lock();
            known
                .not_ended
                .insert(self.key.clone(), self.holder.clone());
        }
        warn!(key = %self.key, %why, "the journal could not be told that the work has ended");
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
