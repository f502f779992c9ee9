//! One step of one rotation, and its errors.

use std::sync::Arc;

use actions::{Error, ErrorKind};
use services::secrets::store::Store;
use tokio::time::Instant;

/// What Secrets Manager asks for, in this order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Create,
    Set,
    Test,
    Finish,
}

impl Step {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Create => "createSecret",
            Self::Set => "setSecret",
            Self::Test => "testSecret",
            Self::Finish => "finishSecret",
        }
    }
}

/// One step of one rotation.
pub(super) struct Rotation {
    pub(super) store: Arc<Store>,
    /// The secret's ARN, as the event has it.
    pub(super) secret: String,
    /// The version that is to become the current one: the event's token.
    pub(super) version: String,
    pub(super) request_id: String,
    pub(super) deadline: Instant,
}

impl Rotation {
    pub(super) fn error(&self, kind: ErrorKind, message: impl Into<String>, next: &str) -> Error {
        let mut error = Error::unavailable(message);
        error.kind = kind;
        error.next = Some(next.to_owned());
        self.about(error)
    }

    /// An error that names the secret and the version.
    pub(super) fn about(&self, mut error: Error) -> Error {
        let (secret, version) = (&self.secret, &self.version);
        let of = format!("the rotation of the secret {secret:?} to its version {version}");
        error.subject = Some(match error.subject.take() {
            Some(subject) => format!("{of}: {subject}"),
            None => of,
        });
        error
    }
}

/// What the console said to the request that failed, if one did.
pub(super) fn wire(error: &Error) -> Option<&rapid7::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

/// Whether the console refused a login.
pub(super) fn is_failed_login(error: &Error) -> bool {
    wire(error).is_some_and(|wire| wire.kind == rapid7::ErrorKind::Unauthorized)
}

/// Whether this was certainly no failed login: nothing was sent, or something else was answered.
pub(super) fn was_no_login(error: &Error) -> bool {
    !is_failed_login(error) && wire(error).is_none_or(|wire| !wire.answer_was_lost())
}
