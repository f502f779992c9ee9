//! Requests that reach no function, who asked, and what is never logged.

use harness::Function;
use serde_json::{Value, json};
use suites::World;
use suites::gateway::{API_KEY_ID, SOURCE_IP, event, post, reply};

use crate::api::Api;

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
            "`login`: expected once",
        ),
        (
            body(r#"{"people": [{"login": "jdoe"}, {"login": "jdoe", "login": "canary"}]}"#),
            400,
            "`people[1].login`: expected once",
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
