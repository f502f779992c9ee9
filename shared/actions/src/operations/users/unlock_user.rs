//! `unlock-user`: lets somebody in again after too many failed logins.

use rapid7::console::User;

use crate::console::context::ConsoleContext;
use crate::console::lookup::line;
use crate::console::outcome::Outcome;
use crate::console::password::{self, password_input};
use crate::console::plan::{Change, Plan};
use crate::core::action::Action;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::spec::{Effect, Spec};

password_input! {
    /// The account to unlock, with a new password if others may know the old one.
    pub struct UnlockUserInput {}
}

/// Removes the lock after failed logins. A disabled account is refused, as the console does (vendor API
/// file: "Disabled accounts may not be unlocked"). A new password is set first.
pub struct UnlockUser;

impl Action for UnlockUser {
    type Input = UnlockUserInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "unlock-user",
        title: "Unlock an account, optionally with a new password",
        effect: Effect::Write,
        example: r#"{"email": "rmartinez@example.com", "ticket": "INC-3"}"#,
    };
    const QUESTION: &'static str = "Unlock {}, and set a new password";
    const DELIVERS: bool = true;

    async fn run(context: &ConsoleContext, input: UnlockUserInput) -> Result<Outcome> {
        let selector = input.selector()?;
        let new = input.new_password();
        new.check()?;
        let user = context.find_user(&selector).await?;
        let about = |error: Error| error.about(line(&user));
        let unlock = plan(&user).map_err(about)?;
        if new.is_none() {
            return context.apply(user, unlock).await;
        }
        let new = new.resolve(context, user.login()).await.map_err(about)?;
        let own_login = &context.policy().own_login;
        // The new password first: an old one that others know must not get in.
        let mut plan = password::plan(&user, own_login, new).map_err(about)?;
        plan.changes.extend(unlock.changes);
        plan.warnings.extend(unlock.warnings);
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
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::console::testing::{any_user, applied, plan_text, user};

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

    proptest! {
        #[test]
        fn after_it_is_carried_out_nothing_is_left_to_do(user in any_user()) {
            if let Ok(first) = plan(&user) {
                let again = plan(&applied(&user, &first)).expect("a plan");
                prop_assert!(again.changes.is_empty());
            }
        }
    }
}
