//! `disable-user`: the account can't be used any more; its history and everything else stay.

use rapid7::console::User;

use crate::console::context::ConsoleContext;
use crate::console::input::user_input;
use crate::console::lookup::line;
use crate::console::outcome::Outcome;
use crate::console::plan::Plan;
use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::spec::{Effect, Spec};

user_input! {
    @replaces
    /// The account to disable.
    pub struct DisableUserInput {}
}

/// Disables an account and changes nothing else. The whole user is sent back as it was read, and
/// individual grants that the console drops are given back.
pub struct DisableUser;

impl Action for DisableUser {
    type Input = DisableUserInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "disable-user",
        title: "Disable an account and change nothing else about it",
        effect: Effect::Destructive,
        example: r#"{"login": "jdoe", "ticket": "OFF-1042"}"#,
    };
    const QUESTION: &'static str = "Disable {}";

    async fn run(context: &ConsoleContext, input: DisableUserInput) -> Result<Outcome> {
        let user = context.find_user(&input.selector()?).await?;
        let plan = plan(&user);
        let plan = plan.map_err(|error| error.about(line(&user)))?;
        context.apply(user, plan).await
    }
}

/// An account that is disabled already needs nothing.
fn plan(user: &User) -> Result<Plan> {
    Plan::set_enabled(user, false)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::console::testing::{any_user, applied, plan_text, user};

    #[test]
    fn only_enabled_changes() {
        let jdoe = user(json!({"enabled": true, "role": {"id": "user", "name": "User"}}));
        assert_snapshot!(plan_text(plan(&jdoe)), @"replace user 42 by itself with enabled: true → false; every other member goes back as read");
    }

    #[test]
    fn a_disabled_account_needs_nothing() {
        let jdoe = user(json!({"enabled": false}));
        assert_snapshot!(plan_text(plan(&jdoe)), @"");
    }

    #[test]
    fn what_could_not_be_proven_is_not_begun() {
        assert_snapshot!(plan_text(plan(&user(json!({})))), @"Unexpected: the console does not tell whether the account is enabled, so a change of that could not be proven");
    }

    #[test]
    fn a_name_that_is_not_told_may_be_reset_and_that_is() {
        let jdoe = user(json!({"enabled": true, "name": null}));
        assert_snapshot!(plan_text(plan(&jdoe)), @r"
        replace user 42 by itself with enabled: true → false; every other member goes back as read
        warning: the console does not tell the account's name, and may reset it with this update
        ");
    }

    proptest! {
        #[test]
        fn after_it_is_carried_out_nothing_is_left_to_do(user in any_user()) {
            if let Ok(first) = plan(&user) {
                let again = plan(&applied(&user, &first)).expect("a plan");
                prop_assert!(again.changes.is_empty());
            } else {
                prop_assert_eq!(user.enabled(), None);
            }
        }
    }
}
