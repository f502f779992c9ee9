//! Whose requests these are.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

/// A boxed future, so that [`CredentialSource`] can be used as a trait object.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What says who a request is from.
pub trait Identity: Clone + Send + Sync + 'static {
    /// Why it can't be written into headers, for people.
    const UNSENDABLE: &'static str;

    /// The headers that say who asks, or `None` if they can't be written.
    fn headers(&self) -> Option<HeaderMap>;

    /// Every string that must not appear in anything we say.
    fn secrets(&self) -> Vec<SecretString>;

    /// Whether a newer one is for the same account, so that a run may go on with it.
    fn is_same_account(&self, newer: &Self) -> bool;
}

fn sensitive(value: &SecretString) -> Option<HeaderValue> {
    let mut header = HeaderValue::from_str(value.expose_secret()).ok()?;
    header.set_sensitive(true);
    Some(header)
}

/// A key of the Insight Platform, sent as `X-Api-Key` (guide).
#[derive(Debug, Clone)]
pub struct ApiKey(pub SecretString);

impl Identity for ApiKey {
    const UNSENDABLE: &'static str = "the API key holds characters that can't be sent";

    fn headers(&self) -> Option<HeaderMap> {
        let mut headers = HeaderMap::new();
        headers.insert("x-api-key", sensitive(&self.0)?);
        Some(headers)
    }

    fn secrets(&self) -> Vec<SecretString> {
        vec![self.0.clone()]
    }

    /// A key does not tell whose it is: a rotated one replaces the old one.
    fn is_same_account(&self, _newer: &Self) -> bool {
        true
    }
}

/// What a console's Basic authentication takes.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The login name. Not secret.
    pub username: String,
    /// The password.
    pub password: SecretString,
    /// The current two-factor token, sent as the `Token` header (vendor API file, "2FA").
    pub token: Option<SecretString>,
}

impl Credentials {
    /// The value of the `Authorization` header.
    pub(crate) fn authorization(&self) -> SecretString {
        let pair = format!("{}:{}", self.username, self.password.expose_secret());
        format!("Basic {}", STANDARD.encode(pair)).into()
    }
}

impl Identity for Credentials {
    const UNSENDABLE: &'static str =
        "the user name or the token holds characters that can't be sent";

    /// A colon ends a user name, and a line break (of a token that was pasted) ends a header. Sending
    /// something else instead would count as a failed login.
    fn headers(&self) -> Option<HeaderMap> {
        if self.username.contains(':') || self.username.contains(char::is_control) {
            return None;
        }
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, sensitive(&self.authorization())?);
        if let Some(token) = &self.token {
            headers.insert("token", sensitive(token)?);
        }
        Some(headers)
    }

    fn secrets(&self) -> Vec<SecretString> {
        let mut secrets = vec![self.password.clone(), self.authorization()];
        if let Some(header) = self.authorization().expose_secret().strip_prefix("Basic ") {
            secrets.push(header.into());
        }
        secrets.extend(self.token.clone());
        secrets
    }

    /// Whose account a run must not touch was decided when it began.
    fn is_same_account(&self, newer: &Self) -> bool {
        self.username == newer.username
    }
}

/// Why no credentials could be had. Its text is shown to people and holds no secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CredentialError {
    /// What happened, for a person.
    pub message: String,
    /// What it means for whoever asks.
    pub kind: CredentialErrorKind,
}

/// What it means that no credentials could be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialErrorKind {
    /// Asking again later may help.
    Passing,
    /// It stays until a person does something about it.
    Lasting,
    /// So does this: what answered is not believed to be where they are kept.
    Untrusted,
}

/// Where credentials come from. They may change while a process runs (a rotated secret).
pub trait CredentialSource<C = Credentials>: Send + Sync {
    /// The credentials to use now.
    ///
    /// # Errors
    /// When there are none to be had.
    fn current(&self) -> BoxFuture<'_, Result<Arc<C>, CredentialError>>;

    /// Asked after the server refused `rejected` with 401. Returns newer credentials if there are
    /// any, and `None` if these are still the current ones: sending the same password again
    /// would bring the account closer to its lockout.
    fn renew<'a>(&'a self, rejected: &'a C) -> BoxFuture<'a, Option<Arc<C>>>;
}

/// Credentials that never change.
impl<C: Identity> CredentialSource<C> for Arc<C> {
    fn current(&self) -> BoxFuture<'_, Result<Arc<C>, CredentialError>> {
        Box::pin(async { Ok(Arc::clone(self)) })
    }

    fn renew<'a>(&'a self, _rejected: &'a C) -> BoxFuture<'a, Option<Arc<C>>> {
        Box::pin(async { None })
    }
}
