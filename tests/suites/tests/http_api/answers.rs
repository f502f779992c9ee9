//! What an operation answers, and how its errors are told: by status, kind and text.

use fake_console::{Fault, FaultKind};
use serde_json::{Value, json};
use suites::World;
use suites::gateway::{API_KEY_ID, REQUEST_ID, event};

use crate::api::Api;

/// The table of docs/http-api.md.
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

/// The page tells the same table.
#[test]
fn the_page_has_the_status_of_every_kind() {
    let page = std::fs::read_to_string(harness::workspace_root().join("docs/http-api.md"));
    let page = page.expect("docs/http-api.md");
    let table = page
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
