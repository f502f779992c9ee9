//! Keys: which of them get in, and how far.

use fake_console::{KeyType, ORGANIZATION_KEY, USER_KEY};
use serde_json::json;

use super::client::{Api, message, read};
use crate::client::status;

const UNKNOWN: &str = "11111111-2222-4333-8444-555555555555";

#[tokio::test]
async fn a_key_is_validated() {
    let api = Api::realistic();
    for key in [ORGANIZATION_KEY, USER_KEY] {
        let answer = read(api.request("GET", "/validate").header("x-api-key", key)).await;
        let told = (answer.0, message(&answer));
        assert_eq!(told, (200, "Authorized".to_owned()));
    }
}

#[tokio::test]
async fn without_a_known_key_nothing_is_told() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    let lower = ORGANIZATION_KEY.to_uppercase();
    for request in [
        api.request("GET", "/validate"),
        api.request("GET", "/validate").header("X-Api-Key", UNKNOWN),
        api.request("GET", "/validate").header("X-Api-Key", lower),
        api.request("GET", "/validate").header("X-Api-Key", ""),
        api.request("GET", "/account/api/1/users"),
        api.request("GET", "/account/api/1/users")
            .basic_auth("svc-soar", Some(ORGANIZATION_KEY)),
        api.request("GET", "/account/api/1/users")
            .bearer_auth(ORGANIZATION_KEY),
        api.by(UNKNOWN, "DELETE", "/users/4"),
        api.by(UNKNOWN, "POST", "/users").json(&json!({})),
        api.request("GET", "/vm/v4/users"),
        api.request("GET", "/nowhere"),
    ] {
        let answer = read(request).await;
        let told = (answer.0, message(&answer));
        assert_eq!(told, (401, "Unauthorized".to_owned()));
    }
    assert_eq!(api.state().snapshot(), before);
    let known = |request: &fake_console::LoggedRequest| request.authorized_as.is_some();
    assert!(!api.requests().iter().any(known));
}

#[tokio::test]
async fn basic_credentials_beside_a_key_do_no_harm() {
    let api = Api::realistic();
    let both = api.organization("GET", "/users").basic_auth("x", Some("y"));
    assert_eq!(status(both).await, 200);
}

#[tokio::test]
async fn a_user_key_reads() {
    let api = Api::realistic();
    let own = api.id("mkowalska@example.com");
    for path in [
        "/users",
        "/products",
        "/roles",
        "/user-groups",
        &format!("/users/{own}"),
        &format!("/users/{own}/products"),
    ] {
        assert_eq!(status(api.user_key("GET", path)).await, 200, "{path}");
    }
    let vm = api.request("GET", "/vm/v4/users");
    assert_eq!(status(vm.header("X-Api-Key", USER_KEY)).await, 200);
}

#[tokio::test]
async fn a_user_key_gets_no_further_whatever_is_asked_for() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    let own = api.id("mkowalska@example.com");
    let other = api.id("jdoe@example.com");
    let key = api.state().keys_of(&own)[0].id.clone();
    let token = api.state().product("IVM").product_token.clone();
    for (method, path) in [
        ("GET", format!("/users/{other}")),
        ("GET", format!("/users/{UNKNOWN}")),
        ("GET", format!("/users/{other}/products")),
        ("POST", "/users".to_owned()),
        ("DELETE", format!("/users/{other}")),
        ("DELETE", format!("/users/{own}")),
        ("DELETE", format!("/users/{UNKNOWN}")),
        ("PATCH", format!("/users/{own}/products/{token}")),
        ("DELETE", format!("/users/{own}/products/{token}")),
        ("DELETE", format!("/users/{own}/products/nothing")),
        ("GET", "/api-keys".to_owned()),
        ("DELETE", format!("/api-keys/{key}")),
        ("DELETE", format!("/api-keys/{UNKNOWN}")),
    ] {
        let answer = read(api.user_key(method, &path).json(&json!({}))).await;
        let told = (answer.0, message(&answer));
        assert_eq!(told, (403, "Forbidden".to_owned()), "{method} {path}");
    }
    assert_eq!(api.state().snapshot(), before);
}

#[tokio::test]
async fn a_type_counts_not_an_owner() {
    let api = Api::with(|state| {
        let keys = state.api_keys.iter_mut();
        for key in keys.filter(|key| key.value == USER_KEY) {
            key.user_id = None;
        }
    });
    assert_eq!(status(api.user_key("GET", "/users")).await, 200);
    assert_eq!(status(api.user_key("GET", "/api-keys")).await, 403);
    for key in &mut api.state().api_keys {
        key.key_type = KeyType::Organization;
    }
    assert_eq!(status(api.user_key("GET", "/api-keys")).await, 200);
}

#[tokio::test]
async fn the_log_names_the_key_and_never_has_its_value() {
    let api = Api::realistic();
    let _ = api.get("/users").await;
    let _ = read(api.user_key("GET", "/users")).await;
    let log = api.requests();
    let names: Vec<_> = log.iter().map(|r| r.authorized_as.as_deref()).collect();
    assert_eq!(
        names,
        [Some("identity automation"), Some("mkowalska reports")]
    );
    let shown = format!("{log:?}");
    assert!(!shown.contains(ORGANIZATION_KEY) && !shown.contains(USER_KEY));
}

#[tokio::test]
async fn paths_and_methods_that_there_are_not() {
    let api = Api::realistic();
    for path in [
        "/",
        "/account/api/1",
        "/account/api/1/nowhere",
        "/account/api/2/users",
        "/account/api/1/users/",
        "/api/3/users",
        "/vm/v4/users/1",
    ] {
        let answer = read(api.anywhere("GET", path)).await;
        assert_eq!(answer.0, 404, "{path}");
        assert_eq!(message(&answer), "no Route matched with those values");
    }
    let jane = api.id("jdoe@example.com");
    for (method, path) in [
        ("PUT", "/account/api/1/users"),
        ("PUT", &format!("/account/api/1/users/{jane}")),
        ("PATCH", &format!("/account/api/1/users/{jane}")),
        ("POST", &format!("/account/api/1/users/{jane}/products")),
        ("GET", &format!("/account/api/1/users/{jane}/products/X")),
        ("POST", "/account/api/1/api-keys"),
        ("OPTIONS", "/account/api/1/users"),
        ("POST", "/vm/v4/users"),
        ("POST", "/validate"),
    ] {
        let answer = read(api.anywhere(method, path)).await;
        assert_eq!(answer.0, 405, "{method} {path}");
        message(&answer);
    }
    assert_eq!(status(api.anywhere("HEAD", "/validate")).await, 405);
}
