//! Ending somebody's access: planned on the account as it is at that moment.

use rapid7::platform::User;
use serde_json::Value;

use super::context::PlatformContext;
use super::guard::may_be_administrator;
use super::lookup::line;
use super::plan::{Left, PlatformChange, PlatformPlan, key_line};
use super::snapshot::{Keys, PlatformSnapshot};
use super::view::PlatformUserView;
use crate::core::change::{FieldChange, changed_meanwhile, changes};
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::lease::PLANS;
use crate::core::outcome::Outcome;

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
            Self::Suspend => plan_to_suspend(before),
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
        let mut plans = 1..=PLANS;
        loop {
            let this = self.read_anew();
            let now = this.fresh_snapshot(user, ending.keys()).await;
            let now = now.map_err(|error| gone_meanwhile(user, error).about(line(user)))?;
            check_same(user, &now.user).map_err(|error| error.about(line(user)))?;
            let plan = ending.plan(&now)?;
            match this.apply(now, plan).await {
                Err(error) if error.plan_again && plans.next().is_some() => {}
                result => return result,
            }
        }
    }
}

/// What suspending does not end.
pub(crate) const STAYS: &str = "the account itself stays, and may still log in";

/// Whether the account is one that nobody disabled.
pub(crate) fn may_log_in(user: &User) -> bool {
    user.status() != Some("DISABLED")
}

/// Keys go first: they work without anybody logging in.
fn plan_to_suspend(before: &PlatformSnapshot) -> Result<PlatformPlan> {
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
    plan.left.extend(Left::untold_keys(before));
    if !plan.changes.is_empty() {
        plan.warnings.push(
            "the audit record has what this run found: if an earlier run of the same ticket was \
             stopped in the middle, its record has more"
                .into(),
        );
    }
    Ok(plan)
}

/// One step; the keys are told, as they end with it.
fn plan_to_delete(before: &PlatformSnapshot) -> Result<PlatformPlan> {
    let mut plan = PlatformPlan {
        changes: vec![PlatformChange::DeleteUser(before.user.id().clone())],
        ..PlatformPlan::default()
    };
    let keys: Vec<String> = before.own_keys().map(key_line).collect();
    if !keys.is_empty() {
        plan.warnings.push(format!(
            "what uses the person's API keys stops working: {}",
            keys.join(", ")
        ));
    }
    if before.api_keys.is_none() {
        plan.warnings.push(
            "the API keys could not be read, so the person's own, which end with the account, are \
             not listed"
                .into(),
        );
    }
    Ok(plan)
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
    Err(changed_meanwhile(&found))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::platform::testing::{JDOE, jdoe, key, plan_text, product, untold_key, user};

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

    #[test]
    fn the_keys_that_end_with_the_account_are_told() {
        assert_snapshot!(plan_text(plan_to_delete(&jdoe())), @r"
        delete user 00000000-0000-4000-8000-000000000004 for good, and with it the user's API keys and sessions
        warning: what uses the person's API keys stops working: k1 (key k1)
        ");
    }

    #[test]
    fn an_account_whose_keys_can_not_be_read_is_deleted_all_the_same() {
        let unread = PlatformSnapshot::of_user(user(json!({})));
        assert_snapshot!(plan_text(plan_to_delete(&unread)), @r"
        delete user 00000000-0000-4000-8000-000000000004 for good, and with it the user's API keys and sessions
        warning: the API keys could not be read, so the person's own, which end with the account, are not listed
        ");
    }

    #[test]
    fn keys_go_first_and_what_stays_is_told() {
        assert_snapshot!(plan_text(plan_to_suspend(&jdoe())), @r"
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
        assert_snapshot!(plan_text(plan_to_suspend(&admin)), @r"
        warning: the account itself stays, and may still log in: no call is known that disables it; delete-platform-user, or the identity provider, ends it
        left: the person administers the platform, or is not told not to, and may still log in: products do not cover that, and nothing public takes it away
        left: the platform does not tell whose these API keys are, so they stay, and may be this person's: odd
        ");
        let error = plan_to_suspend(&admin).and_then(|plan| plan.check_nothing_left());
        let error = error.expect_err("somebody has to act");
        assert!(!error.kind.is_retryable());
        let disabled = PlatformSnapshot {
            user: user(json!({"platform_admin": true, "status": "DISABLED"})),
            ..PlatformSnapshot {
                api_keys: Some(vec![]),
                ..admin
            }
        };
        assert_snapshot!(plan_text(plan_to_suspend(&disabled)), @"");
    }

    #[test]
    fn what_could_not_be_read_could_not_be_taken_either() {
        let mut unread = jdoe();
        unread.api_keys = None;
        assert_snapshot!(plan_text(plan_to_suspend(&unread)), @"Unexpected: the API keys could not be read, and have to be known for this");
        let mut unread = jdoe();
        unread.products = None;
        assert_snapshot!(plan_text(plan_to_suspend(&unread)), @"Unexpected: the products that the user may use could not be read, and have to be known for this");
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
            let first = plan_to_suspend(&before).expect("a plan");
            let after = first.intended(&before).expect("an account");
            prop_assert_eq!(after.products.as_deref(), Some([].as_slice()));
            prop_assert_eq!(after.own_keys().count(), 0);
            prop_assert!(plan_to_suspend(&after).expect("a plan").changes.is_empty());
        }
    }
}
