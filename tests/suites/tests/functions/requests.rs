//! Exactly which requests every operation sends. The console publishes no rate limits: none is
//! wasted. (What disabling costs in other cases is in `console/disable_user.rs`.)

use fake_console::{LoggedRequest, WireForm};
use serde_json::json;
use suites::trace::{self, Trace, Watch};
use suites::{World, for_each};

/// The functions themselves send and change what `cargo xtask generate` saw in its own process.
#[test]
fn no_operation_wastes_a_request() {
    for_each(actions::ALL, |entry| {
        let operation = entry.operation.spec.name;
        let world = World::new();
        let event = world.usual_event(operation);
        let function = world.allowed_function(operation);
        let watch = Watch::new(&world.console, &world.platform);
        let sent = || {
            function.invoke(&event).result.expect(operation);
            watch.sent()
        };
        let (first, again) = (sent(), sent());
        let changes = watch.changes(&world.delivered());
        for request in world.arrived() {
            assert_says_its_length(&request);
        }
        let trace = Trace {
            first,
            again,
            changes,
        };
        let expected = trace::expected(operation);
        assert_eq!(trace.to_string(), expected, "{operation}");
    });
}

/// Some front ends take a POST or PUT with a length only (RFC 9110); a DELETE without a body carries neither
/// length nor type (guide).
#[track_caller]
fn assert_says_its_length(request: &LoggedRequest) {
    let has_body = !request.text.is_empty();
    let length = match request.method.as_str() {
        "POST" | "PUT" | "PATCH" => Some(request.text.len().to_string()),
        _ => has_body.then(|| request.text.len().to_string()),
    };
    let line = format!("{} {}", request.method, request.path);
    assert_eq!(request.content_length, length, "{line}");
    assert_eq!(request.content_type.is_some(), has_body, "{line}");
}

/// The guide's form adds a list at once.
#[test]
fn single_grants_are_added_by_one_request_where_the_console_can() {
    for (operation, event) in [
        ("provision-user", json!({"sites": [1, "DMZ"]})),
        ("set-site-access", json!({"sites": [2, "Branch Offices"]})),
        ("disable-user", json!({})),
    ] {
        let world = World::speaking(WireForm::Guide);
        let event = suites::with(world.usual_event(operation), event);
        let outcome = world.outcome(operation, event);
        assert_eq!(outcome["changed"], true);
        let writes = world.writes();
        let posts = writes.iter().filter(|write| write.ends_with("/sites"));
        assert_eq!(posts.count(), 1, "{operation}: {writes:?}");
    }
}
