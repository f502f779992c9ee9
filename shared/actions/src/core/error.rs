//! How an operation fails.

mod told;
pub(crate) mod wire;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};

/// What to do about a service whose certificate is not trusted.
pub(crate) const TRUST_OR_FIND_OUT: &str = "if the network opens TLS on the way, put the certificate authority that \
    it does that with, in PEM, where the message says; else something pretends to be that service";

const CORRECT_THE_INPUT: &str = "correct the input and send it again";

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
    /// Nothing failed: the account is not any more what the run was planned on, and planned anew it may succeed.
    pub(crate) plan_again: bool,
    /// Whether it is about settings that can't be used: programs for people tell that apart.
    pub settings: bool,
    /// Whether the account is proven to have the individual grants that it must keep, whatever else failed.
    pub(crate) grants_kept: bool,
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
            plan_again: false,
            settings: false,
            grants_kept: false,
        }
    }

    /// With the grants proven that the account must keep.
    pub(crate) fn grants_kept(mut self) -> Self {
        self.grants_kept = true;
        self
    }

    /// Another run changed the account after it was read: everything is to be planned anew. What callers see,
    /// if that goes on and on.
    pub(crate) fn plan_again() -> Self {
        let mut error = Self::new(
            ErrorKind::Conflict,
            "other runs kept changing this account at the same time",
        )
        .next("run it again");
        error.plan_again = true;
        error
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

    /// It is about settings that can't be used.
    #[must_use]
    pub fn about_settings(mut self) -> Self {
        self.settings = true;
        self
    }

    /// A service that something needed is kept in can't be told from an impostor: trying again won't help.
    #[must_use]
    pub fn untrusted(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused, message).next(TRUST_OR_FIND_OUT)
    }

    /// The input is wrong: names the field and what it expects, never its value.
    #[must_use]
    pub fn invalid_input(field: &str, expected: &str) -> Self {
        Self::new(ErrorKind::InvalidInput, format!("`{field}`: {expected}")).next(CORRECT_THE_INPUT)
    }

    /// What is wrong with the input, taken apart: for whoever names its members in other words, also of an
    /// error that came from elsewhere as text.
    #[must_use]
    pub fn wrong_input(&self) -> Option<WrongInput<'_>> {
        if self.kind != ErrorKind::InvalidInput {
            return None;
        }
        let (field, expected) = self.message.strip_prefix('`')?.split_once("`: ")?;
        Some(WrongInput {
            fields: field.split(", ").collect(),
            expected,
            has_advice: self
                .next
                .as_deref()
                .is_some_and(|next| next != CORRECT_THE_INPUT),
        })
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

    /// With what had been written before it, and before what it tells itself.
    pub(crate) fn after(mut self, mut applied: Vec<String>) -> Self {
        if let Changed::Applied(more) = &self.changed {
            applied.extend(more.iter().cloned());
        }
        if !applied.is_empty() {
            if self.changed == Changed::Unknown {
                applied.push("and perhaps more, which is not known".into());
            }
            self.changed = Changed::Applied(applied);
        }
        self
    }

    /// Whether the request behind it was refused as a login, or not even sent since these credentials had been
    /// refused. So is every other one on that surface: nothing more can be read, written or given back.
    pub(crate) fn is_failed_login(&self) -> bool {
        let source = self.source.as_ref();
        source.is_some_and(|source| source.kind == rapid7::ErrorKind::Unauthorized)
    }

    /// Whether the failed request behind it was answered with 404, which proves nothing by itself.
    pub(crate) fn is_missing(&self) -> bool {
        let source = self.source.as_ref();
        source.is_some_and(|source| source.kind == rapid7::ErrorKind::NotFound)
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

/// What is wrong with an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongInput<'a> {
    /// The members that it is about, or the paths to them.
    pub fields: Vec<&'a str>,
    /// What is expected of them.
    pub expected: &'a str,
    /// Whether the error tells what to do next, beyond that it is to be corrected.
    pub has_advice: bool,
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

    /// Of one that was made here and of one that came from elsewhere alike.
    #[test]
    fn what_is_wrong_with_an_input_can_be_taken_apart() {
        let error = Error::invalid_input("user_id, login", "expected exactly one, got none");
        let told = Error::told(error.kind, &error.to_string());
        for error in [&error, &told] {
            let wrong = WrongInput {
                fields: vec!["user_id", "login"],
                expected: "expected exactly one, got none",
                has_advice: false,
            };
            assert_eq!(error.wrong_input(), Some(wrong));
        }
        let advice = error.clone().next("give one of them");
        assert!(advice.wrong_input().is_some_and(|wrong| wrong.has_advice));
        for (kind, message) in [
            (ErrorKind::InvalidInput, "no field"),
            (ErrorKind::Refused, "`login`: protected"),
        ] {
            assert_eq!(Error::new(kind, message).wrong_input(), None);
        }
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
