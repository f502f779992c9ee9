//! Who may see a site, read and changed from the site's end.

use fake_console::WireForm;
use serde_json::{Value, json};

use super::client::{Api, message};

fn logins(list: &Value) -> Vec<&str> {
    let users = list["resources"].as_array().unwrap().iter();
    users.map(|user| user["login"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn everybody_with_access_is_listed_but_administrators() {
    let api = Api::realistic();
    let (status, list) = api.get("/sites/8/users").await;
    assert_eq!(status, 200);
    assert_eq!(
        logins(&list),
        ["mkowalska", "knguyen", "audit1", "rmartinez"]
    );
    assert_eq!(
        list["resources"][3],
        api.get("/users/14").await.1,
        "users in full"
    );
    assert!(list["links"].is_array() && list.get("page").is_none());
    assert_eq!(api.get("/sites/99/users").await.0, 404);
}

#[tokio::test]
async fn access_is_given_and_taken_for_this_site_alone() {
    let api = Api::realistic();
    let (jane, regional) = (api.id("jdoe"), api.id("tokafor"));
    let mut expected = api.state().snapshot();
    for _ in 0..2 {
        let (status, added) = api.send("POST", "/sites/4/users", &json!(regional)).await;
        assert_eq!((status, &added["id"]), (201, &json!(regional)));
        expected[regional.to_string()]["sites"] = json!([3, 4, 5]);
        assert_eq!(api.state().snapshot(), expected);
    }
    for _ in 0..2 {
        let path = format!("/sites/4/users/{jane}");
        assert_eq!(api.delete(&path).await.0, 200);
        expected[jane.to_string()]["sites"] = json!([1, 2]);
        assert_eq!(api.state().snapshot(), expected);
    }
    let gone = api.id("ext.pentest");
    let directory = api.id("lpetrova");
    let (status, _) = api
        .send("PUT", "/sites/4/users", &json!([jane, directory]))
        .await;
    assert_eq!(status, 200);
    expected[jane.to_string()]["sites"] = json!([1, 2, 4]);
    expected[regional.to_string()]["sites"] = json!([3, 5]);
    expected[gone.to_string()]["sites"] = json!([]);
    assert_eq!(api.state().snapshot(), expected);
}

#[tokio::test]
async fn who_sees_all_sites_is_left_alone() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    let everywhere = api.id("mkowalska");
    let (status, _) = api.send("POST", "/sites/1/users", &json!(everywhere)).await;
    assert_eq!(status, 201);
    assert_eq!(api.state().snapshot(), before);
    for body in [json!(1), json!(999), json!([4]), json!("4")] {
        assert_eq!(api.send("POST", "/sites/1/users", &body).await.0, 400);
    }
    let answer = api.send("PUT", "/sites/1/users", &json!([4, 2])).await;
    assert_eq!(
        (answer.0, message(&answer).as_str()),
        (400, "Administrators have access to all sites.")
    );
    let answer = api.send("PUT", "/sites/1/users", &json!([999])).await;
    assert_eq!(message(&answer), "The user 999 does not exist.");
    for path in ["/sites/99/users/4", "/sites/1/users/999"] {
        assert_eq!(api.delete(path).await.0, 404);
    }
    assert_eq!(api.state().snapshot(), before);
}

#[tokio::test]
async fn the_guide_has_no_such_thing() {
    let api = Api::with(|state| state.form = WireForm::Guide);
    assert_eq!(api.get("/sites/1/users").await.0, 404);
}
