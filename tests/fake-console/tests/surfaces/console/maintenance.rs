//! The three faces of maintenance, and latency.

use std::time::{Duration, Instant};

use fake_console::{Maintenance, State};

use super::client::{Api, message};

fn in_maintenance(maintenance: Maintenance) -> Api {
    Api::with(|state| state.maintenance = Some(maintenance))
}

#[tokio::test]
async fn it_can_be_a_503() {
    let api = in_maintenance(Maintenance::Status503);
    let answer = api.get("/users").await;
    assert_eq!(answer.0, 503);
    message(&answer);
    api.state().maintenance = None;
    assert_eq!(api.get("/users").await.0, 200);
}

#[tokio::test]
async fn it_can_be_a_401_that_locks_nobody_out() {
    let api = in_maintenance(Maintenance::Status401);
    for _ in 0..10 {
        let answer = api.delete("/users/4").await;
        assert_eq!(
            (answer.0, message(&answer).as_str()),
            (401, "Authentication failed.")
        );
    }
    assert_eq!(api.state().snapshot(), State::realistic().snapshot());
}

#[tokio::test]
async fn it_can_be_a_page_with_status_200() {
    let api = in_maintenance(Maintenance::Html);
    let response = api.admin("DELETE", "/users/4").send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(
        response.headers()["content-type"],
        "text/html;charset=UTF-8"
    );
    assert!(
        response
            .text()
            .await
            .unwrap()
            .starts_with("<!DOCTYPE html>")
    );
    assert_eq!(api.state().snapshot(), State::realistic().snapshot());
}

#[tokio::test]
async fn every_request_takes_at_least_the_latency() {
    let api = Api::with(|state| state.latency = Duration::from_millis(60));
    let start = Instant::now();
    assert_eq!(api.get("/users/1").await.0, 200);
    assert!(start.elapsed() >= Duration::from_millis(60));
}
