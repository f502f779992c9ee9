//! Every operation against every common fault: the right error, and nothing changed.

use std::time::Duration;

use fake_console::{Fault, FaultKind};
use serde_json::{Value, json};
use suites::World;

/// Every operation, so that its first request is the one that fails.
fn operations() -> [(&'static str, Value); 6] {
    let new = json!({
        "login": "jsmith", "name": "John Smith", "email": "jsmith@example.com",
        "role_id": "user", "password": "S3cur3!pass",
    });
    [
        ("list-users", json!({})),
        ("get-user", json!({"user_id": 4})),
        ("create-user", new),
        ("unlock-user", json!({"login": "rmartinez"})),
        ("enable-user", json!({"login": "ext.pentest"})),
        ("disable-user", json!({"user_id": 4})),
    ]
}

fn limited(retry_after: &str) -> FaultKind {
    FaultKind::Status {
        status: 429,
        retry_after: Some(retry_after.into()),
        message: "slow down".into(),
    }
}

#[test]
fn the_operations_here_are_all_that_there_are() {
    let registered = actions::ALL.iter().map(|entry| entry.operation.spec.name);
    let tested = operations().map(|(name, _)| name);
    assert_eq!(registered.collect::<Vec<_>>(), tested);
}

/// All operations at once: most of the time is spent waiting to send again.
fn for_each_operation(test: impl Fn(&str, &Value) + Sync) {
    std::thread::scope(|scope| {
        for (operation, event) in operations() {
            let test = &test;
            scope.spawn(move || test(operation, &event));
        }
    });
}

/// Faults that pass are waited out.
#[test]
fn a_passing_fault_is_waited_out() {
    for_each_operation(|operation, event| {
        for kind in [
            limited("0"),
            limited("1"),
            FaultKind::status(502),
            FaultKind::status(503),
            FaultKind::status(504),
            FaultKind::ResetBefore,
            FaultKind::ResetAfter,
            FaultKind::CutBody,
            FaultKind::Slow(Duration::from_millis(50)),
        ] {
            let world = World::new();
            let shown = format!("{operation} with {kind:?}");
            world.console.push_fault(Fault::new(kind));
            let answer = world.invoke(operation, event.clone()).result;
            let answer = answer.unwrap_or_else(|error| panic!("{shown}: {error:?}"));
            if let Some(changed) = answer.get("changed") {
                assert_eq!(*changed, true, "{shown}");
            }
        }
    });
}

/// Faults that don't pass end in an error of the right kind, and nothing is changed.
#[test]
fn a_lasting_fault_is_told_by_kind_and_nothing_is_changed() {
    for_each_operation(|operation, event| {
        for (kind, times, told) in [
            (limited("9999"), 1, "RateLimited"),
            (FaultKind::status(400), 1, "Unexpected"),
            (FaultKind::status(401), 1, "Unauthorized"),
            (FaultKind::status(403), 1, "Unauthorized"),
            (FaultKind::status(500), 1, "Unavailable"),
            (FaultKind::status(503), 5, "Unavailable"),
            (FaultKind::Html { status: 200 }, 1, "Unavailable"),
            (FaultKind::Html { status: 401 }, 1, "Unauthorized"),
            (FaultKind::Html { status: 503 }, 5, "Unavailable"),
            (FaultKind::BadJson, 1, "Unavailable"),
            (FaultKind::CutJson, 1, "Unavailable"),
            (FaultKind::ResetBefore, 5, "Unavailable"),
        ] {
            let world = World::new();
            let before = world.console.state().snapshot();
            let shown = format!("{operation} with {kind:?}");
            world.console.push_fault(Fault::new(kind).times(times));
            let answer = world.invoke(operation, event.clone()).result;
            let error = answer.expect_err(&shown);
            assert_eq!(error.error_type, told, "{shown}: {}", error.error_message);
            let told_nothing = error.error_message.contains("Nothing was changed");
            assert!(told_nothing, "{shown}: {}", error.error_message);
            assert_eq!(world.console.state().snapshot(), before, "{shown}");
        }
    });
}

#[test]
fn an_absurd_retry_after_is_reported_and_not_waited_for() {
    let world = World::new();
    world.console.push_fault(Fault::new(limited("999999999")));
    let answer = world.invoke("get-user", json!({"user_id": 4}));
    let error = answer.result.expect_err("limited");
    assert_eq!(error.error_type, "RateLimited");
    assert!(
        error.error_message.contains("asks to wait 3600 s"),
        "{}",
        error.error_message
    );
    assert!(answer.duration < Duration::from_secs(2));
}

/// A 2xx of any kind is success; so is an empty body.
#[test]
fn writes_without_content_in_the_answer_are_success() {
    let world = World::new();
    world.console.state().no_content_on_write = true;
    let outcome = world.outcome("disable-user", json!({"user_id": 4}));
    assert_eq!(outcome["changed"], true);
    assert_eq!(outcome["warnings"], json!([]));
}

#[test]
fn an_error_body_may_tell_its_status_as_text() {
    let world = World::new();
    world.console.state().error_status_as_string = true;
    let (kind, _) = world.failure("get-user", json!({"user_id": 4711}));
    assert_eq!(kind, "NotFound");
}
