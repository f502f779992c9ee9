//! How setting up ends before its end.

use actions::Error;

use crate::ask::Stop;

/// How it ends before its end.
pub(super) enum End {
    /// By the person, or a signal.
    Stopped(Stop),
    /// The person said no.
    No,
    /// Something is wrong.
    Failed(Error),
}

impl From<Stop> for End {
    fn from(stop: Stop) -> Self {
        Self::Stopped(stop)
    }
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

pub(super) type Result<T> = std::result::Result<T, End>;

/// What is said wherever it ends before its end.
pub(super) const NOTHING: &str = "Nothing was written.";
