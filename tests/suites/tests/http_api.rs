//! The HTTP API: API Gateway's requests, the real function behind it, the operations' real functions.

use std::time::Duration;

use harness::{Function, FunctionError, LambdaService, binary};
use serde_json::{Value, json};
use suites::World;

const KEY: &str = "canary-api-key-value";

/// An API and the functions that it may invoke.
struct Api {
    lambda: LambdaService,
    function: Function,
}

impl Api {
    fn start() -> Self {
        let lambda = LambdaService::start();
        let url = lambda.url();
        let environment = [
            ("AWS_ENDPOINT_URL_LAMBDA", url.as_str()),
            ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE"),
            ("AWS_SECRET_ACCESS_KEY", "example"),
            ("RAPID7_FUNCTION_PREFIX", "acme-"),
        ];
        let function = Function::start(&binary("http-api"), &environment);
        function.wait_for_first_next(Duration::from_secs(20));
        Self { lambda, function }
    }

    fn with(world: &World, operations: &[&str]) -> Self {
        let api = Self::start();
        for operation in operations {
            let function = world.function(operation);
            api.lambda.add(&format!("acme-{operation}"), function);
        }
        api
    }

    /// Sends what API Gateway sends to a function.
    /// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html>
    fn request(&self, method: &str, path: &str, body: &str) -> (u16, Value, Value) {
        let name = path.rsplit('/').next();
        let event = json!({
            "resource": "/operations/{name}",
            "path": path,
            "httpMethod": method,
            "headers": {"Content-Type": "application/json", "x-api-key": KEY},
            "multiValueHeaders": {"Content-Type": ["application/json"], "x-api-key": [KEY]},
            "queryStringParameters": null,
            "multiValueQueryStringParameters": null,
            "pathParameters": {"name": name},
            "stageVariables": null,
            "requestContext": {
                "resourcePath": "/operations/{name}", "httpMethod": method, "stage": "v1",
                "path": format!("/v1{path}"), "protocol": "HTTP/1.1", "apiId": "a1b2c3d4e5",
                "accountId": "123456789012", "requestId": "req-1",
                "identity": {"sourceIp": "198.51.100.7", "apiKey": KEY, "apiKeyId": "key1234"},
            },
            "body": body,
            "isBase64Encoded": false,
        });
        let answer = self.function.invoke(&event);
        assert!(!answer.logs.contains(KEY), "{}", answer.logs);
        let answer = answer.result.expect("an answer, whatever its status");
        let body = answer["body"].as_str().expect("a body");
        let status = answer["statusCode"].as_u64().expect("a status");
        let status = u16::try_from(status).expect("a status");
        let body = serde_json::from_str(body).expect("JSON");
        (status, body, answer["headers"].clone())
    }

    fn post(&self, operation: &str, input: &Value) -> (u16, Value, Value) {
        self.request(
            "POST",
            &format!("/operations/{operation}"),
            &input.to_string(),
        )
    }
}

#[test]
fn an_operation_runs_and_its_answer_comes_back_with_who_asked_on_record() {
    let world = World::new();
    let api = Api::with(&world, &["disable-user"]);
    let (status, outcome, headers) =
        api.post("disable-user", &json!({"login": "jdoe", "ticket": "OFF-1"}));
    assert_eq!(
        (status, &outcome["changed"]),
        (200, &json!(true)),
        "{outcome}"
    );
    assert_eq!(headers["content-type"], "application/json");
    assert!(!world.console.state().user_mut("jdoe").enabled);
    let (name, input) = &api.lambda.invoked()[0];
    assert_eq!(name, "acme-disable-user");
    let requested_by = input["requested_by"].as_str().expect("who asked");
    assert!(requested_by.contains("key1234"), "{requested_by}");
    assert!(requested_by.contains("198.51.100.7"), "{requested_by}");
    let (status, outcome, _) = api.post("disable-user", &json!({"login": "jdoe"}));
    assert_eq!((status, &outcome["changed"]), (200, &json!(false)));
}

#[test]
fn errors_of_real_functions_are_problems() {
    let world = World::new();
    let api = Api::with(&world, &["disable-user"]);
    for (input, expected, kind) in [
        (json!({"logn": "jdoe"}), 400, "InvalidInput"),
        (json!({"login": "nobody-at-all"}), 404, "NotFound"),
        (json!({"login": suites::OWN_LOGIN}), 403, "Refused"),
    ] {
        let (status, problem, headers) = api.post("disable-user", &input);
        assert_eq!(status, expected, "{problem}");
        assert_eq!(headers["content-type"], "application/problem+json");
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(problem["kind"], kind);
        assert_eq!(problem["status"], expected);
        assert_eq!(problem["operation"], "disable-user");
        assert!(
            problem["detail"]
                .as_str()
                .is_some_and(|detail| !detail.is_empty())
        );
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// Each kind has a status of its own, so that who sees only that can tell whether to try again.
#[test]
fn every_kind_has_a_status() {
    let api = Api::start();
    for (kind, expected) in [
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
        // The process died, or ran out of time, perhaps after a write.
        ("Runtime.ExitError", 504),
        ("Sandbox.Timedout", 504),
    ] {
        api.lambda.add_with("acme-disable-user", move |_| {
            let raw = json!({"errorType": kind, "errorMessage": "what happened"});
            Err(FunctionError {
                error_type: kind.to_owned(),
                error_message: "what happened".to_owned(),
                raw,
            })
        });
        let (status, problem, headers) = api.post("disable-user", &json!({"login": "jdoe"}));
        assert_eq!(status, expected, "{kind}: {problem}");
        let waits = headers.get("retry-after").is_some();
        assert_eq!(waits, [429, 503].contains(&status), "{kind}");
    }
    api.lambda.throttle("acme-disable-user");
    let (status, problem, _) = api.post("disable-user", &json!({"login": "jdoe"}));
    assert_eq!(
        (status, &problem["kind"]),
        (429, &json!("RateLimited")),
        "{problem}"
    );
}

#[test]
fn what_is_no_operation_is_told_and_invokes_nothing() {
    let api = Api::start();
    for (method, path, body, expected) in [
        ("POST", "/operations/drop-everything", "{}", 404),
        ("GET", "/operations/disable-user", "", 405),
        ("POST", "/operations/disable-user", "", 400),
        ("POST", "/operations/disable-user", "{\"login\":", 400),
        ("POST", "/operations/disable-user", "[]", 400),
    ] {
        let (status, problem, headers) = api.request(method, path, body);
        assert_eq!(status, expected, "{method} {path} {body:?}: {problem}");
        assert_eq!(headers["content-type"], "application/problem+json");
    }
    assert_eq!(api.lambda.invoked(), []);
}
