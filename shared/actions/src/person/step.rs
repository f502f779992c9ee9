//! How far one person of a list has come.

use super::offboarding::{Looked, Prepared};
use super::rows::Row;

/// A person before anything was written.
pub(crate) enum Step {
    /// Nothing is to be done.
    Settled(Box<Row>),
    /// There was no time left to plan it.
    Unplanned(Box<Row>),
    /// Looked up in the lists.
    Looked(Box<Looked>),
    /// Planned.
    Prepared(Box<Prepared>),
}

impl Step {
    /// The accounts that may be changed, as far as the lists tell: never too few.
    pub(crate) fn may_change(&self) -> usize {
        match self {
            Self::Looked(looked) => looked.may_change(),
            Self::Prepared(prepared) => prepared.accounts_to_change(),
            // Whoever could not be planned has at least one account.
            Self::Unplanned(_) => 1,
            Self::Settled(_) => 0,
        }
    }

    /// The accounts and grants that are going to be changed, where that was planned.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Prepared(prepared) => prepared.size(),
            other => other.may_change(),
        }
    }
}
