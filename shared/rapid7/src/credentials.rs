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

    /// The headers that say who asks, or `None` if the credentials can't be written into headers: a
    /// colon ends a user name, and a line break (of a token that was pasted) ends a header. Sending
    /// something else instead would count as a failed login.
    pub(crate) fn headers(&self) -> Option<HeaderMap> {
        if self.username.contains(':') || self.username.contains(char::is_control) {
            return None;
        }
        let sensitive = |value: &SecretString| {
            let mut header = HeaderValue::from_str(value.expose_secret()).ok()?;
            header.set_sensitive(true);
            Some(header)
        };
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, sensitive(&self.authorization())?);
        if let Some(token) = &self.token {
            headers.insert("token", sensitive(token)?);
        }
        Some(headers)
    }

    /// Every string that must not appear in anything we say.
    pub(crate) fn secrets(&self) -> Vec<SecretString> {
        let mut secrets = vec![self.password.clone(), self.authorization()];
        if let Some(header) = self.authorization().expose_secret().strip_prefix("Basic ") {
            secrets.push(header.into());
        }
        secrets.extend(self.token.clone());
        secrets
    }
}

/// Why no credentials could be had. Its text is shown to people and holds no secret.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct CredentialError {
    /// What happened, for a person.
    pub message: String,
    /// Whether asking again later may help.
    pub retryable: bool,
}

/// Where credentials come from. They may change while a process runs (a rotated secret).
pub trait CredentialSource: Send + Sync {
    /// The credentials to use now.
    ///
    /// # Errors
    /// When there are none to be had.
    fn current(&self) -> BoxFuture<'_, Result<Arc<Credentials>, CredentialError>>;

    /// Asked after the console refused `rejected` with 401. Returns newer credentials if there are
    /// any, and `None` if these are still the current ones: sending the same password again
    /// would bring the account closer to its lockout.
    fn renew<'a>(&'a self, rejected: &'a Credentials) -> BoxFuture<'a, Option<Arc<Credentials>>>;
}

/// Credentials that never change.
impl CredentialSource for Arc<Credentials> {
    fn current(&self) -> BoxFuture<'_, Result<Arc<Credentials>, CredentialError>> {
        Box::pin(async { Ok(Arc::clone(self)) })
    }

    fn renew<'a>(&'a self, _rejected: &'a Credentials) -> BoxFuture<'a, Option<Arc<Credentials>>> {
        Box::pin(async { None })
    }
}
