//! How an operation fails.

mod told;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use rapid7::platform::Region;
use serde::Serialize;
use serde_json::{Value, json};

use crate::platform::context::MAKE_AN_ORGANIZATION_KEY;

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Every way of failing that callers can tell apart. The set is closed: retriers, exit codes and
/// HTTP codes are tables over it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum ErrorKind {
    /// The input is wrong.
    InvalidInput,
    /// There is no such user, and that is proven.
    NotFound,
    /// Several users match.
    Ambiguous,
    /// A guard or a rule of the console forbids it.
    Refused,
    /// Credentials are missing, wrong, or lack the privilege.
    Unauthorized,
    /// Too many requests.
    RateLimited,
    /// Something that is needed can't be reached or does not work.
    Unavailable,
    /// The account was changed by somebody else meanwhile, or did not become what was intended.
    Conflict,
    /// A write may have been carried out, and looking did not tell.
    Indeterminate,
    /// A surprise.
    Unexpected,
}

impl ErrorKind {
    /// Every kind.
    pub const ALL: [Self; 10] = [
        Self::InvalidInput,
        Self::NotFound,
        Self::Ambiguous,
        Self::Refused,
        Self::Unauthorized,
        Self::RateLimited,
        Self::Unavailable,
        Self::Conflict,
        Self::Indeterminate,
        Self::Unexpected,
    ];

    /// Its name, which is also the Lambda `errorType`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidInput => "InvalidInput",
            Self::NotFound => "NotFound",
            Self::Ambiguous => "Ambiguous",
            Self::Refused => "Refused",
            Self::Unauthorized => "Unauthorized",
            Self::RateLimited => "RateLimited",
            Self::Unavailable => "Unavailable",
            Self::Conflict => "Conflict",
            Self::Indeterminate => "Indeterminate",
            Self::Unexpected => "Unexpected",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether running the same again later may succeed. Running again is always safe: every run
    /// reads first and does only what is left.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RateLimited | Self::Unavailable | Self::Conflict | Self::Indeterminate
        )
    }
}

/// What had been written when a run failed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Changed {
    /// Nothing.
    #[default]
    Nothing,
    /// These things, each in words.
    Applied(Vec<String>),
    /// It can't be told.
    Unknown,
}

/// A failed run: what happened, to whom, what was and was not changed, what to do next. Its text
/// is safe for outsiders; causes go to the log.
#[derive(Debug, Clone)]
pub struct Error {
    /// What kind of failure.
    pub kind: ErrorKind,
    /// What happened.
    pub message: String,
    /// To whom.
    pub subject: Option<String>,
    /// What had been written.
    pub changed: Changed,
    /// What to do next.
    pub next: Option<String>,
    /// How long the server asked to wait.
    pub retry_after: Option<Duration>,
    /// The failed request behind it.
    pub(crate) source: Option<Arc<rapid7::Error>>,
    /// More about it, for callers that read JSON.
    pub details: Option<Box<Value>>,
    /// What the platform calls the requests that wrote before it failed.
    pub correlation_ids: Vec<String>,
}

impl Error {
    /// An error that changed nothing, without advice.
    #[must_use]
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            subject: None,
            changed: Changed::Nothing,
            next: None,
            retry_after: None,
            source: None,
            details: None,
            correlation_ids: Vec::new(),
        }
    }

    /// Something needed from outside, such as a secret or the audit log, is missing or broken.
    #[must_use]
    pub fn unavailable(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unavailable, message)
            .next("run it again; if it stays so, check what the message names")
    }

    /// Something needed from outside is set up wrongly: trying again won't help.
    #[must_use]
    pub fn misconfigured(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unauthorized, message).next("correct the configuration")
    }

    /// The input is wrong: names the field and what it expects, never its value.
    #[must_use]
    pub fn invalid_input(field: &str, expected: &str) -> Self {
        Self::new(ErrorKind::InvalidInput, format!("`{field}`: {expected}"))
            .next("correct the input and send it again")
    }

    /// With what to do next.
    #[must_use]
    pub fn next(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    pub(crate) fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject.get_or_insert(subject.into());
        self
    }

    /// With what had been written.
    #[must_use]
    pub fn changed(mut self, changed: Changed) -> Self {
        self.changed = changed;
        self
    }

    /// Whether the failed request behind it was refused as a login.
    pub(crate) fn is_failed_login(&self) -> bool {
        let source = self.source.as_ref();
        source.is_some_and(|source| source.kind == rapid7::ErrorKind::Unauthorized)
    }

    /// Whether it is about a login that a console refused and counts.
    pub(crate) fn locks_an_account(&self) -> bool {
        let surface = self.source.as_ref().map(|source| source.surface);
        self.is_failed_login() && surface == Some(rapid7::Surface::Console)
    }

    /// Whether the failed request behind it got no answer in time: it may still arrive.
    pub(crate) fn ran_out_of_time(&self) -> bool {
        self.source
            .as_ref()
            .is_some_and(|source| source.timed_out())
    }

    /// The error as an object, for callers that read JSON.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut json = json!({
            "kind": self.kind.name(),
            "message": self.message,
            "subject": self.subject,
            "changed": match &self.changed {
                Changed::Nothing => json!([]),
                Changed::Applied(changes) => json!(changes),
                Changed::Unknown => Value::Null,
            },
            "next": self.next,
            "retryable": self.kind.is_retryable(),
        });
        if let Some(wait) = self.retry_after {
            json["retry_after_seconds"] = wait.as_secs().into();
        }
        if let Some(id) = self
            .source
            .as_ref()
            .and_then(|s| s.correlation_id.as_deref())
        {
            json["correlation_id"] = id.into();
        }
        if !self.correlation_ids.is_empty() {
            json["correlation_ids"] = self.correlation_ids.clone().into();
        }
        if let Some(details) = &self.details {
            json["details"] = (**details).clone();
        }
        json
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(subject) = &self.subject {
            write!(f, "{subject}: ")?;
        }
        write!(f, "{}. ", self.message.trim_end_matches('.'))?;
        match &self.changed {
            Changed::Nothing => write!(f, "Nothing was changed.")?,
            Changed::Applied(changes) => write!(f, "Already changed: {}.", changes.join("; "))?,
            Changed::Unknown => write!(f, "Whether something was changed is not known.")?,
        }
        if let Some(wait) = self.retry_after {
            write!(f, " The server asks to wait {} s.", wait.as_secs())?;
        }
        if let Some(next) = &self.next {
            write!(f, " Next: {next}.")?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

/// What a failed request means for a run, where the caller knows nothing better.
impl From<rapid7::Error> for Error {
    fn from(source: rapid7::Error) -> Self {
        use rapid7::ErrorKind as Wire;
        let platform = source.surface == rapid7::Surface::Platform;
        let (kind, next) = match source.kind {
            Wire::Rejected if platform => (
                ErrorKind::Unexpected,
                "read what the platform said; if the input is right, report this",
            ),
            Wire::Rejected => (
                ErrorKind::Unexpected,
                "read what the console said; if the input is right, report this",
            ),
            Wire::Unauthorized if platform => (
                ErrorKind::Unauthorized,
                "check the API key in the secret: a key belongs to one region, so it may be another \
                 region's (the region is the first part of the platform's address in a browser); or \
                 it was revoked, or its owner was deleted",
            ),
            Wire::Forbidden if platform => (ErrorKind::Unauthorized, MAKE_AN_ORGANIZATION_KEY),
            Wire::NotFound if platform => (
                ErrorKind::Unexpected,
                "check that the address is the Insight Platform's, and that nobody else is deleting \
                 the same at this time; then run it again",
            ),
            Wire::Unauthorized => (
                ErrorKind::Unauthorized,
                "check user name and password in the secret, whether the account is locked or \
                 disabled, and whether the console is in maintenance; it was not tried again, as \
                 failed logins lock the account",
            ),
            Wire::Forbidden | Wire::NotFound => (
                ErrorKind::Unauthorized,
                "check that the pack's account is a global administrator: others get 404 for what \
                 they may not see",
            ),
            Wire::RateLimited => (ErrorKind::RateLimited, "wait, then run it again"),
            Wire::Unavailable | Wire::CredentialsUnavailable => {
                (ErrorKind::Unavailable, "run it again later")
            }
            Wire::Certificate if platform => (
                ErrorKind::Refused,
                "if the network opens TLS on the way, trust its certificate authority; else something \
                 pretends to be the platform",
            ),
            Wire::Certificate => (
                ErrorKind::Refused,
                "compare the fingerprint with the console's own (openssl x509 -fingerprint \
                 -sha256); only if they are the same, trust it by pin or CA",
            ),
            Wire::Credentials => (ErrorKind::Unauthorized, "correct the configuration"),
            Wire::Malformed | Wire::Protocol if platform => (
                ErrorKind::Unexpected,
                "check that the address is that of the Insight Platform, then report this",
            ),
            Wire::Malformed | Wire::Protocol => (
                ErrorKind::Unexpected,
                "check that the address is that of a console, then report this",
            ),
        };
        let changed = if source.may_have_been_carried_out() {
            Changed::Unknown
        } else {
            Changed::Nothing
        };
        let message = match source.kind {
            Wire::Unauthorized if platform => format!("{source}: {}", refused_key(&source.target)),
            Wire::Forbidden if platform => format!(
                "{source}: this is a user key, it seems, which has only its owner's rights: managing \
                 accounts takes an organization key"
            ),
            _ => source.to_string(),
        };
        Self {
            message,
            retry_after: source.retry_after,
            source: Some(Arc::new(source)),
            ..Self::new(kind, "")
        }
        .next(next)
        .changed(changed)
    }
}

/// Where a key was refused. A key belongs to one region, and nothing else tells that it is another's.
fn refused_key(target: &str) -> String {
    match Region::of_url(target) {
        Some(region) => format!("the region {region} does not know this API key"),
        None => format!("{target} does not know this API key"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_reads_what_happened_to_whom_what_changed_and_what_next() {
        let error = Error::new(ErrorKind::Conflict, "email read back as \"b\", not \"a\"")
            .about("jdoe (user 42)")
            .changed(Changed::Applied(vec!["enabled: true → false".into()]))
            .next("look at the account");
        assert_eq!(
            error.to_string(),
            "jdoe (user 42): email read back as \"b\", not \"a\". Already changed: enabled: true \
             → false. Next: look at the account."
        );
    }

    #[test]
    fn a_refused_key_is_told_with_the_region_that_refused_it() {
        assert_eq!(
            refused_key("https://eu.api.insight.rapid7.com"),
            "the region eu does not know this API key"
        );
        assert_eq!(
            refused_key("https://proxy.example.com"),
            "https://proxy.example.com does not know this API key"
        );
    }

    #[test]
    fn correlation_ids_are_for_those_who_read_json() {
        let mut error = Error::new(ErrorKind::Refused, "");
        assert_eq!(error.to_json().get("correlation_ids"), None);
        error.correlation_ids = vec!["7d9e7c29".into()];
        assert_eq!(error.to_json()["correlation_ids"], json!(["7d9e7c29"]));
    }

    #[test]
    fn names_are_those_that_serde_writes() {
        for kind in ErrorKind::ALL {
            assert_eq!(serde_json::to_value(kind).ok(), Some(kind.name().into()));
            assert_eq!(ErrorKind::from_name(kind.name()), Some(kind));
        }
    }

    #[test]
    fn json_tells_whether_and_when_to_run_again() {
        for kind in ErrorKind::ALL {
            let mut error = Error::new(kind, "");
            let json = error.to_json();
            assert_eq!(json["retryable"], kind.is_retryable(), "{kind:?}");
            assert_eq!(json.get("retry_after_seconds"), None);
            error.retry_after = Some(Duration::from_secs(7));
            assert_eq!(error.to_json()["retry_after_seconds"], 7);
        }
    }

    /// Another run after one of these is an invitation to retriers: the list is meant as it is.
    #[test]
    fn four_kinds_may_pass_by_themselves() {
        let retryable = ErrorKind::ALL
            .into_iter()
            .filter(|kind| kind.is_retryable());
        assert_eq!(
            retryable.collect::<Vec<_>>(),
            [
                ErrorKind::RateLimited,
                ErrorKind::Unavailable,
                ErrorKind::Conflict,
                ErrorKind::Indeterminate,
            ]
        );
    }
}
