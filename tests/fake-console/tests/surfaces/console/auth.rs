//! Logging in, being locked out, and what others than administrators get to see.

use fake_console::State;
use serde_json::json;

use super::client::{ADMIN, Api, message, read};
use crate::client::status;

const JANE: (&str, &str) = ("jdoe", "Passw0rd-jdoe");

#[tokio::test]
async fn right_credentials_get_in() {
    let api = Api::realistic();
    assert_eq!(api.get("/users/1").await.0, 200);
    assert_eq!(api.requests()[0].authorized_as.as_deref(), Some("svc-soar"));
    let other_case = ("SVC-SOAR", ADMIN.1);
    assert_eq!(status(api.by(other_case, "GET", "/users/1")).await, 200);
}

#[tokio::test]
async fn without_credentials_401_and_nothing_is_counted() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    for request in [
        api.request("GET", "/api/3/users"),
        api.request("GET", "/api/3/nowhere"),
        api.request("GET", "/api/3/users").bearer_auth("token"),
        api.by(("nobody", "whatever"), "GET", "/users"),
    ] {
        let answer = read(request).await;
        assert_eq!(
            (answer.0, message(&answer).as_str()),
            (401, "Authentication failed.")
        );
    }
    assert_eq!(api.state().snapshot(), before);
    assert_eq!(api.requests()[3].authorized_as, None);
}

#[tokio::test]
async fn failed_logins_lock_the_account_for_the_right_password_too() {
    let api = Api::realistic();
    for round in 1..=5 {
        assert!(!api.state().user_mut("svc-soar").locked, "round {round}");
        assert_eq!(
            status(api.by(("svc-soar", "wrong"), "GET", "/users")).await,
            401
        );
        assert_eq!(api.state().user_mut("svc-soar").failed_logins, round);
    }
    assert!(api.state().user_mut("svc-soar").locked);
    assert_eq!(api.get("/users").await.0, 401);
    assert_eq!(api.requests()[5].authorized_as, None);
    api.state().user_mut("svc-soar").locked = false;
    assert_eq!(api.get("/users").await.0, 200);
}

#[tokio::test]
async fn a_success_resets_the_counter() {
    let api = Api::with(|state| state.lockout_after = 2);
    for _ in 0..3 {
        assert_eq!(
            status(api.by(("svc-soar", "wrong"), "GET", "/users")).await,
            401
        );
        assert_eq!(api.get("/users").await.0, 200);
    }
    assert_eq!(api.state().user_mut("svc-soar").failed_logins, 0);
}

#[tokio::test]
async fn disabled_accounts_and_those_without_a_local_password_stay_out() {
    let api = Api::realistic();
    let id = api.id("ext.pentest");
    let disabled = ("ext.pentest", "Passw0rd-ext.pentest");
    assert_eq!(
        status(api.by(disabled, "GET", &format!("/users/{id}"))).await,
        401
    );
    assert_eq!(api.state().user_mut("ext.pentest").failed_logins, 0);
    let id = api.id("lpetrova");
    assert_eq!(
        status(api.by(("lpetrova", ""), "GET", &format!("/users/{id}"))).await,
        401
    );
}

#[tokio::test]
async fn two_factor_users_need_the_token() {
    let api = Api::with(|state| {
        state.user_mut("svc-soar").two_factor_token = Some("123456".to_owned());
    });
    assert_eq!(api.get("/users").await.0, 401);
    assert_eq!(
        status(api.admin("GET", "/users").header("Token", "654321")).await,
        401
    );
    assert_eq!(api.state().user_mut("svc-soar").failed_logins, 2);
    assert_eq!(
        status(api.admin("GET", "/users").header("Token", "123456")).await,
        200
    );
}

#[tokio::test]
async fn others_cannot_tell_forbidden_from_missing() {
    let api = Api::realistic();
    let own = api.id("jdoe");
    for (method, path) in [
        ("GET", "/users"),
        ("GET", "/users/1"),
        ("GET", "/users/999"),
        ("GET", &format!("/users/{own}/sites")),
        ("DELETE", "/users/1"),
        ("DELETE", "/users/1/lock"),
        ("GET", "/roles"),
        ("GET", "/authentication_sources"),
        ("GET", "/nowhere"),
    ] {
        let answer = read(api.by(JANE, method, path)).await;
        assert_eq!(answer.0, 404, "{method} {path}");
        let missing = message(&api.get("/users/999").await);
        assert_eq!(message(&answer), missing, "{method} {path}");
    }
    let put = api.by(JANE, "PUT", &format!("/users/{own}"));
    assert_eq!(status(put.json(&json!({ "login": "jdoe" }))).await, 404);
    let own = read(api.by(JANE, "GET", &format!("/users/{own}"))).await;
    assert_eq!((own.0, &own.1["login"]), (200, &json!("jdoe")));
}

#[tokio::test]
async fn superusers_are_administrators_whatever_their_role() {
    let api = Api::with(|state| state.user_mut("jdoe").superuser = true);
    assert_eq!(status(api.by(JANE, "GET", "/users")).await, 200);
}

#[tokio::test]
async fn everybody_may_change_only_their_own_password() {
    let api = Api::realistic();
    let path = format!("/users/{}/password", api.id("jdoe"));
    let answer = api.send("PUT", &path, &json!("N3w-password")).await;
    assert_eq!(answer.0, 400);
    assert_eq!(
        message(&answer),
        "Users may only change their own password."
    );
    let others = api.by(JANE, "PUT", "/users/1/password");
    assert_eq!(status(others.json(&json!("N3w-password"))).await, 404);

    let own = |body| api.by(JANE, "PUT", &path).json(&body);
    assert_eq!(
        status(own(json!({ "password": "N3w-password" }))).await,
        400
    );
    let short = read(own(json!("s3cret"))).await;
    assert_eq!(short.0, 400);
    assert!(!message(&short).contains("s3cret"));
    assert_eq!(status(own(json!("N3w-password"))).await, 200);
    let id = api.id("jdoe");
    let with = |password| api.by(("jdoe", password), "GET", &format!("/users/{id}"));
    assert_eq!(status(with("Passw0rd-jdoe")).await, 401);
    assert_eq!(status(with("N3w-password")).await, 200);
}

#[tokio::test]
async fn the_status_in_errors_may_be_a_string() {
    let mut state = State::realistic();
    state.error_status_as_string = true;
    let api = Api::new(state);
    assert_eq!(api.get("/users/999").await.1["status"], "404");
}
