//! What belongs to one run rather than to the connection.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::credentials::Credentials;
use crate::logins::Key;

/// A run. Clones are the same one.
#[derive(Debug)]
pub(crate) struct Call<C = Credentials> {
    pub(crate) deadline: Option<Instant>,
    /// Requests sent, retries included.
    pub(crate) requests: Arc<AtomicU32>,
    /// The credentials of this run: got once, so that nothing has to be waited for in the middle.
    credentials: Arc<Mutex<Option<Arc<C>>>>,
    /// Whether those are a password that was just set: they are what is to be proven, so no others are sent
    /// in their place, and not twice where the answer may have been a refusal.
    on_trial: Arc<AtomicBool>,
    /// What the platform calls the writes of this run.
    written: Arc<Mutex<Vec<String>>>,
    /// Places among the requests of this run that are on their way.
    pub(crate) turns: Arc<Semaphore>,
    refusals: Arc<Mutex<Refusals>>,
}

/// The logins that were refused in a run: none of them is sent again in it, however long it takes.
#[derive(Debug, Default)]
struct Refusals {
    /// With what the server said.
    of: Vec<(Key, String)>,
    /// Whether there are no other credentials to be had.
    no_others: bool,
}

impl<C> Clone for Call<C> {
    fn clone(&self) -> Self {
        Self {
            deadline: self.deadline,
            requests: Arc::clone(&self.requests),
            credentials: Arc::clone(&self.credentials),
            on_trial: Arc::clone(&self.on_trial),
            written: Arc::clone(&self.written),
            turns: Arc::clone(&self.turns),
            refusals: Arc::clone(&self.refusals),
        }
    }
}

impl<C> Call<C> {
    /// A run with so many requests on their way at once, at most.
    pub(crate) fn new(deadline: Option<Instant>, at_once: usize) -> Self {
        Self {
            deadline,
            requests: Arc::default(),
            credentials: Arc::default(),
            on_trial: Arc::default(),
            written: Arc::default(),
            turns: Arc::new(Semaphore::new(at_once.max(1))),
            refusals: Arc::default(),
        }
    }

    /// The same run with a list of writes of its own.
    pub(crate) fn with_own_writes(&self) -> Self {
        Self {
            written: Arc::default(),
            ..self.clone()
        }
    }

    /// The credentials of this run, once they are known.
    pub(crate) fn credentials(&self) -> MutexGuard<'_, Option<Arc<C>>> {
        lock(&self.credentials)
    }

    /// The credentials of this run are a password that was just set.
    pub(crate) fn put_on_trial(&self) {
        self.on_trial.store(true, Ordering::Relaxed);
    }

    /// Whether they are.
    pub(crate) fn is_on_trial(&self) -> bool {
        self.on_trial.load(Ordering::Relaxed)
    }

    /// The correlation ids of the writes so far.
    pub(crate) fn written(&self) -> MutexGuard<'_, Vec<String>> {
        lock(&self.written)
    }

    /// What the server said when it refused this login in this run.
    pub(crate) fn refused(&self, key: Key) -> Option<String> {
        let refusals = lock(&self.refusals);
        let mut refused = refusals.of.iter();
        let found = refused.find(|(refused, _)| *refused == key);
        found.map(|(_, said)| said.clone())
    }

    /// This login was refused.
    pub(crate) fn refuse(&self, key: Key, said: String) {
        lock(&self.refusals).of.push((key, said));
    }

    /// This login may be sent although it was refused: its password was set since.
    pub(crate) fn allow(&self, key: Key) {
        lock(&self.refusals)
            .of
            .retain(|(refused, _)| *refused != key);
    }

    /// Whether all that could be had was refused: whoever keeps the credentials is not asked again.
    pub(crate) fn has_no_others(&self) -> bool {
        lock(&self.refusals).no_others
    }

    /// All that could be had was refused.
    pub(crate) fn ask_for_no_others(&self) {
        lock(&self.refusals).no_others = true;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
