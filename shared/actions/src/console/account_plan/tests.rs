//! Plans for new accounts.

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::console::account_input::person;
use crate::console::testing::{plan_text, policy, user};
use crate::operations::users::create_user::CreateUserInput;

fn input(more: Value) -> AccountInput {
    let mut input = json!({
        "login": "jsmith", "first_name": "John", "last_name": "Smith",
        "email": "jsmith@example.com", "role_id": "user", "password": "canary",
    });
    let members = input.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    let input: CreateUserInput = crate::core::input::parse(input).expect("an input");
    input.account(input.all_sites)
}

fn roles() -> Vec<Role> {
    let role = |id: &str, privileges: &[&str]| Role {
        id: id.into(),
        name: None,
        description: None,
        privileges: Some(privileges.iter().map(|name| (*name).to_owned()).collect()),
    };
    vec![
        role("user", &[]),
        role("site-admin", &["manage-sites"]),
        role("global-admin", &["all-permissions"]),
        Role {
            id: "untold".into(),
            name: None,
            description: None,
            privileges: None,
        },
    ]
}

fn planned(more: Value, users: &[User]) -> String {
    let input = input(more);
    let wanted = input.wanted().expect("an account");
    plan_text(plan(&input, wanted, users, &roles(), &policy()))
}

#[test]
fn flags_are_explicit_and_follow_the_role() {
    assert_snapshot!(planned(json!({}), &[]), @r#"create "jsmith" with role "user", all sites: false, all asset groups: false, normal authentication"#);
    assert_snapshot!(planned(json!({"all_sites": true}), &[]), @r#"create "jsmith" with role "user", all sites: true, all asset groups: false, normal authentication"#);
    assert_snapshot!(planned(json!({"role_id": "site-admin"}), &[]), @r#"
    create "jsmith" with role "site-admin", all sites: true, all asset groups: false, normal authentication
    warning: all_sites is true because the role "site-admin" forces it
    "#);
    let impossible = json!({"role_id": "site-admin", "all_sites": false});
    assert_snapshot!(planned(impossible, &[]), @r#"InvalidInput: `all_sites`: the role "site-admin" gives its users all of them, so false can't be had: choose another role, or say true"#);
}

#[test]
fn a_role_may_force_either_flag() {
    let role = |id: &str| Role {
        id: id.into(),
        name: None,
        description: None,
        privileges: Some(vec![id.into()]),
    };
    let roles = ["manage-tags", "manage-dynamic-asset-groups"].map(role);
    let planned = |more| {
        let input = input(more);
        let wanted = input.wanted().expect("an account");
        plan_text(plan(&input, wanted, &[], &roles, &policy()))
    };
    assert_snapshot!(planned(json!({"role_id": "manage-tags"})), @r#"
    create "jsmith" with role "manage-tags", all sites: true, all asset groups: false, normal authentication
    warning: all_sites is true because the role "manage-tags" forces it
    "#);
    let impossible = json!({"role_id": "manage-tags", "all_sites": false});
    assert_snapshot!(planned(impossible), @r#"InvalidInput: `all_sites`: the role "manage-tags" gives its users all of them, so false can't be had: choose another role, or say true"#);
    assert_snapshot!(planned(json!({"role_id": "manage-dynamic-asset-groups"})), @r#"
    create "jsmith" with role "manage-dynamic-asset-groups", all sites: false, all asset groups: true, normal authentication
    warning: all_asset_groups is true because the role "manage-dynamic-asset-groups" forces it
    "#);
    let impossible = json!({"role_id": "manage-dynamic-asset-groups", "all_asset_groups": false});
    assert_snapshot!(planned(impossible), @r#"InvalidInput: `all_asset_groups`: the role "manage-dynamic-asset-groups" gives its users all of them, so false can't be had: choose another role, or say true"#);
}

#[test]
fn what_must_not_be_created_is_refused() {
    assert_snapshot!(planned(json!({"role_id": "nope"}), &[]), @"InvalidInput: `role_id`: expected one of this console's roles: user, site-admin, global-admin, untold");
    for privileged in [
        json!({"role_id": "global-admin"}),
        json!({"role_id": "untold"}),
        json!({"superuser": true}),
        json!({"authentication_type": "admin"}),
    ] {
        let told = planned(privileged, &[]);
        assert!(told.contains("(rule `privileged-accounts`)"), "{told}");
    }
    let other = [user(json!({"login": "JSmith"}))];
    assert_snapshot!(planned(json!({}), &other), @"Refused: a login that differs only in upper and lower case exists");
}

#[test]
fn a_shared_email_is_told() {
    let twin = [user(
        json!({"login": "john", "email": "JSmith@example.com"}),
    )];
    assert_snapshot!(planned(json!({}), &twin), @r#"
    create "jsmith" with role "user", all sites: false, all asset groups: false, normal authentication
    warning: other accounts have the same email: john (user 42)
    "#);
}

#[test]
fn names_are_taken_whole_or_in_parts_but_not_both() {
    let told = |more| {
        let mut more = more;
        let members: &mut serde_json::Map<_, _> =
            Value::as_object_mut(&mut more).expect("an object");
        for name in ["name", "first_name", "last_name"] {
            members.entry(name).or_insert(Value::Null);
        }
        let input = input(more);
        let (name, first, last) = (&input.name, &input.first_name, &input.last_name);
        match person(name.as_deref(), first.as_deref(), last.as_deref()) {
            Ok(person) => format!("{}|{}", person.first, person.last),
            Err(error) => error.message,
        }
    };
    assert_snapshot!(told(json!({"name": "Jane van der Doe"})), @"Jane|van der Doe");
    assert_snapshot!(told(json!({"name": "Cher"})), @"Cher|");
    assert_snapshot!(told(json!({"first_name": "Mary Ann", "last_name": "Doe"})), @"Mary Ann|Doe");
    assert_snapshot!(told(json!({})), @"`name`: required (or `first_name`), and missing");
    assert_snapshot!(told(json!({"last_name": "Doe"})), @"`name`: required (or `first_name`), and missing");
    assert_snapshot!(told(json!({"name": "Jane", "last_name": "Doe"})), @"`name`: expected either this or `first_name` and `last_name`, got both");
}

/// A new account as either form of console would show it.
fn created(new: &NewUser, guide: bool) -> User {
    let mut json = json!({
        "id": 42, "login": new.login, "email": new.email, "enabled": new.enabled,
        "locked": false, "authentication": {"type": new.authentication.kind, "id": 1},
        "role": {"id": new.role_id, "superuser": new.superuser},
    });
    if guide {
        json["name"] = json!({"first": new.name.first, "last": new.name.last});
        json["accessAllSites"] = new.all_sites.into();
        json["accessAllAssetGroups"] = new.all_asset_groups.into();
    } else {
        json["name"] = new.name.full().into();
        json["role"]["allSites"] = new.all_sites.into();
        json["role"]["allAssetGroups"] = new.all_asset_groups.into();
    }
    User::from_json(json).expect("a user")
}

proptest! {
    /// Creating what was just created is nothing left to do, in both forms.
    #[test]
    fn after_it_is_carried_out_nothing_is_left_to_do(
        first in "[^\\s\\pC]{1,8}", last in "[^\\s\\pC]{1,8}", enabled: bool, all_sites: bool,
        role in prop::sample::select(vec!["user", "site-admin"]), guide: bool,
    ) {
        let mut more = json!({
            "first_name": first, "last_name": last, "enabled": enabled, "role_id": role,
        });
        if role == "user" {
            more["all_sites"] = all_sites.into();
        }
        let input = input(more);
        let wanted = input.wanted().expect("an account");
        let plan = plan(&input, wanted.clone(), &[], &roles(), &policy()).expect("a plan");
        let Some(Change::CreateUser(new)) = plan.changes.first() else {
            panic!("one account is created");
        };
        let user = created(new, guide);
        let again = plan_for_existing(&input, wanted, &user, &roles()).expect("the same");
        prop_assert!(again.changes.is_empty());
    }
}
