//! The Insight Platform when it, or the way to it, fails: lost answers, runs that are killed, and rate
//! limits.

use std::thread;
use std::time::{Duration, Instant};

use fake_console::{Fault, FaultKind, PlatformState, RateLimit};
use serde_json::{Value, json};
use suites::platform::{JDOE, jsmith, writing};
use suites::{World, differing, for_each};

fn authorized(world: &World) -> usize {
    let requests = world.platform.requests();
    let authorized = requests.iter().filter(|r| r.authorized_as.is_some());
    authorized.count()
}

/// How an operation ends undisturbed, and how many requests that takes.
fn undisturbed(operation: &str) -> (Value, usize) {
    let world = World::new();
    let function = world.allowed_function(operation);
    let event = world.usual_event(operation);
    function.invoke(&event).result.expect(operation);
    (world.snapshot(), authorized(&world))
}

#[test]
fn a_run_that_is_killed_at_any_request_is_finished_by_running_it_again() {
    let writing = writing();
    let cases = writing.into_iter().flat_map(|operation| {
        let (ended, requests) = undisturbed(operation);
        let kinds = [FaultKind::Hang, FaultKind::HangAfter];
        let cases = (0..requests).flat_map(move |at| kinds.clone().map(|kind| (at, kind)));
        cases.map(move |(at, kind)| (operation, ended.clone(), at, kind))
    });
    let cases: Vec<_> = cases.collect();
    for_each(&cases, |(operation, ended, at, kind)| {
        let world = World::new();
        let shown = format!("{operation} with {kind:?} at request {at}");
        let function = world.allowed_function(operation);
        let event = world.usual_event(operation);
        let at = u32::try_from(*at).expect("few");
        // Those that are sent at the same time hang too.
        let hang = Fault::new(kind.clone()).skip(at).times(3);
        world.push_fault(operation, &hang);
        thread::scope(|scope| {
            let run = scope.spawn(|| function.invoke(&event));
            while authorized(&world) <= at as usize {
                assert!(!run.is_finished(), "{shown}: ended");
                thread::sleep(Duration::from_millis(2));
            }
            function.kill();
            let killed = run.join().expect("ended").result;
            killed.expect_err("killed");
        });
        world.clear_faults();
        world.clear_requests();
        let again = world.allowed_function(operation).invoke(&event).result;
        again.unwrap_or_else(|error| panic!("{shown}, again: {error:?}"));
        let different = differing(&world.snapshot(), ended);
        assert!(different.is_empty(), "{shown}: {different:#?}");
        let posted = world.times_written("POST /account/api/1/users");
        assert!(posted <= 1, "{shown}: {posted}");
    });
}

#[test]
fn a_write_whose_answer_is_lost_is_looked_at_and_not_repeated() {
    let kinds = [
        FaultKind::ResetAfter,
        FaultKind::StatusAfter { status: 500 },
        FaultKind::StatusAfter { status: 502 },
        FaultKind::StatusAfter { status: 504 },
        FaultKind::HtmlAfter,
    ];
    let writing = writing();
    let cases = writing
        .iter()
        .flat_map(|operation| kinds.iter().map(move |kind| (*operation, kind.clone())));
    let cases: Vec<_> = cases.collect();
    for_each(&cases, |(operation, kind)| {
        let world = World::new();
        let shown = format!("{operation} with {kind:?}");
        let (ended, _) = undisturbed(operation);
        for method in ["POST", "PATCH", "DELETE"] {
            let lost = Fault::new(kind.clone()).on(method, "/account/api/1/");
            world.push_fault(operation, &lost);
        }
        let function = world.allowed_function(operation);
        let event = world.usual_event(operation);
        let outcome = function.invoke(&event).result;
        let outcome = outcome.unwrap_or_else(|error| panic!("{shown}: {error:?}"));
        assert_eq!(outcome["changed"], true, "{shown}");
        let warnings = outcome["warnings"].to_string();
        assert!(
            warnings.contains("an answer was lost"),
            "{shown}: {warnings}"
        );
        let mut writes = world.writes();
        let sent = writes.len();
        writes.dedup();
        assert_eq!(writes.len(), sent, "{shown}: {writes:?}");
        assert!(differing(&world.snapshot(), &ended).is_empty(), "{shown}");
        world.clear_faults();
    });
}

/// Nobody knows whether it will still arrive: never a second POST.
#[test]
fn a_new_account_that_does_not_show_is_not_created_again() {
    for kind in [FaultKind::ResetBefore, FaultKind::status(502)] {
        let world = World::new();
        let lost = Fault::new(kind).on("POST", "/users");
        world.push_fault("create-platform-user", &lost);
        let function = world.function("create-platform-user");
        let error = function.invoke(&jsmith()).result.expect_err("not known");
        assert_eq!(error.error_type, "Indeterminate", "{}", error.error_message);
        assert!(error.error_message.contains("not known"));
        assert_eq!(world.times_written("POST /account/api/1/users"), 1);
        let again = function.invoke(&jsmith()).result.expect("created");
        assert_eq!(again["changed"], true);
    }
}

#[test]
fn a_write_that_gets_no_answer_ends_before_the_deadline_and_tells_what_was_done() {
    let world = World::new();
    // The second product.
    let hang = Fault::new(FaultKind::Hang)
        .on("DELETE", "/products")
        .skip(1);
    world.platform.push_fault(hang);
    let function = world.function("suspend-platform-user");
    let limit = Duration::from_secs(5);
    let answer = function.invoke_with_deadline(&json!({"email": JDOE}), limit);
    let error = answer.result.expect_err("hung");
    assert!(answer.duration < limit, "{:?}", answer.duration);
    assert_eq!(error.error_type, "Indeterminate", "{}", error.error_message);
    let message = error.error_message;
    assert!(
        message.contains("Already changed: delete the API key"),
        "{message}"
    );
    assert!(
        message.contains("perhaps more, which is not known"),
        "{message}"
    );
    let again = function
        .invoke(&json!({"email": JDOE}))
        .result
        .expect("done");
    assert_eq!(again["state"]["products"], json!([]));
}

/// What was done is told, with the names by which the platform's support finds the writes.
#[test]
fn an_error_in_the_middle_says_what_was_done_before_it() {
    let world = World::new();
    let refused = Fault::new(FaultKind::status(409))
        .on("DELETE", "/products")
        .skip(1);
    world.platform.push_fault(refused);
    let function = world.function("suspend-platform-user");
    let error = function.invoke(&json!({"email": JDOE})).result;
    let error = error.expect_err("refused");
    assert_eq!(error.error_type, "Refused", "{}", error.error_message);
    let message = error.error_message;
    for told in [
        "take away access to the product IDR",
        "correlation id",
        "Already changed: delete the API key",
        "take away access to the product IVM",
    ] {
        assert!(message.contains(told), "{told}: {message}");
    }
    let logs = function.logs();
    let after = logs
        .lines()
        .find(|line| line.contains("\"audit\":\"after\""));
    let after: Value = serde_json::from_str(after.expect("a record")).expect("JSON");
    let error = &after["record"]["error"];
    let requests = world.platform.requests();
    let ids = requests.iter().filter(|request| request.is_write());
    let ids: Vec<_> = ids.map(|request| request.correlation_id.clone()).collect();
    assert_eq!(error["correlation_ids"], json!(ids));
    assert_eq!(error["correlation_id"], json!(ids[2]));
    assert_eq!(error["changed"].as_array().expect("changes").len(), 2);
}

fn limited(world: &World, limit: u32, window: Duration, headers: bool) {
    world.platform.state().rate_limit = RateLimit {
        limit,
        window,
        headers,
        ..RateLimit::default()
    };
}

fn refused_for_rate(world: &World) -> usize {
    let requests = world.platform.requests();
    let refused = requests
        .iter()
        .filter(|request| request.status == Some(429));
    refused.count()
}

#[test]
fn a_rate_limit_that_is_told_is_never_hit() {
    for_each(&writing(), |operation| {
        let world = World::new();
        limited(&world, 5, Duration::from_secs(2), true);
        let function = world.allowed_function(operation);
        let event = world.usual_event(operation);
        for _ in 0..2 {
            function.invoke(&event).result.expect(operation);
        }
        assert_eq!(refused_for_rate(&world), 0, "{operation}");
    });
}

#[test]
fn a_wait_past_the_deadline_is_told_and_nothing_is_sent() {
    for room in [1, 3] {
        let world = World::new();
        let before = world.snapshot();
        limited(&world, room, Duration::from_secs(60), true);
        let function = world.function("suspend-platform-user");
        let limit = Duration::from_secs(10);
        let answer = function.invoke_with_deadline(&json!({"email": JDOE}), limit);
        let error = answer.result.expect_err("limited");
        assert_eq!(error.error_type, "RateLimited", "{}", error.error_message);
        let message = error.error_message;
        assert!(message.contains("The server asks to wait"), "{message}");
        assert!(message.contains("Nothing was changed"), "{message}");
        assert!(
            answer.duration < Duration::from_secs(3),
            "{:?}",
            answer.duration
        );
        assert_eq!(refused_for_rate(&world), 0);
        assert_eq!(world.writes(), Vec::<String>::new());
        assert_eq!(world.snapshot(), before);
    }
}

#[test]
fn a_rate_limit_that_nobody_tells_is_waited_out() {
    let world = World::new();
    limited(&world, 4, Duration::from_millis(300), false);
    let outcome = world.outcome("suspend-platform-user", json!({"email": JDOE}));
    assert_eq!(outcome["changed"], true);
    assert!(refused_for_rate(&world) > 0);
}

/// Five requests a window, and everything is read and written by them: the limit does not make a run
/// fail in the middle as long as there is time.
#[test]
fn waiting_for_the_limit_takes_as_long_as_it_has_to_and_no_longer() {
    let world = World::new();
    limited(&world, 5, Duration::from_secs(2), true);
    let started = Instant::now();
    let outcome = world.outcome("suspend-platform-user", json!({"email": JDOE}));
    assert_eq!(outcome["changed"], true);
    let sent = authorized(&world);
    assert_eq!(sent, 10);
    let took = started.elapsed();
    assert!(took < Duration::from_secs(8), "{took:?}");
}

/// Nothing else of the platform changes, whatever happens to the requests.
#[test]
fn reads_that_fail_change_nothing() {
    for operation in [
        "get-platform-user",
        "list-platform-api-keys",
        "test-platform-connection",
    ] {
        let world = World::new();
        let before: PlatformState = world.platform.state().clone();
        let cut = Fault::new(FaultKind::CutJson);
        world.platform.push_fault(cut);
        let (kind, message) = world.failure(operation, world.usual_event(operation));
        assert_eq!(kind, "Unavailable", "{operation}: {message}");
        assert_eq!(world.platform.state().snapshot(), before.snapshot());
    }
}
