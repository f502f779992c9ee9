//! Credentials of the surfaces, wherever they are kept, as long as they hold.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rapid7::{BoxFuture, CredentialError, CredentialSource, Identity};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value};
use tokio::sync::Mutex;
use tracing::{info, warn};

use crate::secrets::{Store, permanent};
use crate::settings::CredentialsAt;

/// What a surface's secret holds.
pub(crate) trait SurfaceSecret: Sized + Send + Sync + 'static {
    /// What it says who asks with.
    type Identity: Identity;

    /// Whose secret it is, for people.
    const WHAT: &'static str;

    /// Reads a secret's text.
    fn parse(name: &str, text: &SecretString) -> Result<Self, CredentialError>;

    /// The same where the environment gives it.
    fn given(identity: Self::Identity) -> Self;

    fn identity(&self) -> &Self::Identity;

    /// What says where the surface is, as it was written.
    fn place(&self) -> &[Option<String>];

    /// Whether the server would see no difference.
    fn same(a: &Self::Identity, b: &Self::Identity) -> bool;
}

/// The members of a secret. Errors name the member and what it expects, never what it holds.
pub(crate) struct Members<'a> {
    name: &'a str,
    members: Map<String, Value>,
}

impl<'a> Members<'a> {
    /// Reads a JSON object.
    pub(crate) fn parse(
        name: &'a str,
        text: &SecretString,
        expected: &str,
    ) -> Result<Self, CredentialError> {
        match serde_json::from_str(text.expose_secret()) {
            Ok(Value::Object(members)) => Ok(Self { name, members }),
            _ => Err(permanent(format!(
                "the secret {name:?}: expected a JSON object with {expected}"
            ))),
        }
    }

    pub(crate) fn wrong(&self, what: &str) -> CredentialError {
        permanent(format!("the secret {:?}: {what}", self.name))
    }

    /// A member's text, if it is there.
    pub(crate) fn member(&self, member: &str) -> Result<Option<String>, CredentialError> {
        match self.members.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) if !text.is_empty() => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(&format!("`{member}`: expected text that is not empty"))),
        }
    }

    /// A member's text, which must be there.
    pub(crate) fn required(&self, member: &str) -> Result<String, CredentialError> {
        let missing = || self.wrong(&format!("`{member}`: required, and missing"));
        self.member(member)?.ok_or_else(missing)
    }
}

/// How long credentials that were refused are not sent again: failed logins lock a console's account.
const REFUSED_FOR: Duration = Duration::from_secs(60);

/// A surface's credentials, read again when they are older than the TTL, and once after a 401.
pub(crate) struct CachedCredentials<S: SurfaceSecret> {
    at: CredentialsAt<S::Identity>,
    store: Arc<Store>,
    ttl: Duration,
    state: Mutex<State<S>>,
}

struct State<S: SurfaceSecret> {
    cached: Option<Cached<S::Identity>>,
    /// When the cached credentials, which were the current ones, were refused.
    refused: Option<Instant>,
    /// The secret names another address now, or another certificate: what was built for the old one
    /// must not be used with the new credentials.
    moved: bool,
}

struct Cached<C> {
    identity: Arc<C>,
    place: Vec<Option<String>>,
    version: String,
    read: Instant,
}

impl<S: SurfaceSecret> State<S> {
    /// Keeps what was read, unless it is for another place.
    fn keep(&mut self, newer: Cached<S::Identity>) -> Result<Arc<S::Identity>, CredentialError> {
        if self
            .cached
            .as_ref()
            .is_some_and(|old| old.place != newer.place)
        {
            self.moved = true;
            return Err(CredentialError {
                message: format!(
                    "the secret of {} names another address or certificate now",
                    S::WHAT
                ),
                retryable: true,
            });
        }
        let identity = Arc::clone(&newer.identity);
        self.cached = Some(newer);
        self.refused = None;
        Ok(identity)
    }
}

impl<S: SurfaceSecret> CachedCredentials<S> {
    pub(crate) fn new(at: CredentialsAt<S::Identity>, store: Arc<Store>, ttl: Duration) -> Self {
        Self {
            at,
            store,
            ttl,
            state: Mutex::new(State {
                cached: None,
                refused: None,
                moved: false,
            }),
        }
    }

    /// Whether the secret, as far as it is known by now, is for another place than it was.
    pub(crate) async fn moved(&self) -> bool {
        // Reads it again if it is old.
        let _ = self.current().await;
        self.state.lock().await.moved
    }

    /// Reads the secret now, and keeps the credentials in it.
    pub(crate) async fn read(&self) -> Result<S, CredentialError> {
        let (secret, cached) = self.fetch().await?;
        self.state.lock().await.keep(cached)?;
        Ok(secret)
    }

    async fn fetch(&self) -> Result<(S, Cached<S::Identity>), CredentialError> {
        let (secret, version) = match &self.at {
            CredentialsAt::SecretsManager(id) => {
                let secret = self.store.managed(id).await?;
                (S::parse(id, &secret.text)?, secret.version)
            }
            CredentialsAt::File(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| {
                    permanent(format!("the secret file {path:?} can't be read: {error}"))
                })?;
                (S::parse(path, &text.into())?, String::new())
            }
            CredentialsAt::Environment(identity) => (S::given(identity.clone()), String::new()),
        };
        let cached = Cached {
            identity: Arc::new(secret.identity().clone()),
            place: secret.place().to_vec(),
            version,
            read: Instant::now(),
        };
        Ok((secret, cached))
    }
}

impl<S: SurfaceSecret> CredentialSource<S::Identity> for CachedCredentials<S> {
    fn current(&self) -> BoxFuture<'_, Result<Arc<S::Identity>, CredentialError>> {
        Box::pin(async {
            let mut state = self.state.lock().await;
            let refused = state.refused.map(|at| at.elapsed());
            let refused = refused.filter(|ago| *ago < REFUSED_FOR);
            if let Some(cached) = &state.cached
                && cached.read.elapsed() < self.ttl
                && refused.is_none()
            {
                return Ok(Arc::clone(&cached.identity));
            }
            match (self.fetch().await, &mut state.cached, refused) {
                (Ok((_, newer)), Some(old), Some(ago))
                    if S::same(&old.identity, &newer.identity) =>
                {
                    Err(permanent(format!(
                        "{} refused these credentials {} s ago, and the secret has not changed: they \
                         are not sent again for {} s, as failed logins lock an account",
                        S::WHAT,
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
                    Ok(Arc::clone(&old.identity))
                }
                (Err(error), _, _) => Err(error),
            }
        })
    }

    fn renew<'a>(&'a self, rejected: &'a S::Identity) -> BoxFuture<'a, Option<Arc<S::Identity>>> {
        Box::pin(async move {
            let mut state = self.state.lock().await;
            if let Some(cached) = &state.cached
                && !S::same(&cached.identity, rejected)
            {
                // Another request of this process was refused first, and read them already.
                return Some(Arc::clone(&cached.identity));
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
            if S::same(&newer.identity, rejected) {
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
