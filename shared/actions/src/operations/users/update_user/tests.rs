//! Plans for updates.

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::console::testing::{any_user, applied, plan_text, roles, user};

fn input(more: Value) -> UpdateUserInput {
    let mut input = json!({"user_id": 42});
    let members = input.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    crate::core::input::parse(input).expect("an input")
}

fn planned(user: &User, more: Value) -> String {
    planned_with(user, more, None)
}

fn planned_with(user: &User, more: Value, source: Option<i64>) -> String {
    let roles = roles();
    let known = Known {
        roles: &roles,
        form: WireForm::Vendor,
        source,
    };
    plan_text(plan(&input(more), user, &known))
}

fn jdoe() -> User {
    user(json!({
        "email": "jdoe@example.com", "enabled": true,
        "role": {"id": "user", "superuser": false, "allSites": false, "allAssetGroups": false},
        "authentication": {"type": "normal", "id": 1},
        "locale": {"default": "en-US", "reports": "de-DE", "links": []},
        "costCenter": "4711",
    }))
}

#[test]
fn only_what_is_given_changes() {
    assert_snapshot!(planned(&jdoe(), json!({"new_email": "jane@example.com", "new_login": "jane"})), @r#"replace user 42 by itself with email: "jdoe@example.com" → "jane@example.com", login: "jdoe" → "jane"; every other member goes back as read"#);
    assert_snapshot!(planned(&jdoe(), json!({"locale": "fr-FR", "enabled": false})), @r#"replace user 42 by itself with enabled: true → false, locale.default: "en-US" → "fr-FR"; every other member goes back as read"#);
    assert_snapshot!(planned(&jdoe(), json!({"new_email": "jdoe@example.com", "enabled": true, "name": "Jane Doe", "role_id": "User", "authentication_type": "normal"})), @"");
}

#[test]
fn null_clears_what_can_be_empty_and_is_wrong_elsewhere() {
    assert_snapshot!(planned(&jdoe(), json!({"new_email": null, "reports_locale": null})), @r#"replace user 42 by itself with email: "jdoe@example.com" → null, locale.reports: "de-DE" → null; every other member goes back as read"#);
    for field in ["enabled", "role_id", "name", "new_login", "all_sites"] {
        let mut input = json!({"user_id": 42});
        input[field] = Value::Null;
        let refused = crate::core::input::parse::<UpdateUserInput>(input);
        let message = refused.expect_err(field).message;
        assert!(message.starts_with(&format!("`{field}`")), "{message}");
    }
}

#[test]
fn nothing_to_change_is_no_update() {
    assert_snapshot!(planned(&jdoe(), json!({})), @"InvalidInput: `(input)`: expected at least one member to change");
}

#[test]
fn a_name_in_one_string_is_changed_as_one() {
    assert_snapshot!(planned(&jdoe(), json!({"last_name": "Smith"})), @"InvalidInput: `name`: this console keeps the name in one string: expected this, or both `first_name` and `last_name`");
    assert_snapshot!(planned(&jdoe(), json!({"first_name": "Jane", "last_name": "Smith"})), @r#"replace user 42 by itself with name: "Jane Doe" → "Jane Smith"; every other member goes back as read"#);
    let guide = user(json!({"name": {"first": "Jane Maria", "last": "Doe", "middle": "Q"}}));
    assert_snapshot!(planned(&guide, json!({"last_name": "Smith"})), @r#"replace user 42 by itself with name.last: "Doe" → "Smith"; every other member goes back as read"#);
    assert_snapshot!(planned(&guide, json!({"name": "Jane Maria Doe"})), @"");
    assert_snapshot!(planned(&guide, json!({"first_name": "Jane", "last_name": "Maria Doe"})), @r#"replace user 42 by itself with name.first: "Jane Maria" → "Jane", name.last: "Doe" → "Maria Doe"; every other member goes back as read"#);
}

#[test]
fn the_way_of_logging_in_changes_to_the_outside_only() {
    assert_snapshot!(planned(&jdoe(), json!({"authentication_type": "saml"})), @r#"
    replace user 42 by itself with authentication.id: 1 → null, authentication.type: "normal" → "saml"; every other member goes back as read
    warning: the console picks one of its saml sources
    "#);
    assert_snapshot!(planned_with(&jdoe(), json!({"authentication_type": "ldap", "authentication_source_id": 3}), Some(3)), @r#"replace user 42 by itself with authentication.id: 1 → 3, authentication.type: "normal" → "ldap"; every other member goes back as read"#);
    let external = user(json!({"authentication": {"type": "ldap", "id": 3}}));
    assert_snapshot!(planned(&external, json!({"authentication_type": "normal"})), @"Refused: the account logs in by ldap; to keep its password here, the console wants one with the change");
}

#[test]
fn a_role_brings_its_flags() {
    assert_snapshot!(planned(&jdoe(), json!({"role_id": "site-admin"})), @r#"
    replace user 42 by itself with role.allSites: false → true, role.id: "user" → "site-admin"; every other member goes back as read
    warning: all_sites becomes true: the role "site-admin" forces it; individual sites mean nothing from then on
    "#);
    assert_snapshot!(planned(&jdoe(), json!({"role_id": "global-admin"})), @r#"
    replace user 42 by itself with authentication.id: 1 → null, authentication.type: "normal" → "admin", role.allAssetGroups: false → true, role.allSites: false → true, role.id: "user" → "global-admin"; every other member goes back as read
    warning: all_sites becomes true: the role "global-admin" forces it; individual sites mean nothing from then on
    warning: all_asset_groups becomes true: the role "global-admin" forces it; individual asset groups mean nothing from then on
    "#);
}

/// Only on the way down to another role is it taken without being asked for.
#[test]
fn a_superuser_whose_role_stays_is_one_afterwards() {
    let root = user(json!({"role": {"id": "user", "superuser": true, "allSites": false}}));
    assert_snapshot!(planned(&root, json!({"all_sites": true})), @r"
    replace user 42 by itself with role.allSites: false → true; every other member goes back as read
    warning: all_sites becomes true: individual sites mean nothing from then on, and the console drops them
    ");
}

#[test]
fn a_login_that_somebody_has_is_refused_in_any_case() {
    let other = user(json!({"id": 7, "login": "Jane"}));
    let refused = refuse_taken("new_login", "jane", &jdoe(), &[jdoe(), other]).expect_err("taken");
    assert_snapshot!(refused.message, @"`new_login`: expected a login that nobody has: Jane (user 7) has this one");
    assert!(refuse_taken("new_login", "JDOE", &jdoe(), &[jdoe()]).is_ok());
}

/// Some members to change, each given or not.
fn any_input() -> impl Strategy<Value = Value> {
    let text = || prop::option::of("[a-zÀ-ž]{1,6}");
    let flag = || prop::option::of(any::<bool>());
    let role = prop::option::of(prop::sample::select(vec!["user", "auditor", "site-admin"]));
    let locale = prop::option::of(prop::option::of("[a-z]{2}"));
    (text(), text(), flag(), flag(), flag(), role, locale, text()).prop_map(
        |(login, email, enabled, superuser, all_sites, role, locale, name)| {
            let mut members = serde_json::Map::new();
            let mut put = |name: &str, value: Option<Value>| {
                if let Some(value) = value {
                    members.insert(name.into(), value);
                }
            };
            put("new_login", login.map(Value::from));
            put("new_email", email.map(Value::from));
            put("enabled", enabled.map(Value::from));
            put("superuser", superuser.map(Value::from));
            put("all_sites", all_sites.map(Value::from));
            put("role_id", role.map(Value::from));
            put("locale", locale.map(Value::from));
            put("name", name.map(Value::from));
            Value::Object(members)
        },
    )
}

proptest! {
    #[test]
    fn after_it_is_carried_out_nothing_is_left_to_do(
        user in any_user(), more in any_input(), guide: bool,
    ) {
        let roles = roles();
        let form = if guide { WireForm::Guide } else { WireForm::Vendor };
        let known = Known { roles: &roles, form, source: None };
        let input = input(more);
        if let Ok(first) = plan(&input, &user, &known) {
            let again = plan(&input, &applied(&user, &first), &known).expect("a plan");
            prop_assert!(again.changes.is_empty(), "{:?} then {:?}", first.to_lines(), again.to_lines());
        }
    }
}
