//! What can go wrong between us and a Rapid7 server.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

/// Shorthand for results of this crate.
pub type Result<T> = std::result::Result<T, Error>;

/// Which of Rapid7's surfaces a request was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Surface {
    /// The InsightVM console.
    Console,
    /// The Insight Platform.
    Platform,
}

/// What a failed request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The server understood the request and will not do it (400, 405, 409, 422 …).
    Rejected,
    /// 401: wrong credentials, a locked or disabled account, or a console in maintenance
    /// (seen in the field). Never retried with the same credentials.
    Unauthorized,
    /// 403.
    Forbidden,
    /// 404: not there, *or* there and hidden from this caller (seen in the field).
    NotFound,
    /// 429.
    RateLimited,
    /// 5xx, an HTML page instead of an answer, a broken connection, a timeout.
    Unavailable,
    /// The server's certificate is not the one that was trusted.
    Certificate,
    /// The server speaks no TLS that is safe to send a password over, or none at all.
    Handshake,
    /// An answer came, and it can't be read.
    Malformed,
    /// The credentials themselves could not be had, and trying again won't help.
    Credentials,
    /// Where the credentials are kept could not be reached.
    CredentialsUnavailable,
    /// What answered in the place where the credentials are kept is not believed to be that.
    CredentialsUntrusted,
    /// What answered is not the API: a web page, text, a redirect, or something between that refuses or changes
    /// what passes.
    NotTheApi,
    /// The request could not be built.
    Protocol,
}

/// What is known about a request that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// It never left this process.
    NotSent,
    /// The server answered that it did not do it; of a write, a look has to prove it.
    Refused,
    /// It may have been carried out: look before sending again.
    Unknown,
}

/// What people call what a request is sent to and with, where that has a name: so that an error says where to look.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// The server, where there are several, such as `the console emea`.
    pub server: Option<String>,
    /// Where its address was told.
    pub address: Option<String>,
    /// Where the credentials were told.
    pub credentials: Option<String>,
}

/// A failed request. Its text is safe to show: server text is cut, cleaned of control characters
/// and of every secret that was sent.
pub struct Error {
    /// Whom was asked.
    pub surface: Surface,
    /// What it means.
    pub kind: ErrorKind,
    /// What is known about the request's effect.
    pub delivery: Delivery,
    /// Whether it left this process at least once, whatever came of that: an earlier sending may have
    /// been carried out although the last one never left, or was refused.
    pub sent: bool,
    /// The server's address; empty before it is known which.
    pub target: String,
    /// What people call where it was to be sent, and as whom.
    pub names: Names,
    /// HTTP method, e.g. `PUT`.
    pub method: &'static str,
    /// Path below the server's address, e.g. `/api/3/users/42`.
    pub path: String,
    /// HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// How long the server asked to wait, capped at an hour.
    pub retry_after: Option<Duration>,
    /// The platform's name for this request (`r7-correlation-id`, seen in the field): its support
    /// finds the request by it.
    pub correlation_id: Option<String>,
    /// Whether it did not get past the proxy.
    pub stopped_at_proxy: bool,
    /// What happened, for a person.
    pub message: String,
    pub(crate) source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// Whether the server may have carried the request out although no good answer came back.
    #[must_use]
    pub fn may_have_been_carried_out(&self) -> bool {
        self.delivery == Delivery::Unknown && self.method != "GET"
    }

    /// Whether there was no way to the server: no such host, nobody who answers there, a network or a proxy that
    /// does not let through. What was to be sent has not left.
    #[must_use]
    pub fn found_no_way(&self) -> bool {
        self.kind == ErrorKind::Unavailable
            && self.delivery == Delivery::NotSent
            && self.status.is_none()
    }

    /// Whether the server said no, in so many words. Of a write, only a look tells whether that is true:
    /// what stands between may have sent it before, or have answered in the server's place.
    #[must_use]
    pub fn was_refused(&self) -> bool {
        self.delivery == Delivery::Refused
    }

    /// Whether the credentials are what it failed for: refused, or not to be had. Nothing else can be
    /// asked then either.
    #[must_use]
    pub fn is_about_credentials(&self) -> bool {
        matches!(
            self.kind,
            ErrorKind::Unauthorized
                | ErrorKind::Credentials
                | ErrorKind::CredentialsUnavailable
                | ErrorKind::CredentialsUntrusted
        )
    }

    /// Whether the server may have answered, with whatever, and the answer did not arrive: the connection broke,
    /// or what stands between gave up.
    #[must_use]
    pub fn answer_was_lost(&self) -> bool {
        match self.status {
            Some(status) => matches!(status, 502 | 504),
            None => self.delivery == Delivery::Unknown,
        }
    }

    /// Whether time ran out while waiting for the answer: the request may still be carried out
    /// later.
    #[must_use]
    pub fn timed_out(&self) -> bool {
        let source = self.source.as_deref();
        let source = source.and_then(|source| source.downcast_ref::<reqwest::Error>());
        source.is_some_and(reqwest::Error::is_timeout)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.method, self.path, self.message)?;
        match &self.correlation_id {
            Some(id) => write!(f, " (correlation id {id})"),
            None => Ok(()),
        }
    }
}

/// Like `Display` with the kind in front. The source is left to the log.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({:?}): {self}", self.kind, self.delivery)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source
            .as_deref()
            .map(|source| source as &(dyn StdError + 'static))
    }
}
