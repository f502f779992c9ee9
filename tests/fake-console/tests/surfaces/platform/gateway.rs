//! What every answer carries: correlation id and rate limit.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use fake_console::{Fault, FaultKind};
use reqwest::RequestBuilder;
use reqwest::header::HeaderMap;

use super::client::{Api, message, read};
use crate::client::status;

const TOLD: [&str; 3] = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"];

async fn headers(request: RequestBuilder) -> (u16, HeaderMap) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.headers().clone())
}

fn rate(headers: &HeaderMap) -> [u64; 3] {
    TOLD.map(|name| headers[name].to_str().unwrap().parse().unwrap())
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own_and_the_log_has_it_too() {
    let api = Api::realistic();
    let jane = api.id("jdoe@example.com");
    api.push_fault(Fault::new(FaultKind::status(503)).on("GET", "/roles"));
    api.push_fault(Fault::new(FaultKind::HtmlAfter).on("GET", "/products"));
    let mut seen = BTreeSet::new();
    for (request, expected) in [
        (api.organization("GET", "/users"), 200),
        (api.organization("GET", "/users"), 200),
        (api.organization("GET", "/users/4"), 404),
        (api.organization("DELETE", &format!("/users/{jane}")), 204),
        (api.user_key("GET", "/api-keys"), 403),
        (api.request("GET", "/validate"), 401),
        (api.anywhere("GET", "/nowhere"), 404),
        (api.anywhere("POST", "/validate"), 405),
        (api.organization("GET", "/roles"), 503),
        (api.organization("GET", "/products"), 200),
    ] {
        let (status, headers) = headers(request).await;
        assert_eq!(status, expected);
        let id = headers["r7-correlation-id"].to_str().unwrap().to_owned();
        let lengths: Vec<usize> = id.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
        let logged = api.requests().pop().unwrap();
        assert_eq!(logged.correlation_id.as_deref(), Some(id.as_str()));
        assert!(TOLD.iter().all(|name| headers.contains_key(*name)));
        assert!(seen.insert(id));
    }
}

#[tokio::test]
async fn the_room_that_is_left_is_told() {
    let api = Api::realistic();
    assert_eq!(api.state().rate_limit.remaining(), 50);
    for expected in [49, 48, 47] {
        let (_, headers) = headers(api.organization("GET", "/users/4")).await;
        let [limit, remaining, reset] = rate(&headers);
        assert_eq!((limit, remaining), (50, expected));
        assert!((55..=60).contains(&reset), "{reset}");
    }
    let (_, headers) = headers(api.request("GET", "/validate")).await;
    assert_eq!(rate(&headers)[1], 47, "an unknown key is not counted");
    assert_eq!(api.state().rate_limit.used, 3);
    assert_eq!(api.state().rate_limit.remaining(), 47);
}

#[tokio::test]
async fn any_known_key_counts_and_so_does_any_request() {
    let api = Api::realistic();
    for (request, expected) in [
        (api.anywhere("GET", "/validate"), 200),
        (api.anywhere("GET", "/nowhere"), 404),
        (api.user_key("GET", "/api-keys"), 403),
        (api.organization("POST", "/users"), 415),
    ] {
        assert_eq!(status(request).await, expected);
    }
    assert_eq!(api.state().rate_limit.used, 4);
}

#[tokio::test]
async fn beyond_the_limit_nothing_is_carried_out_until_the_window_ends() {
    let api = Api::with(|state| state.rate_limit.limit = 2);
    let jane = format!("/users/{}", api.id("jdoe@example.com"));
    assert_eq!(status(api.organization("GET", &jane)).await, 200);
    assert_eq!(status(api.user_key("GET", "/users")).await, 200);
    for request in [
        api.organization("DELETE", &jane),
        api.user_key("GET", "/users"),
        api.anywhere("GET", "/validate"),
        api.anywhere("GET", "/nowhere"),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 429);
        assert_eq!(rate(response.headers())[..2], [2, 0]);
        assert!(!response.headers().contains_key("retry-after"));
        let body = response.text().await.unwrap();
        assert_eq!(body, r#"{"message":"Too Many Requests"}"#);
    }
    assert!(api.state().user_by_email("jdoe@example.com").is_some());
    assert_eq!(api.state().rate_limit.used, 6);
    let unknown = read(api.by("unknown", "GET", "/users")).await;
    let told = (unknown.0, message(&unknown));
    assert_eq!(told, (401, "Unauthorized".to_owned()));

    // The window ends, and another one starts.
    api.state().rate_limit.window = Duration::from_millis(1);
    tokio::time::sleep(Duration::from_millis(2)).await;
    assert_eq!(api.state().rate_limit.remaining(), 2);
    assert_eq!(status(api.organization("DELETE", &jane)).await, 204);
    assert_eq!(api.state().rate_limit.used, 1);
}

#[tokio::test]
async fn a_window_starts_with_the_first_request_in_it() {
    let api = Api::with(|state| state.rate_limit.window = Duration::from_millis(2500));
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(api.state().rate_limit.started, None);
    let start = Instant::now();
    let (_, first) = headers(api.organization("GET", "/roles")).await;
    assert_eq!(rate(&first), [50, 49, 3], "rounded up");
    tokio::time::sleep(Duration::from_millis(600)).await;
    let (_, second) = headers(api.organization("GET", "/roles")).await;
    // Unless the machine was busy.
    if start.elapsed() < Duration::from_millis(1400) {
        assert_eq!(rate(&second), [50, 48, 2]);
    }
    api.state().rate_limit.reset();
    let (_, third) = headers(api.organization("GET", "/roles")).await;
    assert_eq!(rate(&third), [50, 49, 3]);
}

#[tokio::test]
async fn a_platform_that_tells_nothing() {
    let api = Api::with(|state| {
        state.rate_limit.headers = false;
        state.rate_limit.limit = 1;
    });
    for expected in [200, 429] {
        let (status, headers) = headers(api.organization("GET", "/users")).await;
        assert_eq!(status, expected);
        assert!(!TOLD.iter().any(|name| headers.contains_key(*name)));
        assert!(headers.contains_key("r7-correlation-id"));
    }
}

#[tokio::test]
async fn a_request_beyond_the_limit_meets_no_fault() {
    let api = Api::with(|state| state.rate_limit.limit = 1);
    api.push_fault(Fault::new(FaultKind::ResetBefore).skip(1));
    assert_eq!(status(api.organization("GET", "/users")).await, 200);
    assert_eq!(status(api.organization("GET", "/users")).await, 429);
    assert_eq!(api.pending_faults().len(), 1);
    api.state().rate_limit.reset();
    assert!(api.organization("GET", "/users").send().await.is_err());
    assert_eq!(api.state().rate_limit.used, 1, "and who meets one counts");
}

#[tokio::test]
async fn a_snapshot_has_no_counters() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    let _ = api.get("/users").await;
    assert_eq!(api.state().snapshot(), before);
}

#[tokio::test]
async fn every_request_takes_a_while_if_told_to() {
    let api = Api::with(|state| state.latency = Duration::from_millis(80));
    let start = Instant::now();
    assert_eq!(status(api.organization("GET", "/users")).await, 200);
    assert!(start.elapsed() >= Duration::from_millis(80));
}
