//! How much the server does at once, and how long it waits for what callers send. Whoever connects must not be
//! able to take it from those whose steps are running.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How long a connection may take to send the head of a request, and how long it may stay open without one.
/// An orchestrator sends a head at once, and opens another connection where this one has been closed.
pub(super) const HEAD: Duration = Duration::from_secs(30);

/// The largest head of a request: the routes take no long headers.
pub(super) const LARGEST_HEAD: usize = 64 << 10;

/// How long a body may take. The largest one needs 2 Mbit/s.
pub(super) const BODY: Duration = Duration::from_secs(60);

/// The largest message: a task's state of a console with half a million accounts, or a list of a hundred
/// thousand people.
pub(crate) const LARGEST_MESSAGE: usize = 16 << 20;

/// The bytes of all messages that are read or worked on. As JSON in memory they are several times as much.
const MESSAGES: usize = 64 << 20;

/// Connections. An orchestrator has one for each step that it waits for, and now and then one that asks for
/// the status.
pub(super) const CONNECTIONS: usize = 256;

/// Connections beyond them, which only get told so. Any more are closed without a word.
const TURNED_AWAY: usize = 64;

/// How long such a connection may take.
pub(super) const TO_TURN_AWAY: Duration = Duration::from_secs(5);

/// Steps that run: sixteen times what the vendor's runtime runs by default. Each may hold the list of all
/// accounts, and four requests of it are on their way to a console at once.
const STEPS: usize = 64;

/// What is left of all this.
pub(super) struct Limits {
    connections: Arc<Semaphore>,
    turned_away: Arc<Semaphore>,
    messages: Arc<Semaphore>,
    steps: Arc<Semaphore>,
}

/// Something that is counted until it is dropped.
pub(super) type Held = OwnedSemaphorePermit;

/// What becomes of a connection.
pub(super) enum Admission {
    Served(Held),
    TurnedAway(Held),
    Closed,
}

impl Default for Limits {
    fn default() -> Self {
        let limit = |most| Arc::new(Semaphore::new(most));
        Self {
            connections: limit(CONNECTIONS),
            turned_away: limit(TURNED_AWAY),
            messages: limit(MESSAGES),
            steps: limit(STEPS),
        }
    }
}

impl Limits {
    pub(super) fn connection(&self) -> Admission {
        let take = |of: &Arc<Semaphore>| Arc::clone(of).try_acquire_owned().ok();
        match take(&self.connections) {
            Some(held) => Admission::Served(held),
            None => take(&self.turned_away).map_or(Admission::Closed, Admission::TurnedAway),
        }
    }

    /// Waits until no connection is served any more.
    pub(super) async fn all_closed(&self) {
        // Never closed, so that this can't fail.
        let _ = self.connections.acquire_many(CONNECTIONS as u32).await;
    }

    /// Room for a message of so many bytes.
    pub(super) fn message(&self, bytes: usize) -> Option<Held> {
        let bytes = u32::try_from(bytes).ok()?;
        Arc::clone(&self.messages)
            .try_acquire_many_owned(bytes)
            .ok()
    }

    pub(super) fn step(&self) -> Option<Held> {
        Arc::clone(&self.steps).try_acquire_owned().ok()
    }

    pub(super) fn has_room_for_a_step(&self) -> bool {
        self.steps.available_permits() > 0
    }
}
