//! The function `http-api`, between API Gateway's events and the real functions of operations.

use std::time::{Duration, Instant};

use fake_console::{Fault, FaultKind};
use harness::{Function, FunctionError, LambdaService};
use serde_json::{Value, json};
use suites::World;
use suites::gateway::{API_KEY_ID, REQUEST_ID, Reply, SOURCE_IP, event, http_api, post, reply};

/// The table of the README.
const STATUSES: [(&str, i64); 10] = [
    ("InvalidInput", 400),
    ("Refused", 403),
    ("NotFound", 404),
    ("Conflict", 409),
    ("Ambiguous", 422),
    ("Unauthorized", 424),
    ("RateLimited", 429),
    ("Unexpected", 500),
    ("Unavailable", 503),
    ("Indeterminate", 504),
];

/// A deployment: Lambda with some functions, and `http-api`.
struct Api {
    lambda: LambdaService,
    function: Function,
}

impl Api {
    fn new() -> Self {
        let lambda = LambdaService::start();
        let function = http_api(&lambda);
        Self { lambda, function }
    }

    /// With the real functions of operations.
    fn with(world: &World, operations: &[&str]) -> Self {
        let api = Self::new();
        for operation in operations {
            let name = format!("acme-{operation}");
            api.lambda.add(&name, world.allowed_function(operation));
        }
        api
    }

    /// With a function that ends in this way, as Lambda tells it.
    fn failing(operation: &str, error_type: &str, message: &str) -> Self {
        let api = Self::new();
        let error = FunctionError {
            error_type: error_type.into(),
            error_message: message.into(),
            raw: match error_type {
                "" => json!({"errorMessage": message}),
                _ => json!({"errorType": error_type, "errorMessage": message}),
            },
        };
        let name = format!("acme-{operation}");
        api.lambda.add_with(&name, move |_| Err(error.clone()));
        api
    }

    fn send(&self, event: &Value) -> Reply {
        let reply = reply(self.function.invoke(event));
        assert_eq!(reply.headers["cache-control"], "no-store");
        assert_eq!(reply.headers["x-request-id"], REQUEST_ID);
        assert!(!reply.logs.contains("canary"), "{}", reply.logs);
        if reply.status != 200 {
            assert_eq!(reply.headers["content-type"], "application/problem+json");
            assert_eq!(reply.body["status"], reply.status);
            assert_eq!(reply.body["request_id"], REQUEST_ID);
        }
        reply
    }

    fn post(&self, operation: &str, input: Value) -> Reply {
        self.send(&post(operation, &input))
    }
}

#[test]
fn an_operation_answers_as_it_does_without_http() {
    let world = World::new();
    let api = Api::with(&world, &["disable-user", "get-user"]);
    let user = api.post("get-user", json!({"login": "jdoe"}));
    assert_eq!(user.status, 200);
    assert_eq!(user.headers["content-type"], "application/json");
    assert_eq!(
        user.body,
        world.outcome("get-user", json!({"login": "jdoe"}))
    );
    let done = api.post(
        "disable-user",
        json!({"login": "jdoe", "ticket": "OFF-1042"}),
    );
    assert_eq!((done.status, &done.body["changed"]), (200, &json!(true)));
    let invoked = api.lambda.invoked();
    assert_eq!(invoked[1].0, "acme-disable-user");
    assert_eq!(invoked[1].1["ticket"], "OFF-1042");
    // Behind a domain with a base path, and with a body in Base64.
    let mut again = event("POST", "/rapid7/v1/operations/disable-user", None);
    again["body"] = "eyJsb2dpbiI6ICJqZG9lIn0=".into();
    again["isBase64Encoded"] = true.into();
    let again = api.send(&again);
    assert_eq!((again.status, &again.body["changed"]), (200, &json!(false)));
}

#[test]
fn real_errors_have_the_status_of_their_kind() {
    let world = World::new();
    let api = Api::with(
        &world,
        &["disable-user", "get-user", "unlock-user", "list-users"],
    );
    world.console.state().user_mut("ext.pentest").locked = true;
    let meanwhile = FaultKind::change_after(|state| {
        state.user_mut("jdoe").role = "auditor".into();
    });
    let limited = FaultKind::Status {
        status: 429,
        retry_after: Some("3000".into()),
        message: String::new(),
    };
    let id = |id: i64| json!({"user_id": id});
    let login = |login: &str| json!({"login": login});
    let a_smith = json!({"email": "a.smith@example.com"});
    for (fault, operation, input, status, kind, retry) in [
        (
            None,
            "get-user",
            json!({"logn": "x"}),
            400,
            "InvalidInput",
            "no",
        ),
        (
            None,
            "unlock-user",
            login("ext.pentest"),
            403,
            "Refused",
            "no",
        ),
        (None, "get-user", id(4711), 404, "NotFound", "no"),
        (
            Some(Fault::new(meanwhile).on("PUT", "/users/4")),
            "disable-user",
            id(4),
            409,
            "Conflict",
            "run-again",
        ),
        (None, "get-user", a_smith, 422, "Ambiguous", "no"),
        (
            Some(Fault::new(limited)),
            "list-users",
            json!({}),
            429,
            "RateLimited",
            "yes",
        ),
        (
            Some(Fault::new(FaultKind::status(400))),
            "list-users",
            json!({}),
            500,
            "Unexpected",
            "no",
        ),
        (
            Some(Fault::new(FaultKind::BadJson)),
            "list-users",
            json!({}),
            503,
            "Unavailable",
            "yes",
        ),
        // Last, as refused credentials are not sent again for a minute.
        (
            Some(Fault::new(FaultKind::status(401))),
            "list-users",
            json!({}),
            424,
            "Unauthorized",
            "no",
        ),
    ] {
        world.clear_faults();
        if let Some(fault) = fault {
            world.console.push_fault(fault);
        }
        let reply = api.post(operation, input);
        let body = &reply.body;
        let found = (reply.status, body["kind"].as_str(), body["retry"].as_str());
        assert_eq!(found, (status, Some(kind), Some(retry)), "{body:#}");
        let problem = format!("urn:rapid7-user-actions:error:{kind}");
        assert_eq!(body["type"], problem.as_str());
        assert_eq!(body["operation"], operation);
        let detail = body["detail"].as_str().expect("a detail");
        assert!(detail.contains("Next: "), "{detail}");
        let waits = reply.headers.get("retry-after").and_then(Value::as_str);
        let expected = match kind {
            "RateLimited" => Some("3000"),
            "Unavailable" => Some("10"),
            _ => None,
        };
        assert_eq!(waits, expected, "{kind}");
        let line: Value = serde_json::from_str(reply.logs.trim()).expect(&reply.logs);
        assert_eq!(line["message"], "answered");
        assert_eq!(line["operation"], operation);
        assert_eq!(
            (&line["status"], &line["kind"]),
            (&status.into(), &kind.into())
        );
        assert_eq!(line["request_id"], REQUEST_ID);
        assert_eq!(line["api_key_id"], API_KEY_ID);
    }
}

/// What only a lost answer brings about, told by the operation's function.
#[test]
fn every_kind_has_the_status_of_the_one_table() {
    assert_eq!(STATUSES.len(), actions::ErrorKind::ALL.len());
    for (kind, status) in STATUSES {
        let message = "jdoe (user 4): it went wrong. Nothing was changed. Next: look.";
        let reply = Api::failing("get-user", kind, message).post("get-user", json!({}));
        assert_eq!(reply.status, status, "{kind}");
        assert_eq!(reply.body["detail"], message);
        assert_eq!(reply.body["kind"], kind);
        let retry = reply.headers.get("retry-after");
        assert_eq!(
            retry.is_some(),
            matches!(reply.status, 429 | 503 | 504),
            "{kind:?}"
        );
        assert_eq!(reply.body["changed"], json!([]));
        assert_eq!(reply.body["next"], "look");
    }
}

/// The README tells the same table.
#[test]
fn the_readme_has_the_status_of_every_kind() {
    let readme = std::fs::read_to_string(harness::workspace_root().join("README.md"));
    let readme = readme.expect("README.md");
    let table = readme
        .split_once("| status | kind | |\n")
        .expect("the table")
        .1;
    let rows = table
        .lines()
        .take_while(|line| line.starts_with('|'))
        .skip(1);
    let cells = rows.map(|row| row.split('|').map(str::trim).collect::<Vec<_>>());
    let told: Vec<(i64, String)> = cells
        .filter_map(|cells| Some((cells[1].parse().ok()?, cells[2].replace('`', ""))))
        .collect();
    for (kind, status) in STATUSES {
        let is = |(found, name): &&(i64, String)| *found == status && name == kind;
        assert_eq!(told.iter().filter(is).count(), 1, "{kind}: {told:?}");
    }
    // And 501, the only other row with a single status.
    assert_eq!(told.len(), STATUSES.len() + 1, "{told:?}");
}

/// What is done is done, whatever the status: a workflow need not read prose for it.
#[test]
fn what_was_changed_before_an_error_is_told_to_machines() {
    let message = "email \"jdoe@example.com\": 1 of 2 not done. Already changed: emea: disabled; apac: \
                   disabled. Next: ask.";
    let input = json!({"email": "jdoe@example.com"});
    let reply = Api::failing("offboard-user", "Refused", message).post("offboard-user", input);
    assert_eq!(reply.status, 403);
    assert_eq!(
        reply.body["changed"],
        json!(["emea: disabled", "apac: disabled"])
    );
    assert_eq!(reply.body["next"], "ask");
    let unknown = Api::failing("disable-user", "Whatever", "canary");
    let reply = unknown.post("disable-user", json!({"login": "jdoe"}));
    assert_eq!((reply.status, &reply.body["changed"]), (504, &Value::Null));
}

/// Somebody else's function of that name must not look like a success.
#[test]
fn an_answer_that_is_none_of_the_operations_is_no_success() {
    let input = json!({"login": "jdoe"});
    for answer in [
        json!({}),
        Value::Null,
        json!("Hello from Lambda!"),
        json!({"statusCode": 200, "body": "Hello from Lambda!"}),
        json!({"operation": "enable-user", "changed": true}),
        json!({"operation": "disable-user", "changed": "canary"}),
    ] {
        let api = Api::new();
        let told = answer.clone();
        api.lambda
            .add_with("acme-disable-user", move |_| Ok(told.clone()));
        let reply = api.post("disable-user", input.clone());
        assert_eq!(
            (reply.status, &reply.body["changed"]),
            (500, &Value::Null),
            "{answer}"
        );
        let detail = reply.body["detail"].as_str().expect("a detail");
        assert!(
            detail.contains("is this pack's") && !detail.contains("canary"),
            "{detail}"
        );
    }
    let api = Api::new();
    api.lambda.add_with("acme-get-user", |_| Ok(Value::Null));
    let reply = api.post("get-user", input);
    assert_eq!((reply.status, &reply.body["changed"]), (500, &json!([])));
}

/// What is delivered is known by its token: without one, the same request sent again would be another one.
#[test]
fn what_is_delivered_takes_a_token() {
    let api = Api::new();
    let done = json!({"operation": "reset-two-factor", "changed": true});
    api.lambda
        .add_with("acme-reset-two-factor", move |_| Ok(done.clone()));
    let mut input = json!({"login": "jdoe", "deliver_to": "jdoe/two-factor"});
    let reply = api.post("reset-two-factor", input.clone());
    assert_eq!(reply.status, 400);
    let detail = reply.body["detail"].as_str().expect("a detail");
    assert!(detail.contains("`request_token`: required"), "{detail}");
    assert_eq!(api.lambda.invoked(), []);
    input["request_token"] = "OFF-1042".into();
    assert_eq!(api.post("reset-two-factor", input).status, 200);
}

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

#[test]
fn requests_that_are_none_never_reach_a_function() {
    let api = Api::new();
    api.lambda.add_with("acme-get-user", |_| Ok(json!({})));
    let path = "/operations/get-user";
    let body = |text: &str| event("POST", path, Some(text));
    let typed = |media_type: &str| {
        let mut event = body("{}");
        event["headers"]["Content-Type"] = media_type.into();
        event
    };
    let mut garbled = body("not base64!");
    garbled["isBase64Encoded"] = true.into();
    let long = format!("{{\"login\": \"{}\"}}", "a".repeat(6 * 1024 * 1024));
    let envelope = r#"{"detail-type": "x", "source": "y", "detail": {"login": "jdoe"}}"#;
    for (event, status, words) in [
        (
            event("POST", "/operations/get-usr", Some("{}")),
            404,
            "no operation of that name",
        ),
        (
            event("POST", "/operations/acme-get-user", Some("{}")),
            404,
            "no operation",
        ),
        (
            event("POST", "/operations", Some("{}")),
            404,
            "expected /operations/{operation}",
        ),
        (
            event("POST", "/elsewhere/get-user", Some("{}")),
            404,
            "expected /operations/",
        ),
        (event("GET", path, None), 405, "expected POST"),
        (event("PUT", path, Some("{}")), 405, "expected POST"),
        (event("POST", path, None), 400, "it is empty"),
        (body(""), 400, "it is empty"),
        (body(" \n"), 400, "such as {} for none"),
        (
            body("{\"login\": canary}"),
            400,
            "no JSON at line 1, column 11",
        ),
        (body("[\"canary\"]"), 400, "it is other JSON"),
        (body("null"), 400, "expected a JSON object"),
        (
            body(r#"{"login": "jdoe", "ticket": "OFF-1", "login": "canary"}"#),
            400,
            "one is given twice",
        ),
        (body(envelope), 400, "`detail-type`: no such field here"),
        (garbled, 400, "Base64"),
        (
            typed("application/x-www-form-urlencoded"),
            415,
            "application/json",
        ),
        (typed("text/plain"), 415, "--json"),
        (body(&long), 413, "6 MB"),
    ] {
        let reply = api.send(&event);
        let detail = reply.body["detail"].as_str().expect("a detail");
        assert_eq!(
            (reply.status, &reply.body["kind"]),
            (status, &"InvalidInput".into()),
            "{detail}"
        );
        assert!(
            detail.contains(words) && !detail.contains("canary"),
            "{detail}"
        );
        assert_eq!(reply.headers.get("allow").is_some(), status == 405);
        // A workflow must not take a wrong address for an account that does not exist.
        let own = reply.body["type"]
            .as_str()
            .is_some_and(|kind| kind.starts_with("urn:"));
        assert_eq!(own, status == 400, "{}", reply.body);
    }
    assert_eq!(api.lambda.invoked(), []);
    for event in [
        typed("application/json; charset=utf-8"),
        typed("Application/JSON"),
        {
            let mut event = body("{}");
            event["headers"] = Value::Null;
            event
        },
    ] {
        assert_eq!(api.send(&event).status, 200);
    }
    let wrong = api.function.invoke(&json!({"login": "jdoe"}));
    let error = wrong.result.expect_err("no event of API Gateway");
    assert_eq!(error.error_type, "InvalidInput");
    assert!(
        error.error_message.contains("payload format 1.0"),
        "{}",
        error.error_message
    );
}

#[test]
fn who_asked_is_on_record_whatever_the_caller_says() {
    let world = World::new();
    let api = Api::new();
    api.lambda
        .add_with("acme-get-user", |event| Ok(event.clone()));
    let key = format!("API key {API_KEY_ID} from {SOURCE_IP}");
    let asked = |event: Value| api.send(&event).body["requested_by"].clone();
    let by = |words: Value| asked(post("get-user", &json!({"requested_by": words})));
    assert_eq!(asked(post("get-user", &json!({}))), key.as_str());
    assert_eq!(by(json!("  ")), key.as_str());
    assert_eq!(by(Value::Null), key.as_str());
    assert_eq!(by(json!("Ana")), format!("{key}: Ana").as_str());
    // What imitates it comes after it.
    let other = by(json!("API key other"));
    assert_eq!(other, format!("{key}: API key other").as_str());
    assert_eq!(by(json!(["Ana"])), json!(["Ana"]));
    let mut signed = post("get-user", &json!({}));
    let arn = "arn:aws:sts::123456789012:assumed-role/soar/session";
    signed["requestContext"]["identity"]["apiKeyId"] = Value::Null;
    signed["requestContext"]["identity"]["userArn"] = arn.into();
    assert_eq!(asked(signed), format!("{arn} from {SOURCE_IP}").as_str());

    // As far as the operation's own audit record.
    let function = world.function("disable-user");
    let input = json!({"login": "jdoe", "requested_by": "Ana"});
    let (tell, told) = std::sync::mpsc::channel();
    api.lambda.add_with("acme-disable-user", move |event| {
        let run = function.invoke(event);
        let record = run
            .logs
            .lines()
            .find(|line| line.contains(r#""audit":"before""#));
        let record: Value = serde_json::from_str(record.expect("a record")).expect("JSON");
        tell.send(record).expect("heard");
        run.result
    });
    assert_eq!(api.post("disable-user", input).status, 200);
    let record = told.recv().expect("a record");
    assert_eq!(record["requested_by"], format!("{key}: Ana").as_str());
}

#[test]
fn a_password_and_the_key_are_never_logged() {
    let api = Api::new();
    let done = json!({"operation": "set-password", "changed": true});
    api.lambda
        .add_with("acme-set-password", move |_| Ok(done.clone()));
    let input = json!({"login": "jdoe", "password": "canary-password"});
    assert_eq!(api.post("set-password", input.clone()).status, 200);
    let failing = Api::failing("set-password", "Runtime.ExitError", "canary-last-words");
    assert_eq!(failing.post("set-password", input).status, 504);
    for api in [&api, &failing] {
        let logs = api.function.logs();
        assert!(
            logs.contains(API_KEY_ID) && !logs.contains("canary"),
            "{logs}"
        );
    }
}

/// An answer that only just fits into Lambda's limit does not once it is a text in JSON.
#[test]
fn an_answer_that_is_too_long_is_told() {
    let api = Api::new();
    let rows = vec![json!({"login": "\"jdoe\"", "user_id": 4}); 150_000];
    api.lambda
        .add_with("acme-list-users", move |_| Ok(json!({"users": rows})));
    let reply = api.post("list-users", json!({}));
    assert_eq!(reply.status, 500);
    let detail = reply.body["detail"].as_str().expect("a detail");
    assert!(detail.contains("ask for less"), "{detail}");
}

#[test]
fn a_deployment_without_a_prefix_says_so() {
    let environment = [
        ("AWS_REGION", harness::REGION),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        ),
    ];
    let function = Function::start(&harness::binary("http-api"), &environment);
    let reply = reply(function.invoke(&post("get-user", &json!({}))));
    assert_eq!(reply.status, 424);
    let detail = reply.body["detail"].as_str().expect("a detail");
    assert!(
        detail.contains("RAPID7_FUNCTION_PREFIX is not set"),
        "{detail}"
    );
}
