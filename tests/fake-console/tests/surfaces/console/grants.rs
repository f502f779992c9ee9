//! Sites and asset groups granted one by one, in the vendor's form.

use serde_json::json;

use super::client::{Api, message};
use crate::client::status;

#[tokio::test]
async fn grants_are_bare_ids() {
    let api = Api::realistic();
    let (status, body) = api.get("/users/4/sites").await;
    assert_eq!((status, &body["resources"]), (200, &json!([1, 2, 4])));
    assert!(body["links"].is_array() && body.get("page").is_none());
    assert_eq!(
        api.get("/users/4/asset_groups").await.1["resources"],
        json!([1, 3])
    );
    assert_eq!(api.get("/users/999/sites").await.0, 404);
}

#[tokio::test]
async fn a_console_may_page_them_and_tell_how_many_there_are() {
    let api = Api::with(|state| {
        state.pages_grants = true;
        state.default_page_size = 1;
    });
    let body = api.get("/users/4/sites").await.1;
    assert_eq!(body["resources"], json!([1]));
    assert_eq!(body["page"], json!({"totalResources": 3}));
    let body = api.get("/users/4/sites?page=1&size=2").await.1;
    assert_eq!(body["resources"], json!([4]));
}

#[tokio::test]
async fn put_replaces_and_delete_clears() {
    let api = Api::realistic();
    for (path, all, one) in [
        ("sites", json!([3, 8, 3]), 5),
        ("asset_groups", json!([2, 5]), 4),
    ] {
        let before = api.state().snapshot();
        let list = format!("/users/4/{path}");
        let list = list.as_str();
        let listed = async || api.get(list).await.1["resources"].clone();
        assert_eq!(api.send("PUT", list, &all).await.0, 200);
        let mut expected = all.as_array().unwrap()[..2].to_vec();
        assert_eq!(listed().await, json!(expected));
        expected.insert(1, json!(one));
        for _ in 0..2 {
            assert_eq!(
                status(api.admin("PUT", &format!("{list}/{one}"))).await,
                200
            );
            assert_eq!(listed().await, json!(expected));
        }
        for _ in 0..2 {
            assert_eq!(api.delete(&format!("{list}/{one}")).await.0, 200);
            assert_eq!(listed().await, json!(all.as_array().unwrap()[..2]));
        }
        assert_eq!(api.delete(list).await.0, 200);
        assert_eq!(listed().await, json!([]));
        let mut after = api.state().snapshot();
        after["4"][path] = before["4"][path].clone();
        assert_eq!(after, before);
    }
}

#[tokio::test]
async fn unknown_places_and_malformed_bodies_are_refused() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    let answer = api.send("PUT", "/users/4/sites", &json!([1, 99])).await;
    assert_eq!(
        (answer.0, message(&answer).as_str()),
        (400, "The site 99 does not exist.")
    );
    let answer = api.send("PUT", "/users/4/asset_groups", &json!([99])).await;
    assert_eq!(message(&answer), "The asset group 99 does not exist.");
    for body in [
        json!({ "siteIds": [1] }),
        json!(["1"]),
        json!([{ "id": 1 }]),
    ] {
        assert_eq!(
            api.send("PUT", "/users/4/sites", &body).await.0,
            400,
            "{body}"
        );
    }
    assert_eq!(status(api.admin("PUT", "/users/4/sites/99")).await, 404);
    assert_eq!(api.delete("/users/4/sites/99").await.0, 404);
    assert_eq!(status(api.admin("PUT", "/users/999/sites/1")).await, 404);
    assert_eq!(api.delete("/users/999/sites").await.0, 404);
    assert_eq!(api.state().snapshot(), before);
}

#[tokio::test]
async fn all_sites_users_have_none_and_get_none() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    let id = api.id("mkowalska");
    for path in ["sites", "asset_groups"] {
        assert_eq!(
            api.send("PUT", &format!("/users/{id}/{path}"), &json!([1]))
                .await
                .0,
            200
        );
        assert_eq!(
            status(api.admin("PUT", &format!("/users/{id}/{path}/2"))).await,
            200
        );
        let (_, body) = api.get(&format!("/users/{id}/{path}")).await;
        assert_eq!(body["resources"], json!([]));
    }
    assert_eq!(api.state().snapshot(), before);
}

#[tokio::test]
async fn a_privilege_can_stand_for_the_flag() {
    let api = Api::with(|state| {
        let role = state.roles.get_mut("user").unwrap();
        role.privileges.push("manage-tags".to_owned());
    });
    assert_eq!(api.get("/users/4/sites").await.1["resources"], json!([]));
    assert_eq!(
        api.get("/users/4/asset_groups").await.1["resources"],
        json!([1, 3])
    );
    assert_eq!(api.get("/users/4").await.1["role"]["allSites"], true);
}

#[tokio::test]
async fn the_guides_post_is_not_offered() {
    let api = Api::realistic();
    let post = api.admin("POST", "/users/4/sites").json(&json!([1]));
    let response = post.send().await.unwrap();
    assert_eq!(response.status(), 405);
    assert_eq!(response.headers()["allow"], "GET, PUT, DELETE, OPTIONS");
}
