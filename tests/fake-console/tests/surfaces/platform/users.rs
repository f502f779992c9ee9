//! Listing, reading, creating and deleting users.

use fake_console::{PlatformState, USER_KEY, UserStatus};
use serde_json::{Value, json};

use super::client::{Api, column, message, read};
use crate::client::status;

#[tokio::test]
async fn the_list_is_a_bare_array_in_the_order_of_insertion() {
    let api = Api::realistic();
    let (status, list) = api.get("/users").await;
    assert_eq!(status, 200);
    let emails = column(&list, "email");
    let inserted: Vec<String> = api.state().users.iter().map(|u| u.email.clone()).collect();
    assert_eq!(emails, inserted);
    assert!(!emails.is_sorted());
    assert!(!column(&list, "id").is_sorted());
    let position = |wanted: &str| emails.iter().position(|email| email == wanted).unwrap();
    assert!(position("xjdoe@example.com") < position("jdoe@example.com"));
}

#[tokio::test]
async fn five_thousand_users_come_at_once() {
    let api = Api::new(PlatformState::large(5000));
    let (_, list) = api.get("/users").await;
    assert_eq!(list.as_array().unwrap().len(), 5012);
}

#[tokio::test]
async fn a_user_has_the_members_that_were_seen() {
    let api = Api::realistic();
    let jane = api.id("jdoe@example.com");
    let (status, user) = api.get(&format!("/users/{jane}")).await;
    assert_eq!(status, 200);
    let expected = json!({
        "id": jane,
        "email": "jdoe@example.com",
        "first_name": "Jane",
        "last_name": "Doe",
        "status": "ACTIVE",
        "platform_admin": false,
        "federated": false,
        "last_login": "2026-06-28T07:45:10.120Z",
        "timezone": "America/New_York",
        "mfa": { "enrolled": true, "methods": ["totp"] },
        "preferred_locale": "en-US",
    });
    assert_eq!(user, expected);
    let (_, list) = api.get("/users").await;
    assert!(list.as_array().unwrap().contains(&expected));

    let invited = api.id("ohaddad@example.com");
    let (_, user) = api.get(&format!("/users/{invited}")).await;
    assert_eq!(user.as_object().unwrap().len(), 9, "nobody else's members");
    assert_eq!(user["status"], "PENDING");
    for absent in ["last_login", "timezone"] {
        assert_eq!(user.get(absent), Some(&Value::Null));
    }
}

#[tokio::test]
async fn who_is_not_there_is_not_found() {
    let api = Api::realistic();
    let unknown = "8c5b1f9e-0d6a-4a77-9f3e-1b2c3d4e5f60";
    for id in [unknown, "4", "not%20a%20uuid", "%22"] {
        for (method, path) in [
            ("GET", format!("/users/{id}")),
            ("DELETE", format!("/users/{id}")),
            ("GET", format!("/users/{id}/products")),
        ] {
            let answer = read(api.organization(method, &path)).await;
            let told = (answer.0, message(&answer));
            assert_eq!(told, (404, "Not Found".to_owned()), "{method} {path}");
        }
    }
}

async fn found(api: &Api, query: &str) -> Vec<String> {
    let (status, list) = api.get(&format!("/users?{query}")).await;
    assert_eq!(status, 200, "{query}");
    column(&list, "email")
}

#[tokio::test]
async fn filters_on_texts_find_parts_of_them_in_any_case() {
    let api = Api::realistic();
    let both = ["xjdoe@example.com", "jdoe@example.com"];
    assert_eq!(found(&api, "email=jdoe@example.com").await, both);
    assert_eq!(found(&api, "email=JDOE%40Example").await, both);
    assert_eq!(
        found(&api, "email=soneill@example.com").await,
        ["SONeill@Example.com"]
    );
    assert_eq!(found(&api, "first_name=jan").await, ["jdoe@example.com"]);
    assert_eq!(found(&api, "last_name=DOE").await, both);
    assert_eq!(
        found(&api, "last_name=%D0%BF%D0%B5%D1%82%D1%80").await,
        ["lpetrova@example.com"]
    );
    assert!(found(&api, "email=nobody@example.com").await.is_empty());
}

#[tokio::test]
async fn filters_on_status_and_administrators() {
    let api = Api::realistic();
    assert_eq!(
        found(&api, "status=DISABLED").await,
        ["knguyen@example.com"]
    );
    assert_eq!(found(&api, "status=PENDING").await, ["ohaddad@example.com"]);
    assert_eq!(found(&api, "status=ACTIVE").await.len(), 10);
    let administrators = ["mkowalska@example.com", "nxadmin@example.com"];
    assert_eq!(found(&api, "platform-admin=true").await, administrators);
    assert_eq!(found(&api, "platform-admin=false").await.len(), 10);
    assert_eq!(
        found(&api, "email=admin&platform-admin=true&status=ACTIVE").await,
        ["nxadmin@example.com"]
    );
    assert_eq!(found(&api, "sort=email&page=7&size=1").await.len(), 12);
    for query in ["status=LOCKED", "status=active", "platform-admin=yes"] {
        let answer = api.get(&format!("/users?{query}")).await;
        assert_eq!(answer.0, 400, "{query}");
        let name = query.split('=').next().unwrap();
        assert!(message(&answer).contains(name), "{query}");
    }
}

#[tokio::test]
async fn a_new_user_is_invited() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    let body = json!({
        "email": "Sam.Lee@example.com", "first_name": "Sam", "last_name": "Lee",
    });
    let (status, created) = api.send("POST", "/users", &body).await;
    assert_eq!(status, 201);
    let id = created["id"].as_str().unwrap().to_owned();
    let expected = json!({
        "id": id,
        "email": "Sam.Lee@example.com",
        "first_name": "Sam",
        "last_name": "Lee",
        "status": "PENDING",
        "platform_admin": false,
        "federated": false,
        "last_login": null,
        "timezone": null,
    });
    assert_eq!(created, expected);
    assert_eq!(api.get(&format!("/users/{id}")).await.1, expected);
    assert_eq!(api.get(&format!("/users/{id}/products")).await.1, json!([]));

    let mut after = api.state().snapshot();
    let added = after["users"].as_object_mut().unwrap().remove(&id);
    assert_eq!(added.unwrap()["products"], json!([]));
    assert_eq!(after, before);
}

#[tokio::test]
async fn what_may_be_said_of_a_new_user() {
    let api = Api::realistic();
    let body = json!({
        "email": "sam@example.com", "first_name": "Sam", "last_name": "Lee",
        "platform_admin": true, "timezone": "Asia/Seoul",
    });
    let (status, created) = api.send("POST", "/users", &body).await;
    assert_eq!(status, 201);
    assert_eq!(created["platform_admin"], true);
    assert_eq!(created["timezone"], "Asia/Seoul");
}

#[tokio::test]
async fn a_new_user_that_is_refused() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    let good = json!({ "email": "sam@example.com", "first_name": "Sam", "last_name": "Lee" });
    for name in ["email", "first_name", "last_name"] {
        for value in [Value::Null, json!(""), json!(" "), json!(7)] {
            let mut body = good.clone();
            body[name] = value;
            let answer = api.send("POST", "/users", &body).await;
            assert_eq!(answer.0, 400, "{body}");
            assert!(message(&answer).starts_with(name), "{body}");
        }
        let mut body = good.clone();
        body.as_object_mut().unwrap().remove(name);
        let answer = api.send("POST", "/users", &body).await;
        assert_eq!(answer.0, 400);
        assert_eq!(message(&answer), format!("{name} is required."));
    }
    for (name, value) in [
        ("status", json!("ACTIVE")),
        ("federated", json!(true)),
        ("id", json!("8c5b1f9e-0d6a-4a77-9f3e-1b2c3d4e5f60")),
        ("platform_admin", json!("true")),
        ("timezone", json!(1)),
    ] {
        let mut body = good.clone();
        body[name] = value;
        let answer = api.send("POST", "/users", &body).await;
        assert_eq!(answer.0, 400, "{body}");
        assert!(message(&answer).starts_with(name), "{body}");
    }
    assert_eq!(api.send("POST", "/users", &json!([good])).await.0, 400);
    let no_json = api.organization("POST", "/users").body("{}");
    assert_eq!(status(no_json).await, 415);
    assert_eq!(api.state().snapshot(), before);
}

#[tokio::test]
async fn an_email_is_taken_in_any_case() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    for email in [
        "jdoe@example.com",
        "JDoe@Example.Com",
        "soneill@example.com",
    ] {
        let body = json!({ "email": email, "first_name": "Jane", "last_name": "Doe" });
        let answer = api.send("POST", "/users", &body).await;
        let told = (answer.0, message(&answer));
        assert_eq!(told, (409, "User already exists".to_owned()), "{email}");
    }
    assert_eq!(api.state().snapshot(), before);
}

#[tokio::test]
async fn a_user_goes_with_keys_and_access() {
    let api = Api::realistic();
    let manager = api.id("mkowalska@example.com");
    let mut expected = api.state().snapshot();
    let users = expected["users"].as_object_mut().unwrap();
    users.remove(&manager).unwrap();
    let key = api.state().keys_of(&manager)[0].id.clone();
    let keys = expected["api_keys"].as_object_mut().unwrap();
    keys.remove(&key).unwrap();

    assert_eq!(status(api.by(USER_KEY, "GET", "/users")).await, 200);
    let path = format!("/users/{manager}");
    assert_eq!(api.delete(&path).await, (204, Value::Null));
    assert_eq!(api.state().snapshot(), expected);
    assert_eq!(status(api.by(USER_KEY, "GET", "/users")).await, 401);
    assert_eq!(api.delete(&path).await.0, 404);
    assert_eq!(api.get(&path).await.0, 404);
    assert_eq!(api.get(&format!("{path}/products")).await.0, 404);
}

#[tokio::test]
async fn an_email_is_free_again_but_its_id_is_not() {
    let api = Api::realistic();
    let body = json!({ "email": "sam@example.com", "first_name": "Sam", "last_name": "Lee" });
    let mut ids = Vec::new();
    for _ in 0..3 {
        let (status, created) = api.send("POST", "/users", &body).await;
        assert_eq!(status, 201);
        let id = created["id"].as_str().unwrap().to_owned();
        assert_eq!(api.delete(&format!("/users/{id}")).await.0, 204);
        assert!(!ids.contains(&id));
        ids.push(id);
    }
}

#[test]
fn a_status_is_what_the_state_says() {
    let mut state = PlatformState::realistic();
    state.user_mut("JDOE@example.com").status = UserStatus::Disabled;
    let jane = state.user_by_email("jdoe@example.com").unwrap();
    assert_eq!(state.snapshot()["users"][&jane.id]["status"], "DISABLED");
}
