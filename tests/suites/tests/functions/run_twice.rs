//! Every operation that writes, twice with the same event: it changes what it says, nothing else, and
//! only once.

use actions::Effect;
use fake_console::{Locale, WireForm};
use serde_json::{Value, json};
use suites::example::forms;
use suites::trace::{Watch, expected_changes};
use suites::{World, for_each, without};

/// The operations that write, in both wire forms where there are two.
fn writing() -> Vec<(&'static str, WireForm)> {
    let writing = actions::ALL
        .iter()
        .filter(|entry| entry.operation.spec.effect != Effect::Read);
    let writing = writing.flat_map(|entry| {
        let name = entry.operation.spec.name;
        forms(entry).iter().map(move |form| (name, *form))
    });
    writing.collect()
}

/// What it says is in a file that people review. The rest of each account is as it was: whatever a run
/// dropped on the way must be there again.
#[test]
fn the_same_event_twice_changes_what_it_says_and_only_once() {
    for_each(&writing(), |(operation, form)| {
        let shown = format!("{operation} in the form {form:?}");
        let world = World::speaking(*form);
        let function = world.allowed_function(operation);
        let event = world.usual_event(operation);
        let watch = Watch::new(&world.console, &world.platform);
        let changes = || watch.changes(&world.delivered());
        let intended = expected_changes(operation);
        assert_ne!(intended, Vec::<String>::new(), "{shown}");
        let first = function.invoke(&event).result.expect(&shown);
        assert_eq!(first["changed"], true, "{shown}");
        assert_ne!(first["changes"], json!([]), "{shown}");
        assert_eq!(changes(), intended, "{shown}");

        world.clear_requests();
        let second = function.invoke(&event).result.expect(&shown);
        for (member, nothing) in [
            ("changed", json!(false)),
            ("plan", json!([])),
            ("changes", json!([])),
        ] {
            assert_eq!(second[member], nothing, "{shown}: {member}");
        }
        assert_eq!(world.writes(), Vec::<String>::new(), "{shown}");
        assert_eq!(changes(), intended, "{shown}, again");
    });
}

#[test]
fn a_dry_run_shows_the_same_plan_and_changes_and_writes_nothing() {
    for_each(&writing(), |(operation, form)| {
        let shown = format!("{operation} in the form {form:?}");
        let world = World::speaking(*form);
        let before = world.snapshot();
        let function = world.allowed_function(operation);
        let event = world.usual_event(operation);
        let dry = suites::with(event.clone(), json!({"dry_run": true}));
        let dry = function.invoke(&dry).result.expect(&shown);
        assert_eq!(dry["changed"], false, "{shown}");
        assert_eq!(dry["dry_run"], true, "{shown}");
        assert_eq!(world.writes(), Vec::<String>::new(), "{shown}");
        assert_eq!(world.snapshot(), before, "{shown}");
        assert_eq!(world.delivered(), "old", "{shown}");
        let calls = world.secrets.calls();
        let staged = calls.iter().any(|call| call.starts_with("PutSecretValue"));
        assert!(!staged, "{shown}: {calls:?}");
        let done = function.invoke(&event).result.expect(&shown);
        assert_eq!(dry["plan"], done["plan"], "{shown}");
        // What follows from it, such as a role's name, is read back too; what no console shows is not.
        let happened = fields(&done);
        let user = done["subject"]["user_id"].as_i64();
        let user = user.and_then(|id| world.console.state().user_json(id));
        let hidden = |field: &Value| {
            let pointer = format!("/{}", field[0].as_str().expect("a field").replace('.', "/"));
            user.as_ref()
                .is_some_and(|user| user.pointer(&pointer).is_none())
        };
        for field in fields(&dry) {
            let told = happened.contains(&field) || hidden(&field);
            assert!(told, "{shown}: {field}");
        }
    });
}

fn fields(outcome: &Value) -> Vec<Value> {
    let changes = outcome["changes"].as_array().expect("changes");
    let field = |change: &Value| json!([change["field"], change["after"]]);
    changes.iter().map(field).collect()
}

/// No console tells a password, so there is no telling whether it is the one that is wanted.
#[test]
fn a_password_that_is_given_is_set_each_time() {
    for form in [WireForm::Guide, WireForm::Vendor] {
        let world = World::speaking(form);
        let mut intended = world.console.state().clone();
        intended.user_mut("jdoe").password = "N3w!passphrase".into();
        let intended = intended.snapshot();
        let function = world.function("set-password");
        for _ in 0..2 {
            world.console.clear_requests();
            let event = json!({"user_id": 4, "password": "N3w!passphrase"});
            let outcome = function.invoke(&event).result.expect("set");
            assert_eq!(outcome["changed"], true);
            assert_eq!(world.times_written("PUT /api/3/users/4"), 1);
            assert_eq!(world.console.state().snapshot(), intended, "{form:?}");
        }
    }
}

/// Without a token of its own, each invocation is another request.
#[test]
fn a_password_generated_by_another_invocation_is_another_one() {
    let world = World::new();
    let function = world.function("set-password");
    let event = without(world.usual_event("set-password"), "request_token");
    let mut passwords = Vec::new();
    for _ in 0..2 {
        let outcome = function.invoke(&event).result.expect("set");
        assert_eq!(outcome["changed"], true);
        passwords.push(world.delivered()["password"].clone());
        let jdoe = world.console.state().user_mut("jdoe").clone();
        assert_eq!(world.delivered()["password"], jdoe.password.as_str());
        assert_eq!(jdoe.sites, [1, 2, 4].into());
        assert_eq!(jdoe.asset_groups, [1, 3].into());
    }
    assert_ne!(passwords[0], passwords[1]);
}

#[test]
fn an_account_that_is_gone_already_is_nothing_to_delete_and_said_so() {
    let world = World::new();
    let function = world.allowed_function("delete-user");
    let event = world.usual_event("delete-user");
    let first = function.invoke(&event).result.expect("deleted");
    assert_eq!(first["changed"], true);
    assert_eq!(first["state"], Value::Null);
    assert_eq!(first["warnings"], json!([]));
    let second = function.invoke(&event).result.expect("gone");
    assert_eq!(second["changed"], false);
    assert_eq!(second["state"], Value::Null);
    let warning = second["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("it is gone already"), "{warning}");
}

/// Locale has two members: clearing one leaves the other.
#[test]
fn what_is_cleared_is_cleared_alone() {
    for form in [WireForm::Guide, WireForm::Vendor] {
        let world = World::speaking(form);
        let event = json!({"user_id": 4, "locale": null});
        let outcome = world.outcome("update-user", event);
        assert_eq!(outcome["changed"], true);
        let locale = world.console.state().user_mut("jdoe").locale.clone();
        let left = Locale {
            default: None,
            reports: Some("fr-FR".into()),
        };
        assert_eq!(locale, Some(left), "{form:?}");
    }
}
