//! A process that was told to end: what has begun is finished, and nothing else is begun.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use crate::core::error::{Error, Result};

/// Whether the process was told to end. Clones share it.
#[derive(Clone, Default)]
pub struct Ending(Arc<Told>);

#[derive(Default)]
struct Told {
    why: OnceLock<String>,
    waiting: Notify,
}

impl Ending {
    /// Tells every run to end, and why, for people: `interrupted by SIGTERM`. Only the first time counts.
    pub fn tell(&self, why: impl Into<String>) {
        if self.0.why.set(why.into()).is_ok() {
            self.0.waiting.notify_waiters();
        }
    }

    /// Why nothing else is to be begun, if so.
    #[must_use]
    pub fn why(&self) -> Option<&str> {
        self.0.why.get().map(String::as_str)
    }

    async fn told(&self) -> &str {
        loop {
            let told = self.0.waiting.notified();
            if let Some(why) = self.why() {
                return why;
            }
            told.await;
        }
    }
}

/// What of a run has begun to write. Clones share it.
#[derive(Clone, Default)]
pub(crate) struct Begun {
    any: Arc<AtomicBool>,
    part: Arc<AtomicBool>,
}

impl Begun {
    /// The same for a part of the run that is finished once it has begun, and else not begun: one person
    /// of several.
    pub(crate) fn part(&self) -> Self {
        Self {
            any: Arc::clone(&self.any),
            part: Arc::default(),
        }
    }

    /// Begins to write.
    ///
    /// # Errors
    /// `Unavailable` if the process was told to end before this part had begun.
    pub(crate) fn begin(&self, ending: &Ending) -> Result<()> {
        self.may_begin(ending)?;
        self.part.store(true, Ordering::SeqCst);
        self.any.store(true, Ordering::SeqCst);
        Ok(())
    }

    /// Whether this part may begin, or go on.
    ///
    /// # Errors
    /// As [`begin`](Self::begin).
    pub(crate) fn may_begin(&self, ending: &Ending) -> Result<()> {
        let begun = self.part.load(Ordering::SeqCst);
        match ending.why().filter(|_| !begun) {
            Some(why) => Err(not_begun(why)),
            None => Ok(()),
        }
    }

    /// Does what leads to a write, and the write: given up if the process is told to end before anything
    /// of the run has begun to write, and finished else.
    pub(crate) async fn unless<T>(
        &self,
        ending: &Ending,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let ended = async {
            let why = ending.told().await;
            if self.any.load(Ordering::SeqCst) {
                std::future::pending::<()>().await;
            }
            not_begun(why)
        };
        tokio::select! {
            biased;
            result = work => result,
            error = ended => Err(error),
        }
    }
}

/// The error of what was not begun.
pub(crate) fn not_begun(why: &str) -> Error {
    Error::unavailable(format!("{why} before this was begun")).next("run it again")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::error::ErrorKind;

    #[test]
    fn what_has_begun_goes_on_and_nothing_else_begins() {
        let ending = Ending::default();
        let run = Begun::default();
        let (one, other) = (run.part(), run.part());
        one.begin(&ending).expect("begun");
        ending.tell("interrupted by SIGTERM");
        ending.tell("interrupted by SIGINT");
        one.begin(&ending).expect("begun before");
        let error = other.begin(&ending).expect_err("not begun");
        assert_eq!(error.kind, ErrorKind::Unavailable);
        let told = "interrupted by SIGTERM before this was begun. Nothing was changed.";
        assert!(error.to_string().starts_with(told), "{error}");
    }

    #[tokio::test]
    async fn work_is_given_up_as_long_as_nothing_has_begun() {
        let ending = Ending::default();
        let begun = Begun::default();
        let (worked, ()) = tokio::join!(
            begun.unless(&ending, std::future::pending::<Result<()>>()),
            async { ending.tell("told") },
        );
        assert_eq!(worked.expect_err("given up").kind, ErrorKind::Unavailable);

        let ending = Ending::default();
        let work = async {
            begun.begin(&ending)?;
            ending.tell("told");
            tokio::task::yield_now().await;
            Ok("finished")
        };
        assert_eq!(
            begun.unless(&ending, work).await.expect("begun"),
            "finished"
        );
    }
}
