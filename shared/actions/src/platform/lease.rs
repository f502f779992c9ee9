//! One run at a time on an account of the platform, and on its administrators.

use rapid7::platform::User;

use super::context::PlatformContext;
use super::guard::{Facts, check_last_administrator};
use super::lookup::line;
use super::plan::PlatformPlan;
use super::snapshot::PlatformSnapshot;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::journal::{Found, JournalKey};
use crate::core::lease::{Held, Taken};
use crate::core::reading::read_twice;

/// What the lease of the platform's administrators is called: no account's id.
const ADMINISTRATORS: &str = "administrators";

impl PlatformContext {
    /// Takes the lease of an account for a plan. Nothing is replaced as a whole on the platform, so a run that
    /// was cut leaves nothing that had to be given back.
    pub(super) async fn hold(&self, user: &User, plan: Vec<String>) -> Result<Held> {
        self.take(&user.id().to_string(), user, plan).await
    }

    /// Takes the administrators' lease for a plan that may take one of them away.
    pub(super) async fn hold_administrators(
        &self,
        before: &PlatformSnapshot,
        plan: &PlatformPlan,
    ) -> Result<Option<Held>> {
        let user = &before.user;
        if self.run.dry_run || !plan.may_end_administrator(user) {
            return Ok(None);
        }
        self.take(ADMINISTRATORS, user, plan.to_lines())
            .await
            .map(Some)
    }

    async fn take(&self, account: &str, user: &User, plan: Vec<String>) -> Result<Held> {
        let entry = self.run.entry(line(user), plan);
        match self.run.hold(self.key(account), &entry).await? {
            Taken::Begun(held) | Taken::LeftBehind(held, _) => Ok(held),
        }
    }

    fn key(&self, account: &str) -> JournalKey {
        JournalKey {
            target: self.platform().address().into(),
            account: account.into(),
        }
    }

    /// Nothing is to be done to an account, unless somebody is still at work on it.
    pub(super) async fn check_nobody_at_work(&self, user: &User) -> Result<()> {
        let found = self.run.found(&self.key(&user.id().to_string())).await?;
        if !matches!(found, Found::Busy { .. }) || self.run.dry_run {
            return Ok(());
        }
        let held = self.hold(user, Vec::new()).await?;
        held.end(self.run.deadline, true).await;
        Err(Error::plan_again())
    }

    /// Looks once more, after an administrator was taken away, whether another one is left: where no journal is
    /// shared, two runs at once may each have counted on the other's. A deleted account can't be given back.
    pub(super) async fn check_administrators(
        &self,
        before: &PlatformSnapshot,
        plan: &PlatformPlan,
        facts: &Facts,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        if facts.users.is_none() {
            return Ok(());
        }
        let users = match read_twice(|| self.staying()).await {
            Ok(users) => users,
            Err(error) => {
                warnings.push(format!(
                    "whether another administrator is left could not be read once more: {error}"
                ));
                return Ok(());
            }
        };
        let now = Facts {
            users: Some(users),
            ..Facts::default()
        };
        check_last_administrator(&before.user, plan, &now).map_err(|_| {
            Error::new(
                ErrorKind::Unexpected,
                "somebody else took the other administrators of the platform away at the same moment, so \
                 nobody is left",
            )
            .next("make somebody else an administrator of the platform at once")
        })
    }
}
