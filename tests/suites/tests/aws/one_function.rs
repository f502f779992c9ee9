//! Against what AWS itself ships, and the nearest thing to its services that runs anywhere.

use harness::{Function, Moto, Rie, binary};
use serde_json::json;
use suites::{CONSOLE_SECRET, OWN_LOGIN, World, credentials};

/// Credentials from moto's Secrets Manager: by name, by ARN, and rotated under a running function.
#[test]
fn credentials_come_from_secrets_manager_and_follow_a_rotation() {
    let world = World::new();
    let moto = Moto::start();
    let secret = credentials(world.console.url(), suites::OWN_PASSWORD);
    let arn = moto.put_secret(CONSOLE_SECRET, &secret);
    for id in [CONSOLE_SECRET, arn.as_str()] {
        let mut environment = moto.env();
        environment.push(("RAPID7_CONSOLE_SECRET", id));
        let function = Function::start(&binary("disable-user"), &environment);
        let outcome = function.invoke(&json!({"login": "jdoe"})).result;
        assert_eq!(outcome.expect(id)["state"]["enabled"], false);
    }
    let mut environment = moto.env();
    environment.push(("RAPID7_CONSOLE_SECRET", CONSOLE_SECRET));
    let function = Function::start(&binary("get-user"), &environment);
    let event = json!({"user_id": 4});
    function.invoke(&event).result.expect("before");
    world.console.state().user_mut(OWN_LOGIN).password = "rotated-password".into();
    let rotated = credentials(world.console.url(), "rotated-password");
    moto.update_secret(CONSOLE_SECRET, &rotated);
    function.invoke(&event).result.expect("after the rotation");
}

#[test]
fn an_initial_password_comes_from_secrets_manager() {
    let world = World::new();
    let moto = Moto::start();
    let secret = credentials(world.console.url(), suites::OWN_PASSWORD);
    moto.put_secret(CONSOLE_SECRET, &secret);
    moto.put_secret("initial", &json!({"password": "Fr0m-a-secret"}));
    let mut environment = moto.env();
    environment.push(("RAPID7_CONSOLE_SECRET", CONSOLE_SECRET));
    let function = Function::start(&binary("create-user"), &environment);
    let event = json!({
        "login": "jsmith", "name": "John Smith", "email": "jsmith@example.com",
        "role_id": "user", "password_secret": "initial",
    });
    let outcome = function.invoke(&event).result.expect("created");
    assert_eq!(outcome["changed"], true);
    let state = world.console.state();
    assert_eq!(
        state.user_by_login("jsmith").expect("created").1.password,
        "Fr0m-a-secret"
    );
    drop(state);
    let missing = json!({
        "login": "other", "name": "Other", "email": "other@example.com",
        "role_id": "user", "password_secret": "not-there",
    });
    let error = function
        .invoke(&missing)
        .result
        .expect_err("no such secret");
    assert_eq!(error.error_type, "Unauthorized");
    assert!(
        error.error_message.contains("\"not-there\""),
        "{}",
        error.error_message
    );
}

/// Once under AWS's own Runtime Interface Emulator.
#[test]
fn a_function_runs_under_the_runtime_interface_emulator() {
    let world = World::new();
    let mut environment = world.secrets.env();
    environment.push(("RAPID7_CONSOLE_SECRET", CONSOLE_SECRET));
    let emulator = Rie::start(&binary("disable-user"), &environment);
    let outcome = emulator.invoke(&json!({"login": "jdoe", "ticket": "OFF-1042"}));
    assert_eq!(outcome["changed"], true, "{outcome}");
    let again = emulator.invoke(&json!({"login": "jdoe"}));
    assert_eq!(again["changed"], false, "{again}");
    let error = emulator.invoke(&json!({"logn": "jdoe"}));
    assert_eq!(error["errorType"], "InvalidInput", "{error}");
    assert!(!world.console.state().user_mut("jdoe").enabled);
}
