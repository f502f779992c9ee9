//! Products, who may use them, roles, user groups and API keys.

use fake_console::{ORGANIZATION_KEY, USER_KEY};
use serde_json::{Value, json};

use super::client::{Api, column, message, read};
use crate::client::status;

#[tokio::test]
async fn products_are_a_bare_array() {
    let api = Api::realistic();
    let (status, list) = api.get("/products").await;
    assert_eq!(status, 200);
    let codes = column(&list, "product_code");
    assert_eq!(codes, ["IVM", "IDR", "OPS", "ICON", "IAS"]);
    let organization = api.state().organization_id.clone();
    for product in list.as_array().unwrap() {
        assert_eq!(product["organization_id"], organization);
        assert_eq!(product["organization_name"], "Example Corporation");
    }
    let mut tokens = column(&list, "product_token");
    tokens.dedup();
    assert_eq!(tokens.len(), 5);
    assert_eq!(list[0]["product_name"], "InsightVM");
    assert_eq!(
        list[4].get("product_name"),
        None,
        "not every product has it"
    );
}

#[tokio::test]
async fn what_somebody_may_use() {
    let api = Api::realistic();
    let (_, all) = api.get("/products").await;
    for (email, codes) in [
        ("jdoe@example.com", &["IVM", "IDR"][..]),
        (
            "mkowalska@example.com",
            &["IVM", "IDR", "OPS", "ICON", "IAS"],
        ),
        ("tokafor@example.com", &["IVM"]),
        ("ohaddad@example.com", &[]),
    ] {
        let id = api.id(email);
        let (status, list) = api.get(&format!("/users/{id}/products")).await;
        assert_eq!(status, 200);
        assert_eq!(column(&list, "product_code"), codes, "{email}");
        let list = list.as_array().unwrap().iter();
        let known = all.as_array().unwrap();
        assert!(list.clone().all(|product| known.contains(product)));
        let state = api.state();
        assert_eq!(state.products_of(&id).len(), list.count());
    }
}

#[tokio::test]
async fn access_is_given_and_taken_and_nothing_else() {
    let api = Api::realistic();
    let jane = api.id("jdoe@example.com");
    let token = api.state().product("ICON").product_token.clone();
    let before = api.state().snapshot();
    let path = format!("/users/{jane}/products/{token}");

    let body = json!({ "whatever": [1] });
    for body in [json!({}), body] {
        assert_eq!(api.send("PATCH", &path, &body).await, (204, Value::Null));
        let (_, list) = api.get(&format!("/users/{jane}/products")).await;
        assert_eq!(column(&list, "product_code"), ["IVM", "IDR", "ICON"]);
    }
    let after = api.state().snapshot();
    let mut back = after.clone();
    let products = &mut back["users"][&jane]["products"];
    assert!(products.as_array().unwrap().contains(&json!(token)));
    *products = before["users"][&jane]["products"].clone();
    assert_eq!(back, before);

    assert_eq!(api.delete(&path).await, (204, Value::Null));
    assert_eq!(api.state().snapshot(), before);
    let answer = api.delete(&path).await;
    let told = (answer.0, message(&answer));
    assert_eq!(told, (404, "Not Found".to_owned()), "not twice");
}

#[tokio::test]
async fn access_that_cannot_be_given() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    let jane = api.id("jdoe@example.com");
    let token = api.state().product("ICON").product_token.clone();
    for path in [
        format!("/users/{jane}/products/ICON"),
        format!("/users/{jane}/products/{}", token.to_lowercase()),
        format!("/users/4/products/{token}"),
    ] {
        assert_eq!(api.send("PATCH", &path, &json!({})).await.0, 404);
        assert_eq!(api.delete(&path).await.0, 404);
    }
    let path = format!("/users/{jane}/products/{token}");
    for body in [json!([]), json!("on"), json!(null)] {
        assert_eq!(api.send("PATCH", &path, &body).await.0, 400, "{body}");
    }
    assert_eq!(status(api.organization("PATCH", &path)).await, 415);
    assert_eq!(api.state().snapshot(), before);
}

#[tokio::test]
async fn roles_and_user_groups_are_bare_arrays() {
    let api = Api::realistic();
    let (_, roles) = api.get("/roles").await;
    assert!(column(&roles, "name").contains(&"Platform Admin".to_owned()));
    let names = |entry: &Value| -> Vec<String> {
        let members = entry.as_object().unwrap();
        members.keys().cloned().collect()
    };
    assert_eq!(names(&roles[0]), ["id", "name", "organization_id"]);
    let (_, groups) = api.get("/user-groups").await;
    assert_eq!(
        names(&groups[0]),
        ["description", "id", "member_count", "name"]
    );
    assert!(groups[0]["member_count"].is_u64());
}

#[tokio::test]
async fn keys_are_listed_without_their_values() {
    let api = Api::realistic();
    let (status, list) = api.get("/api-keys").await;
    assert_eq!(status, 200);
    assert_eq!(
        column(&list, "name"),
        ["identity automation", "jdoe laptop", "mkowalska reports"]
    );
    let organization = api.state().organization_id.clone();
    let jane = api.id("jdoe@example.com");
    let own = api.state().keys_of(&jane)[0].clone();
    let expected = json!({
        "id": own.id,
        "name": "jdoe laptop",
        "type": "USER",
        "user_id": jane,
        "organization_id": organization,
        "created_at": "2025-11-03T08:15:30Z",
        "last_used_at": "2026-06-30T17:02:11Z",
    });
    assert_eq!(list[1], expected);
    assert_eq!(list[0]["type"], "ORGANIZATION");
    assert_eq!(list[0].get("user_id"), Some(&Value::Null));
    let text = list.to_string();
    for value in [ORGANIZATION_KEY, USER_KEY, &own.value] {
        assert!(!text.contains(value));
    }
}

#[tokio::test]
async fn a_deleted_key_is_no_key_at_once() {
    let api = Api::realistic();
    let jane = api.id("jdoe@example.com");
    let own = api.state().keys_of(&jane)[0].clone();
    let mut expected = api.state().snapshot();
    let keys = expected["api_keys"].as_object_mut().unwrap();
    keys.remove(&own.id).unwrap();

    assert_eq!(status(api.by(&own.value, "GET", "/users")).await, 200);
    let path = format!("/api-keys/{}", own.id);
    assert_eq!(api.delete(&path).await, (204, Value::Null));
    assert_eq!(status(api.by(&own.value, "GET", "/users")).await, 401);
    assert_eq!(api.state().snapshot(), expected);
    for path in [path, "/api-keys/4".to_owned()] {
        let answer = api.delete(&path).await;
        assert_eq!((answer.0, message(&answer)), (404, "Not Found".to_owned()));
    }
    let (_, left) = api.get("/api-keys").await;
    assert_eq!(left.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_key_may_delete_itself() {
    let api = Api::realistic();
    let state = api.state();
    let keys = &mut state.api_keys.iter();
    let own = keys.find(|key| key.value == ORGANIZATION_KEY).unwrap();
    let path = format!("/api-keys/{}", own.id);
    drop(state);
    assert_eq!(api.delete(&path).await.0, 204);
    let answer = read(api.organization("GET", "/users")).await;
    assert_eq!(answer.0, 401);
}
