//! The same console in the guide's form.

use fake_console::WireForm;
use serde_json::{Value, json};

use super::client::{Api, message};
use crate::client::status;

fn guide() -> Api {
    Api::with(|state| state.form = WireForm::Guide)
}

fn jane() -> Value {
    json!({
        "login": "jane2",
        "password": "S3cur3-enough",
        "name": { "first": "Jane", "last": "Doe" },
        "email": "jane2@example.com",
        "role": { "id": "user", "superuser": false },
    })
}

#[tokio::test]
async fn a_user_has_the_guides_shape() {
    let api = guide();
    let (_, user) = api.get("/users/4").await;
    assert_eq!(user["name"], json!({ "first": "Jane", "last": "Doe" }));
    assert_eq!(user["accessAllSites"], false);
    assert_eq!(user["accessAllAssetGroups"], false);
    assert_eq!(user["role"].get("allSites"), None);
    assert_eq!(user["role"].get("allAssetGroups"), None);
    assert_eq!(user["role"]["name"], "User");
    assert_eq!(
        user["links"],
        json!([{ "href": "/api/3/users/4", "rel": "self" }])
    );
    let (_, list) = api.get("/users?size=4").await;
    assert_eq!(list["resources"][3], user);
    assert_eq!(list["page"]["totalPages"], 4);
}

#[tokio::test]
async fn a_new_user_without_the_flag_sees_all_sites_and_grants_are_ignored() {
    let api = guide();
    let (status, created) = api.send("POST", "/users", &jane()).await;
    assert_eq!(status, 201);
    let id = created["id"].as_i64().unwrap();
    assert_eq!(created["links"][0]["href"], format!("/api/3/users/{id}"));
    let (_, user) = api.get(&format!("/users/{id}")).await;
    assert_eq!(user["accessAllSites"], true);
    assert_eq!(user["accessAllAssetGroups"], false);
    let sites = format!("/users/{id}/sites");
    assert_eq!(api.send("POST", &sites, &json!([1])).await.0, 200);
    assert_eq!(api.get(&sites).await.1["resources"], json!([]));
}

#[tokio::test]
async fn a_new_user_with_the_flag_gets_the_sites_added() {
    let api = guide();
    let mut body = jane();
    body["accessAllSites"] = json!(false);
    let (_, created) = api.send("POST", "/users", &body).await;
    let sites = format!("/users/{}/sites", created["id"]);
    assert_eq!(api.send("POST", &sites, &json!([1])).await.0, 200);
    assert_eq!(api.send("POST", &sites, &json!([3])).await.0, 200);
    let (_, list) = api.get(&sites).await;
    let named = json!([
        { "id": 1, "name": "Corp Network" },
        { "id": 3, "name": "Data Centre West" },
    ]);
    assert_eq!(list["resources"], named);
    assert_eq!(
        list["page"],
        json!({ "number": 0, "size": 10, "totalResources": 2 })
    );
    let one = format!("{sites}/2");
    assert_eq!(status(api.admin("PUT", &one)).await, 200);
    assert_eq!(api.delete(&format!("{sites}/1")).await.0, 200);
    let kept = api.state().user_mut("jane2").sites.clone();
    assert_eq!(kept, [2, 3].into());
    assert_eq!(api.delete(&sites).await.0, 200);
    assert!(api.state().user_mut("jane2").sites.is_empty());
    assert_eq!(api.send("POST", &sites, &json!([99])).await.0, 400);
    assert_eq!(api.send("PUT", &sites, &json!([1])).await.0, 405);
}

#[tokio::test]
async fn grants_come_in_pages() {
    let api = Api::with(|state| {
        state.form = WireForm::Guide;
        state.sites = (1..=25).map(|id| (id, format!("Site {id}"))).collect();
        state.asset_groups = (1..=12).map(|id| (id, format!("Group {id}"))).collect();
        state.user_mut("jdoe").sites = (1..=25).collect();
        state.user_mut("jdoe").asset_groups = (1..=12).collect();
    });
    let count = async |path| {
        let (_, body) = api.get(path).await;
        body["resources"].as_array().map_or(0, Vec::len)
    };
    assert_eq!(count("/users/4/sites").await, 10);
    assert_eq!(count("/users/4/sites?page=2").await, 5);
    assert_eq!(count("/users/4/sites?size=100").await, 25);
    assert_eq!(count("/users/4/asset_groups?page=1&size=10").await, 2);
    assert_eq!(api.get("/users/4/sites?page=3").await.0, 404);
}

#[tokio::test]
async fn put_is_a_full_replacement_here_too() {
    let api = Api::with(|state| {
        state.form = WireForm::Guide;
        state.user_mut("jdoe").all_sites = true;
    });
    let (status, _) = api
        .send("PUT", "/users/4", &json!({ "login": "jdoe" }))
        .await;
    assert_eq!(status, 200);
    let (_, user) = api.get("/users/4").await;
    assert_eq!(user["name"], json!({ "first": "", "last": "" }));
    assert_eq!(user["accessAllSites"], false);
    assert_eq!(user.get("email"), None);
}

#[tokio::test]
async fn the_user_sent_back_whole_changes_nothing_but_the_grants() {
    let api = guide();
    let mut expected = api.state().snapshot();
    expected["4"]["sites"] = json!([]);
    expected["4"]["asset_groups"] = json!([]);
    assert_eq!(api.send("PUT", "/users/4", &api.writable(4)).await.0, 200);
    assert_eq!(api.state().snapshot(), expected);
}

#[tokio::test]
async fn the_vendors_name_is_refused_and_its_flags_mean_nothing() {
    let api = guide();
    let mut body = jane();
    body["role"]["allSites"] = json!(false);
    body["role"]["allAssetGroups"] = json!(true);
    assert_eq!(api.send("POST", "/users", &body).await.0, 201);
    assert!(api.state().user_mut("jane2").all_sites);
    assert!(!api.state().user_mut("jane2").all_asset_groups);
    body["name"] = json!("Jane Doe");
    let answer = api.send("POST", "/users", &body).await;
    assert_eq!(
        (answer.0, message(&answer).as_str()),
        (400, "name must be an object.")
    );
}
