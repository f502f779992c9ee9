//! Products and API keys of the Insight Platform: taken, and given back.

use fake_console::{ApiKey, Fault, FaultKind, KeyType, PlatformState};
use harness::Function;
use serde_json::{Value, json};
use suites::platform::JDOE;
use suites::{World, differing, with};

/// The record with the full state that a function printed last.
fn record(function: &Function) -> Value {
    let logs = function.logs();
    let lines = logs.lines().rev();
    let mut records = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    records
        .find(|line| line["audit"] == "before")
        .unwrap_or_else(|| panic!("no record in {logs}"))
}

fn key(id: &str, key_type: KeyType, user_id: Option<String>) -> ApiKey {
    ApiKey {
        id: id.into(),
        name: format!("key {id}"),
        key_type,
        user_id,
        organization_id: "o".into(),
        created_at: "2026-01-01T00:00:00Z".into(),
        last_used_at: None,
        value: format!("value-{id}"),
    }
}

fn warnings(outcome: &Value) -> String {
    outcome["warnings"].to_string()
}

fn without_keys_of_jdoe(mut state: PlatformState) -> PlatformState {
    let id = state.user_mut(JDOE).id.clone();
    state
        .api_keys
        .retain(|key| key.user_id.as_ref() != Some(&id));
    state
}

#[test]
fn what_suspending_takes_restoring_gives_back_but_for_keys() {
    let world = World::new();
    let before = world.platform.state().clone();
    let function = world.function("suspend-platform-user");
    let suspended = function.invoke(&json!({"email": JDOE}));
    let suspended = suspended.result.expect("suspended");
    assert_eq!(suspended["changed"], true);
    assert_eq!(suspended["state"]["products"], json!([]));
    assert_eq!(suspended["state"]["api_keys"], json!([]));
    assert!(
        warnings(&suspended).contains("the account itself stays"),
        "{suspended}"
    );
    assert_eq!(world.writes().len(), 3);
    let ids = suspended["correlation_ids"].as_array().expect("ids");
    assert_eq!(ids.len(), 3);

    let record = record(&function);
    let state = &record["record"]["state"];
    assert_eq!(state["products"].as_array().expect("products").len(), 2);
    let token = &before.product("IVM").product_token;
    assert_eq!(state["products"][0]["product_token"], token.as_str());
    assert_eq!(state["api_keys"][0]["name"], "jdoe laptop");
    assert_eq!(state["user"]["email"], JDOE);

    let restored = world.outcome("restore-platform-user", json!({"record": record}));
    assert_eq!(restored["changed"], true);
    assert!(warnings(&restored).contains("jdoe laptop"), "{restored}");
    let expected = without_keys_of_jdoe(before).snapshot();
    assert_eq!(world.platform.state().snapshot(), expected);
    let again = world.outcome("restore-platform-user", json!({"record": record}));
    assert_eq!(again["changed"], false);
}

#[test]
fn a_record_that_does_not_fit_is_refused_and_a_deleted_account_does_not_come_back() {
    let world = World::new();
    let function = world.allowed_function("delete-platform-user");
    let event = world.usual_event("delete-platform-user");
    function.invoke(&event).result.expect("deleted");
    let record = record(&function);
    world.clear_requests();
    let restore = |record: Value| world.failure("restore-platform-user", json!({"record": record}));
    let (kind, message) = restore(record.clone());
    assert_eq!(kind, "NotFound", "{message}");
    assert!(message.contains("can't be brought back"), "{message}");
    let other = with(
        record.clone(),
        json!({"target": "https://us.api.insight.rapid7.com"}),
    );
    let (kind, message) = restore(other);
    assert_eq!(kind, "InvalidInput", "{message}");
    let mut console = record;
    console["record"]["state"]["user"] = json!({"id": 4, "login": "jdoe"});
    let (kind, message) = restore(console);
    assert_eq!(kind, "InvalidInput", "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn of_a_code_all_products_of_the_user_are_taken() {
    let world = World::new();
    {
        let mut state = world.platform.state();
        let mut second = state.product("IVM").clone();
        second.product_token = "SECOND".into();
        state.products.push(second);
        state.user_mut(JDOE).products.insert("SECOND".into());
    }
    let event = json!({"email": JDOE, "products": ["ivm"]});
    let outcome = world.outcome("revoke-product-access", event);
    assert_eq!(outcome["plan"].as_array().expect("a plan").len(), 2);
    let left = outcome["state"]["products"].as_array().expect("products");
    assert_eq!(left.len(), 1);
    assert_eq!(left[0]["product_code"], "IDR");
    let all = json!({"email": JDOE, "all": true});
    let outcome = world.outcome("revoke-product-access", all);
    assert_eq!(outcome["state"]["products"], json!([]));
}

#[test]
fn only_a_persons_own_keys_are_deleted() {
    let world = World::new();
    let (jdoe, other) = {
        let mut state = world.platform.state();
        let jdoe = state.user_mut(JDOE).id.clone();
        let other = state.user_mut("tokafor@example.com").id.clone();
        (jdoe, other)
    };
    {
        let mut state = world.platform.state();
        let keys = &mut state.api_keys;
        keys.push(key("second", KeyType::User, Some(jdoe.clone())));
        // Made by her, and the organization's all the same.
        keys.push(key("org", KeyType::Organization, Some(jdoe)));
        keys.push(key("untold", KeyType::User, None));
        keys.push(key("others", KeyType::User, Some(other)));
    }
    for (ids, rule) in [
        (json!(["org"]), "organization-keys"),
        (json!(["second", "others"]), "keys-of-others"),
        (json!(["second", "untold"]), "keys-of-others"),
    ] {
        let event = json!({"email": JDOE, "key_ids": ids});
        let (kind, message) = world.failure("revoke-platform-api-keys", event);
        assert_eq!(kind, "Refused", "{message}");
        assert!(message.contains(rule), "{message}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    // An event that is delivered twice finds its keys gone.
    let event = json!({"email": JDOE, "key_ids": ["second", "gone"]});
    let outcome = world.outcome("revoke-platform-api-keys", event);
    assert_eq!(
        outcome["plan"],
        json!(["delete the API key second (key second) for good"])
    );
    let warnings = outcome["warnings"].to_string();
    assert!(warnings.contains("there is no key gone"), "{warnings}");
    // Nobody tells whose one is, so it may be left of hers.
    let all = json!({"email": JDOE, "all": true});
    let (kind, message) = world.failure("revoke-platform-api-keys", all);
    assert_eq!(kind, "Refused", "{message}");
    assert!(message.contains("jdoe laptop) for good"), "{message}");
    assert!(message.contains("untold (key untold)"), "{message}");
    let state = world.platform.state();
    let left: Vec<&str> = state.api_keys.iter().map(|key| key.name.as_str()).collect();
    let names = [
        "identity automation",
        "mkowalska reports",
        "key org",
        "key untold",
        "key others",
    ];
    assert_eq!(left, names);
}

#[test]
fn keys_are_listed_by_person_and_kind_and_never_with_the_key_itself() {
    let world = World::new();
    world
        .platform
        .state()
        .api_keys
        .push(key("untold", KeyType::User, None));
    let names = |event: Value| -> Vec<String> {
        let list = world.outcome("list-platform-api-keys", event);
        for key in &world.platform.state().api_keys {
            assert!(!list.to_string().contains(&key.value), "{list}");
        }
        let keys = list["api_keys"].as_array().expect("keys").clone();
        assert_eq!(list["count"], keys.len());
        keys.iter()
            .map(|key| key["name"].as_str().expect("a name").into())
            .collect()
    };
    assert_eq!(names(json!({})).len(), 4);
    assert_eq!(names(json!({"email": JDOE})), ["jdoe laptop"]);
    assert_eq!(
        names(json!({"kind": "organization"})),
        ["identity automation"]
    );
    assert_eq!(names(json!({"kind": "untold"})), ["key untold"]);
    assert_eq!(
        names(json!({"kind": "user"})),
        ["jdoe laptop", "mkowalska reports"]
    );
}

#[test]
fn deleting_tells_what_ends_with_the_account_and_touches_nobody_else() {
    let world = World::new();
    let before = world.platform.state().clone();
    let function = world.allowed_function("delete-platform-user");
    let event = json!({"email": "JDOE@example.com", "confirm_email": JDOE});
    let outcome = function.invoke(&event).result.expect("deleted");
    assert_eq!(outcome["changed"], true);
    assert_eq!(outcome["state"], Value::Null);
    let told = warnings(&outcome);
    assert!(told.contains("jdoe laptop"), "{told}");
    let mut expected = without_keys_of_jdoe(before);
    expected.users.retain(|user| user.email != JDOE);
    assert_eq!(world.platform.state().snapshot(), expected.snapshot());
    let again = function.invoke(&event).result.expect("gone already");
    assert_eq!(again["changed"], false);
    assert!(warnings(&again).contains("among all 11"), "{again}");
}

#[test]
fn only_the_account_whose_email_is_confirmed_is_deleted() {
    let world = World::new();
    let function = world.allowed_function("delete-platform-user");
    let id = world.platform.state().user_mut(JDOE).id.clone();
    for (event, told) in [
        (
            json!({"email": JDOE, "confirm_email": "JDoe@example.com"}),
            "InvalidInput",
        ),
        (
            json!({"email": JDOE, "confirm_email": "xjdoe@example.com"}),
            "InvalidInput",
        ),
        (
            json!({"user_id": id, "confirm_email": "xjdoe@example.com"}),
            "InvalidInput",
        ),
        (
            json!({"email": "nobody@example.com", "confirm_email": JDOE}),
            "InvalidInput",
        ),
        // An id that is mistyped must not read as "gone already".
        (
            json!({"user_id": "00000000-0000-4000-8000-000000000000", "confirm_email": JDOE}),
            "NotFound",
        ),
    ] {
        let error = function.invoke(&event).result.expect_err(told);
        assert_eq!(error.error_type, told, "{event}: {}", error.error_message);
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// What somebody else does at the same moment.
#[test]
fn what_is_gone_already_when_it_is_to_go_is_done() {
    let vanishes = FaultKind::platform_change_before(|state| {
        let id = state.user_mut(JDOE).id.clone();
        state
            .api_keys
            .retain(|key| key.user_id.as_ref() != Some(&id));
        state.users.retain(|user| user.id != id);
    });
    let world = World::new();
    world
        .platform
        .push_fault(Fault::new(vanishes).on("DELETE", "/users"));
    let function = world.allowed_function("delete-platform-user");
    let event = world.usual_event("delete-platform-user");
    let outcome = function.invoke(&event).result.expect("gone");
    assert!(
        warnings(&outcome).contains("somebody else did this"),
        "{outcome}"
    );

    let cleared = FaultKind::platform_change_before(|state| {
        state.user_mut(JDOE).products.clear();
    });
    let world = World::new();
    world
        .platform
        .push_fault(Fault::new(cleared).on("DELETE", "/products"));
    let outcome = world.outcome("suspend-platform-user", json!({"email": JDOE}));
    assert!(
        warnings(&outcome).contains("somebody else did this"),
        "{outcome}"
    );
}

#[test]
fn what_somebody_else_gives_back_meanwhile_is_a_conflict_with_both_values() {
    let world = World::new();
    let given = FaultKind::platform_change_after(|state| {
        let ops = state.product("OPS").product_token.clone();
        state.user_mut(JDOE).products.insert(ops);
    });
    let last = Fault::new(given).on("DELETE", "/products").skip(1);
    world.platform.push_fault(last);
    let function = world.function("suspend-platform-user");
    let error = function.invoke(&json!({"email": JDOE})).result;
    let error = error.expect_err("not suspended");
    assert_eq!(error.error_type, "Conflict");
    let message = error.error_message;
    assert!(
        message.contains("products should be [] and reads [\"OPS ("),
        "{message}"
    );
    assert!(message.contains("Already changed: "), "{message}");
    let again = function
        .invoke(&json!({"email": JDOE}))
        .result
        .expect("done");
    assert_eq!(again["state"]["products"], json!([]));
}

/// Their shapes are unconfirmed. Deleting, which was seen in the field, does without them, where it is
/// said that the pack's own key is no person's.
#[test]
fn lists_that_can_not_be_understood_stop_what_needs_them_and_nothing_else() {
    for path in ["/api-keys", "/products"] {
        let world = World::new();
        let before = world.snapshot();
        let odd = Fault::new(FaultKind::status(404)).on("GET", path).times(9);
        world.platform.push_fault(odd);
        let organization = [("RAPID7_PLATFORM_KEY_TYPE", "organization")];
        let function = world.allowed_function_with("delete-platform-user", &organization);
        let event = world.usual_event("delete-platform-user");
        let suspend = json!({"email": JDOE});
        let (kind, message) = world.failure("suspend-platform-user", suspend);
        assert_eq!(kind, "Unexpected", "{path}: {message}");
        assert!(differing(&world.snapshot(), &before).is_empty(), "{path}");
        let outcome = function.invoke(&event).result.expect(path);
        assert_eq!(outcome["changed"], true);
        if path == "/api-keys" {
            assert!(
                warnings(&outcome).contains("could not be read"),
                "{outcome}"
            );
        }
        world.clear_faults();
    }
}
