//! Ending somebody's access: planned on the account as it is at that moment.

use rapid7::platform::User;
use serde_json::Value;

use super::context::PlatformContext;
use super::lookup::line;
use super::plan::PlatformPlan;
use super::snapshot::{Keys, PlatformSnapshot};
use super::view::PlatformUserView;
use crate::console::verify::conflict;
use crate::core::change::{FieldChange, changes};
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::outcome::Outcome;
use crate::operations::platform::delete_platform_user::plan_to_delete;
use crate::operations::platform::suspend_platform_user;

/// How somebody's access ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Everything that can be taken is taken.
    Suspend,
    /// The account is deleted.
    Delete,
}

impl Ending {
    /// Whether the person's keys have to be known for it.
    pub(crate) fn keys(self) -> Keys {
        match self {
            Self::Suspend => Keys::Needed,
            Self::Delete => Keys::IfTold,
        }
    }

    /// What is left to do.
    pub(crate) fn plan(self, before: &PlatformSnapshot) -> Result<PlatformPlan> {
        let plan = match self {
            Self::Suspend => suspend_platform_user::plan(before),
            Self::Delete => plan_to_delete(before),
        };
        plan.map_err(|error| error.about(line(&before.user)))
    }
}

impl PlatformContext {
    /// Ends the access of a user that was read before. Account, products and keys are read again, and
    /// planned on as they are: in a long list, what was read first is old by the time it is this
    /// person's turn, and a key or product that was made meanwhile must not stay.
    pub(crate) async fn end(
        &self,
        user: &User,
        ending: Ending,
    ) -> Result<Outcome<PlatformUserView>> {
        let now = self.fresh_snapshot(user, ending.keys()).await;
        let now = now.map_err(|error| gone_meanwhile(user, error).about(line(user)))?;
        check_same(user, &now.user).map_err(|error| error.about(line(user)))?;
        let plan = ending.plan(&now)?;
        self.apply(now, plan).await
    }
}

fn gone_meanwhile(user: &User, mut error: Error) -> Error {
    let gone = |source: &rapid7::Error| {
        source.kind == rapid7::ErrorKind::NotFound && source.path.ends_with(user.id().as_str())
    };
    if !error.source.as_ref().is_some_and(|source| gone(source)) {
        return error;
    }
    error.kind = ErrorKind::Conflict;
    error.next("run it again: the account was there a moment ago")
}

/// Whoever became an administrator, or somebody else, meanwhile is not whom the run was about.
fn check_same(was: &User, now: &User) -> Result<()> {
    let matters = |change: &FieldChange| {
        ["email", "platform_admin", "status"].contains(&change.field.as_str())
    };
    // A list may tell less than the account itself; what that means, the plan knows.
    let told = |change: &FieldChange| change.before != Value::Null && change.after != Value::Null;
    let found: Vec<FieldChange> = changes(was.members(), now.members())
        .into_iter()
        .filter(|change| matters(change) && told(change))
        .collect();
    if found.is_empty() {
        return Ok(());
    }
    let mut error = conflict(&found);
    error.message = format!(
        "somebody else is changing this account at the same time: {}",
        error.message
    );
    Err(error.next("run it again: it plans on what the account is by then"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::platform::testing::user;

    #[test]
    fn who_changed_in_what_matters_is_another_than_was_planned_on() {
        let was = user(json!({}));
        for other in [
            json!({"email": "other@example.com"}),
            json!({"platform_admin": true}),
            json!({"status": "DISABLED"}),
        ] {
            let error = check_same(&was, &user(other.clone())).expect_err("another");
            assert_eq!(error.kind, ErrorKind::Conflict, "{other}");
        }
        for same in [
            json!({"last_login": "now"}),
            json!({"platform_admin": null}),
        ] {
            assert!(check_same(&was, &user(same)).is_ok());
        }
    }
}
