//! `enable-user`: the account can be used again.

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
    /// The account to enable.
    pub struct EnableUserInput {}
}

/// Enables an account and changes nothing else. A locked account stays locked: see `unlock-user`.
pub struct EnableUser;

impl Action for EnableUser {
    type Input = EnableUserInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "enable-user",
        title: "Enable a disabled account and change nothing else about it",
        effect: Effect::Write,
        example: r#"{"login": "ext.pentest", "ticket": "HR-78"}"#,
    };

    async fn run(context: &ConsoleContext, input: EnableUserInput) -> Result<Outcome> {
        let user = context.find_user(&input.selector()?).await?;
        let plan = plan(&user);
        let plan = plan.map_err(|error| error.about(line(&user)))?;
        context.apply(user, plan).await
    }
}

fn plan(user: &User) -> Result<Plan> {
    let mut plan = Plan::set_enabled(user, true)?;
    if user.locked() == Some(true) {
        plan.warnings
            .push("the account is also locked: unlock-user lets the person in".into());
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::console::testing::{any_user, applied, plan_text, user};

    #[test]
    fn only_enabled_changes_and_a_lock_is_told() {
        let jdoe = user(json!({"enabled": false, "locked": true}));
        assert_snapshot!(plan_text(plan(&jdoe)), @r"
        replace user 42 by itself with enabled: false → true; every other member goes back as read
        warning: the account is also locked: unlock-user lets the person in
        ");
    }

    #[test]
    fn an_enabled_account_needs_nothing() {
        assert_snapshot!(plan_text(plan(&user(json!({"enabled": true})))), @"");
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
