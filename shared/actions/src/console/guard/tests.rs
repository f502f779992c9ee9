//! What is refused, and what is not.

use insta::assert_snapshot;
use proptest::prelude::*;
use rapid7::console::{AccessKind, Replacement, WireForm};
use serde_json::{Value, json};

use super::*;
use crate::console::plan::{AccessChange, Delivery};
use crate::console::testing::{policy, roles, user};
use crate::core::error::ErrorKind;

/// A person with a role whose privileges the console tells with the account.
fn person(id: i64, login: &str, role: &str, more: Value) -> User {
    let privileges: &[&str] = match role {
        "global-admin" => &["all-permissions"],
        "site-admin" => &["manage-sites"],
        _ => &[],
    };
    let mut json = json!({
        "id": id, "login": login, "enabled": true,
        "role": {"id": role, "superuser": false, "privileges": privileges},
    });
    let members = json.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    User::from_json(json).expect("a user")
}

fn edit(user: &User, edit: impl FnOnce(&mut Replacement)) -> Plan {
    Plan::of(Change::replace(user, edit))
}

fn told(policy: &Policy, user: &User, plan: &Plan, others: &[User]) -> String {
    let facts = Facts {
        roles: Some(roles()),
        users: Some([std::slice::from_ref(user), others].concat()),
    };
    let before = Snapshot::without_grants(user.clone());
    match policy.check(&before, plan, &facts) {
        Ok(()) => "allowed".into(),
        Err(error) => {
            assert_eq!(error.kind, ErrorKind::Refused);
            assert!(error.next.is_some(), "how to lift it");
            error.message
        }
    }
}

fn rule(policy: &Policy, user: &User, plan: &Plan, others: &[User]) -> String {
    let told = told(policy, user, plan, others);
    match told.split_once("(rule `") {
        Some((_, rule)) => rule.trim_end_matches("`)").to_owned(),
        None => told,
    }
}

fn admin(id: i64, login: &str) -> User {
    person(id, login, "global-admin", json!({}))
}

#[test]
fn the_packs_own_account_keeps_what_it_needs_whatever_the_case_of_its_login() {
    let source = json!({"authentication": {"type": "admin", "id": 2}});
    let own = person(1, "SVC-soar", "global-admin", source);
    let other = [admin(2, "nxadmin")];
    let all = Policy {
        allow_privileged_accounts: true,
        allow_deletion: true,
        ..policy()
    };
    let password = || Plan::of(Some(Change::SetOwnPassword(own.id(), "new".into())));
    for plan in [
        edit(&own, |edit| edit.set_enabled(false)),
        edit(&own, |edit| edit.set_login("other")),
        edit(&own, |edit| edit.set_role("user")),
        edit(&own, |edit| edit.set_superuser(true)),
        edit(&own, |edit| edit.set_authentication("ldap", None)),
        edit(&own, |edit| edit.set_authentication("admin", Some(7))),
        Plan::of(Some(Change::DeleteUser(own.id()))),
        Plan::of(Some(Change::ResetTwoFactor(own.id()))),
        password(),
    ] {
        assert_eq!(rule(&all, &own, &plan, &other), "own-account", "{plan:?}");
    }
    let may = Policy {
        allow_own_password: true,
        ..policy()
    };
    assert_eq!(rule(&may, &own, &password(), &other), "allowed");
    let email = edit(&own, |edit| edit.set_email(Some("soar@example.com")));
    assert_eq!(rule(&policy(), &own, &email, &other), "allowed");
}

#[test]
fn the_last_administrator_whom_a_person_can_log_in_as_stays() {
    let nxadmin = admin(2, "nxadmin");
    let own = admin(1, "svc-soar");
    let disabled = person(3, "gone", "global-admin", json!({"enabled": false}));
    let locked = person(4, "locked", "global-admin", json!({"locked": true}));
    let plain = person(5, "jdoe", "user", json!({}));
    let nobody_else = [own.clone(), disabled.clone(), locked, plain.clone()];
    let all = Policy {
        allow_deletion: true,
        ..policy()
    };
    for plan in [
        edit(&nxadmin, |edit| edit.set_enabled(false)),
        edit(&nxadmin, |edit| edit.set_role("user")),
        Plan::of(Some(Change::DeleteUser(nxadmin.id()))),
    ] {
        let refused = rule(&all, &nxadmin, &plan, &nobody_else);
        assert_eq!(refused, "last-administrator", "{plan:?}");
        let another = [own.clone(), admin(6, "second")];
        assert_eq!(rule(&all, &nxadmin, &plan, &another), "allowed", "{plan:?}");
        let superuser = json!({"role": {"id": "user", "superuser": true, "privileges": []}});
        let superuser = [own.clone(), person(7, "root", "user", superuser)];
        assert_eq!(rule(&all, &nxadmin, &plan, &superuser), "allowed");
    }
    // Nobody can log in as this one anyway.
    let delete = Plan::of(Some(Change::DeleteUser(disabled.id())));
    assert_eq!(rule(&all, &disabled, &delete, &[own]), "allowed");
    let disable = edit(&plain, |edit| edit.set_enabled(false));
    assert_eq!(rule(&all, &plain, &disable, &[nxadmin]), "allowed");
}

#[test]
fn a_superuser_without_an_administrators_role_is_one_too() {
    let role = json!({"role": {"id": "user", "superuser": true, "privileges": []}});
    let root = person(2, "root", "user", role);
    let plan = edit(&root, |edit| edit.set_superuser(false));
    let refused = rule(&policy(), &root, &plan, &[admin(1, "svc-soar")]);
    assert_eq!(refused, "last-administrator");
}

#[test]
fn nobody_becomes_able_to_do_everything_unless_the_policy_allows_it() {
    let jdoe = person(5, "jdoe", "user", json!({}));
    let may = Policy {
        allow_privileged_accounts: true,
        ..policy()
    };
    for plan in [
        edit(&jdoe, |edit| edit.set_role("global-admin")),
        edit(&jdoe, |edit| edit.set_role("untold")),
        edit(&jdoe, |edit| edit.set_role("nobody knows it")),
        edit(&jdoe, |edit| edit.set_superuser(true)),
    ] {
        assert_eq!(rule(&policy(), &jdoe, &plan, &[]), "privileged-accounts");
        assert_eq!(rule(&may, &jdoe, &plan, &[]), "allowed");
    }
    let sideways = edit(&jdoe, |edit| edit.set_role("auditor"));
    assert_eq!(rule(&policy(), &jdoe, &sideways, &[]), "allowed");
    // Who is able to already does not become so by another role.
    let role = json!({"role": {"id": "owner", "privileges": ["all-permissions"]}});
    let owner = person(6, "owner", "owner", role);
    let renamed = edit(&owner, |edit| edit.set_role("global-admin"));
    let others = [admin(2, "nxadmin")];
    assert_eq!(rule(&policy(), &owner, &renamed, &others), "allowed");
}

/// Who might be one already is not known to be one.
#[test]
fn somebody_whose_role_is_not_told_does_not_become_an_administrator_either() {
    for role in [
        json!({"role": {"id": "untold"}}),
        json!({"role": {"id": "nobody knows it"}}),
        json!({"role": null}),
    ] {
        let jdoe = user(role.clone());
        let plan = edit(&jdoe, |edit| edit.set_role("global-admin"));
        let refused = rule(&policy(), &jdoe, &plan, &[admin(2, "nxadmin")]);
        assert_eq!(refused, "privileged-accounts", "{role}");
    }
}

/// Local global administrators authenticate with `admin`; and whoever an outside source calls by an
/// administrator's login gets in as that one.
#[test]
fn another_way_of_logging_in_is_guarded_like_a_password() {
    let jdoe = person(5, "jdoe", "user", json!({}));
    let becomes_admin = edit(&jdoe, |edit| edit.set_authentication("admin", Some(2)));
    assert_eq!(
        rule(&policy(), &jdoe, &becomes_admin, &[]),
        "privileged-accounts"
    );
    let directory = json!({"authentication": {"type": "ldap", "id": 3}});
    let nxadmin = person(2, "nxadmin", "global-admin", directory);
    let others = [admin(3, "second")];
    for plan in [
        edit(&nxadmin, |edit| edit.set_authentication("saml", None)),
        edit(&nxadmin, |edit| edit.set_authentication("ldap", Some(4))),
        edit(&nxadmin, |edit| edit.set_login("mallory")),
    ] {
        let refused = rule(&policy(), &nxadmin, &plan, &others);
        assert_eq!(refused, "privileged-accounts");
        let may = Policy {
            allow_privileged_accounts: true,
            ..policy()
        };
        assert_eq!(rule(&may, &nxadmin, &plan, &others), "allowed");
        assert_eq!(rule(&may, &nxadmin, &plan, &[]), "last-administrator");
    }
    let moves = edit(&jdoe, |edit| edit.set_authentication("saml", None));
    assert_eq!(rule(&policy(), &jdoe, &moves, &others), "allowed");
}

#[test]
fn nobody_is_made_or_renamed_into_a_protected_login() {
    let protects = Policy {
        protected_logins: vec!["svc-*".into()],
        ..policy()
    };
    assert!(protects.check_new(&["SVC-new"], &Plan::default()).is_err());
    assert!(protects.check_new(&["jdoe"], &Plan::default()).is_ok());
    let jdoe = person(5, "jdoe", "user", json!({}));
    let renamed = edit(&jdoe, |edit| edit.set_login("svc-jdoe"));
    let refused = rule(&protects, &jdoe, &renamed, &[admin(2, "nxadmin")]);
    assert_eq!(refused, "protected-accounts");
}

#[test]
fn a_new_password_or_seed_of_an_administrator_lets_somebody_in_as_one() {
    let nxadmin = admin(2, "nxadmin");
    let others = [admin(3, "second")];
    let may = Policy {
        allow_privileged_accounts: true,
        ..policy()
    };
    for plan in [
        edit(&nxadmin, |edit| edit.set_password("new".into())),
        Plan::of(Some(Change::ResetTwoFactor(nxadmin.id()))),
    ] {
        assert_eq!(
            rule(&policy(), &nxadmin, &plan, &others),
            "privileged-accounts"
        );
        assert_eq!(rule(&may, &nxadmin, &plan, &others), "allowed");
    }
    let jdoe = person(5, "jdoe", "user", json!({}));
    let plan = edit(&jdoe, |edit| edit.set_password("new".into()));
    assert_eq!(rule(&policy(), &jdoe, &plan, &others), "allowed");
}

#[test]
fn protected_accounts_are_never_changed() {
    let protects = |patterns: &[&str]| Policy {
        protected_logins: patterns.iter().map(|text| (*text).to_owned()).collect(),
        ..policy()
    };
    let plan = |user: &User| Plan::of(Some(Change::UnlockUser(user.id())));
    let jdoe = user(json!({"login": "Break-Glass-1"}));
    for pattern in [
        "break-glass-1",
        "BREAK-*",
        "*-glass-*",
        "*",
        "*1",
        "b*k*s*1",
    ] {
        let refused = rule(&protects(&[pattern]), &jdoe, &plan(&jdoe), &[]);
        assert_eq!(refused, "protected-accounts", "{pattern}");
    }
    for pattern in ["break-glass", "glass*", "*2", "b*x*1", ""] {
        let allowed = rule(&protects(&[pattern]), &jdoe, &plan(&jdoe), &[]);
        assert_eq!(allowed, "allowed", "{pattern}");
    }
}

#[test]
fn nothing_is_deleted_unless_the_policy_allows_it() {
    let jdoe = person(5, "jdoe", "user", json!({}));
    let delete = Plan::of(Some(Change::DeleteUser(jdoe.id())));
    assert_snapshot!(told(&policy(), &jdoe, &delete, &[]), @"this deployment does not delete accounts: it can't be undone, and takes the account's history with it (rule `deletion`)");
    let may = Policy {
        allow_deletion: true,
        ..policy()
    };
    assert_eq!(rule(&may, &jdoe, &delete, &[]), "allowed");
}

#[test]
fn a_run_changes_no_more_than_it_may() {
    let jdoe = person(5, "jdoe", "user", json!({}));
    let mut plan = edit(&jdoe, |edit| edit.set_enabled(false));
    plan.set_access(AccessChange {
        kind: AccessKind::Sites,
        give: [(1, None), (2, None)].into(),
        take: [(3, None)].into(),
        exact: true,
    });
    let most = |most| Policy {
        max_changes: Some(most),
        ..policy()
    };
    assert_snapshot!(told(&most(3), &jdoe, &plan, &[]), @"this would change 4 accounts and grants, and one run may change 3 (rule `max-changes`)");
    assert_eq!(rule(&most(4), &jdoe, &plan, &[]), "allowed");
}

/// A guard that refused what is nothing to do would make running twice fail.
#[test]
fn nothing_to_do_is_never_refused() {
    let own = admin(1, "svc-soar");
    let strict = Policy {
        protected_logins: vec!["*".into()],
        max_changes: Some(0),
        ..policy()
    };
    assert_eq!(rule(&strict, &own, &Plan::default(), &[]), "allowed");
}

#[test]
fn a_delivery_alone_is_no_change() {
    let plan = Plan {
        delivery: Some(Delivery {
            secret: "s".into(),
            token: "t".into(),
        }),
        ..Plan::default()
    };
    assert_eq!(plan.size(), 0);
}

proptest! {
    /// Whatever an update does, it does not get past the guards in one wire form only.
    #[test]
    fn both_forms_are_guarded_alike(all: bool, superuser: bool, enabled: bool) {
        let jdoe = person(5, "jdoe", "user", json!({}));
        let plan = |form| edit(&jdoe, |edit| {
            edit.set_all_sites(all, form);
            edit.set_superuser(superuser);
            edit.set_enabled(enabled);
        });
        prop_assert_eq!(
            rule(&policy(), &jdoe, &plan(WireForm::Guide), &[]),
            rule(&policy(), &jdoe, &plan(WireForm::Vendor), &[])
        );
    }
}

/// Somebody leaves: what nobody gets lets nobody in, as long as the account is disabled. Anything short
/// of that may.
#[test]
fn a_privileged_account_may_get_what_nobody_has_only_while_it_is_disabled() {
    let enabled = admin(2, "nxadmin");
    let disabled = person(2, "nxadmin", "global-admin", json!({"enabled": false}));
    let others = [admin(1, "svc-soar"), admin(3, "other")];
    let delivery = Delivery {
        secret: "s".into(),
        token: "t".into(),
    };
    for user in [&enabled, &disabled] {
        for plan in [
            edit(user, |edit| edit.set_password("new".into())),
            Plan::of(Some(Change::ResetTwoFactor(user.id()))),
        ] {
            for (thrown_away, delivered) in [(true, false), (true, true), (false, false)] {
                let plan = Plan {
                    thrown_away,
                    delivery: delivered.then(|| delivery.clone()),
                    ..plan.clone()
                };
                let allowed = thrown_away && !delivered && user.enabled() == Some(false);
                let expected = match allowed {
                    true => "allowed",
                    false => "privileged-accounts",
                };
                assert_eq!(rule(&policy(), user, &plan, &others), expected, "{plan:?}");
            }
        }
    }
    // Another login is another person's, whatever becomes of the password.
    let mut plan = edit(&disabled, |edit| {
        edit.set_login("else");
        edit.set_password("new".into());
    });
    plan.thrown_away = true;
    assert_eq!(
        rule(&policy(), &disabled, &plan, &others),
        "privileged-accounts"
    );
}
