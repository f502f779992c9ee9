//! Keys over several organizations, and organizations that take nobody by hand.

use serde_json::{Value, json};
use suites::platform::jsmith;
use suites::{PLATFORM_SECRET, World, api_key, with};

const VARIABLE: &str = "RAPID7_PLATFORM_ORGANIZATION_ID";

fn over_several() -> (World, String) {
    let world = World::new();
    let organization = {
        let mut state = world.platform.state();
        state.needs_organization_id = true;
        state.organization_id.clone()
    };
    (world, organization)
}

/// Every request says which organization it means, those of other surfaces do not.
#[track_caller]
fn assert_said(world: &World, organization: &str) {
    let requests = world.platform.requests();
    let with_key = requests
        .iter()
        .filter(|request| request.authorized_as.is_some());
    let said: Vec<_> = with_key
        .map(|request| request.organization_id.as_deref())
        .collect();
    assert!(!said.is_empty());
    assert!(
        said.iter().all(|said| *said == Some(organization)),
        "{said:?}"
    );
    assert!(
        world
            .console
            .requests()
            .iter()
            .all(|request| request.organization_id.is_none())
    );
}

#[test]
fn the_organization_that_is_meant_is_said_with_every_request() {
    let (world, organization) = over_several();
    let (kind, message) = world.failure("list-platform-users", json!({}));
    assert_eq!(kind, "Unexpected", "{message}");
    assert!(
        message.contains("R7-Organization-Id is required"),
        "{message}"
    );
    world.clear_requests();

    let upper = organization.to_uppercase();
    for (operation, event) in [
        (
            "suspend-platform-user",
            json!({"email": "jdoe@example.com"}),
        ),
        ("test-platform-connection", json!({})),
        ("offboard-user", json!({"email": "tokafor@example.com"})),
    ] {
        let function = world.function_with(operation, &[(VARIABLE, &upper)]);
        let answer = function.invoke(&event).result;
        answer.unwrap_or_else(|error| panic!("{operation}: {error:?}"));
        assert_said(&world, &organization);
        world.clear_requests();
    }

    // In the secret.
    let secret = api_key(world.platform.url(), fake_console::ORGANIZATION_KEY);
    let secret = with(secret, json!({"organization_id": organization}));
    world.secrets.put(PLATFORM_SECRET, secret);
    let users = world.outcome("list-platform-users", json!({}));
    assert_eq!(users["count"], 12);
    assert_said(&world, &organization);
    world.clear_requests();

    // On the command line.
    let output = world
        .r7user(&["list-platform-products", "--json"])
        .env(VARIABLE, &organization)
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
    let products: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(products["count"], 5);
    assert_said(&world, &organization);
}

#[test]
fn what_is_no_organization_is_told_and_never_repeated() {
    let world = World::new();
    let secret = api_key(world.platform.url(), fake_console::ORGANIZATION_KEY);
    let secret = with(secret, json!({"organization_id": "canary"}));
    world.secrets.put(PLATFORM_SECRET, secret);
    let (kind, message) = world.failure("list-platform-users", json!({}));
    assert_eq!(kind, "Unauthorized", "{message}");
    assert!(
        message.contains("`organization_id`: expected the organization's UUID"),
        "{message}"
    );
    assert!(!message.contains("canary"), "{message}");
    assert_eq!(world.requests(), Vec::<String>::new());
}

#[test]
fn a_refused_new_account_may_be_one_that_an_identity_provider_has_to_make() {
    for (status, kind) in [
        (400, "InvalidInput"),
        (403, "Unauthorized"),
        (422, "InvalidInput"),
    ] {
        let world = World::new();
        world.platform.state().refuses_new_users = Some(status);
        let before = world.snapshot();
        let (found, message) = world.failure("create-platform-user", jsmith());
        assert_eq!(found, kind, "{message}");
        assert!(message.contains("single sign-on"), "{message}");
        assert!(
            message.contains("add the person at the identity provider"),
            "{message}"
        );
        assert!(message.contains("Nothing was changed"), "{message}");
        assert_eq!(world.snapshot(), before);
        assert_eq!(world.writes(), ["POST /account/api/1/users"]);
    }
}
