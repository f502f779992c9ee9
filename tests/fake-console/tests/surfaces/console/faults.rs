//! Every kind of fault, and which requests get it.

use std::error::Error;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use fake_console::{FakeConsole, Fault, FaultKind, State};
use serde_json::{Value, json};

use super::client::{Api, message, read};
use crate::client::{is_carried_out_later, is_html, is_no_json, status};

/// A console with one fault for the next request, and a write that deletes user 4.
fn with(kind: FaultKind) -> Api {
    let api = Api::realistic();
    api.push_fault(Fault::new(kind));
    api
}

fn carried_out(api: &Api) -> bool {
    !api.state().users.contains_key(&4)
}

#[tokio::test]
async fn a_status_instead_of_the_deed() {
    let api = with(FaultKind::Status {
        status: 429,
        retry_after: Some("86400".to_owned()),
        message: "Slow down.".to_owned(),
    });
    let response = api.admin("DELETE", "/users/4").send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "86400");
    let answer = (
        response.status().as_u16(),
        response.json::<Value>().await.unwrap(),
    );
    assert_eq!((answer.0, message(&answer).as_str()), (429, "Slow down."));
    assert!(!carried_out(&api));
    assert_eq!(api.requests()[0].status, Some(429));
    assert!(api.pending_faults().is_empty());
}

#[tokio::test]
async fn a_status_after_the_deed() {
    let api = with(FaultKind::StatusAfter { status: 504 });
    assert_eq!(status(api.admin("DELETE", "/users/4")).await, 504);
    assert!(carried_out(&api));

    let api = with(FaultKind::StatusAfter { status: 204 });
    assert_eq!(
        read(api.admin("DELETE", "/users/4")).await,
        (204, Value::Null)
    );
}

#[tokio::test]
async fn html_before_and_after_the_deed() {
    for (kind, expected, done) in [
        (FaultKind::Html { status: 503 }, 503, false),
        (FaultKind::Html { status: 200 }, 200, false),
        (FaultKind::Html { status: 401 }, 401, false),
        (FaultKind::HtmlAfter, 200, true),
    ] {
        let api = with(kind);
        is_html(api.admin("DELETE", "/users/4"), expected).await;
        assert_eq!(carried_out(&api), done);
    }
}

#[tokio::test]
async fn bodies_that_are_no_json() {
    for kind in [FaultKind::BadJson, FaultKind::CutJson] {
        let api = with(kind);
        let delete = api.admin("DELETE", "/users/4");
        is_no_json(delete, "application/json;charset=UTF-8").await;
        assert!(carried_out(&api));
    }
}

#[tokio::test]
async fn a_body_that_ends_too_early() {
    let api = with(FaultKind::CutBody);
    let response = api.admin("DELETE", "/users/4").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.content_length().unwrap() > 0);
    assert!(response.bytes().await.is_err());
    assert!(carried_out(&api));
    assert_eq!(api.get("/users/1").await.0, 200);
    assert_eq!(
        api.requests()[1].connection,
        2,
        "the first connection is gone"
    );

    let api = Api::with(|state| state.no_content_on_write = true);
    api.push_fault(Fault::new(FaultKind::CutBody));
    let empty = api.admin("DELETE", "/users/4").send().await;
    assert!(empty.is_err(), "an answer without a body");
    assert!(carried_out(&api));
}

/// What an answer looks like tells nothing of whether it was carried out.
#[tokio::test]
async fn bodies_that_break_of_what_was_not_carried_out() {
    let api = with(FaultKind::CutBodyBefore);
    let response = api.admin("DELETE", "/users/4").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.bytes().await.is_err());
    assert!(!carried_out(&api));

    let api = with(FaultKind::EndlessBodyBefore { status: 200 });
    let mut response = api.admin("DELETE", "/users/4").send().await.unwrap();
    assert_eq!(response.content_length(), None);
    assert!(!response.chunk().await.unwrap().expect("more").is_empty());
    drop(response);
    assert!(!carried_out(&api));
}

#[tokio::test]
async fn bodies_without_an_end() {
    let api = with(FaultKind::EndlessBody { status: 200 });
    let mut response = api.admin("DELETE", "/users/4").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.content_length(), None);
    let mut read = 0;
    while read < 1 << 20 {
        read += response.chunk().await.unwrap().expect("more").len();
    }
    drop(response);
    assert!(carried_out(&api));

    let api = with(FaultKind::PromisedBody(1 << 40));
    let mut response = api.admin("DELETE", "/users/4").send().await.unwrap();
    assert_eq!(response.content_length(), Some(1 << 40));
    let patience = tokio::time::timeout(Duration::from_millis(50), response.chunk());
    assert!(patience.await.is_err(), "nothing comes");
    assert!(carried_out(&api));
}

fn is_reset(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if let Some(error) = error.downcast_ref::<std::io::Error>()
            && error.kind() == ErrorKind::ConnectionReset
        {
            return true;
        }
        source = error.source();
    }
    false
}

#[tokio::test]
async fn resets_before_and_after_the_deed() {
    for (kind, done) in [
        (FaultKind::ResetBefore, false),
        (FaultKind::ResetAfter, true),
    ] {
        let api = with(kind);
        let error = api.admin("DELETE", "/users/4").send().await.unwrap_err();
        assert!(is_reset(&error), "{error:?}");
        assert_eq!(carried_out(&api), done);
        let logged = &api.requests()[0];
        assert_eq!((logged.status, logged.answered), (None, None));
        assert_eq!(logged.method, "DELETE");
        assert_eq!(logged.authorized_as.as_deref(), Some("svc-soar"));
    }
}

#[tokio::test]
async fn a_slow_answer_is_carried_out_even_if_nobody_waits() {
    let api = with(FaultKind::Slow(Duration::from_millis(150)));
    is_carried_out_later(api.admin("DELETE", "/users/4"), || carried_out(&api)).await;

    let api = with(FaultKind::Slow(Duration::from_millis(50)));
    let start = Instant::now();
    assert_eq!(status(api.admin("DELETE", "/users/4")).await, 200);
    assert!(start.elapsed() >= Duration::from_millis(50));
    let logged = &api.requests()[0];
    assert!(logged.answered.unwrap() - logged.received >= Duration::from_millis(50));
}

#[tokio::test]
async fn hanging_forever_does_not_keep_the_console_from_stopping() {
    let api = with(FaultKind::Hang);
    let impatient = api
        .admin("DELETE", "/users/4")
        .timeout(Duration::from_millis(50));
    assert!(impatient.send().await.unwrap_err().is_timeout());
    assert!(!carried_out(&api));
    assert_eq!(api.requests()[0].status, None);
    let start = Instant::now();
    drop(api);
    assert!(start.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn an_error_that_repeats_the_request() {
    let api = with(FaultKind::EchoBody);
    let body = json!({ "login": "jdoe", "password": "hunter2hunter2" });
    let answer = api.send("PUT", "/users/4", &body).await;
    assert_eq!(answer.0, 400);
    assert!(message(&answer).contains("hunter2hunter2"));
    assert_eq!(api.state().users[&4].password, "Passw0rd-jdoe");
}

#[tokio::test]
async fn another_administrator_before_and_after_a_write() {
    let api = Api::realistic();
    api.push_fault(Fault::new(FaultKind::change_before(|state| {
        assert!(state.users.contains_key(&4));
        state.users.remove(&4);
    })));
    assert_eq!(api.get("/users/4").await.0, 200, "it waits for a write");
    assert_eq!(api.delete("/users/4").await.0, 404);

    api.push_fault(Fault::new(FaultKind::change_after(|state| {
        assert!(!state.user_mut("rmartinez").locked);
        state.user_mut("rmartinez").locked = true;
    })));
    let path = format!("/users/{}/lock", api.id("rmartinez"));
    assert_eq!(api.delete(&path).await.0, 200);
    assert!(api.state().user_mut("rmartinez").locked);

    let change = FaultKind::change_after(|state| drop(state.users.remove(&3)));
    api.push_fault(Fault::new(change).on("GET", "/users"));
    assert_eq!(
        api.get("/users/3").await.0,
        200,
        "unless it is told to take a GET"
    );
    assert_eq!(api.get("/users/3").await.0, 404);
}

#[tokio::test]
async fn faults_pick_their_requests() {
    let api = Api::realistic();
    let fault = |status| Fault::new(FaultKind::status(status));
    api.push_fault(fault(500).on("PUT", "/users/4/sites").times(2).skip(1));
    api.push_fault(fault(502).on("PUT", "/sites"));
    api.push_fault(fault(503).on("get", "/roles"));
    assert_eq!(api.get("/users/4/sites").await.0, 200);
    let put = async || api.send("PUT", "/users/4/sites", &json!([1])).await.0;
    assert_eq!(
        put().await,
        502,
        "the first fault lets one through, to the second"
    );
    assert_eq!((put().await, put().await, put().await), (500, 500, 200));
    assert_eq!(api.pending_faults().len(), 1);
    assert_eq!(api.get("/roles").await.0, 503);
    assert!(api.pending_faults().is_empty());
}

#[tokio::test]
async fn a_request_without_credentials_uses_up_no_fault() {
    let api = with(FaultKind::status(500));
    assert_eq!(status(api.request("GET", "/")).await, 302);
    assert_eq!(read(api.request("GET", "/api/3/users")).await.0, 401);
    assert_eq!(api.pending_faults().len(), 1);
    assert_eq!(api.get("/users").await.0, 500);
}

#[tokio::test]
async fn a_password_changes_right_before_any_request() {
    let api = Api::realistic();
    let change = FaultKind::password_change("jdoe", "another-one");
    api.push_fault(Fault::new(change).skip(1));
    let read = async |password| status(api.by(("jdoe", password), "GET", "/users/4")).await;
    assert_eq!(read("Passw0rd-jdoe").await, 200);
    assert_eq!(read("Passw0rd-jdoe").await, 401);
    assert_eq!(read("another-one").await, 200);
}

#[tokio::test]
async fn a_fault_keeps_a_wrong_password_from_being_counted() {
    let api = with(FaultKind::status(500));
    assert_eq!(
        status(api.by(("jdoe", "wrong"), "GET", "/users/4")).await,
        500
    );
    assert_eq!(api.state().user_mut("jdoe").failed_logins, 0);
}

#[test]
fn a_fault_that_nobody_met_fails_the_test() {
    let console = FakeConsole::start_http(State::realistic());
    console.push_fault(Fault::new(FaultKind::BadJson).on("PUT", "/users/77"));
    let panic = catch_unwind(AssertUnwindSafe(|| drop(console))).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(
        text.contains("BadJson") && text.contains("/users/77"),
        "{text}"
    );

    let console = FakeConsole::start_http(State::realistic());
    console.push_fault(Fault::new(FaultKind::Hang));
    console.clear_faults();
    drop(console);

    let console = FakeConsole::start_http(State::realistic());
    console.push_fault(Fault::new(FaultKind::Hang));
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _console = console;
        panic!("the test's own failure");
    }));
    let own = panic.unwrap_err();
    assert_eq!(own.downcast_ref::<&str>(), Some(&"the test's own failure"));
}

#[test]
fn a_guard_that_is_held_too_long_is_named() {
    let console = FakeConsole::start_http(State::realistic());
    let held = console.state();
    let panic = catch_unwind(AssertUnwindSafe(|| drop(console.state()))).unwrap_err();
    assert!(
        panic
            .downcast_ref::<String>()
            .unwrap()
            .contains("FakeConsole::state()")
    );
    drop(held);
    assert_eq!(console.state().sites.len(), 8);
}

#[tokio::test]
async fn the_log_has_everything_in_order_of_arrival() {
    let api = Api::realistic();
    let _ = api.get("/users/4?view=all").await;
    let _ = api.send("PUT", "/users/4/sites", &json!([2])).await;
    let log = api.requests();
    assert_eq!(
        (log[0].method.as_str(), log[0].path.as_str()),
        ("GET", "/api/3/users/4")
    );
    assert_eq!(log[0].query.as_deref(), Some("view=all"));
    assert!(!log[0].is_write() && log[1].is_write());
    assert_eq!(
        (log[0].body.clone(), log[1].body.clone()),
        (None, Some(json!([2])))
    );
    assert_eq!((log[0].connection, log[1].connection), (1, 1));
    assert!(log[0].answered.unwrap() <= log[1].received);
    api.clear_requests();
    assert!(api.requests().is_empty());
}

/// A reset must be one on the wire, whatever a client library makes of it.
#[test]
fn a_reset_is_a_tcp_reset() {
    let console = FakeConsole::start_http(State::realistic());
    console.push_fault(Fault::new(FaultKind::ResetBefore));
    let mut stream = TcpStream::connect(console.url().strip_prefix("http://").unwrap()).unwrap();
    stream
        .write_all(b"GET /api/3/users HTTP/1.1\r\nhost: x\r\nauthorization: Basic x\r\n\r\n")
        .unwrap();
    let error = stream.read(&mut [0; 16]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}
