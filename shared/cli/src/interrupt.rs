//! A run that is told to end by a signal: what has begun is finished, nothing else is begun, and the exit code
//! tells which of the two it was.

use std::io;
use std::process::exit;
use std::sync::{Arc, OnceLock};

use actions::{Ending, Error, ErrorKind};
use services::signals::{Signal, Signals};
use tokio::sync::Mutex;

use crate::out::say;

/// Whether a signal told the process to end, and which.
#[derive(Clone, Default)]
pub(crate) struct Interrupt {
    ending: Ending,
    signal: Arc<OnceLock<Signal>>,
    /// Caught while a person was asked: from then on they end the process no more by themselves.
    caught: Arc<Mutex<Option<Signals>>>,
}

/// What a person is told who interrupts.
pub(crate) struct Told {
    /// By the first signal.
    pub(crate) first: &'static str,
    /// By the second, which ends the process at once: what may be left.
    pub(crate) second: String,
}

impl Interrupt {
    /// What the work looks at before it begins anything.
    pub(crate) fn ending(&self) -> Ending {
        self.ending.clone()
    }

    /// Comes back when a signal comes, while a person is asked.
    ///
    /// # Errors
    /// When the system does not let it.
    pub(crate) async fn told(&self) -> io::Result<()> {
        let mut caught = self.caught.lock().await;
        let signals = match &mut *caught {
            Some(signals) => signals,
            none => none.insert(Signals::caught()?),
        };
        let _ = self.signal.set(signals.next().await);
        Ok(())
    }

    /// The exit code of the signal that came, if one did.
    pub(crate) fn signal_code(&self) -> Option<u8> {
        self.signal.get().map(|signal| signal.exit_code())
    }

    /// From now on a signal lets the work end in order, and another one ends the process all the same.
    ///
    /// # Errors
    /// When the system does not let it.
    pub(crate) fn catch(&self, told: Told) -> io::Result<()> {
        // One that came since a person was asked is among them.
        let caught = self
            .caught
            .try_lock()
            .ok()
            .and_then(|mut caught| caught.take());
        let mut signals = caught.map_or_else(Signals::caught, Ok)?;
        let interrupt = self.clone();
        tokio::spawn(async move {
            let first = signals.next().await;
            let _ = interrupt.signal.set(first);
            interrupt
                .ending
                .tell(format!("interrupted by {}", first.name()));
            say(told.first);
            let second = signals.next().await;
            say(told.second);
            exit(second.exit_code().into());
        });
        Ok(())
    }

    /// The exit code of an error that a signal led to: something was left undone because of it. What was
    /// asked for and done all the same is a success, and what failed in another way tells how.
    pub(crate) fn exit_code(&self, error: &Error) -> Option<u8> {
        let undone = error.kind == ErrorKind::Unavailable;
        self.signal
            .get()
            .filter(|_| undone)
            .map(|signal| signal.exit_code())
    }
}
