//! Errors over HTTP: problem details (RFC 9457), and the one table of statuses.

use actions::{Error, ErrorKind};
use serde_json::{Value, json};

/// What the `type` of a problem begins with, where the operation's error is the problem. The kind
/// follows.
pub const KINDS_TYPE: &str = "urn:rapid7-user-actions:error:";

/// The `type` of a problem that its status says all about (RFC 9457, section 4.2.1).
const BY_STATUS: &str = "about:blank";

/// How long to wait, where the server that was overrun or down did not say.
pub const RETRY_AFTER_SECONDS: u64 = 10;

/// How long to wait for a run that may still go on: most functions end within a minute
/// (infra/template.yaml).
pub const STILL_RUNNING_SECONDS: u64 = 60;

/// There is no such path, or no operation of that name.
pub(super) const NOT_FOUND: u16 = 404;
/// It was not a POST.
pub(super) const METHOD_NOT_ALLOWED: u16 = 405;
/// The body is longer than Lambda takes.
pub const TOO_LONG: u16 = 413;
/// The body is no JSON by its header.
pub const UNSUPPORTED_MEDIA_TYPE: u16 = 415;
/// The operation exists and this deployment has no function for it. Not 404, which a workflow could
/// take for an account that does not exist.
pub const ABSENT: u16 = 501;

/// The status of an operation's error.
#[must_use]
pub fn status(kind: ErrorKind) -> u16 {
    match kind {
        ErrorKind::InvalidInput => 400,
        ErrorKind::Refused => 403,
        ErrorKind::NotFound => 404,
        ErrorKind::Conflict => 409,
        ErrorKind::Ambiguous => 422,
        // Not 401 or 403: the caller's own key is right; it is ours that was refused.
        ErrorKind::Unauthorized => 424,
        ErrorKind::RateLimited => 429,
        ErrorKind::Unexpected => 500,
        ErrorKind::Unavailable => 503,
        ErrorKind::Indeterminate => 504,
    }
}

/// What an operation's error is, in a few words that are always the same.
#[must_use]
pub fn title(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => "The input is wrong",
        ErrorKind::Refused => {
            "A guard, a rule of the console, or an untrusted certificate forbids it"
        }
        ErrorKind::NotFound => "There is no such user",
        ErrorKind::Conflict => "Somebody else changed the account meanwhile",
        ErrorKind::Ambiguous => "Several users match",
        ErrorKind::Unauthorized => "The deployment's own credentials or settings do not do",
        ErrorKind::RateLimited => "Too many requests",
        ErrorKind::Unexpected => "A surprise: a person should look",
        ErrorKind::Unavailable => "Something that is needed can't be reached",
        ErrorKind::Indeterminate => "It may have been carried out",
    }
}

/// Whether to send the same again: `no`, `yes` (later), or `run-again`, since looking again is what
/// tells how things are.
#[must_use]
pub fn retry(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::RateLimited | ErrorKind::Unavailable => "yes",
        ErrorKind::Conflict | ErrorKind::Indeterminate => "run-again",
        _ => "no",
    }
}

/// HTTP's own words for a status of ours that is no kind's.
#[must_use]
pub fn phrase(status: u16) -> &'static str {
    match status {
        400 => "Bad Request",
        NOT_FOUND => "Not Found",
        METHOD_NOT_ALLOWED => "Method Not Allowed",
        TOO_LONG => "Content Too Large",
        UNSUPPORTED_MEDIA_TYPE => "Unsupported Media Type",
        _ => "Not Implemented",
    }
}

/// A request that did not get its operation's answer.
pub(super) struct Problem {
    pub(super) status: u16,
    pub(super) error: Error,
    pub(super) headers: Vec<(&'static str, String)>,
    kind: String,
    title: &'static str,
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let status = status(error.kind);
        let problem = Self {
            status,
            kind: format!("{KINDS_TYPE}{}", error.kind.name()),
            title: title(error.kind),
            headers: Vec::new(),
            error,
        };
        let wait = match status {
            429 | 503 => RETRY_AFTER_SECONDS,
            504 => STILL_RUNNING_SECONDS,
            _ => return problem,
        };
        problem.waiting(wait)
    }
}

impl Problem {
    /// A problem of the request itself: no operation ran.
    pub(super) fn http(status: u16, error: Error) -> Self {
        Self {
            status,
            kind: BY_STATUS.into(),
            title: phrase(status),
            headers: Vec::new(),
            error,
        }
    }

    /// Asks to wait: as long as the error says, or else for so many seconds.
    pub(super) fn waiting(self, seconds: u64) -> Self {
        // At least 1: a caller that waits for nothing at all would only make it worse.
        let told = self.error.retry_after.map(|wait| wait.as_secs().max(1));
        let wait = told.unwrap_or(seconds).to_string();
        self.with_header("retry-after", wait)
    }

    pub(super) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value));
        self
    }

    pub(super) fn body(&self, operation: Option<&str>, request_id: &str) -> Value {
        let error = self.error.to_json();
        json!({
            "type": self.kind,
            "title": self.title,
            "status": self.status,
            "detail": self.error.to_string(),
            "kind": self.error.kind.name(),
            "operation": operation,
            "retry": retry(self.error.kind),
            "changed": error["changed"],
            "next": error["next"],
            "request_id": request_id,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_kind_has_a_status_of_its_own_and_retry_agrees_with_it() {
        let statuses: BTreeSet<u16> = ErrorKind::ALL.into_iter().map(status).collect();
        assert_eq!(statuses.len(), ErrorKind::ALL.len());
        for kind in ErrorKind::ALL {
            assert_eq!(retry(kind) != "no", kind.is_retryable(), "{kind:?}");
            // An API's client takes these for its own key.
            assert_ne!(status(kind), 401);
        }
    }
}
