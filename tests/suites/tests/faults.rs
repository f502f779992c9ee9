//! Every operation against every common fault: the right error, and nothing changed.

use std::time::Duration;

use fake_console::{Fault, FaultKind};
use serde_json::{Value, json};
use suites::{World, jsmith};

/// Every operation, so that its first request is the one that fails.
fn operations() -> [(&'static str, Value); 6] {
    [
        ("list-users", json!({})),
        ("get-user", json!({"user_id": 4})),
        ("create-user", jsmith()),
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

/// Whatever happens to a write, and to the reading back after it: the run succeeds, or running it
/// again does, and the console ends up as it does without a fault. A POST is never sent twice by
/// one run.
#[test]
fn a_fault_at_any_write_or_read_back_ends_in_the_same_state() {
    for_each_operation(|operation, event| {
        let undisturbed = World::new();
        let _ = undisturbed.outcome(operation, event.clone());
        let expected = undisturbed.console.state().snapshot();
        let write = undisturbed.console.requests();
        let Some(write) = write.into_iter().find(|request| request.is_write()) else {
            return;
        };
        let limited = || limited("0");
        let at_write = [
            limited(),
            FaultKind::status(500),
            FaultKind::status(502),
            FaultKind::status(503),
            FaultKind::status(504),
            FaultKind::StatusAfter { status: 500 },
            FaultKind::StatusAfter { status: 502 },
            FaultKind::StatusAfter { status: 503 },
            FaultKind::StatusAfter { status: 504 },
            FaultKind::Html { status: 200 },
            FaultKind::HtmlAfter,
            FaultKind::BadJson,
            FaultKind::CutJson,
            FaultKind::CutBody,
            FaultKind::ResetBefore,
            FaultKind::ResetAfter,
            FaultKind::Slow(Duration::from_millis(50)),
        ];
        let at_write = at_write.map(|kind| Fault::new(kind).on(&write.method, &write.path));
        // Reading back comes after at least one read; the path fits all of them.
        let at_read_back = [
            limited(),
            FaultKind::status(500),
            FaultKind::status(503),
            FaultKind::Html { status: 200 },
            FaultKind::CutJson,
            FaultKind::ResetAfter,
        ];
        let reads = undisturbed.console.requests();
        let reads = reads.iter().filter(|r| r.authorized_as.is_some());
        let before = reads.take_while(|r| !r.is_write()).count();
        let before = u32::try_from(before).expect("few");
        let at_read_back =
            at_read_back.map(|kind| Fault::new(kind).on("GET", "/users").skip(before));
        for fault in at_write.into_iter().chain(at_read_back) {
            let world = World::new();
            let shown = format!("{operation} with {fault:?}");
            world.console.push_fault(fault);
            let function = world.function(operation);
            let first = function.invoke(event).result;
            let posts = world.writes();
            let posts = posts.iter().filter(|write| *write == "POST /api/3/users");
            let limited = shown.contains("429");
            assert!(posts.count() <= 1 + usize::from(limited), "{shown}");
            if let Err(error) = first {
                let kind = error.error_type.as_str();
                let again = ["Unavailable", "Indeterminate", "RateLimited", "Conflict"];
                assert!(again.contains(&kind), "{shown}: {}", error.error_message);
                let second = function.invoke(event).result;
                second.unwrap_or_else(|error| panic!("{shown}, again: {error:?}"));
            }
            assert_eq!(world.console.state().snapshot(), expected, "{shown}");
            world.console.clear_faults();
        }
    });
}

/// The console publishes no rate limits: requests are counted, and none is wasted.
#[test]
fn no_operation_wastes_a_request() {
    for (operation, event) in operations() {
        let world = World::new();
        let _ = world.invoke(operation, event).result.expect(operation);
        let expected: &[&str] = match operation {
            "list-users" => &["GET /api/3/users"],
            "get-user" => &["GET /api/3/users/4"],
            "create-user" => &[
                "GET /api/3/users",
                "GET /api/3/roles",
                "POST /api/3/users",
                "GET /api/3/users/16",
            ],
            "unlock-user" => &[
                "GET /api/3/users",
                "GET /api/3/users/14",
                "DELETE /api/3/users/14/lock",
                "GET /api/3/users/14",
            ],
            // With individual sites, which the console drops; asset groups are read, and empty.
            "enable-user" => &[
                "GET /api/3/users",
                "GET /api/3/users/15",
                "GET /api/3/users/15/asset_groups",
                "GET /api/3/users/15/sites",
                "PUT /api/3/users/15",
                "GET /api/3/users/15",
                "GET /api/3/users/15/asset_groups",
                "GET /api/3/users/15/sites",
                "PUT /api/3/users/15/sites",
                "GET /api/3/users/15/sites",
            ],
            // Its requests are in disable_user.rs.
            _ => continue,
        };
        let mut requests = world.requests();
        let mut expected = expected.to_vec();
        // Independent ones arrive in any order.
        requests.sort();
        expected.sort_unstable();
        assert_eq!(requests, expected, "{operation}");
    }
}
