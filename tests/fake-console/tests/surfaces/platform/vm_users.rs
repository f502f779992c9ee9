//! The guide's list of users.

use fake_console::{PlatformState, VmUser};
use serde_json::{Value, json};

use super::client::{Api, message, read};

async fn page(api: &Api, query: &str) -> (u16, Value) {
    read(api.anywhere("GET", &format!("/vm/v4/users{query}"))).await
}

/// A platform with so many users in that list.
fn with(users: i64) -> Api {
    let mut state = PlatformState::empty();
    let user = |id| VmUser {
        id,
        login: format!("user{id}"),
        email: format!("user{id}@example.com"),
    };
    state.vm_users = (1..=users).map(user).collect();
    Api::new(state)
}

#[tokio::test]
async fn the_example_of_the_guide() {
    let mut state = PlatformState::empty();
    state.vm_users = PlatformState::realistic().vm_users;
    state.vm_users.truncate(1);
    let api = Api::new(state);
    let expected = json!({
        "data": [{ "id": 1, "login": "jdoe", "email": "jdoe@example.com" }],
        "metadata": { "index": 0, "size": 100, "totalPages": 1, "totalResources": 1 },
    });
    for query in ["?index=0&size=100", "?index=0", "", "?sort=login"] {
        assert_eq!(page(&api, query).await, (200, expected.clone()));
    }
}

#[tokio::test]
async fn pages_and_what_comes_after_them() {
    let api = with(250);
    let first_and_count = |answer: &Value| {
        let data = answer["data"].as_array().unwrap();
        (data.first().map(|user| user["id"].clone()), data.len())
    };
    for (query, first, count, pages) in [
        ("", Some(1), 100, 3),
        ("?index=2", Some(201), 50, 3),
        ("?index=3", None, 0, 3),
        ("?index=99999999999999", None, 0, 3),
        ("?index=1&size=200", Some(201), 50, 2),
        ("?index=4&size=50", Some(201), 50, 5),
        ("?size=500", Some(1), 250, 1),
    ] {
        let (status, answer) = page(&api, query).await;
        assert_eq!(status, 200, "{query}");
        let expected = (first.map(|id: i64| json!(id)), count);
        assert_eq!(first_and_count(&answer), expected, "{query}");
        assert_eq!(answer["metadata"]["totalPages"], pages, "{query}");
        assert_eq!(answer["metadata"]["totalResources"], 250);
    }
    let (_, answer) = page(&api, "?index=3&size=90").await;
    let metadata = json!({ "index": 3, "size": 90, "totalPages": 3, "totalResources": 250 });
    assert_eq!(answer["metadata"], metadata, "as asked for");
}

#[tokio::test]
async fn nobody_has_no_page() {
    let (status, answer) = page(&with(0), "").await;
    assert_eq!(status, 200);
    assert_eq!(answer["data"], json!([]));
    assert_eq!(answer["metadata"]["totalPages"], 0);
}

#[tokio::test]
async fn pages_that_are_refused() {
    let api = with(3);
    for (query, name) in [
        ("?size=501", "size"),
        ("?size=0", "size"),
        ("?size=ten", "size"),
        ("?index=-1", "index"),
        ("?index=", "index"),
    ] {
        let answer = page(&api, query).await;
        assert_eq!(answer.0, 400, "{query}");
        assert!(message(&answer).contains(name), "{query}");
    }
    api.state().vm_users_max_page = 2;
    assert_eq!(page(&api, "?size=3").await.0, 400);
    assert_eq!(page(&api, "?size=2").await.0, 200);
}

#[tokio::test]
async fn it_knows_nothing_of_the_accounts() {
    let api = Api::realistic();
    let before = page(&api, "").await;
    let jane = api.id("jdoe@example.com");
    assert_eq!(api.delete(&format!("/users/{jane}")).await.0, 204);
    assert_eq!(page(&api, "").await, before);
    let users = before.1["data"].as_array().unwrap();
    assert!(users.iter().all(|user| user["id"].is_i64()));
}
