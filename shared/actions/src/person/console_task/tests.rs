//! What is planned for an account on a console, and what is left.

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::console::testing::{any_user, applied, plan_text, user};

const ALL: Options = Options {
    platform: super::super::PlatformStep::Suspend,
    clear_sites: true,
    clear_asset_groups: true,
    reset_two_factor: true,
    replace_password: true,
};

fn with_grants(user: User, sites: &[i64]) -> Snapshot {
    Snapshot {
        user,
        sites: Some(sites.iter().copied().collect()),
        asset_groups: Some([].into()),
    }
}

fn planned(before: &Snapshot, options: Options) -> Result<Plan> {
    plan(before, options)
}

#[test]
fn the_account_is_disabled_and_no_more_unless_it_is_asked_for() {
    let jdoe = Snapshot::without_grants(user(json!({"enabled": true})));
    assert_snapshot!(plan_text(planned(&jdoe, Options::default())), @"replace user 42 by itself with enabled: true → false; every other member goes back as read");
}

/// A console that refuses a password, or knows no second factor, must not stop this.
#[test]
fn the_account_is_disabled_by_itself_whatever_else_is_asked_for() {
    let jdoe = with_grants(user(json!({"enabled": true})), &[1, 4]);
    assert_snapshot!(plan_text(planned(&jdoe, ALL)), @r"
    replace user 42 by itself with enabled: true → false; every other member goes back as read
    take away sites 1, 4
    ");
}

#[test]
fn what_can_not_be_compared_is_left_on_an_account_that_is_disabled() {
    let jdoe = with_grants(user(json!({"enabled": false})), &[1]);
    assert_snapshot!(plan_text(planned(&jdoe, ALL)), @"take away sites 1");
    assert_snapshot!(left(&jdoe.user, ALL).expect("told"), @"as for its password and two-factor seed: nothing was replaced, since whether an earlier run did that does not show");
    assert_eq!(left(&jdoe.user, Options::default()), None);
    let enabled = user(json!({"enabled": true}));
    assert_eq!(left(&enabled, ALL), None);
}

#[test]
fn a_password_that_lives_elsewhere_is_told() {
    let ldap = json!({"enabled": true, "authentication": {"type": "ldap", "id": 3}});
    let ldap = Snapshot::without_grants(user(ldap));
    let options = Options {
        replace_password: true,
        ..Options::default()
    };
    assert_snapshot!(plan_text(planned(&ldap, options)), @r"
    replace user 42 by itself with enabled: true → false; every other member goes back as read
    warning: the account logs in by ldap: its password lives elsewhere and was not replaced
    ");
}

#[test]
fn all_sites_are_no_list_that_could_be_cleared() {
    let all = Snapshot::without_grants(user(json!({"enabled": false, "accessAllSites": true})));
    let options = Options {
        clear_sites: true,
        ..Options::default()
    };
    assert_snapshot!(plan_text(planned(&all, options)), @"warning: the account has all sites, by its role or a flag: that stays, and no single ones are taken away");
}

proptest! {
    #[test]
    fn after_it_is_carried_out_nothing_is_left_to_do(
        user in any_user(),
        sites in prop::collection::btree_set(1_i64..9, 0..4),
        clear_sites in any::<bool>(),
        reset_two_factor in any::<bool>(),
        replace_password in any::<bool>(),
    ) {
        let options = Options { clear_sites, reset_two_factor, replace_password, ..Options::default() };
        let sites: Vec<i64> = sites.into_iter().collect();
        let before = with_grants(user.clone(), &sites);
        if let Ok(first) = planned(&before, options) {
            let left: &[i64] = if clear_sites { &[] } else { &sites };
            let again = planned(&with_grants(applied(&user, &first), left), options);
            prop_assert!(again.expect("a plan").changes.is_empty());
        } else {
            prop_assert_eq!(user.enabled(), None);
        }
    }
}
