//! `suspend-platform-user`: everything that can be taken from a person on the Insight Platform.

use rapid7::platform::User;

use crate::core::action::{Action, Effect, Spec};
use crate::core::error::Result;
use crate::core::outcome::Outcome;
use crate::operations::platform::revoke_platform_api_keys::untold;
use crate::platform::ending::Ending;
use crate::platform::guard::may_be_administrator;
use crate::platform::input::platform_user_input;
use crate::platform::{
    Left, PlatformChange, PlatformContext, PlatformPlan, PlatformSnapshot, PlatformUserView,
};

platform_user_input! {
    /// Which account to suspend.
    pub struct SuspendPlatformUserInput {}
}

/// Takes all product access and all API keys away from a user of the platform. Nothing public disables
/// an account there: it stays, and with it whatever no product covers. Of somebody who may still log in
/// as an administrator, or may still have a key, it takes what it can and ends in an error, never as
/// done. What was taken is in the audit record: what this run found, so after a run that was stopped in
/// the middle the earlier records of the same ticket have the rest. restore-platform-user gives the
/// products back, keys can't be.
pub struct SuspendPlatformUser;

impl Action for SuspendPlatformUser {
    type Input = SuspendPlatformUserInput;
    type Output = Outcome<PlatformUserView>;
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "suspend-platform-user",
        title: "Take all products and API keys of the Insight Platform away from a person",
        effect: Effect::Destructive,
        example: r#"{"email": "jdoe@example.com", "ticket": "OFF-1042"}"#,
    };

    async fn run(
        context: &PlatformContext,
        input: SuspendPlatformUserInput,
    ) -> Result<Outcome<PlatformUserView>> {
        let user = context.find_user(&input.selector()?).await?;
        context.end(&user, Ending::Suspend).await
    }
}

/// What suspending does not end.
pub(crate) const STAYS: &str = "the account itself stays, and may still log in";

/// Whether the account is one that nobody disabled.
pub(crate) fn may_log_in(user: &User) -> bool {
    user.status() != Some("DISABLED")
}

/// Keys go first: they work without anybody logging in.
pub(crate) fn plan(before: &PlatformSnapshot) -> Result<PlatformPlan> {
    before.known_keys()?;
    let keys = before.own_keys().cloned();
    let products = before.known_products()?.iter().cloned();
    let changes = keys
        .map(PlatformChange::DeleteApiKey)
        .chain(products.map(PlatformChange::RevokeProduct));
    let mut plan = PlatformPlan {
        changes: changes.collect(),
        suspends: true,
        ..PlatformPlan::default()
    };
    let user = &before.user;
    if may_log_in(user) {
        plan.warnings.push(format!(
            "{STAYS}: no call is known that disables it; delete-platform-user, or the identity \
             provider, ends it"
        ));
    }
    if may_be_administrator(user) {
        plan.left.push(Left {
            what: "the person administers the platform, or is not told not to, and may still log in: \
                   products do not cover that, and nothing public takes it away"
                .into(),
            next: "take the administrator's right away by hand in the platform, or delete the account \
                   with delete-platform-user",
        });
    }
    plan.left.extend(untold(before));
    if !plan.changes.is_empty() {
        plan.warnings.push(
            "the audit record has what this run found: if an earlier run of the same ticket was \
             stopped in the middle, its record has more"
                .into(),
        );
    }
    Ok(plan)
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::platform::testing::{JDOE, jdoe, key, plan_text, product, untold_key, user};

    #[test]
    fn keys_go_first_and_what_stays_is_told() {
        assert_snapshot!(plan_text(plan(&jdoe())), @r"
        delete the API key k1 (key k1) for good
        take away access to the product IVM (IVM01)
        take away access to the product IDR (IDR01)
        warning: the account itself stays, and may still log in: no call is known that disables it; delete-platform-user, or the identity provider, ends it
        warning: the audit record has what this run found: if an earlier run of the same ticket was stopped in the middle, its record has more
        ");
        let admin = PlatformSnapshot {
            user: user(json!({"platform_admin": true})),
            products: Some(vec![]),
            api_keys: Some(vec![key("org", None), untold_key("odd")]),
        };
        assert_snapshot!(plan_text(plan(&admin)), @r"
        warning: the account itself stays, and may still log in: no call is known that disables it; delete-platform-user, or the identity provider, ends it
        left: the person administers the platform, or is not told not to, and may still log in: products do not cover that, and nothing public takes it away
        left: the platform does not tell whose these API keys are, so they stay, and may be this person's: odd
        ");
        let error = plan(&admin).and_then(|plan| plan.check_nothing_left());
        let error = error.expect_err("somebody has to act");
        assert!(!error.kind.is_retryable());
        let disabled = PlatformSnapshot {
            user: user(json!({"platform_admin": true, "status": "DISABLED"})),
            ..PlatformSnapshot {
                api_keys: Some(vec![]),
                ..admin
            }
        };
        assert_snapshot!(plan_text(plan(&disabled)), @"");
    }

    #[test]
    fn what_could_not_be_read_could_not_be_taken_either() {
        let mut unread = jdoe();
        unread.api_keys = None;
        assert_snapshot!(plan_text(plan(&unread)), @"Unexpected: the API keys could not be read, and have to be known for this");
        let mut unread = jdoe();
        unread.products = None;
        assert_snapshot!(plan_text(plan(&unread)), @"Unexpected: the products that the user may use could not be read, and have to be known for this");
    }

    proptest! {
        #[test]
        fn after_it_is_carried_out_nothing_is_left_to_do(
            products in prop::collection::btree_set(0..9_u8, 0..5),
            keys in prop::collection::btree_set(0..9_u8, 0..5),
        ) {
            let mut before = jdoe();
            before.products = Some(products.iter().map(|n| product("IVM", *n)).collect());
            let keys = keys.iter().map(|n| key(&format!("k{n}"), Some(JDOE)));
            before.api_keys = Some(keys.collect());
            let first = plan(&before).expect("a plan");
            let after = first.intended(&before).expect("an account");
            prop_assert_eq!(after.products.as_deref(), Some([].as_slice()));
            prop_assert_eq!(after.own_keys().count(), 0);
            prop_assert!(plan(&after).expect("a plan").changes.is_empty());
        }
    }
}
