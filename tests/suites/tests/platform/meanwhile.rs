//! What happens on the Insight Platform between what a run reads and what it writes.

use fake_console::{Fault, FaultKind, PlatformState, PlatformUser, UserStatus};
use serde_json::{Value, json};
use suites::World;
use suites::platform::{JDOE, jsmith};

const TOKAFOR: &str = "tokafor@example.com";
const NXADMIN: &str = "nxadmin@example.com";
const MKOWALSKA: &str = "mkowalska@example.com";

/// What changes once a list of people is planned, and nothing is written yet.
fn after_planning(
    world: &World,
    path: &str,
    change: impl Fn(&mut PlatformState) + Send + Sync + 'static,
) {
    let change = FaultKind::platform_change_after(change);
    world
        .platform
        .push_fault(Fault::new(change).on("GET", path));
}

fn people(emails: &[&str]) -> Value {
    let people = emails.iter().map(|email| json!({"email": email}));
    json!({"people": people.collect::<Vec<_>>()})
}

#[test]
fn what_was_made_since_the_planning_is_taken_too() {
    let world = World::new();
    after_planning(&world, "/api-keys", |state| {
        let mut key = state.api_keys[1].clone();
        key.id = "new".into();
        key.value = "new".into();
        state.api_keys.push(key);
    });
    after_planning(&world, "/products", |state| {
        let token = state.product("OPS").product_token.clone();
        state.user_mut(JDOE).products.insert(token);
    });
    let report = world.outcome("offboard-users", people(&[JDOE]));
    assert_eq!(report["summary"]["done"], 1, "{report}");
    let mut state = world.platform.state();
    let id = state.user_mut(JDOE).id.clone();
    assert!(state.user_mut(JDOE).products.is_empty());
    assert!(state.keys_of(&id).is_empty());
}

/// Who had nothing when the list was planned.
#[test]
fn nothing_left_is_not_told_of_an_old_reading() {
    let world = World::new();
    world.platform.state().user_mut(TOKAFOR).products.clear();
    world.console.state().user_mut("tokafor").enabled = false;
    after_planning(&world, "/products", |state| {
        let token = state.product("OPS").product_token.clone();
        state.user_mut(TOKAFOR).products.insert(token);
    });
    let report = world.outcome("offboard-users", people(&[TOKAFOR]));
    assert_eq!(report["summary"]["already"], 0, "{report}");
    assert!(world.platform.state().user_mut(TOKAFOR).products.is_empty());
}

#[test]
fn who_becomes_an_administrator_meanwhile_is_a_conflict() {
    let world = World::new();
    after_planning(&world, "/products", |state| {
        state.user_mut(JDOE).platform_admin = true;
    });
    let (kind, message) = world.failure("offboard-users", people(&[JDOE]));
    assert_eq!(kind, "Conflict", "{message}");
    assert!(message.contains("platform_admin"), "{message}");
    assert!(!world.platform.state().user_mut(JDOE).products.is_empty());
}

#[test]
fn the_last_administrator_is_who_is_the_last_now() {
    let world = World::new();
    after_planning(&world, "/products", |state| {
        state.user_mut(MKOWALSKA).status = UserStatus::Disabled;
    });
    let (kind, message) = world.failure("offboard-users", people(&[NXADMIN]));
    assert_eq!(kind, "Refused", "{message}");
    assert!(message.contains("last active administrator"), "{message}");
    assert!(!world.platform.state().user_mut(NXADMIN).products.is_empty());
}

/// Right after the last thing was taken.
#[test]
fn a_key_that_is_made_during_a_suspension_is_an_error() {
    let world = World::new();
    let id = world.platform.state().user_mut(TOKAFOR).id.clone();
    let made = FaultKind::platform_change_after(move |state| {
        let mut key = state.api_keys[1].clone();
        key.id = "new".into();
        key.user_id = Some(id.clone());
        key.value = "new".into();
        state.api_keys.push(key);
    });
    let last = Fault::new(made).on("DELETE", "/products");
    world.platform.push_fault(last);
    let event = json!({"email": TOKAFOR});
    let (kind, message) = world.failure("suspend-platform-user", event.clone());
    assert_eq!(kind, "Conflict", "{message}");
    assert!(message.contains("api_keys should be []"), "{message}");
    let again = world.outcome("suspend-platform-user", event);
    assert_eq!(again["state"]["api_keys"], json!([]));
}

/// Before anything is given to it.
#[test]
fn a_new_account_that_is_not_as_wanted_gets_no_product() {
    let world = World::new();
    let other = FaultKind::platform_change_after(|state| {
        state.user_mut("jsmith@example.com").platform_admin = true;
    });
    world
        .platform
        .push_fault(Fault::new(other).on("POST", "/users"));
    let (kind, message) = world.failure("create-platform-user", jsmith());
    assert_eq!(kind, "Conflict", "{message}");
    assert!(message.contains("Already changed: created"), "{message}");
    assert_eq!(world.writes(), ["POST /account/api/1/users"]);
}

/// As if the key had been renewed, by another organization's.
#[test]
fn a_list_of_nobody_who_was_there_before_does_not_prove_that_somebody_is_gone() {
    let world = World::new();
    let elsewhere = FaultKind::platform_change_after(|state| {
        state.users = vec![PlatformUser::new("a@example.org", "A", "Stranger")];
    });
    world
        .platform
        .push_fault(Fault::new(elsewhere).on("DELETE", "/users"));
    let function = world.allowed_function("delete-platform-user");
    let event = world.usual_event("delete-platform-user");
    let error = function.invoke(&event).result.expect_err("not proven");
    let message = error.error_message;
    assert_eq!(error.error_type, "Unauthorized", "{message}");
    assert!(message.contains("another organization's"), "{message}");
}

/// What the platform calls the writes for one person is not told of another.
#[test]
fn correlation_ids_are_those_of_the_person_alone() {
    let world = World::new();
    let function = world.function("offboard-users");
    let event = people(&[JDOE, TOKAFOR, "contractor@example.com"]);
    function.invoke(&event).result.expect("done");
    let logs = function.logs();
    let records = logs
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let records = records.filter(|record: &Value| record["audit"] == "after");
    let told = records.filter_map(|record| {
        let ids = record["record"]["correlation_ids"].as_array()?.clone();
        Some(
            ids.iter()
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        )
    });
    let told: Vec<Vec<String>> = told.filter(|ids: &Vec<String>| !ids.is_empty()).collect();
    assert!(told.len() > 1, "{logs}");
    let mut told = told.concat();
    told.sort();
    let requests = world.platform.requests();
    let writes = requests.iter().filter(|request| request.is_write());
    let mut sent: Vec<String> = writes.filter_map(|r| r.correlation_id.clone()).collect();
    sent.sort();
    assert_eq!(told, sent);
}

/// The first of the two may still arrive.
#[test]
fn a_write_that_broke_on_the_way_twice_may_have_been_carried_out() {
    let lost = Fault::new(FaultKind::status(502)).times(2);
    let world = World::new();
    world.push_fault(
        "suspend-platform-user",
        &lost.clone().on("DELETE", "/api-keys"),
    );
    world.push_fault("disable-user", &lost.on("PUT", "/users"));
    for operation in ["suspend-platform-user", "disable-user"] {
        let event = world.usual_event(operation);
        let (_, message) = world.failure(operation, event);
        assert!(message.contains("reads as before"), "{message}");
        assert!(message.contains("is not known"), "{operation}: {message}");
    }
}
