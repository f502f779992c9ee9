//! What a run may use of the platform.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use rapid7::platform::{ApiKeyInfo, Client, KeyType, User, UserFilter, UserId};
use serde_json::Value;
use tokio::sync::OnceCell;
use tracing::warn;

use crate::action::Effect;
use crate::audit::Phase;
use crate::context::{RunContext, Scope};
use crate::error::{Error, ErrorKind, Result};
use crate::guard::Policy;

/// What a run may use of the platform. It reads freely and writes only through
/// `PlatformContext::apply`.
#[derive(Clone)]
pub struct PlatformContext {
    pub(crate) run: RunContext,
    platform: Client,
    pub(crate) warnings: Vec<String>,
    users: Arc<OnceCell<Vec<User>>>,
    api_keys: Arc<OnceCell<Vec<ApiKeyInfo>>>,
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

    /// The same platform, with what was read of it, for another ticket.
    pub(crate) fn with_ticket(&self, ticket: Option<&str>) -> Self {
        let mut other = self.clone();
        if let Some(ticket) = ticket {
            other.run.caller.ticket = Some(ticket.to_owned());
        }
        other
    }

    /// Says that an account is lost in this run: it does not count among those that stay.
    pub(crate) fn leaves(&self, id: UserId) {
        let mut leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        leaving.insert(id);
    }

    /// Every user but those who lose the account in this run.
    pub(super) async fn staying(&self) -> Result<Vec<User>> {
        let users = self.users().await?;
        let leaving = self.leaving.lock().unwrap_or_else(PoisonError::into_inner);
        let stays = |user: &&User| !leaving.contains(user.id());
        Ok(users.iter().filter(stays).cloned().collect())
    }

    /// Whether every user was read already.
    pub(super) fn has_read_users(&self) -> bool {
        self.users.initialized()
    }

    /// Every API key that this key may see, read once in a run.
    pub(crate) async fn api_keys(&self) -> Result<&[ApiKeyInfo]> {
        let read = async || Ok::<_, Error>(self.platform.api_keys().await?);
        Ok(self.api_keys.get_or_try_init(read).await?)
    }

    /// Refuses to begin a write with a key that can't: a person's. Where nobody said whose it is, the
    /// list of keys tells, which only an organization key gets (unconfirmed); if that is not understood,
    /// the write itself will tell.
    pub(super) async fn may_write(&self) -> Result<()> {
        if self.platform.own_key().key_type == Some(KeyType::Organization) {
            return Ok(());
        }
        match self.api_keys().await {
            Err(error) if error.kind == ErrorKind::Unexpected => {
                warn!(%error, "the key's type could not be told");
                Ok(())
            }
            keys => keys.map(drop),
        }
    }

    pub(crate) async fn record(
        &self,
        phase: Phase,
        record: Value,
    ) -> std::result::Result<(), String> {
        self.run
            .record(self.platform.address(), phase, record)
            .await
    }
}

/// What to do about a key that can't manage accounts.
pub(crate) const MAKE_AN_ORGANIZATION_KEY: &str = "make an organization key (Insight Platform: \
    Administration, API Keys) and put it into the pack's secret";

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
