//! Credentials of the surfaces, wherever they are kept, as long as they hold.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use rapid7::{BoxFuture, CredentialError, CredentialErrorKind, CredentialSource, Identity as _};
use tokio::sync::Mutex;
use tracing::{info, warn};

use super::age::SecretAge;
use super::apart;
use super::failure::permanent;
use super::store::{Secret, Store};
use super::surface_secret::SurfaceSecret;
use super::versions::{REPLACED, SENT};
use crate::settings::CredentialsAt;

/// How long credentials that were refused are passed over where others can be had. Whether they are sent again
/// where there are none is the client's to say, which knows of the whole process (`rapid7/src/logins.rs`).
const REFUSED_FOR: Duration = Duration::from_secs(60);

/// A surface's credentials, read again when they are older than the TTL, and once after a 401.
pub(crate) struct CachedCredentials<S: SurfaceSecret> {
    at: CredentialsAt<S::Identity>,
    store: Arc<Store>,
    ttl: Duration,
    state: Mutex<State<S>>,
    age: SecretAge,
}

struct State<S: SurfaceSecret> {
    cached: Option<Cached<S::Identity>>,
    /// What was refused a short while ago.
    refused: Vec<(Arc<S::Identity>, Instant)>,
    /// The secret names another address now, or another certificate: what was built for the old one
    /// must not be used with the new credentials.
    moved: bool,
}

struct Cached<C> {
    identity: Arc<C>,
    /// Of credentials that a rotation has sent to the surface: the current version's, which they stand in
    /// for.
    instead_of: Option<Arc<C>>,
    place: Vec<Option<String>>,
    version: String,
    created: Option<SystemTime>,
    /// Whether the version has the label by which a rotation tells that it is not in force any more.
    replaced: bool,
    /// Whether the secret has to be read before these are used.
    is_stale: bool,
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
                kind: CredentialErrorKind::Passing,
            });
        }
        let identity = Arc::clone(&newer.identity);
        self.cached = Some(newer);
        Ok(identity)
    }

    fn refuse(&mut self, identity: &S::Identity) {
        // What stood in for the current version is not tried first once the minute is over: the current one
        // may have been refused for another reason, or be another one by now.
        if let Some(cached) = &mut self.cached
            && S::same(&cached.identity, identity)
            && let Some(current) = cached.instead_of.take()
        {
            cached.identity = current;
            cached.is_stale = true;
        }
        self.refused
            .retain(|(other, at)| at.elapsed() < REFUSED_FOR && !S::same(other, identity));
        self.refused
            .push((Arc::new(identity.clone()), Instant::now()));
    }

    /// Whether these were refused a short while ago.
    fn refused(&self, identity: &S::Identity) -> bool {
        let mut refused = self.refused.iter();
        refused.any(|(refused, at)| S::same(refused, identity) && at.elapsed() < REFUSED_FOR)
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
                refused: Vec::new(),
                moved: false,
            }),
            age: SecretAge::default(),
        }
    }

    /// Tells the age of the version in use there, too.
    pub(crate) fn with_age(self, age: SecretAge) -> Self {
        Self { age, ..self }
    }

    /// Whether the secret, as far as it is known by now, is for another place than it was.
    pub(crate) async fn moved(&self) -> bool {
        // Reads it again if it is old.
        let _ = self.current().await;
        self.state.lock().await.moved
    }

    /// Reads the secret now, and keeps the credentials in it.
    pub(crate) async fn read(&self) -> Result<S, CredentialError> {
        let (secret, current) = self.fetch().await?;
        let mut state = self.state.lock().await;
        let sent = match current.replaced {
            true => self.sent(&current, &state).await?,
            false => None,
        };
        self.keep(&mut state, sent.unwrap_or(current))?;
        Ok(secret)
    }

    fn keep(
        &self,
        state: &mut State<S>,
        newer: Cached<S::Identity>,
    ) -> Result<Arc<S::Identity>, CredentialError> {
        let created = newer.created;
        let kept = state.keep(newer)?;
        self.age.set(created);
        Ok(kept)
    }

    async fn fetch(&self) -> Result<(S, Cached<S::Identity>), CredentialError> {
        match &self.at {
            CredentialsAt::SecretsManager(id) => self.version(id, self.store.managed(id).await?),
            CredentialsAt::File(path) => {
                let text = crate::files::read_secret(path).map_err(|error| {
                    permanent(format!("the secret file {path:?} can't be read: {error}"))
                })?;
                let secret = S::parse(path, &text.into())?;
                let cached = cached(&secret);
                Ok((secret, cached))
            }
            CredentialsAt::Given { identity, secret } => {
                let identity = match secret {
                    None => identity.clone(),
                    Some(at) => S::with_secret(identity.clone(), apart::read(at).await?),
                };
                let secret = S::given(identity);
                let cached = cached(&secret);
                Ok((secret, cached))
            }
        }
    }

    fn version(
        &self,
        id: &str,
        version: Secret,
    ) -> Result<(S, Cached<S::Identity>), CredentialError> {
        let secret = S::parse(id, &version.text)?;
        let cached = Cached {
            version: version.version,
            created: version.created,
            replaced: version.labels.iter().any(|label| label == REPLACED),
            ..cached(&secret)
        };
        Ok((secret, cached))
    }

    /// What to ask with now, after a look at the secret: the current version; while that is refused, or
    /// a rotation has told that it is not in force any more, the version that the rotation has sent, if it
    /// is of the same account for the same place, and was not refused a short while ago itself.
    async fn usable(&self, state: &State<S>) -> Result<Cached<S::Identity>, CredentialError> {
        let (_, current) = self.fetch().await?;
        // The current version is still the one that the other one stands in for.
        if let Some(old) = &state.cached
            && let Some(instead_of) = &old.instead_of
            && S::same(instead_of, &current.identity)
            && old.place == current.place
            && !state.refused(&old.identity)
        {
            return Ok(Cached {
                identity: Arc::clone(&old.identity),
                instead_of: Some(Arc::clone(instead_of)),
                version: old.version.clone(),
                created: old.created,
                ..current
            });
        }
        if (state.refused(&current.identity) || current.replaced)
            && let Some(sent) = self.sent(&current, state).await?
        {
            return Ok(sent);
        }
        Ok(current)
    }

    /// The version that a rotation has sent to the surface, if it may stand in for the current one.
    async fn sent(
        &self,
        current: &Cached<S::Identity>,
        state: &State<S>,
    ) -> Result<Option<Cached<S::Identity>>, CredentialError> {
        let CredentialsAt::SecretsManager(id) = &self.at else {
            return Ok(None);
        };
        if !S::ROTATES {
            return Ok(None);
        }
        let Some(version) = self.store.labelled(id, SENT, None).await? else {
            return Ok(None);
        };
        let (_, sent) = self.version(id, version)?;
        let fits = current.identity.is_same_account(&sent.identity)
            && current.place == sent.place
            && !state.refused(&sent.identity);
        Ok(fits.then(|| Cached {
            instead_of: Some(Arc::clone(&current.identity)),
            ..sent
        }))
    }
}

fn cached<S: SurfaceSecret>(secret: &S) -> Cached<S::Identity> {
    Cached {
        identity: Arc::new(secret.identity().clone()),
        instead_of: None,
        place: secret.place().to_vec(),
        version: String::new(),
        created: None,
        replaced: false,
        is_stale: false,
        read: Instant::now(),
    }
}

impl<S: SurfaceSecret> CredentialSource<S::Identity> for CachedCredentials<S> {
    fn current(&self) -> BoxFuture<'_, Result<Arc<S::Identity>, CredentialError>> {
        Box::pin(async {
            let mut state = self.state.lock().await;
            let cached = state.cached.as_ref();
            let refused = cached.is_some_and(|cached| state.refused(&cached.identity));
            if let Some(cached) = cached
                && cached.read.elapsed() < self.ttl
                && !cached.is_stale
                && !refused
            {
                return Ok(Arc::clone(&cached.identity));
            }
            match (self.usable(&state).await, &mut state.cached) {
                (Ok(newer), _) => self.keep(&mut state, newer),
                // What worked five minutes ago most likely still works: an outage of the store
                // is no reason to stop, and a 401 would tell.
                (Err(error), Some(old))
                    if error.kind == CredentialErrorKind::Passing && !refused =>
                {
                    warn!(%error, "the secret could not be read again: using it as it was");
                    old.read = Instant::now();
                    Ok(Arc::clone(&old.identity))
                }
                (Err(error), _) => Err(error),
            }
        })
    }

    fn renew<'a>(&'a self, rejected: &'a S::Identity) -> BoxFuture<'a, Option<Arc<S::Identity>>> {
        Box::pin(async move {
            let mut state = self.state.lock().await;
            state.refuse(rejected);
            if let Some(cached) = &state.cached
                && !cached.is_stale
                && !S::same(&cached.identity, rejected)
                && !state.refused(&cached.identity)
            {
                // Another request of this process was refused first, and read them already.
                return Some(Arc::clone(&cached.identity));
            }
            let newer = match self.usable(&state).await {
                Ok(newer) if state.refused(&newer.identity) => return None,
                Ok(newer) => newer,
                Err(error) => {
                    warn!(%error, "the secret could not be read again after a 401");
                    return None;
                }
            };
            let old = state.cached.as_ref().map(|cached| cached.version.as_str());
            match newer.instead_of {
                None => info!(old, new = newer.version, "the secret has changed: using it"),
                Some(_) => info!(
                    old,
                    new = newer.version,
                    "the secret is being rotated: using the version that was sent to the console"
                ),
            }
            match self.keep(&mut state, newer) {
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
mod tests;
