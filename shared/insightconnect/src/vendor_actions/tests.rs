use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Given, VendorAction, listing, shapes, vendor_actions};
use crate::catalog::{PluginAction, names};
use crate::failure::{Failure, refused};
use crate::fields::{Absence, schema};

fn given(input: Value) -> Given {
    Given {
        input: serde_json::from_value(input).expect("an object"),
        read: None,
        console: "https://console.example.com:3780".into(),
    }
}

fn action(name: &str) -> &'static VendorAction {
    let found = vendor_actions().find(|action| action.name() == name);
    found.expect(name)
}

fn asked(name: &str, given: &Given) -> Value {
    let input = action(name).to_operation(given);
    input.map(Value::from).expect("an input")
}

fn refusal(name: &str, input: Value) -> String {
    let given = given(input);
    let result = VendorAction::check(&given).and_then(|()| action(name).to_operation(&given));
    match result {
        Err(Failure::Step { cause, .. }) => cause,
        other => panic!("{name}: {other:?}"),
    }
}

fn roles() -> Value {
    json!({"count": 2, "roles": [
        {"id": "user", "name": "User", "privileges": ["create-reports"]},
        {"id": "site-admin", "name": "Site Administrator", "privileges": ["manage-sites"]},
    ]})
}

#[test]
fn each_is_there_once_with_an_operation_and_examples_that_its_schema_takes() {
    let mut names = BTreeSet::new();
    for vendor in vendor_actions() {
        assert!(names.insert(vendor.name()), "{} twice", vendor.name());
        let name = vendor.name();
        let action = PluginAction::find(name).expect(name);
        assert_eq!(action.entry.operation.spec.name, vendor.operation());
        assert!(vendor.difference().is_none_or(|text| text.ends_with('.')));
        let fields: BTreeSet<&str> = action.input.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(fields.len(), action.input.len(), "{}", vendor.name());
        for common in ["dry_run", "ticket", "requested_by", "console"] {
            assert!(fields.contains(common), "{}: {common}", vendor.name());
        }
        for (name, _) in vendor.renamed.iter().chain(vendor.renamed_with_id) {
            assert!(fields.contains(name), "{}: {name}", vendor.name());
        }
        let whole = schema(&action.input, &action.types, Absence::LeftOut);
        for field in &action.input {
            let example = field.example.as_ref();
            // Null is how an operation is told to take something away.
            let Some(example) = example.filter(|example| !example.is_null()) else {
                continue;
            };
            let mut one = whole.clone();
            one["required"] = json!([]);
            let fits = jsonschema::is_valid(&one, &json!({ &field.name: example }));
            assert!(fits, "{}: {}", vendor.name(), field.name);
        }
    }
    assert_eq!(names.len(), 18);
}

/// One plugin has one list of types.
#[test]
fn a_type_is_the_same_wherever_it_is_used() {
    let mut known: Map<String, Value> = Map::new();
    for name in names() {
        let action = PluginAction::find(&name).expect("an action");
        for (type_name, fields) in &action.types {
            let told = json!(format!("{fields:?}"));
            let before = known.insert(type_name.clone(), told.clone());
            assert!(
                before.is_none_or(|before| before == told),
                "{name}: {type_name}"
            );
        }
    }
}

#[test]
fn an_id_makes_login_and_email_the_new_ones() {
    let theirs = json!({
        "id": 4, "login": "jroe", "email": "jroe@example.com", "authentication_id": 3,
        "access_all_sites": true, "ticket": "HR-77",
    });
    assert_eq!(
        asked("update_user", &given(theirs)),
        json!({
            "user_id": 4, "new_login": "jroe", "new_email": "jroe@example.com",
            "authentication_source_id": 3, "all_sites": true, "ticket": "HR-77",
        })
    );
    let ours = json!({"login": "jdoe", "new_login": "jroe", "superuser": false});
    assert_eq!(asked("update_user", &given(ours.clone())), ours);
}

#[test]
fn no_to_what_a_role_forces_is_left_to_the_role() {
    let with_role = |role: &str| {
        let mut given = given(json!({
            "user_id": 4, "role_id": role, "access_all_sites": false,
            "access_all_asset_groups": false,
        }));
        given.read = Some(roles());
        given
    };
    let flags = |role: &str| {
        let input = asked("update_user_role", &with_role(role));
        (
            input.get("all_sites").cloned(),
            input.get("all_asset_groups").cloned(),
        )
    };
    let no = || Some(Value::Bool(false));
    assert_eq!(flags("user"), (no(), no()));
    assert_eq!(flags("site-admin"), (None, no()));
    assert_eq!(flags("site administrator"), (None, no()));
    assert_eq!(flags("nope"), (no(), no()));
    let read = action("update_user_role").read.as_ref().expect("a read");
    let needed = |input: Value| (read.input)(&given(input)).is_some();
    assert!(needed(
        json!({"role_id": "user", "access_all_sites": false})
    ));
    assert!(!needed(
        json!({"role_id": "user", "access_all_sites": true})
    ));
    assert!(!needed(json!({"access_all_sites": false})));
}

#[test]
fn global_administrators_are_superusers_where_the_step_has_no_word_for_it() {
    let admin = json!({"user_id": 4, "role_id": "global-admin"});
    assert_eq!(asked("update_user_role", &given(admin))["superuser"], true);
    let lesser = json!({"user_id": 4, "role_id": "user"});
    assert_eq!(
        asked("update_user_role", &given(lesser)).get("superuser"),
        None
    );
    let ours = json!({"login": "a", "role_id": "global-admin", "all_sites": true});
    assert_eq!(asked("create_user", &given(ours)).get("superuser"), None);
    let said = json!({"id": 4, "role_id": "global-admin", "superuser": false});
    assert_eq!(asked("update_user", &given(said))["superuser"], false);
}

#[test]
fn what_is_wrong_is_told_by_the_inputs_own_name() {
    for (name, input, told) in [
        (
            "remove_user_site_access",
            json!({"user_id": 4, "site_id": 0}),
            "`site_id`",
        ),
        (
            "update_user_site_access",
            json!({"user_id": 4, "site_ids": [1, -1]}),
            "`site_ids[1]`",
        ),
        ("get_user", json!({"id": -1}), "`id`"),
        ("get_user", json!({"id": 4, "user_id": 4}), "`id, user_id`"),
        (
            "create_user",
            json!({"authentication_id": -3}),
            "`authentication_id`",
        ),
        ("get_users", json!({"login": "("}), "`login`"),
    ] {
        let cause = refusal(name, input);
        assert!(cause.contains(told), "{name}: {cause}");
    }
    let failure = refused("sites[0]", "expected one of this console's sites");
    let given = given(json!({"user_id": 4, "site_id": 99}));
    match action("add_user_site_access").in_its_words(&given, failure) {
        Failure::Step { cause, data, .. } => {
            assert!(cause.contains("`site_id`"), "{cause}");
            assert!(data.contains("`site_id`"), "{data}");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_expression_fits_the_beginning_upper_and_lower_case_alike() {
    let fits = |pattern: &str, name: &str| {
        let given = given(json!({ "name": pattern }));
        let filter = listing::Filter::of(&given, "name").expect("an expression");
        filter
            .expect("a filter")
            .fits(&json!({ "name": name }))
            .expect("an answer")
    };
    for (pattern, name) in [
        ("john", "Johnny"),
        ("a|j", "Jane"),
        ("мал", "МАЛГО"),
        ("", "x"),
        ("(?=J)", "j"),
    ] {
        assert!(fits(pattern, name), "{pattern} {name}");
    }
    for (pattern, name) in [
        ("doe", "John Doe"),
        ("^doe", "John Doe"),
        ("john$", "Johnny"),
    ] {
        assert!(!fits(pattern, name), "{pattern} {name}");
    }
}

#[test]
fn an_account_is_told_without_what_the_console_did_not_tell() {
    let bare = json!({
        "user_id": 4, "login": "jdoe", "name": null, "email": null, "enabled": null, "locked": null,
        "role_id": null, "superuser": null, "all_sites": null, "all_asset_groups": null,
        "authentication_type": null, "authentication_source_id": null, "locale": null,
        "reports_locale": null,
    });
    let links = json!([{"rel": "self", "href": "https://c/api/3/users/4"}]);
    assert_eq!(
        shapes::account("https://c", &bare, None),
        json!({"id": 4, "login": "jdoe", "links": links})
    );
}
