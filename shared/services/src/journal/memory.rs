//! The journal in the memory of one process.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use actions::{Found, Holder, Journal, JournalEntry, JournalError, JournalKey, Lease};
use rapid7::BoxFuture;

use super::times::lapsed;

/// From how many accounts on those are forgotten that nobody works on, and how long ago that must be.
const MANY: usize = 4096;
const FORGOTTEN_AFTER: Duration = Duration::from_secs(3600);

/// A journal that ends with its process: it keeps the steps of one server apart, and remembers what a step left
/// behind that was given up.
#[derive(Default)]
pub struct Memory(Mutex<HashMap<JournalKey, Kept>>);

#[derive(Default)]
struct Kept {
    holder: Option<Holder>,
    /// The holder's own; or what somebody left behind, if it has something to give back.
    entry: Option<JournalEntry>,
    /// Whether the holder took over what somebody left behind.
    taken_over: bool,
    ended: Option<SystemTime>,
}

impl Kept {
    fn at_work(&self, now: SystemTime) -> Option<&Holder> {
        self.holder.as_ref().filter(|holder| holder.until > now)
    }

    fn entry(&self) -> Option<Box<JournalEntry>> {
        self.entry.clone().map(Box::new)
    }

    fn left_behind(&self) -> Option<Box<JournalEntry>> {
        self.entry().filter(|entry| entry.give_back.is_some())
    }

    fn begin(&mut self, holder: &Holder, entry: &JournalEntry, now: SystemTime) -> Lease {
        let own = |known: &Holder| known.id == holder.id;
        if let Some(other) = self.at_work(now).filter(|other| !own(other)) {
            return Lease::Busy {
                entry: self.entry(),
                until: Some(other.until),
            };
        }
        let again = self.holder.as_ref().is_some_and(own);
        if let Some(gone) = self.holder.as_ref().filter(|_| !again) {
            self.ended = self.ended.max(Some(lapsed(gone.until, now)));
        }
        self.holder = Some(holder.clone());
        if (!again || self.taken_over)
            && let Some(left) = self.left_behind()
        {
            self.taken_over = true;
            return Lease::LeftBehind(left);
        }
        self.taken_over = false;
        self.entry = Some(entry.clone());
        Lease::Begun { ended: self.ended }
    }

    fn end(&mut self, finished: bool, now: SystemTime) {
        self.holder = None;
        self.taken_over = false;
        self.ended = Some(now);
        self.entry
            .take_if(|entry| finished || entry.give_back.is_none());
    }

    fn is_forgotten(&self, now: SystemTime) -> bool {
        let long_ago = now - FORGOTTEN_AFTER;
        let ended = self.holder.as_ref().map(|holder| holder.until);
        self.left_behind().is_none() && ended.or(self.ended).is_none_or(|ended| ended < long_ago)
    }
}

impl Memory {
    fn lock(&self) -> MutexGuard<'_, HashMap<JournalKey, Kept>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ended(&self, key: &JournalKey, holder: &Holder, finished: bool) {
        let mut all = self.lock();
        let kept = all.get_mut(key);
        let own = |kept: &&mut Kept| kept.holder.as_ref().is_some_and(|is| is.id == holder.id);
        if let Some(kept) = kept.filter(own) {
            kept.end(finished, SystemTime::now());
        }
    }
}

impl Journal for Memory {
    fn begin<'a>(
        &'a self,
        key: &'a JournalKey,
        holder: &'a Holder,
        entry: &'a JournalEntry,
    ) -> BoxFuture<'a, Result<Lease, JournalError>> {
        let now = SystemTime::now();
        let mut all = self.lock();
        if all.len() >= MANY {
            all.retain(|_, kept| !kept.is_forgotten(now));
        }
        let lease = all
            .entry(key.clone())
            .or_default()
            .begin(holder, entry, now);
        Box::pin(std::future::ready(Ok(lease)))
    }

    fn end<'a>(
        &'a self,
        key: &'a JournalKey,
        holder: &'a Holder,
        finished: bool,
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        self.ended(key, holder, finished);
        Box::pin(std::future::ready(Ok(())))
    }

    fn look<'a>(&'a self, key: &'a JournalKey) -> BoxFuture<'a, Result<Found, JournalError>> {
        let all = self.lock();
        let found = match all.get(key) {
            Some(kept) if kept.at_work(SystemTime::now()).is_some() => Found::Busy {
                entry: kept.entry(),
            },
            Some(kept) => kept.left_behind().map_or(Found::Nothing, Found::LeftBehind),
            None => Found::Nothing,
        };
        Box::pin(std::future::ready(Ok(found)))
    }

    fn abandon(&self, key: &JournalKey, holder: &Holder) {
        self.ended(key, holder, false);
    }

    fn place(&self) -> String {
        "the memory of this process".into()
    }

    fn outlives_the_process(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::tests::{entry, holder, key};

    #[test]
    fn what_is_done_is_forgotten_where_there_is_much_and_what_is_not_never() {
        let now = SystemTime::now();
        let long_ago = now - FORGOTTEN_AFTER * 2;
        let mut kept = Kept::default();
        assert!(kept.is_forgotten(now));
        let mut one = holder("one");
        one.until = now + Duration::from_secs(1);
        kept.begin(&one, &entry("one", true), now);
        assert!(!kept.is_forgotten(now));
        kept.end(true, now);
        assert!(!kept.is_forgotten(now));
        kept.ended = Some(long_ago);
        assert!(kept.is_forgotten(now));
        one.until = long_ago;
        kept.begin(&one, &entry("one", false), now);
        assert!(kept.is_forgotten(now));
        kept.begin(&one, &entry("one", true), now);
        assert!(!kept.is_forgotten(now));
    }

    #[tokio::test]
    async fn there_is_no_end_of_accounts_in_it() {
        let journal = Memory::default();
        let long_ago = SystemTime::now() - FORGOTTEN_AFTER * 2;
        for number in 0..2 * MANY {
            let key = key(&number.to_string());
            let holder = holder("one");
            let begun = journal.begin(&key, &holder, &entry("one", true)).await;
            begun.expect("begun");
            journal.end(&key, &holder, true).await.expect("ended");
            journal.lock().get_mut(&key).expect("kept").ended = Some(long_ago);
        }
        assert!(journal.lock().len() <= MANY);
    }
}
