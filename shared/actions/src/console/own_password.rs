//! A new password of the pack's own account: proven by a login with it, and by no other.

use rapid7::console::{User, UserId};
use tracing::warn;

use crate::console::context::ConsoleContext;
use crate::console::plan::{Change, Plan};
use crate::core::error::{Changed, Error, ErrorKind, Result};

impl ConsoleContext {
    /// The pack's own account, read with the password that was just set and with no other: a console that
    /// ignores it answers as if it had taken it (seen in the field). Sent once more only where the first
    /// answer was certainly no refused login.
    pub(super) async fn proof_of_own_password(&self, id: UserId) -> Result<User> {
        let first = match self.user(id).await {
            Ok(user) => return Ok(user),
            Err(error) => error,
        };
        let source = first.source.as_ref();
        if first.is_failed_login() || source.is_none_or(|source| source.answer_was_lost()) {
            return Err(first);
        }
        warn!(error = %first, "reading back failed: once more");
        self.user(id).await
    }
}

/// The console said that it took the pack's own new password, and does not let it in.
pub(super) fn not_in_force(change: &Change, plan: &Plan, mut refused: Error) -> Error {
    refused.message = format!(
        "the console said that it took the new password, and refuses a login with it, so it may have kept \
         the old one, which was not tried in its place: {}",
        refused.message
    );
    own_password_unknown(change, plan, refused.changed(Changed::Unknown))
}

/// The pack's own password may be another one by now. Every run from here on may be a failed login, so
/// nothing must invite one.
pub(super) fn own_password_unknown(change: &Change, plan: &Plan, mut error: Error) -> Error {
    if !matches!(change, Change::SetOwnPassword(..)) || error.changed != Changed::Unknown {
        return error;
    }
    error.kind = ErrorKind::Unexpected;
    let new = match &plan.delivery {
        Some(delivery) => format!(
            "the current or the pending version of the secret {:?}",
            delivery.secret
        ),
        None => "the one that was given".into(),
    };
    error.next(format!(
        "find out by hand which password is in force, the old one or the new one ({new}), and put it \
         into the pack's own secret before anything runs again: failed logins lock the account"
    ))
}
