//! Every kind of fault does on the platform what it does on the console.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use fake_console::{FakePlatform, Fault, FaultKind, PlatformState};
use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::client::{Api, message, read};
use crate::client::{is_carried_out_later, is_html, is_no_json, status};

/// A platform with one fault for the next request, and a write that is carried out or not.
fn with(kind: FaultKind<PlatformState>) -> Api {
    let api = Api::realistic();
    api.push_fault(Fault::new(kind));
    api
}

fn create(api: &Api) -> RequestBuilder {
    let body = json!({ "email": "sam@example.com", "first_name": "Sam", "last_name": "Lee" });
    api.organization("POST", "/users").json(&body)
}

fn carried_out(api: &Api) -> bool {
    api.state().user_by_email("sam@example.com").is_some()
}

#[tokio::test]
async fn a_status_instead_of_the_deed() {
    let api = with(FaultKind::Status {
        status: 429,
        retry_after: Some("86400".to_owned()),
        message: "Slow down.".to_owned(),
    });
    let response = create(&api).send().await.unwrap();
    assert_eq!(response.headers()["retry-after"], "86400");
    assert_eq!(response.headers()["ratelimit-remaining"], "49");
    assert_eq!(response.status(), 429);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body, json!({ "message": "Slow down." }));
    assert!(!carried_out(&api));

    let api = with(FaultKind::status(401));
    let response = create(&api).send().await.unwrap();
    assert_eq!(response.status(), 401);
    assert!(!response.headers().contains_key("www-authenticate"));
}

#[tokio::test]
async fn other_answers_before_and_after_the_deed() {
    for (kind, expected, done) in [
        (FaultKind::StatusAfter { status: 504 }, 504, true),
        (FaultKind::Html { status: 503 }, 503, false),
        (FaultKind::Html { status: 200 }, 200, false),
        (FaultKind::HtmlAfter, 200, true),
    ] {
        let api = with(kind);
        let headers = is_html(create(&api), expected).await;
        assert!(headers.contains_key("r7-correlation-id"));
        assert_eq!(carried_out(&api), done);
    }
}

#[tokio::test]
async fn bodies_that_are_no_json() {
    for kind in [FaultKind::BadJson, FaultKind::CutJson] {
        let api = with(kind);
        is_no_json(create(&api), "application/json").await;
        assert!(carried_out(&api));
    }
}

#[tokio::test]
async fn a_body_that_ends_too_early() {
    let api = with(FaultKind::CutBody);
    let response = create(&api).send().await.unwrap();
    assert_eq!(response.status(), 201);
    assert!(response.bytes().await.is_err());
    assert!(carried_out(&api));

    let api = with(FaultKind::CutBody);
    let jane = api.id("jdoe@example.com");
    let empty = api.organization("DELETE", &format!("/users/{jane}"));
    assert!(empty.send().await.is_err(), "an answer without a body");
    assert!(api.state().user_by_email("jdoe@example.com").is_none());
}

#[tokio::test]
async fn connections_that_end_and_answers_that_never_come() {
    for (kind, done) in [
        (FaultKind::ResetBefore, false),
        (FaultKind::ResetAfter, true),
        (FaultKind::Hang, false),
        (FaultKind::HangAfter, true),
    ] {
        let api = with(kind);
        let impatient = create(&api).timeout(Duration::from_millis(500));
        assert!(impatient.send().await.is_err());
        assert_eq!(carried_out(&api), done);
        let logged = &api.requests()[0];
        assert_eq!((logged.status, logged.answered), (None, None));
        assert!(logged.correlation_id.is_some());
        assert_eq!(logged.authorized_as.as_deref(), Some("identity automation"));
    }
}

#[tokio::test]
async fn a_slow_answer_is_carried_out_even_if_nobody_waits() {
    let api = with(FaultKind::Slow(Duration::from_millis(150)));
    is_carried_out_later(create(&api), || carried_out(&api)).await;
}

#[tokio::test]
async fn an_error_that_repeats_the_request() {
    let api = with(FaultKind::EchoBody);
    let answer = read(create(&api)).await;
    assert_eq!(answer.0, 400);
    assert!(message(&answer).contains("sam@example.com"));
    assert!(!carried_out(&api));
}

#[tokio::test]
async fn another_administrator_before_and_after_a_write() {
    let api = Api::realistic();
    let jane = format!("/users/{}", api.id("jdoe@example.com"));
    api.push_fault(Fault::new(FaultKind::platform_change_before(|platform| {
        let gone = |email: &str| email == "jdoe@example.com";
        platform.users.retain(|user| !gone(&user.email));
    })));
    assert_eq!(api.get(&jane).await.0, 200, "it waits for a write");
    assert_eq!(api.delete(&jane).await.0, 404);

    api.push_fault(Fault::new(FaultKind::platform_change_after(|platform| {
        platform.user_mut("sam@example.com").platform_admin = true;
    })));
    let (_, created) = read(create(&api)).await;
    assert_eq!(created["platform_admin"], false);
    assert!(api.user("sam@example.com").platform_admin);

    // The key is looked at after the change.
    let revoke = FaultKind::platform_change_before(|platform| platform.api_keys.clear());
    api.push_fault(Fault::new(revoke).on("GET", "/roles"));
    assert_eq!(api.get("/roles").await.0, 401);
}

#[tokio::test]
async fn a_request_without_a_key_uses_up_no_fault() {
    let api = with(FaultKind::status(500));
    let basic = api.request("GET", "/account/api/1/users");
    assert_eq!(status(basic.basic_auth("x", Some("y"))).await, 401);
    assert_eq!(api.pending_faults().len(), 1);
    assert_eq!(status(api.by("unknown", "GET", "/users")).await, 500);
    assert!(api.pending_faults().is_empty());
}

#[test]
fn a_fault_that_nobody_met_fails_the_test() {
    let platform = FakePlatform::start_http(PlatformState::empty());
    platform.push_fault(Fault::new(FaultKind::Hang).on("DELETE", "/users/"));
    let panic = catch_unwind(AssertUnwindSafe(|| drop(platform))).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains("of the platform") && text.contains("/users/"));

    let platform = FakePlatform::start_http(PlatformState::empty());
    platform.push_fault(Fault::new(FaultKind::Hang));
    platform.clear_faults();
    drop(platform);
}

#[test]
fn a_guard_that_is_held_too_long_is_named() {
    let platform = FakePlatform::start_http(PlatformState::empty());
    let held = platform.state();
    let panic = catch_unwind(AssertUnwindSafe(|| drop(platform.state()))).unwrap_err();
    let text = panic.downcast_ref::<String>().unwrap();
    assert!(text.contains("FakePlatform::state()"), "{text}");
    drop(held);
}
