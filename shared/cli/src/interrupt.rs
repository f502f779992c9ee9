//! A run that is told to end by a signal: what has begun is finished, nothing else is begun, and the exit code
//! tells which of the two it was.

use std::io;
use std::process::exit;
use std::sync::{Arc, OnceLock};

use actions::{Ending, Error, ErrorKind};
use services::signals::{Signal, Signals};

use crate::out::say;

/// Whether a signal told the process to end, and which.
#[derive(Clone, Default)]
pub(crate) struct Interrupt {
    ending: Ending,
    signal: Arc<OnceLock<Signal>>,
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

    /// From now on a signal lets the work end in order, and another one ends the process all the same.
    ///
    /// # Errors
    /// When the system does not let it.
    pub(crate) fn catch(&self, told: Told) -> io::Result<()> {
        let mut signals = Signals::caught()?;
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
