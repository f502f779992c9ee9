//! Which logins were let in and which were refused, in this whole process.
//!
//! Every request is a login, and a console locks an account after a few that fail. So one that nobody knows
//! to be good goes out alone, and one that was refused is not sent again, whoever wants it: another run,
//! another client, another connection with the same credentials. A server can't be asked whether they are
//! good again without one more login: after a pause, which grows, one may try.

use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::header::HeaderMap;
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// How long a login that was let in vouches for others that go out together. After that, one goes alone
/// again: what is refused by then is refused once.
const FRESH: Duration = Duration::from_secs(5);

/// How many requests with credentials that are known to be good may be on their way together, of whichever
/// runs: should they be refused from now on, so many are.
const TOGETHER: usize = 4;

/// How long credentials that were refused stay unsent after the first time. It doubles each time.
const FIRST_PAUSE: Duration = Duration::from_secs(60);

/// The longest of these pauses.
const LONGEST_PAUSE: Duration = Duration::from_secs(3600);

/// From so many on, what needs no remembering is forgotten.
const KEPT: usize = 1000;

/// Tells credentials for a server apart without telling them: a hash whose key this process alone has.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Key(u64);

impl Key {
    /// The key of what a request to this address says of who asks.
    pub(crate) fn of(address: &str, headers: &HeaderMap) -> Self {
        static HASHES: LazyLock<RandomState> = LazyLock::new(RandomState::new);
        let headers = headers.iter();
        let mut headers: Vec<_> = headers
            .map(|(name, value)| (name.as_str(), value.as_bytes()))
            .collect();
        headers.sort_unstable();
        Self(HASHES.hash_one((address, headers)))
    }
}

/// Not even a hash of a secret is for a log.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").finish_non_exhaustive()
    }
}

/// What is known of every login that this process has tried.
#[derive(Default)]
pub(crate) struct Logins(Mutex<HashMap<Key, Arc<Login>>>);

impl Logins {
    /// Those of this process.
    pub(crate) fn known() -> &'static Self {
        static KNOWN: LazyLock<Logins> = LazyLock::new(Logins::default);
        &KNOWN
    }

    /// What is known of one.
    pub(crate) fn of(&self, key: Key) -> Arc<Login> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT && !known.contains_key(&key) {
            known.retain(|_, login| Arc::strong_count(login) > 1 || login.unsent().is_some());
        }
        Arc::clone(known.entry(key).or_default())
    }
}

/// What is known of a login.
#[derive(Default)]
pub(crate) struct Login {
    state: Mutex<State>,
    /// Somebody is back.
    back: Notify,
}

#[derive(Default)]
struct State {
    let_in: Option<Instant>,
    refused: Option<Refused>,
    /// Whether somebody is on the way to find out.
    trying: bool,
    on_their_way: usize,
    /// Counts what makes answers to earlier requests tell nothing any more.
    turn: u64,
}

struct Refused {
    at: Instant,
    pause: Duration,
    said: String,
}

/// Why a login is not sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unsent {
    /// It was refused.
    Refused {
        /// How long ago.
        ago: Duration,
        /// How long it stays unsent from then on.
        pause: Duration,
        /// What the server said.
        said: String,
    },
    /// Somebody else was still finding out when the deadline came.
    OutOfTime,
}

impl Login {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Why it must not be sent now.
    fn unsent(&self) -> Option<Unsent> {
        let state = self.state();
        let refused = state.refused.as_ref()?;
        let ago = refused.at.elapsed();
        (ago < refused.pause).then(|| Unsent::Refused {
            ago,
            pause: refused.pause,
            said: refused.said.clone(),
        })
    }

    /// Waits until it may be sent: alone, unless it is known to be good. `again` sends what was refused, too:
    /// for who counts failed logins elsewhere.
    pub(crate) async fn enter(
        self: &Arc<Self>,
        again: bool,
        deadline: Instant,
    ) -> Result<Pass, Unsent> {
        loop {
            // Made first, so that nobody who comes back between looking and waiting is missed.
            let back = self.back.notified();
            if let Some(unsent) = self.unsent().filter(|_| !again) {
                return Err(unsent);
            }
            {
                let mut state = self.state();
                let is_fresh = |let_in: Instant| let_in.elapsed() < FRESH;
                let alone = !state.let_in.is_some_and(is_fresh);
                let may_go = match alone {
                    true => !state.trying,
                    false => state.on_their_way < TOGETHER,
                };
                if may_go {
                    state.trying |= alone;
                    state.on_their_way += 1;
                    return Ok(Pass {
                        login: Arc::clone(self),
                        turn: state.turn,
                        alone,
                    });
                }
            }
            if timeout_at(deadline, back).await.is_err() {
                return Err(Unsent::OutOfTime);
            }
        }
    }

    /// The server may take it from now on, whatever it said before: it was told to.
    pub(crate) fn forget(&self) {
        let mut state = self.state();
        state.turn += 1;
        state.let_in = None;
        state.refused = None;
    }
}

/// Somebody who may send it, and who tells what came of that. Who tells nothing (an outage, an answer that
/// was lost) has found out nothing: the next one goes alone again.
pub(crate) struct Pass {
    login: Arc<Login>,
    turn: u64,
    alone: bool,
}

impl Pass {
    /// It was let in.
    pub(crate) fn let_in(self) {
        let mut state = self.login.state();
        // What was asked before a refusal proves nothing about the time after it.
        if state.turn == self.turn {
            state.let_in = Some(Instant::now());
            state.refused = None;
        }
    }

    /// It was refused.
    pub(crate) fn refused(self, said: &str) {
        let mut state = self.login.state();
        // Those that were on their way together are refused once.
        if state.turn == self.turn {
            let longer = state.refused.as_ref().map(|refused| refused.pause * 2);
            state.turn += 1;
            state.let_in = None;
            state.refused = Some(Refused {
                at: Instant::now(),
                pause: longer.unwrap_or(FIRST_PAUSE).min(LONGEST_PAUSE),
                said: said.to_owned(),
            });
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.login.state();
        state.on_their_way -= 1;
        state.trying &= !self.alone;
        drop(state);
        self.login.back.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
