//! The state of an account out of an audit record, to be restored.

use crate::core::error::{Error, ErrorKind, Result};

/// What of a record tells whether an account can be restored from it.
pub(crate) struct Record<'a, State> {
    /// When in its run it was written.
    pub(crate) audit: &'a str,
    /// The address of the surface.
    pub(crate) target: &'a str,
    /// The account before the run.
    pub(crate) state: Option<&'a State>,
}

impl<'a, State> Record<'a, State> {
    /// The state, if it is one before a run, of the surface with this address.
    pub(crate) fn state_on(self, surface: &str, address: &str) -> Result<&'a State> {
        if self.audit != "before" {
            return Err(Error::invalid_input(
                "record.audit",
                "expected a record with \"before\": the one with the full state",
            ));
        }
        if self.target != address {
            return Err(Error::invalid_input(
                "record.target",
                &format!("expected a record of this {surface}, {address}"),
            ));
        }
        self.state.ok_or_else(|| {
            Error::invalid_input(
                "record.record.state",
                "expected the state of an account: this run created one, so there was none before",
            )
        })
    }
}

/// With what to do where the account is gone: `instead` makes another one.
pub(crate) fn if_gone(error: Error, instead: &str) -> Error {
    match error.kind {
        ErrorKind::NotFound => error.next(format!(
            "an account that was deleted can't be brought back: make another with {instead}"
        )),
        _ => error,
    }
}
