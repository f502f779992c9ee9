//! What can't be taken from a person on the Insight Platform, and lists of keys that prove nothing: never
//! told as done.

use fake_console::{ApiKey, Fault, FaultKind, KeyType};
use serde_json::{Value, json};
use suites::platform::JDOE;
use suites::{PLATFORM_SECRET, World, answer, api_key, serve, with};

const ADMIN: &str = "mkowalska@example.com";
const ORGANIZATION: (&str, &str) = ("RAPID7_PLATFORM_KEY_TYPE", "organization");

fn untold() -> ApiKey {
    ApiKey {
        id: "untold".into(),
        name: "of somebody".into(),
        key_type: KeyType::User,
        user_id: None,
        organization_id: "o".into(),
        created_at: "2026-01-01T00:00:00Z".into(),
        last_used_at: None,
        value: "value".into(),
    }
}

fn refused(world: &World, operation: &str, event: Value, told: &str) -> String {
    let (kind, message) = world.failure(operation, event);
    assert_eq!(kind, "Refused", "{operation}: {message}");
    assert!(message.contains(told), "{operation}: {message}");
    message
}

#[test]
fn an_administrator_who_may_log_in_is_never_told_as_suspended() {
    let world = World::new();
    let event = json!({"email": ADMIN});
    let suspend = "suspend-platform-user";
    let shown = world.outcome(suspend, with(event.clone(), json!({"dry_run": true})));
    let warnings = shown["warnings"].to_string();
    assert!(warnings.contains("the run ends in an error"), "{warnings}");

    let told = "administers the platform";
    let message = refused(&world, suspend, event.clone(), told);
    assert!(message.contains("Already changed: delete the API key"));
    assert!(message.contains("by hand"), "{message}");
    {
        let mut state = world.platform.state();
        let id = state.user_mut(ADMIN).id.clone();
        assert!(state.user_mut(ADMIN).products.is_empty());
        assert!(state.keys_of(&id).is_empty());
    }
    // Nor as suspended already.
    let message = refused(&world, suspend, event.clone(), told);
    assert!(message.contains("Nothing was changed"), "{message}");
    refused(
        &world,
        suspend,
        with(event.clone(), json!({"dry_run": true})),
        told,
    );
    world.platform.state().user_mut(ADMIN).platform_admin = false;
    assert_eq!(world.outcome(suspend, event)["changed"], false);
}

#[test]
fn who_is_taken_off_all_surfaces_and_stays_an_administrator_is_not_off() {
    let world = World::new();
    let event = json!({"email": ADMIN});
    for _ in 0..2 {
        let told = "platform: refused (Refused)";
        let message = refused(&world, "offboard-user", event.clone(), told);
        assert!(message.contains("administers the platform"), "{message}");
    }
    // Of others, the verdict says what stays.
    let report = world.outcome("offboard-user", json!({"email": JDOE}));
    let surfaces = report["surfaces"].as_array().expect("surfaces");
    let platform = surfaces.iter().find(|one| one["surface"] == "platform");
    let platform = platform.expect("the platform");
    assert_eq!(platform["verdict"], "done");
    let reason = platform["reason"].as_str().expect("a reason");
    assert!(reason.contains("may still log in"), "{reason}");
}

#[test]
fn a_key_that_may_be_the_persons_is_not_told_as_taken() {
    let world = World::new();
    world.platform.state().api_keys.push(untold());
    let told = "untold (of somebody)";
    for operation in ["suspend-platform-user", "revoke-platform-api-keys"] {
        let all = match operation {
            "suspend-platform-user" => json!({}),
            _ => json!({"all": true}),
        };
        let event = with(json!({"email": JDOE}), all);
        refused(&world, operation, event, told);
    }
    assert!(world.platform.state().user_mut(JDOE).products.is_empty());
    // The pack's own, which is said to be the organization's, is not hers.
    let settings = [("RAPID7_PLATFORM_KEY_ID", "untold"), ORGANIZATION];
    let function = world.function_with("suspend-platform-user", &settings);
    let outcome = function.invoke(&json!({"email": JDOE})).result;
    assert_eq!(outcome.expect("suspended")["changed"], false);
}

/// A platform of one person whose list of keys has nobody's, not even the one that asks.
fn without_keys() -> World {
    let world = World::new();
    let jdoe = json!({
        "id": "067c4624-3a7c-4f42-8045-fee12e8ad7f6", "email": JDOE, "status": "ACTIVE",
        "platform_admin": false,
    });
    let product = json!({"product_token": "T", "product_code": "IVM"});
    let url = serve(move |request| {
        let path = request.split(' ').nth(1).unwrap_or_default();
        let body = match path {
            path if path.ends_with("/api-keys") => json!([]),
            path if path.ends_with("/products") => json!([product]),
            path if path.contains("/users/") => jdoe.clone(),
            path if path.contains("/users") => json!([jdoe]),
            _ => json!({}),
        };
        answer("200 OK", &body)
    });
    let secret = api_key(&url, fake_console::ORGANIZATION_KEY);
    world.secrets.put(PLATFORM_SECRET, secret);
    world
}

#[test]
fn an_empty_list_of_keys_proves_nothing() {
    let world = without_keys();
    for (operation, event) in [
        ("suspend-platform-user", json!({"email": JDOE})),
        (
            "revoke-platform-api-keys",
            json!({"email": JDOE, "all": true}),
        ),
    ] {
        for settings in [&[][..], &[ORGANIZATION]] {
            let function = world.function_with(operation, settings);
            let error = function.invoke(&event).result.expect_err(operation);
            let message = error.error_message;
            assert_eq!(error.error_type, "Unauthorized", "{message}");
            assert!(message.contains("proves nothing"), "{message}");
            assert!(message.contains("Nothing was changed"), "{message}");
        }
    }
    let report = world.outcome("test-platform-connection", json!({}));
    let check = &report["checks"][4];
    assert_eq!(check["verdict"], "warning", "{check}");
    assert!(check["detail"].to_string().contains("proves nothing"));
}

#[test]
fn a_list_that_lacks_the_packs_own_key_is_not_whole() {
    let world = World::new();
    let settings = [("RAPID7_PLATFORM_KEY_ID", "another"), ORGANIZATION];
    for operation in [
        "suspend-platform-user",
        "revoke-platform-api-keys",
        "list-platform-api-keys",
    ] {
        let event = world.usual_event(operation);
        let function = world.function_with(operation, &settings);
        let error = function.invoke(&event).result.expect_err(operation);
        let message = error.error_message;
        assert_eq!(error.error_type, "Unauthorized", "{message}");
        assert!(message.contains("is not whole"), "{operation}: {message}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// After a lost answer too: that the key is not in an incomplete list does not mean that it is gone.
#[test]
fn a_key_that_an_incomplete_list_lacks_is_not_told_as_deleted() {
    let world = World::new();
    let own = world.platform.state().api_keys[0].clone();
    let settings = [("RAPID7_PLATFORM_KEY_ID", own.id.as_str()), ORGANIZATION];
    let away = FaultKind::platform_change_before(|state| {
        state.api_keys.retain(|key| key.name != "jdoe laptop");
        state.api_keys[0].id = "renamed".into();
    });
    let lost = Fault::new(FaultKind::ResetBefore).on("DELETE", "/api-keys");
    world.platform.push_fault(lost);
    let look = Fault::new(away).on("GET", "/api-keys").skip(1);
    world.platform.push_fault(look);
    let function = world.function_with("revoke-platform-api-keys", &settings);
    let event = json!({"email": JDOE, "all": true});
    let error = function.invoke(&event).result.expect_err("not proven");
    assert_eq!(error.error_type, "Indeterminate", "{}", error.error_message);
}

/// Where the keys don't matter, neither does what becomes of their list.
#[test]
fn a_list_of_keys_that_fails_stops_nothing_that_does_without() {
    let faults = [
        FaultKind::status(403),
        FaultKind::status(500),
        FaultKind::status(404),
        FaultKind::BadJson,
    ];
    for kind in faults {
        for operation in [
            "delete-platform-user",
            "revoke-product-access",
            "restore-platform-user",
        ] {
            let world = World::new();
            let fails = Fault::new(kind.clone()).on("GET", "/api-keys").times(99);
            world.platform.push_fault(fails);
            let event = world.usual_event(operation);
            let function = world.allowed_function_with(operation, &[ORGANIZATION]);
            let outcome = function.invoke(&event).result;
            let outcome = outcome.unwrap_or_else(|error| panic!("{operation}: {error:?}"));
            assert_eq!(outcome["changed"], true, "{operation}");
            world.clear_faults();
        }
    }
}
