//! Functions that end without an answer, and what Lambda itself says: told by what may have been done.

use std::time::{Duration, Instant};

use fake_console::{Fault, FaultKind};
use harness::Function;
use serde_json::json;
use suites::World;
use suites::gateway::{post, reply};

use crate::api::Api;

/// A write whose function ended without an answer may have been carried out; a read was not.
#[test]
fn a_function_that_ends_without_an_answer_is_told_by_what_it_may_have_done() {
    for (error_type, message, told) in [
        (
            "Runtime.ExitError",
            "Runtime exited with error: signal: killed canary",
            "(Runtime.ExitError)",
        ),
        (
            "Sandbox.Timedout",
            "Task timed out after 30.00 seconds",
            "ran out of the time",
        ),
        // Older runtimes have no type.
        (
            "",
            "2026-01-02T03:04:05Z 1-2-3 Task timed out after 3.00 seconds",
            "ran out of the time",
        ),
        ("Whatever", "canary", "(Whatever)"),
    ] {
        let dry = json!({"login": "jdoe", "dry_run": true});
        for (operation, input, status, kind) in [
            (
                "disable-user",
                json!({"login": "jdoe"}),
                504,
                "Indeterminate",
            ),
            ("disable-user", dry, 503, "Unavailable"),
            ("get-user", json!({"login": "jdoe"}), 503, "Unavailable"),
        ] {
            let reply = Api::failing(operation, error_type, message).post(operation, input);
            let detail = reply.body["detail"].as_str().expect("a detail");
            assert_eq!(
                (reply.status, &reply.body["kind"]),
                (status, &kind.into()),
                "{detail}"
            );
            assert!(
                detail.contains(told) && !detail.contains("canary"),
                "{detail}"
            );
            let may = "it may have been carried out";
            assert_eq!(detail.contains(may), status == 504, "{detail}");
            assert_eq!(detail.contains("it reads first"), status == 504, "{detail}");
        }
    }
    let api = Api::failing("list-users", "Function.ResponseSizeTooLarge", "canary");
    let reply = api.post("list-users", json!({}));
    assert_eq!((reply.status, &reply.body["retry"]), (500, &"no".into()));
    let detail = reply.body["detail"].as_str().expect("a detail");
    assert!(
        detail.contains("6 MB") && detail.contains("ask for less"),
        "{detail}"
    );
}

/// A real process that dies in the middle of a write.
#[test]
fn a_function_that_is_killed_in_the_middle_is_not_told_as_done_or_as_failed() {
    let world = World::new();
    let api = Api::new();
    let function = world.function("disable-user");
    let pid = function.pid();
    api.lambda.add("acme-disable-user", function);
    let slow = FaultKind::Slow(Duration::from_secs(5));
    world
        .console
        .push_fault(Fault::new(slow).on("PUT", "/users/4"));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while world.writes().is_empty() {
                std::thread::sleep(Duration::from_millis(5));
            }
            let kill = std::process::Command::new("kill")
                .args(["-9", &pid.to_string()])
                .status();
            assert!(kill.expect("kill starts").success());
        });
        let reply = api.post("disable-user", json!({"user_id": 4}));
        assert_eq!(
            (reply.status, &reply.body["retry"]),
            (504, &"run-again".into())
        );
    });
    assert_eq!(api.lambda.invoked().len(), 1);
}

#[test]
fn lambdas_own_refusals_are_told_to_whom_they_concern() {
    let api = Api::new();
    // No function at all: not 404, which would be an account that does not exist.
    let reply = api.post("disable-user", json!({"login": "jdoe"}));
    let detail = reply.body["detail"].as_str().expect("a detail");
    assert_eq!(
        (reply.status, &reply.body["type"]),
        (501, &"about:blank".into())
    );
    assert!(
        detail.contains("acme-disable-user: this deployment has no function"),
        "{detail}"
    );
    assert!(detail.contains("Nothing was changed"), "{detail}");

    let world = World::new();
    let api = Api::with(&world, &["disable-user"]);
    api.lambda.throttle("acme-disable-user");
    let reply = api.post("disable-user", json!({"login": "jdoe"}));
    assert_eq!(
        (reply.status, &reply.body["kind"]),
        (429, &"RateLimited".into())
    );
    assert_eq!(reply.headers["retry-after"], "10");
    assert_eq!(api.lambda.invoked(), []);
    api.lambda.unthrottle("acme-disable-user");
    assert_eq!(
        api.post("disable-user", json!({"login": "jdoe"})).status,
        200
    );
}

/// Answers of Lambda that the stand-in has none of, byte by byte.
#[test]
fn what_lambda_answers_is_sent_once_and_told_by_its_code() {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    let refusal = |status: &str, code: &str, more: &str| {
        format!(
            "HTTP/1.1 {status}\r\nx-amzn-errortype: {code}\r\n{more}connection: close\r\n\
             content-length: 2\r\n\r\n{{}}"
        )
    };
    let denied = refusal("403 Forbidden", "AccessDeniedException", "");
    let expired = refusal("403 Forbidden", "ExpiredTokenException", "");
    let limited = refusal(
        "429 Too Many",
        "TooManyRequestsException",
        "retry-after: 3\r\n",
    );
    let broken = refusal("500 Internal", "ServiceException", "");
    let no_network = refusal("502 Bad Gateway", "ENILimitReachedException", "");
    for (answer, status, words) in [
        (denied, 424, "allow lambda:InvokeFunction"),
        (expired, 424, "ExpiredTokenException"),
        (limited, 429, "The server asks to wait 3 s."),
        (broken, 504, "it may have been carried out"),
        (
            no_network,
            503,
            "could not start it (ENILimitReachedException)",
        ),
        // The connection breaks where the request was read.
        (String::new(), 504, "the connection to Lambda broke"),
    ] {
        let times = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&times);
        let url = suites::serve(move |_| {
            count.fetch_add(1, Ordering::Relaxed);
            answer.clone()
        });
        let function = started(&url);
        let event = post("disable-user", &json!({"login": "jdoe"}));
        let reply = reply(function.invoke(&event));
        let detail = reply.body["detail"].as_str().expect("a detail");
        assert_eq!(reply.status, status, "{detail}");
        assert!(detail.contains(words), "{detail}");
        assert_eq!(times.load(Ordering::Relaxed), 1, "{detail}");
    }
    // Nobody there: nothing was sent.
    let reply = reply(started("http://127.0.0.1:9").invoke(&post("disable-user", &json!({}))));
    assert_eq!(
        (reply.status, &reply.body["kind"]),
        (503, &"Unavailable".into())
    );
}

fn started(url: &str) -> Function {
    let environment = [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
        ("AWS_REGION", harness::REGION),
        ("RAPID7_FUNCTION_PREFIX", "acme-"),
    ];
    Function::start(&harness::binary("http-api"), &environment)
}

/// API Gateway ends at 29 s, whatever has become of the function.
#[test]
fn waiting_ends_before_api_gateways_does() {
    let api = Api::new();
    for operation in ["disable-user", "get-user"] {
        api.lambda.add_with(&format!("acme-{operation}"), |_| {
            std::thread::sleep(Duration::from_secs(8));
            Ok(json!({}))
        });
    }
    let waited = |operation: &str, seconds: u64| {
        let mut event = post(operation, &json!({"login": "jdoe"}));
        let arrived = &mut event["requestContext"]["requestTimeEpoch"];
        *arrived = (arrived.as_u64().expect("a time") - seconds * 1000).into();
        event
    };
    let started = Instant::now();
    let write = api.send(&waited("disable-user", 25));
    let took = started.elapsed();
    assert!(
        took > Duration::from_secs(1) && took < Duration::from_secs(4),
        "{took:?}"
    );
    assert_eq!(
        (write.status, &write.body["kind"]),
        (504, &"Indeterminate".into())
    );
    let detail = write.body["detail"].as_str().expect("a detail");
    assert!(detail.contains("may still go on"), "{detail}");
    assert_eq!(write.headers["retry-after"], "60");
    let read = api.send(&waited("get-user", 25));
    assert_eq!(read.status, 503);
    // As long as the function may still go on: sooner, there would be two of it.
    assert_eq!(read.headers["retry-after"], "60");
    // Nothing is begun that nobody could be told of.
    let invoked = api.lambda.invoked().len();
    let late = api.send(&waited("disable-user", 27));
    assert_eq!(
        (late.status, &late.body["kind"]),
        (503, &"Unavailable".into())
    );
    assert_eq!(api.lambda.invoked().len(), invoked);
    // The function's own deadline counts too.
    let event = post("disable-user", &json!({}));
    let limit = Duration::from_secs(2);
    let reply = reply(api.function.invoke_with_deadline(&event, limit));
    assert_eq!(reply.status, 504);
}

/// Lambda passes on 6 MB at most: what is longer is not read, and what it answers to may be done.
#[test]
fn an_answer_that_is_too_long_is_not_read() {
    for (operation, told) in [
        ("disable-user", "audit records"),
        ("list-users", "ask for less"),
    ] {
        let api = Api::new();
        let long = json!("x".repeat(9 * 1024 * 1024));
        let name = format!("acme-{operation}");
        api.lambda.add_with(&name, move |_| Ok(long.clone()));
        let input = match operation {
            "list-users" => json!({}),
            _ => json!({"login": "jdoe"}),
        };
        let reply = api.post(operation, input);
        let detail = reply.body["detail"].as_str().expect("a detail");
        assert_eq!(
            (reply.status, &reply.body["retry"]),
            (500, &"no".into()),
            "{detail}"
        );
        assert!(
            detail.contains("longer than the 6 MB") && detail.contains(told),
            "{detail}"
        );
    }
}
