//! What a run may use of the platform.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rapid7::platform::{ApiKeyInfo, Client, KeyType, OwnKey, User, UserFilter, UserId};
use tokio::sync::OnceCell;
use tracing::warn;

use crate::core::context::{RunContext, Scope};
use crate::core::ending::Begun;
use crate::core::error::wire::MAKE_AN_ORGANIZATION_KEY;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::policy::Policy;
use crate::core::spec::Effect;

/// What a run may use of the platform. It reads freely and writes only through
/// `PlatformContext::apply`.
#[derive(Clone)]
pub struct PlatformContext {
    pub(crate) run: RunContext,
    platform: Client,
    pub(crate) warnings: Vec<String>,
    users: Arc<OnceCell<Vec<User>>>,
    api_keys: Arc<OnceCell<Vec<ApiKeyInfo>>>,
    /// Whether the list of keys was told, which only an organization key gets (unconfirmed).
    lists_keys: Arc<AtomicBool>,
    /// Who loses the account in this run.
    leaving: Arc<Mutex<BTreeSet<UserId>>>,
}

impl PlatformContext {
    /// Gets the platform ready. With a key that is said to be a person's, operations that may write end
    /// here, before any request.
    pub(crate) async fn of(run: RunContext) -> Result<Self> {
        let targets = run.services.platform.clone();
        let targets = targets.ok_or_else(|| {
            Error::new(
                ErrorKind::Unexpected,
                "this program was built without the platform",
            )
        })?;
        let [name] = targets.names() else {
            return Err(targets.missing());
        };
        let target = run.open(&*targets, name).await?;
        if run.spec.effect != Effect::Read
            && target.client.own_key().key_type == Some(KeyType::User)
        {
            return Err(Error::new(
                ErrorKind::Unauthorized,
                "the platform's key is a user key, as its configuration says: it has only its \
                 owner's rights, and can't manage accounts",
            )
            .next(MAKE_AN_ORGANIZATION_KEY));
        }
        Ok(Self {
            platform: target.client.for_run(run.deadline),
            warnings: target.warnings,
            users: Arc::default(),
            api_keys: Arc::default(),
            lists_keys: Arc::default(),
            leaving: Arc::default(),
            run,
        })
    }

    pub(crate) fn platform(&self) -> &Client {
        &self.platform
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.run.services.policy
    }

    /// Every user, read once in a run: the list is not paged.
    pub(crate) async fn users(&self) -> Result<&[User]> {
        let read = async || Ok::<_, Error>(self.platform.users(&UserFilter::default()).await?);
        Ok(self.users.get_or_try_init(read).await?)
    }

    /// The same platform, with what was read of it, for another ticket and a part of the run.
    pub(crate) fn for_part(&self, ticket: Option<&str>, begun: &Begun) -> Self {
        let mut other = self.clone();
        other.run.begun = begun.clone();
        if let Some(ticket) = ticket {
            other.run.caller.ticket = Some(ticket.to_owned());
        }
        other
    }

    /// The same platform for one account: what it calls its writes is told of this one alone.
    pub(super) fn for_account(&self) -> Self {
        Self {
            platform: self.platform.for_account(),
            ..self.clone()
        }
    }

    /// The same platform for what is read from here on.
    pub(super) fn read_anew(&self) -> Self {
        let mut other = self.clone();
        other.run.read_since = SystemTime::now();
        other
    }

    /// Says that an account is lost in this run: it does not count among those that stay.
    pub(crate) fn leaves(&self, id: UserId) {
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        leaving.insert(id);
    }

    /// Every user but those who lose the account in this run, as they are now: a long run may have read
    /// the list a while ago.
    pub(super) async fn staying(&self) -> Result<Vec<User>> {
        let mut users = self.platform.users(&UserFilter::default()).await?;
        let leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        users.retain(|user| !leaving.contains(user.id()));
        Ok(users)
    }

    /// Whether every user was read already.
    pub(super) fn has_read_users(&self) -> bool {
        self.users.initialized()
    }

    /// The users as they were read in this run; nobody if they were not.
    pub(super) fn seen_users(&self) -> &[User] {
        self.users.get().map_or(&[], Vec::as_slice)
    }

    /// Every API key that this key may see, read once in a run.
    ///
    /// # Errors
    /// See [`Self::read_api_keys`].
    pub(crate) async fn api_keys(&self) -> Result<&[ApiKeyInfo]> {
        let read = || self.read_api_keys();
        Ok(self.api_keys.get_or_try_init(read).await?)
    }

    /// The same, read now.
    ///
    /// # Errors
    /// Also for a list that can't be whole: see [`check_whole`].
    pub(super) async fn read_api_keys(&self) -> Result<Vec<ApiKeyInfo>> {
        let keys = self.platform.api_keys().await?;
        check_whole(&keys, self.platform.own_key())?;
        self.lists_keys.store(true, Ordering::Relaxed);
        Ok(keys)
    }

    /// Whether the pack's own key is certainly an organization's: its configuration says so, or it gets
    /// the list of keys, which only an organization key does (unconfirmed).
    ///
    /// # Errors
    /// `Unauthorized` if it certainly is not.
    pub(super) async fn has_organization_key(&self) -> Result<bool> {
        let declared = self.platform.own_key().key_type == Some(KeyType::Organization);
        if declared || self.lists_keys.load(Ordering::Relaxed) {
            return Ok(true);
        }
        match self.api_keys().await {
            Ok(_) => Ok(true),
            Err(error) if is_forbidden(&error) => Err(error),
            Err(error) => {
                warn!(%error, "the key's type could not be told");
                Ok(false)
            }
        }
    }

    /// Refuses to begin a write with a key that can't: a person's. Where that can't be told, the write
    /// itself will tell.
    pub(super) async fn may_write(&self) -> Result<()> {
        self.has_organization_key().await.map(drop)
    }
}

fn is_forbidden(error: &Error) -> bool {
    let source = error.source.as_ref();
    source.is_some_and(|source| source.kind == rapid7::ErrorKind::Forbidden)
}

/// The key that asks is a key itself: a list without any, or without that very key where its id is
/// known, is not whole, and what it lacks proves nothing.
///
/// # Errors
/// `Unauthorized`, with what to correct.
pub(crate) fn check_whole(keys: &[ApiKeyInfo], own_key: &OwnKey) -> Result<()> {
    if keys.is_empty() {
        return Err(Error::new(
            ErrorKind::Unauthorized,
            "the platform's list of API keys is empty, which proves nothing: it lacks the very key \
             that asked",
        )
        .next(
            "check that the key is an organization key of the right organization; see the keys in the \
             platform",
        ));
    }
    match &own_key.id {
        Some(own) if keys.iter().all(|key| key.id() != own) => Err(Error::new(
            ErrorKind::Unauthorized,
            "the platform's list of API keys lacks the pack's own, as its `key_id` names it, so the \
             list is not whole",
        )
        .next("correct `key_id` in the pack's secret, or check whose key it is")),
        _ => Ok(()),
    }
}

impl Scope for PlatformContext {
    const CONSOLE: bool = false;
    const PLATFORM: bool = true;

    async fn open(run: RunContext, _console: Option<&str>) -> Result<Self> {
        Self::of(run).await
    }

    fn run(&self) -> &RunContext {
        &self.run
    }

    fn target(&self) -> String {
        self.platform.address().to_owned()
    }

    fn requests(&self) -> u32 {
        self.platform.requests()
    }

    fn warnings(&self) -> Vec<String> {
        self.warnings.clone()
    }
}
