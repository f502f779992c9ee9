//! `unlock-user`: lets somebody in again after too many failed logins.

use rapid7::console::User;

use crate::action::{Action, Effect, Spec};
use crate::context::Context;
use crate::error::{Error, ErrorKind, Result};
use crate::input::user_input;
use crate::lookup::line;
use crate::outcome::Outcome;
use crate::plan::{Change, Plan};

user_input! {
    /// Which account to unlock.
    pub struct UnlockUserInput {}
}

/// Removes the lock after failed logins. A disabled account is refused, as the console does
/// (vendor API file: "Disabled accounts may not be unlocked").
pub struct UnlockUser;

impl Action for UnlockUser {
    type Input = UnlockUserInput;
    type Output = Outcome;
    const SPEC: Spec = Spec {
        name: "unlock-user",
        title: "Unlock an account after too many failed logins",
        effect: Effect::Write,
        example: r#"{"email": "jdoe@example.com", "ticket": "INC-3"}"#,
    };

    async fn run(context: &Context, input: UnlockUserInput) -> Result<Outcome> {
        let user = context.find_user(&input.selector()?).await?;
        let plan = plan(&user);
        let plan = plan.map_err(|error| error.about(line(&user)))?;
        context.apply(user, plan).await
    }
}

fn plan(user: &User) -> Result<Plan> {
    match (user.locked(), user.enabled()) {
        (Some(true), Some(false)) => Err(Error::new(
            ErrorKind::Refused,
            "the account is disabled, and a console does not unlock disabled accounts",
        )
        .next("if the person should get in, enable-user first")),
        (Some(true), _) => Ok(Plan::of(Some(Change::UnlockUser(user.id())))),
        (Some(false), enabled) => {
            let mut plan = Plan::default();
            if enabled == Some(false) {
                plan.warnings
                    .push("the account is not locked, but disabled".into());
            }
            Ok(plan)
        }
        (None, _) => Err(Error::new(
            ErrorKind::Unexpected,
            "the console does not tell whether the account is locked",
        )
        .next("check the account's role and the console's version")),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use super::*;
    use crate::testing::{plan_text, user};

    #[test]
    fn a_locked_account_is_unlocked() {
        let jdoe = user(json!({"locked": true, "enabled": true}));
        assert_snapshot!(plan_text(plan(&jdoe)), @"unlock user 42");
    }

    #[test]
    fn one_that_is_not_locked_needs_nothing_even_if_disabled() {
        let jdoe = user(json!({"locked": false, "enabled": true}));
        assert_snapshot!(plan_text(plan(&jdoe)), @"");
        let jdoe = user(json!({"locked": false, "enabled": false}));
        assert_snapshot!(plan_text(plan(&jdoe)), @"warning: the account is not locked, but disabled");
    }

    #[test]
    fn a_disabled_one_is_refused_and_an_untold_lock_is_no_guess() {
        let jdoe = user(json!({"locked": true, "enabled": false}));
        assert_snapshot!(plan_text(plan(&jdoe)), @"Refused: the account is disabled, and a console does not unlock disabled accounts");
        assert_snapshot!(plan_text(plan(&user(json!({})))), @"Unexpected: the console does not tell whether the account is locked");
    }
}
