//! What a run may use of the platform.

use rapid7::platform::{Client, User, UserFilter};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::audit::Phase;
use crate::context::{RunContext, Scope};
use crate::error::{Error, ErrorKind, Result};
use crate::guard::Policy;

/// What a run may use of the platform. It reads freely and writes only through
/// `PlatformContext::apply`.
pub struct PlatformContext {
    pub(crate) run: RunContext,
    platform: Client,
    pub(crate) warnings: Vec<String>,
    users: OnceCell<Vec<User>>,
}

impl PlatformContext {
    /// Gets the platform ready.
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
        Ok(Self {
            platform: target.client.for_run(run.deadline),
            warnings: target.warnings,
            users: OnceCell::new(),
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
