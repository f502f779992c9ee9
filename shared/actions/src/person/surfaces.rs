//! Every surface that is configured, for operations about a person rather than an account.

use futures_util::future::join_all;

use crate::console::context::ConsoleContext;
use crate::core::context::{RunContext, Scope};
use crate::core::error::Result;
use crate::core::identity_rules::IdentityRules;
use crate::core::policy::Policy;
use crate::platform::context::PlatformContext;

/// Every console and the platform, as far as they are configured. One that can't be got ready does not
/// stop the others.
pub struct Surfaces {
    run: RunContext,
    /// Each console with its name, in the order in which they were configured.
    pub(crate) consoles: Vec<(String, Result<ConsoleContext>)>,
    /// The platform; `None` if it is not configured.
    pub(crate) platform: Option<Result<PlatformContext>>,
}

impl Surfaces {
    pub(crate) fn run_context(&self) -> &RunContext {
        &self.run
    }

    pub(crate) fn policy(&self) -> &Policy {
        &self.run.services.policy
    }

    /// How many requests of this run may be on their way to a console at once.
    pub(crate) fn at_once(&self) -> usize {
        let consoles = self.consoles.iter();
        let consoles = consoles.filter_map(|(_, console)| console.as_ref().ok());
        let at_once = consoles.map(|console| console.console().at_once());
        at_once.max().unwrap_or(1)
    }

    /// How people are called on different surfaces.
    pub(crate) fn rules(&self) -> &IdentityRules {
        &self.policy().identity
    }
}

impl Scope for Surfaces {
    const CONSOLE: bool = true;
    const PLATFORM: bool = true;

    async fn open(run: RunContext, _console: Option<&str>) -> Result<Self> {
        let names = run.services.consoles.names().to_vec();
        let consoles = names.into_iter().map(async |name| {
            let context = ConsoleContext::of(run.clone(), &name).await;
            (name, context)
        });
        let platform = async {
            let targets = run.services.platform.as_ref()?;
            if targets.names().is_empty() {
                return None;
            }
            Some(PlatformContext::of(run.clone()).await)
        };
        let (consoles, platform) = tokio::join!(join_all(consoles), platform);
        if consoles.is_empty() && platform.is_none() {
            return Err(run.services.consoles.missing());
        }
        Ok(Self {
            run,
            consoles,
            platform,
        })
    }

    fn run(&self) -> &RunContext {
        &self.run
    }

    fn target(&self) -> String {
        let consoles = self
            .consoles
            .iter()
            .filter_map(|(_, console)| console.as_ref().ok());
        let platform = self
            .platform
            .iter()
            .filter_map(|platform| platform.as_ref().ok());
        let targets = consoles
            .map(Scope::target)
            .chain(platform.map(Scope::target));
        targets.collect::<Vec<_>>().join(", ")
    }

    fn requests(&self) -> u32 {
        let consoles = self
            .consoles
            .iter()
            .filter_map(|(_, console)| console.as_ref().ok());
        let platform = self
            .platform
            .iter()
            .filter_map(|platform| platform.as_ref().ok());
        consoles
            .map(Scope::requests)
            .chain(platform.map(Scope::requests))
            .sum()
    }

    fn warnings(&self) -> Vec<String> {
        let consoles = self.consoles.iter().filter_map(|(name, console)| {
            let warnings = console.as_ref().ok()?.warnings.iter();
            Some(warnings.map(move |warning| format!("{name}: {warning}")))
        });
        let platform = self
            .platform
            .iter()
            .filter_map(|platform| platform.as_ref().ok());
        let platform = platform.flat_map(|platform| platform.warnings.iter().cloned());
        consoles.flatten().chain(platform).collect()
    }
}
