//! Reading, listing, deleting and unlocking, in the vendor's form.

use fake_console::State;
use serde_json::{Value, json};

use super::client::{Api, message};
use crate::client::status;

fn ids(page: &Value) -> Vec<i64> {
    let users = page["resources"].as_array().unwrap().iter();
    users.map(|user| user["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn a_user_has_the_vendors_shape_and_its_read_only_members() {
    let api = Api::realistic();
    let (status, jane) = api.get("/users/4").await;
    assert_eq!(status, 200);
    let url = api.url();
    let own = json!([{ "href": format!("{url}/api/3/users/4"), "rel": "self" }]);
    let source = format!("{url}/api/3/authentication_sources/1");
    assert_eq!(
        jane,
        json!({
            "id": 4,
            "login": "jdoe",
            "name": "Jane Doe",
            "email": "jdoe@example.com",
            "enabled": true,
            "locked": false,
            "role": {
                "id": "user",
                "name": "User",
                "privileges": ["view-site-asset-data", "create-reports"],
                "superuser": false,
                "allSites": false,
                "allAssetGroups": false,
                "grantedBy": "nxadmin",
            },
            "authentication": {
                "id": 1,
                "type": "normal",
                "name": "Builtin Users",
                "external": false,
                "links": [{ "href": source, "rel": "Authentication Source" }],
            },
            "locale": { "default": "en-US", "reports": "fr-FR", "links": own },
            "costCenter": "4711-EMEA",
            "notificationPreferences": {
                "digest": "weekly",
                "channels": ["email", "pager"],
                "quietHours": { "from": 22, "to": 6 },
            },
            "links": own,
        })
    );
    assert_eq!(api.state().user_json(4), Some(jane));
    assert_eq!(api.get("/users/10").await.1.get("email"), None);
}

#[tokio::test]
async fn pages_count_from_zero_and_have_ten_by_default() {
    let api = Api::new(State::with_users(23));
    let (_, first) = api.get("/users").await;
    assert_eq!(ids(&first), (1..=10).collect::<Vec<_>>());
    let page = json!({ "number": 0, "size": 10, "totalPages": 3, "totalResources": 23 });
    assert_eq!(first["page"], page);
    let rels = |page: &Value| -> Vec<String> {
        let links = page["links"].as_array().unwrap().iter();
        links
            .map(|link| link["rel"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(rels(&first), ["first", "self", "next", "last"]);
    let (_, last) = api.get("/users?page=2").await;
    assert_eq!(ids(&last), [21, 22, 23]);
    assert_eq!(rels(&last), ["first", "self", "prev", "last"]);
    assert_eq!(api.get("/users?page=3").await.0, 404);
    assert_eq!(api.get("/users?page=1&size=23").await.0, 404);
    assert_eq!(api.get("/users?page=-1").await.0, 400);
    assert_eq!(api.get("/users?size=0").await.0, 400);
    assert_eq!(api.requests()[1].query.as_deref(), Some("page=2"));
}

#[tokio::test]
async fn larger_pages_are_cut_down_to_500() {
    let api = Api::new(State::with_users(600));
    let (_, page) = api.get("/users?size=5000").await;
    assert_eq!(page["page"]["size"], 500);
    assert_eq!(page["page"]["totalPages"], 2);
    assert_eq!(ids(&page).len(), 500);
}

#[tokio::test]
async fn an_empty_first_page_is_no_error() {
    let api = Api::with(|state| state.sites.clear());
    let (status, page) = api.get("/sites?page=0").await;
    assert_eq!((status, &page["page"]["totalPages"]), (200, &json!(0)));
}

#[tokio::test]
async fn listing_sorts_by_id_and_login() {
    let api = Api::realistic();
    let all = api.state().users.len() as i64;
    let (_, page) = api.get("/users?sort=id,desc&size=3").await;
    assert_eq!(ids(&page), [all, all - 1, all - 2]);
    let (_, page) = api.get("/users?sort=id,ASC&size=2").await;
    assert_eq!(ids(&page), [1, 2]);
    let (_, page) = api.get("/users?sort=login,desc&size=100").await;
    let logins = page["resources"].as_array().unwrap().iter();
    let logins: Vec<&str> = logins.map(|user| user["login"].as_str().unwrap()).collect();
    assert!(logins.is_sorted_by(|one, other| one >= other), "{logins:?}");
    assert_eq!(api.get("/users?sort=shoeSize,desc").await.0, 400);
}

#[tokio::test]
async fn deleting_is_permanent_and_ids_are_not_used_again() {
    let api = Api::realistic();
    let last = *api.state().users.keys().next_back().unwrap();
    let (status, body) = api.delete(&format!("/users/{last}")).await;
    assert_eq!((status, &body["links"][0]["rel"]), (200, &json!("Users")));
    assert_eq!(api.get(&format!("/users/{last}")).await.0, 404);
    assert_eq!(api.delete(&format!("/users/{last}")).await.0, 404);
    let body = json!({
        "login": "new", "name": "New", "password": "long enough", "role": { "id": "user" },
    });
    let (_, created) = api.send("POST", "/users", &body).await;
    assert_eq!(created["id"], last + 1);

    // Nor those of users whom a test put there.
    let jane = api.state().users[&4].clone();
    api.state().users.insert(500, jane);
    assert_eq!(api.delete("/users/500").await.0, 200);
    let mut body = body;
    body["login"] = json!("newer");
    let (_, created) = api.send("POST", "/users", &body).await;
    assert_eq!(created["id"], 501);
}

#[tokio::test]
async fn unlocking_is_a_delete_that_can_be_repeated() {
    let api = Api::realistic();
    let path = format!("/users/{}/lock", api.id("rmartinez"));
    for _ in 0..2 {
        let (status, body) = api.delete(&path).await;
        assert_eq!((status, &body["links"][0]["rel"]), (200, &json!("self")));
        assert!(!api.state().user_mut("rmartinez").locked);
        assert_eq!(api.state().user_mut("rmartinez").failed_logins, 0);
    }
    assert_eq!(api.delete("/users/999/lock").await.0, 404);
    assert_eq!(status(api.admin("GET", &path)).await, 405);
}

#[tokio::test]
async fn disabled_accounts_may_not_be_unlocked() {
    let api = Api::with(|state| state.user_mut("rmartinez").enabled = false);
    let answer = api
        .delete(&format!("/users/{}/lock", api.id("rmartinez")))
        .await;
    assert_eq!(answer.0, 400);
    assert_eq!(message(&answer), "Disabled accounts may not be unlocked.");
    assert!(api.state().user_mut("rmartinez").locked);
}

#[tokio::test]
async fn writes_may_answer_without_a_body() {
    let api = Api::with(|state| state.no_content_on_write = true);
    let path = format!("/users/{}/lock", api.id("rmartinez"));
    assert_eq!(api.delete(&path).await, (204, Value::Null));
    assert_eq!(api.delete("/users/999").await.0, 404);
    assert_eq!(api.get("/users/1").await.0, 200);
}

#[tokio::test]
async fn the_two_factor_seed_can_be_set_made_and_read() {
    let api = Api::realistic();
    assert_eq!(api.get("/users/4/2FA").await.0, 404);
    assert_eq!(
        api.send("PUT", "/users/4/2FA", &json!("JBSWY3DPEHPK3PXP"))
            .await
            .0,
        200
    );
    assert_eq!(api.get("/users/4/2FA").await.1["key"], "JBSWY3DPEHPK3PXP");
    let (status, made) = api.send("POST", "/users/4/2FA", &json!(null)).await;
    assert_eq!((status, made["key"].as_str().unwrap().len()), (200, 16));
    assert_eq!(api.get("/users/4/2FA").await.1["key"], made["key"]);
}

#[tokio::test]
async fn privileges_are_those_of_the_role() {
    let api = Api::realistic();
    let (_, body) = api.get("/users/4/privileges").await;
    assert_eq!(
        body["resources"],
        json!(["view-site-asset-data", "create-reports"])
    );
    assert_eq!(api.get("/users/999/privileges").await.0, 404);
}
