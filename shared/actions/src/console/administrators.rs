//! Taking an administrator away: one run at a time, and looked at once more afterwards.

use rapid7::console::{AccessKind, User};

use crate::console::context::ConsoleContext;
use crate::console::guard::{Facts, check_last_administrator};
use crate::console::lookup::line;
use crate::console::plan::{AccessChange, Change, Plan, Snapshot};
use crate::core::error::{Changed, Error, ErrorKind, Result};
use crate::core::lease::{Held, Taken};
use crate::core::reading::read_twice;

/// What the lease of a console's administrators is called: no account's number.
const ADMINISTRATORS: &str = "administrators";

impl ConsoleContext {
    pub(super) async fn hold_administrators(
        &self,
        user: &User,
        plan: &Plan,
    ) -> Result<Option<Held>> {
        if self.run.dry_run {
            return Ok(None);
        }
        let entry = self.run.entry(line(user), plan.to_lines());
        let taken = self.run.hold(self.key_of(ADMINISTRATORS), &entry).await?;
        match taken {
            // What somebody left there has nothing to give back.
            Taken::Begun(held) | Taken::LeftBehind(held, _) => Ok(Some(held)),
        }
    }

    /// Looks once more, after an administrator was taken away, whether another one is left: where no journal is
    /// shared, two runs at once may each have counted on the other's. What was taken is given back then.
    pub(crate) async fn check_administrators(
        &self,
        before: &Snapshot,
        plan: &Plan,
        after: Option<&Snapshot>,
        facts: &Facts,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let users = match read_twice(|| self.staying_now()).await {
            Ok(users) => users,
            Err(error) => {
                warnings.push(format!(
                    "whether another administrator is left could not be read once more: {error}"
                ));
                return Ok(());
            }
        };
        let now = Facts {
            roles: facts.roles.clone(),
            users: Some(users),
        };
        let intended = plan.intended(&before.user);
        let own = &self.policy().own_login;
        let Err(refused) = check_last_administrator(own, &before.user, &intended, plan, &now)
        else {
            return Ok(());
        };
        let why = "somebody else took the other administrators away at the same moment, so nobody but the \
                   pack's own account is left";
        let Some(after) = after else {
            return Err(Error::new(
                ErrorKind::Unexpected,
                format!("{why}, and a deleted account can't be given back"),
            )
            .next("make somebody else a global administrator at once"));
        };
        let given_back = self.undo(before, after, warnings).await;
        match given_back {
            Ok(()) => Err(Error {
                message: format!("{why}; what this run had changed was given back: {}", refused.message),
                ..refused
            }),
            Err(error) => Err(Error {
                kind: ErrorKind::Unexpected,
                message: format!(
                    "{why}, and giving back what this run had changed failed: {}",
                    error.message
                ),
                ..error
            }
            .changed(Changed::Unknown)
            .next("make somebody a global administrator at once, or restore-user from the audit record")),
        }
    }

    /// Makes an account again what it was before this run changed it, and proves that.
    async fn undo(
        &self,
        before: &Snapshot,
        after: &Snapshot,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let was = before.user.replacement();
        let mut plan = Plan::of(Change::replace(&after.user, |edit| *edit = was));
        for kind in [AccessKind::Sites, AccessKind::AssetGroups] {
            let (Some(had), Some(has)) = (before.grants(kind), after.grants(kind)) else {
                continue;
            };
            plan.set_access(AccessChange {
                kind,
                give: (had - has).into_iter().map(|id| (id, None)).collect(),
                take: [].into(),
                exact: false,
            });
        }
        let written = self.write(after, &plan, warnings, &mut Vec::new()).await;
        written.map(drop)
    }
}
