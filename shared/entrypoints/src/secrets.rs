//! Credentials and other secrets, wherever they are kept.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_secretsmanager::error::{ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::RequestId as _;
use rapid7::{BoxFuture, CredentialError, CredentialSource, Credentials, Trust};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use tokio::sync::{Mutex, OnceCell};
use tracing::{info, warn};

use crate::aws::{Chain, secrets_manager};
use crate::settings::{CredentialsAt, form_of, pins_of};

/// A secret's text, and the version that it is.
pub(crate) struct Secret {
    pub(crate) text: SecretString,
    version: String,
}

/// Where secrets are read.
pub(crate) struct Store {
    chain: Chain,
    manager: OnceCell<aws_sdk_secretsmanager::Client>,
}

impl Store {
    pub(crate) fn new(chain: Chain) -> Self {
        Self {
            chain,
            manager: OnceCell::new(),
        }
    }

    /// The client of Secrets Manager, made when it is needed first.
    pub(crate) async fn manager(&self) -> Result<&aws_sdk_secretsmanager::Client, CredentialError> {
        let manager = self.manager.get_or_try_init(|| secrets_manager(self.chain));
        manager.await.map_err(permanent)
    }

    pub(crate) async fn managed(&self, id: &str) -> Result<Secret, CredentialError> {
        let manager = self.manager().await?;
        let answer = manager.get_secret_value().secret_id(id).send().await;
        let answer = answer.map_err(|error| explain(id, GET, &failed(error)))?;
        let text = answer
            .secret_string
            .ok_or_else(|| permanent(format!("the secret {id:?} holds no text")))?;
        Ok(Secret {
            text: text.into(),
            version: answer.version_id.unwrap_or_default(),
        })
    }
}

/// What a missing secret means for a run.
pub(crate) fn failure(error: CredentialError) -> actions::Error {
    if error.retryable {
        actions::Error::unavailable(error.message)
    } else {
        actions::Error::misconfigured(error.message)
    }
}

pub(crate) fn permanent(message: impl Into<String>) -> CredentialError {
    CredentialError {
        message: message.into(),
        retryable: false,
    }
}

/// The requests that Secrets Manager is sent, by the name that its permission has too.
pub(crate) const GET: &str = "GetSecretValue";
pub(crate) const PUT: &str = "PutSecretValue";
pub(crate) const DESCRIBE: &str = "DescribeSecret";
pub(crate) const MOVE_LABEL: &str = "UpdateSecretVersionStage";

/// A failed request without the type of its operation, so that what follows is compiled once.
pub(crate) type Failed = SdkError<ErrorMetadata>;

pub(crate) fn failed<E: ProvideErrorMetadata>(error: SdkError<E>) -> Failed {
    error.map_service_error(|error| error.meta().clone())
}

/// Secrets Manager's own name of what went wrong.
pub(crate) fn code(error: &Failed) -> Option<&str> {
    error.as_service_error()?.code()
}

/// What went wrong, for people. Never `Debug` or the whole chain of an SDK error, not even in the
/// log: it may hold the answer, and with it the secret.
pub(crate) fn explain(id: &str, request: &'static str, error: &Failed) -> CredentialError {
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    let code = code(error);
    let aws_request_id = error.as_service_error().and_then(|e| e.request_id());
    warn!(
        secret = id,
        request, status, code, aws_request_id, "Secrets Manager did not do it"
    );
    let later = |why: &str| CredentialError {
        message: format!("Secrets Manager could not be asked for {id:?}: {why}"),
        retryable: true,
    };
    let code = match (error, code) {
        (_, Some(code)) => code,
        (SdkError::ConstructionFailure(_), _) => {
            return permanent(format!(
                "Secrets Manager could not be asked for {id:?}: no request could be made; are \
                 AWS_REGION and credentials for AWS set?"
            ));
        }
        (SdkError::TimeoutError(_), _) => return later("no answer in time"),
        (SdkError::DispatchFailure(failure), _) if failure.is_timeout() || failure.is_io() => {
            return later("no connection");
        }
        (SdkError::DispatchFailure(_), _) => {
            return permanent(format!(
                "Secrets Manager could not be asked for {id:?}: there are no credentials for AWS"
            ));
        }
        _ => return later("its answer can't be read"),
    };
    let reads = request == GET;
    match code {
        "ResourceNotFoundException" if reads => permanent(format!(
            "Secrets Manager has no secret {id:?} in this region"
        )),
        "ResourceNotFoundException" if request == MOVE_LABEL => permanent(format!(
            "Secrets Manager has no secret {id:?} in this region, or not the version that was \
             staged"
        )),
        // Its key, policy and tags are not ours to choose.
        "ResourceNotFoundException" => permanent(format!(
            "Secrets Manager has no secret {id:?} in this region: create it first, with the key, \
             policy and tags that it is to have"
        )),
        "AccessDeniedException" if request == PUT => permanent(format!(
            "this function may not write the secret {id:?}: allow secretsmanager:{request} on it, \
             and kms:GenerateDataKey and kms:Decrypt on its key if that is not AWS's own"
        )),
        "AccessDeniedException" => {
            let verb = if reads { "read" } else { "use" };
            permanent(format!(
                "this function may not {verb} the secret {id:?}: allow secretsmanager:{request} \
                 on it"
            ))
        }
        "LimitExceededException" => permanent(format!(
            "Secrets Manager keeps no more versions or labels of {id:?}: take the labels from old \
             versions, or deliver into another secret"
        )),
        "DecryptionFailure" => permanent(format!(
            "the secret {id:?} can't be decrypted: check its KMS key"
        )),
        "EncryptionFailure" => permanent(format!(
            "the secret {id:?} can't be encrypted: check its KMS key"
        )),
        "InvalidRequestException" if reads => permanent(format!(
            "Secrets Manager does not give {id:?}: is it scheduled for deletion, or without a value?"
        )),
        "InvalidRequestException" => permanent(format!(
            "Secrets Manager does not change {id:?}: is it scheduled for deletion, or a replica?"
        )),
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "ExpiredTokenException"
        | "InvalidParameterException" => permanent(format!(
            "Secrets Manager refused {request} for {id:?}: {code}"
        )),
        code => later(code),
    }
}

/// What a console's secret holds: `url`, `username`, `password`, and optionally `token`,
/// `certificate_sha256`, `ca_pem`, `wire_form`. Other members are left alone.
pub(crate) struct ConsoleSecret {
    pub(crate) url: Option<String>,
    pub(crate) trust: Option<Trust>,
    pub(crate) form: Option<rapid7::console::WireForm>,
    credentials: Credentials,
    /// What says where the console is, as it was written.
    place: [Option<String>; 4],
}

impl ConsoleSecret {
    fn parse(name: &str, text: &SecretString) -> Result<Self, CredentialError> {
        let wrong = |what: &str| permanent(format!("the secret {name:?}: {what}"));
        let json: Option<Value> = serde_json::from_str(text.expose_secret()).ok();
        let json = json
            .filter(Value::is_object)
            .ok_or_else(|| wrong("expected a JSON object with url, username and password"))?;
        let member = |member: &str| match json.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
            Some(_) => Err(wrong(&format!(
                "`{member}`: expected text that is not empty"
            ))),
        };
        let required = |name: &str| {
            member(name)?.ok_or_else(|| wrong(&format!("`{name}`: required, and missing")))
        };
        let trust = match (member("certificate_sha256")?, member("ca_pem")?) {
            (None, None) => None,
            (Some(pins), None) => Some(Trust::Pins(
                pins_of(&pins).map_err(|e| wrong(&format!("`certificate_sha256`: {e}")))?,
            )),
            (None, Some(pem)) => Some(Trust::CaPem(pem)),
            _ => return Err(wrong("expected `certificate_sha256` or `ca_pem`, got both")),
        };
        let form = match member("wire_form")? {
            None => None,
            Some(form) => {
                Some(form_of(&form).ok_or_else(|| wrong("`wire_form`: expected guide or vendor"))?)
            }
        };
        let place = [
            member("url")?,
            member("certificate_sha256")?,
            member("ca_pem")?,
            member("wire_form")?,
        ];
        Ok(Self {
            url: member("url")?,
            trust,
            form,
            place,
            credentials: Credentials {
                username: required("username")?,
                password: required("password")?.into(),
                token: member("token")?.map(Into::into),
            },
        })
    }
}

/// How long credentials that the console refused are not sent again: failed logins lock the account.
const REFUSED_FOR: Duration = Duration::from_secs(60);

/// The console's credentials, read again when they are older than the TTL, and once after a 401.
pub(crate) struct ConsoleCredentials {
    at: CredentialsAt,
    store: Arc<Store>,
    ttl: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    cached: Option<Cached>,
    /// When the console refused the cached credentials, which were the current ones.
    refused: Option<Instant>,
    /// The secret names another console now, or another certificate: what was built for the old one
    /// must not be used with the new credentials.
    moved: bool,
}

struct Cached {
    credentials: Arc<Credentials>,
    place: [Option<String>; 4],
    version: String,
    read: Instant,
}

impl State {
    /// Keeps what was read, unless it is for another place.
    fn keep(&mut self, newer: Cached) -> Result<Arc<Credentials>, CredentialError> {
        if self
            .cached
            .as_ref()
            .is_some_and(|old| old.place != newer.place)
        {
            self.moved = true;
            return Err(CredentialError {
                message: "the console's secret names another address or certificate now".into(),
                retryable: true,
            });
        }
        let credentials = Arc::clone(&newer.credentials);
        self.cached = Some(newer);
        self.refused = None;
        Ok(credentials)
    }
}

impl ConsoleCredentials {
    pub(crate) fn new(at: CredentialsAt, store: Arc<Store>, ttl: Duration) -> Self {
        Self {
            at,
            store,
            ttl,
            state: Mutex::default(),
        }
    }

    /// Whether the secret, as far as it is known by now, is for another console than it was.
    pub(crate) async fn moved(&self) -> bool {
        // Reads it again if it is old.
        let _ = self.current().await;
        self.state.lock().await.moved
    }

    /// Reads the secret now, and keeps the credentials in it.
    pub(crate) async fn read(&self) -> Result<ConsoleSecret, CredentialError> {
        let (secret, cached) = self.fetch().await?;
        self.state.lock().await.keep(cached)?;
        Ok(secret)
    }

    async fn fetch(&self) -> Result<(ConsoleSecret, Cached), CredentialError> {
        let (secret, version) = match &self.at {
            CredentialsAt::SecretsManager(id) => {
                let secret = self.store.managed(id).await?;
                (ConsoleSecret::parse(id, &secret.text)?, secret.version)
            }
            CredentialsAt::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    permanent(format!("the secret file {path:?} can't be read: {error}"))
                })?;
                (ConsoleSecret::parse(path, &text.into())?, String::new())
            }
            CredentialsAt::Environment(credentials) => {
                let secret = ConsoleSecret {
                    url: None,
                    trust: None,
                    form: None,
                    place: Default::default(),
                    credentials: credentials.clone(),
                };
                (secret, String::new())
            }
        };
        let cached = Cached {
            credentials: Arc::new(secret.credentials.clone()),
            place: secret.place.clone(),
            version,
            read: Instant::now(),
        };
        Ok((secret, cached))
    }
}

fn same(a: &Credentials, b: &Credentials) -> bool {
    let token = |credentials: &Credentials| {
        let token = credentials.token.as_ref();
        token.map(|token| token.expose_secret().to_owned())
    };
    a.username == b.username
        && a.password.expose_secret() == b.password.expose_secret()
        && token(a) == token(b)
}

impl CredentialSource for ConsoleCredentials {
    fn current(&self) -> BoxFuture<'_, Result<Arc<Credentials>, CredentialError>> {
        Box::pin(async {
            let mut state = self.state.lock().await;
            let refused = state.refused.map(|at| at.elapsed());
            let refused = refused.filter(|ago| *ago < REFUSED_FOR);
            if let Some(cached) = &state.cached
                && cached.read.elapsed() < self.ttl
                && refused.is_none()
            {
                return Ok(Arc::clone(&cached.credentials));
            }
            match (self.fetch().await, &mut state.cached, refused) {
                (Ok((_, newer)), Some(old), Some(ago))
                    if same(&old.credentials, &newer.credentials) =>
                {
                    Err(permanent(format!(
                        "the console refused these credentials {} s ago, and the secret has not \
                         changed: they are not sent again for {} s, as failed logins lock the \
                         account",
                        ago.as_secs(),
                        REFUSED_FOR.as_secs()
                    )))
                }
                (Ok((_, newer)), _, _) => state.keep(newer),
                // What worked five minutes ago most likely still works: an outage of the store
                // is no reason to stop, and a 401 would tell.
                (Err(error), Some(old), None) if error.retryable => {
                    warn!(%error, "the secret could not be read again: using it as it was");
                    old.read = Instant::now();
                    Ok(Arc::clone(&old.credentials))
                }
                (Err(error), _, _) => Err(error),
            }
        })
    }

    fn renew<'a>(&'a self, rejected: &'a Credentials) -> BoxFuture<'a, Option<Arc<Credentials>>> {
        Box::pin(async move {
            let mut state = self.state.lock().await;
            if let Some(cached) = &state.cached
                && !same(&cached.credentials, rejected)
            {
                // Another request of this process was refused first, and read them already.
                return Some(Arc::clone(&cached.credentials));
            }
            let newer = match self.fetch().await {
                Ok((_, newer)) => newer,
                Err(error) => {
                    warn!(%error, "the secret could not be read again after a 401");
                    state.refused = Some(Instant::now());
                    return None;
                }
            };
            let old = state.cached.as_ref().map(|cached| cached.version.as_str());
            if same(&newer.credentials, rejected) {
                state.refused = Some(Instant::now());
                return None;
            }
            info!(old, new = newer.version, "the secret has changed: using it");
            match state.keep(newer) {
                Ok(credentials) => Some(credentials),
                Err(error) => {
                    warn!(%error, "not used in this run");
                    None
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_secret_is_told_by_member_and_never_by_content() {
        for (text, told) in [
            ("canary", "expected a JSON object"),
            (r#"{"username": "canary"}"#, "`password`: required"),
            (
                r#"{"username": "a", "password": 1}"#,
                "`password`: expected text",
            ),
            (
                r#"{"username": "a", "password": "canary", "certificate_sha256": "canary"}"#,
                "`certificate_sha256`: expected a SHA-256",
            ),
            (
                r#"{"username": "a", "password": "canary", "wire_form": "canary"}"#,
                "`wire_form`: expected",
            ),
        ] {
            let error = ConsoleSecret::parse("rapid7/console", &text.into()).err();
            let error = error.expect("accepted").to_string();
            assert!(error.contains(told), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
    }
}
