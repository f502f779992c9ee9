//! Asking the journal: taking an account's lease, waiting for whoever has it.

use std::future::Future;
use std::time::{Duration, SystemTime};

use rand::TryRng as _;
use tokio::time::{Instant, sleep};
use tracing::info;

use crate::core::context::{RunContext, TIME_TO_WRITE};
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::journal::{
    Found, Holder, Journal, JournalEntry, JournalError, JournalErrorKind, JournalKey, Lease,
};
use crate::core::lease::{Held, Taken, whose};

/// How long to wait before asking again for a lease that somebody else holds: longer each time.
const FIRST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// A lease outlasts its run's deadline by this: the last request may be on its way, and clocks of machines that
/// share a table may differ a little.
const AFTER_DEADLINE: Duration = Duration::from_secs(5);

impl RunContext {
    /// Takes the lease of an account and leaves an entry there. Whoever holds it is waited for, as long as
    /// there is time to write afterwards.
    ///
    /// # Errors
    /// `Conflict` if somebody else holds it all the time, `Unavailable` if the journal can't be reached, another
    /// kind if it never can.
    pub(crate) async fn hold(&self, key: JournalKey, entry: &JournalEntry) -> Result<Taken> {
        let Some(journal) = self.services.journal.clone() else {
            return Ok(Taken::Begun(Held::nothing(key, &self.leases)));
        };
        let left = self.deadline.saturating_duration_since(Instant::now());
        let until = SystemTime::now() + left + AFTER_DEADLINE;
        let id = match self.leases.not_ended(&key) {
            Some(holder) => holder.id,
            None => random_id()?,
        };
        let holder = Holder { id, until };
        let mut held = Held::asked(&journal, key, holder, &self.leases);
        let mut wait = FIRST_WAIT;
        loop {
            let asked = journal.begin(&held.key, &held.holder, entry);
            let asked = self.of_journal(&*journal, asked).await;
            match asked? {
                Lease::Begun { ended } => {
                    let own = self.leases.ended(&held.key);
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
                    // Nothing new is begun, and waiting for it makes no sense.
                    self.begun.may_begin(&self.services.ending)?;
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
        asked: impl Future<Output = std::result::Result<T, JournalError>>,
    ) -> Result<T> {
        let unusable = |error: JournalError| {
            let message = format!(
                "the journal ({}) can't be used, so nothing was written: {error}",
                journal.place()
            );
            match error.kind {
                JournalErrorKind::Passing => Error::unavailable(message),
                JournalErrorKind::Misconfigured => Error::misconfigured(message),
                JournalErrorKind::Untrusted => Error::untrusted(message),
            }
        };
        let asked = tokio::time::timeout_at(self.deadline, asked).await;
        let asked = asked
            .unwrap_or_else(|_| Err("it did not answer before the deadline".to_owned().into()));
        asked.map_err(unusable)
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
