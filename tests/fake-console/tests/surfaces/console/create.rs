//! POST /users in the vendor's form.

use serde_json::{Value, json};

use super::client::{Api, message};
use crate::client::status;

fn minimal() -> Value {
    json!({
        "login": "new.user",
        "name": "New User",
        "password": "S3cur3-enough",
        "role": { "id": "user" },
    })
}

fn without(pointer: &str, name: &str) -> Value {
    let mut body = minimal();
    let members = body.pointer_mut(pointer).unwrap().as_object_mut().unwrap();
    members.remove(name).unwrap();
    body
}

fn with(pointer: &str, name: &str, value: Value) -> Value {
    let mut body = minimal();
    body.pointer_mut(pointer).unwrap()[name] = value;
    body
}

#[tokio::test]
async fn a_minimal_user_gets_the_defaults() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    let response = api
        .admin("POST", "/users")
        .json(&minimal())
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 201);
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let body: Value = response.json().await.unwrap();
    let id = body["id"].as_i64().unwrap();
    assert_eq!(body["links"][0]["href"], location);
    assert_eq!(location, format!("{}/api/3/users/{id}", api.url()));

    let (_, user) = api.get(&format!("/users/{id}")).await;
    assert_eq!(user["name"], "New User");
    assert_eq!(user["enabled"], true);
    assert_eq!(user["locked"], false);
    assert_eq!(user["role"]["allSites"], false);
    assert_eq!(user["role"]["allAssetGroups"], false);
    assert_eq!(user["role"]["superuser"], false);
    assert_eq!(user["authentication"]["type"], "normal");
    for absent in ["email", "locale", "password", "passwordResetOnLogin"] {
        assert_eq!(user.get(absent), None, "{absent}");
    }
    let own = api.by(
        ("new.user", "S3cur3-enough"),
        "GET",
        &format!("/users/{id}"),
    );
    assert_eq!(status(own).await, 200);

    let mut after = api.state().snapshot();
    after.as_object_mut().unwrap().remove(&id.to_string());
    assert_eq!(after, before, "nobody else has changed");
}

#[tokio::test]
async fn what_is_missing_is_named() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    for (body, expected) in [
        (without("", "login"), "login is required."),
        (without("", "name"), "name is required."),
        (without("", "password"), "password is required."),
        (without("", "role"), "role.id is required."),
        (without("/role", "id"), "role.id is required."),
        (with("", "login", json!(null)), "login is required."),
        (
            with("", "name", json!({ "first": "New" })),
            "name must be a string.",
        ),
        (
            with("", "enabled", json!("yes")),
            "enabled must be a boolean.",
        ),
        (
            with("/role", "id", json!("king")),
            "The role king does not exist.",
        ),
        (
            with("", "login", json!("JDoe")),
            "A user with this login already exists.",
        ),
        (json!([]), "The request body must be an object."),
    ] {
        let answer = api.send("POST", "/users", &body).await;
        assert_eq!((answer.0, message(&answer).as_str()), (400, expected));
    }
    assert_eq!(api.state().snapshot(), before);
}

#[tokio::test]
async fn only_json_is_understood() {
    let api = Api::realistic();
    let text = api.admin("POST", "/users").body(minimal().to_string());
    assert_eq!(status(text).await, 415);
    let broken = api
        .admin("POST", "/users")
        .header("content-type", "application/json");
    assert_eq!(status(broken.body("{\"login\": ")).await, 400);
    assert_eq!(api.requests()[1].body, Some(json!("{\"login\": ")));
}

#[tokio::test]
async fn a_weak_password_is_refused_without_repeating_it() {
    let api = Api::realistic();
    let answer = api
        .send("POST", "/users", &with("", "password", json!("S3cur3!")))
        .await;
    assert_eq!(answer.0, 400);
    assert!(!message(&answer).contains("S3cur3!"));
    api.state().min_password_length = 7;
    let answer = api
        .send("POST", "/users", &with("", "password", json!("S3cur3!")))
        .await;
    assert_eq!(answer.0, 201);
}

#[tokio::test]
async fn the_authentication_source_must_exist_and_decides_on_the_password() {
    let api = Api::realistic();
    let post = async |login: &str, source: Value, password: Option<&str>| {
        let mut body = with("", "authentication", source);
        body["login"] = json!(login);
        body["password"] = json!(password);
        api.send("POST", "/users", &body).await
    };
    assert_eq!(post("a", json!({ "type": "ldap" }), None).await.0, 201);
    assert_eq!(api.state().user_mut("a").authentication.id, 3);
    assert_eq!(
        post("b", json!({ "type": "saml", "id": 4 }), None).await.0,
        201
    );
    assert_eq!(
        post("c", json!({ "type": "admin" }), Some("long enough"))
            .await
            .0,
        201
    );
    for (source, password) in [
        (json!({ "type": "admin" }), None),
        (json!({ "type": "normal", "id": 1 }), None),
        (json!({ "type": "kerberos" }), None),
        (json!({ "type": "saml", "id": 3 }), None),
        (json!({ "type": "ldap", "id": 99 }), None),
        (json!({ "id": 1 }), Some("long enough")),
    ] {
        assert_eq!(post("d", source.clone(), password).await.0, 400, "{source}");
    }
}

#[tokio::test]
async fn some_roles_force_all_sites_and_all_asset_groups() {
    let api = Api::realistic();
    for (role, sites, groups) in [
        ("global-admin", true, true),
        ("site-admin", true, false),
        ("system-admin", false, false),
    ] {
        let mut body = with("", "role", json!({ "id": role, "allSites": false }));
        body["login"] = json!(role);
        let (_, created) = api.send("POST", "/users", &body).await;
        let (_, user) = api.get(&format!("/users/{}", created["id"])).await;
        assert_eq!(user["role"]["allSites"], sites, "{role}");
        assert_eq!(user["role"]["allAssetGroups"], groups, "{role}");
    }
}

#[tokio::test]
async fn everything_can_be_given_at_once() {
    let api = Api::realistic();
    let body = json!({
        "login": "full", "name": "Ada Maria Lovelace", "password": "long enough",
        "email": "ada@example.com", "enabled": false, "passwordResetOnLogin": true,
        "role": { "id": "auditor", "allSites": true, "allAssetGroups": true, "superuser": true },
        "authentication": { "type": "normal", "id": 1 },
        "locale": { "default": "de-DE", "reports": "en-US" },
    });
    let (_, created) = api.send("POST", "/users", &body).await;
    let (_, user) = api.get(&format!("/users/{}", created["id"])).await;
    assert_eq!(user["name"], "Ada Maria Lovelace");
    assert_eq!(user["role"]["superuser"], true);
    assert_eq!(user["locale"]["default"], "de-DE");
    let mut state = api.state();
    let kept = state.user_mut("full");
    assert_eq!(
        (kept.first.as_str(), kept.last.as_str()),
        ("Ada", "Maria Lovelace")
    );
    assert!(kept.password_reset_on_login && !kept.enabled && kept.all_sites);
}
