//! PUT /users/{id}: a full replacement.

use serde_json::{Value, json};

use super::client::{Api, message};
use crate::client::status;

#[tokio::test]
async fn what_is_left_out_gets_its_default() {
    let api = Api::with(|state| {
        let jane = state.user_mut("jdoe");
        jane.superuser = true;
        jane.all_sites = true;
        jane.enabled = false;
        jane.password_reset_on_login = true;
        jane.authentication.kind = "ldap".to_owned();
        jane.authentication.id = 3;
        jane.role = "auditor".to_owned();
    });
    let (status, body) = api
        .send("PUT", "/users/4", &json!({ "login": "jdoe" }))
        .await;
    assert_eq!((status, &body["links"][0]["rel"]), (200, &json!("self")));
    let (_, user) = api.get("/users/4").await;
    assert_eq!(user["name"], "");
    assert_eq!(user["enabled"], true);
    assert_eq!(user["role"]["id"], "user");
    for flag in ["superuser", "allSites", "allAssetGroups"] {
        assert_eq!(user["role"][flag], false, "{flag}");
    }
    assert_eq!(user["authentication"]["type"], "normal");
    for gone in ["email", "locale", "costCenter", "notificationPreferences"] {
        assert_eq!(user.get(gone), None, "{gone}");
    }
    assert_eq!(user["role"].get("grantedBy"), None);
    assert!(!api.state().user_mut("jdoe").password_reset_on_login);
}

#[tokio::test]
async fn the_user_sent_back_whole_changes_nothing_but_the_grants() {
    let api = Api::with(|state| state.user_mut("jdoe").first = "Mary Ann".to_owned());
    let before = api.state().snapshot();
    let body = api.writable(4);
    assert_eq!(api.send("PUT", "/users/4", &body).await.0, 200);
    let mut expected = before.clone();
    expected["4"]["sites"] = json!([]);
    expected["4"]["asset_groups"] = json!([]);
    assert_eq!(api.state().snapshot(), expected);

    let api = Api::with(|state| {
        state.user_mut("jdoe").first = "Mary Ann".to_owned();
        state.put_drops_grants = false;
    });
    assert_eq!(api.send("PUT", "/users/4", &body).await.0, 200);
    assert_eq!(api.state().snapshot(), before);
}

#[tokio::test]
async fn lock_failures_and_two_factor_are_not_part_of_it() {
    let api = Api::with(|state| {
        state.user_mut("rmartinez").two_factor_token = Some("1".to_owned());
    });
    let id = api.id("rmartinez");
    assert_eq!(
        api.send("PUT", &format!("/users/{id}"), &api.writable(id))
            .await
            .0,
        200
    );
    let mut state = api.state();
    let user = state.user_mut("rmartinez");
    assert!(user.locked);
    assert_eq!(user.failed_logins, 5);
    assert_eq!(user.two_factor_token.as_deref(), Some("1"));
}

#[tokio::test]
async fn the_login_is_required_and_stays_unique() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    let answer = api
        .send("PUT", "/users/4", &json!({ "enabled": false }))
        .await;
    assert_eq!(
        (answer.0, message(&answer).as_str()),
        (400, "login is required.")
    );
    let answer = api
        .send("PUT", "/users/4", &json!({ "login": "NXADMIN" }))
        .await;
    assert_eq!(message(&answer), "A user with this login already exists.");
    assert_eq!(
        api.send("PUT", "/users/999", &json!({ "login": "x" }))
            .await
            .0,
        404
    );
    assert_eq!(api.state().snapshot(), before);
    assert_eq!(
        api.send("PUT", "/users/4", &json!({ "login": "JDOE" }))
            .await
            .0,
        200
    );
    assert_eq!(api.state().users[&4].login, "JDOE");
}

#[tokio::test]
async fn the_password_stays_unless_it_is_sent() {
    let api = Api::realistic();
    let log_in = async |password| status(api.by(("jdoe", password), "GET", "/users/4")).await;
    let mut body = api.writable(4);
    assert_eq!(api.send("PUT", "/users/4", &body).await.0, 200);
    assert_eq!(log_in("Passw0rd-jdoe").await, 200);
    body["password"] = json!("another password");
    body["passwordResetOnLogin"] = json!(true);
    assert_eq!(api.send("PUT", "/users/4", &body).await.0, 200);
    assert_eq!(log_in("another password").await, 200);
    assert!(api.state().user_mut("jdoe").password_reset_on_login);
    body["password"] = json!("short");
    assert_eq!(api.send("PUT", "/users/4", &body).await.0, 400);
}

#[tokio::test]
async fn a_console_that_insists_on_the_password_says_so_and_changes_nothing() {
    let api = Api::with(|state| state.password_required_on_put = true);
    let before = api.state().snapshot();
    let answer = api.send("PUT", "/users/4", &api.writable(4)).await;
    assert_eq!(
        (answer.0, message(&answer).as_str()),
        (400, "password is required.")
    );
    assert_eq!(api.state().snapshot(), before);
}

fn read_only() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("", "id", json!(4)),
        ("", "locked", json!(false)),
        ("", "links", json!([])),
        ("/role", "name", json!("User")),
        ("/role", "privileges", json!([])),
        ("/authentication", "name", json!("Builtin Users")),
        ("/authentication", "external", json!(false)),
        ("/authentication", "links", json!([])),
        ("/locale", "links", json!([])),
    ]
}

#[tokio::test]
async fn read_only_members_are_refused_by_name() {
    let api = Api::realistic();
    let before = api.state().snapshot();
    for (inside, name, value) in read_only() {
        let mut body = api.writable(4);
        body.pointer_mut(inside).unwrap()[name] = value;
        let answer = api.send("PUT", "/users/4", &body).await;
        let full = format!("{inside}/{name}")
            .trim_start_matches('/')
            .replace('/', ".");
        assert_eq!(answer.0, 400, "{full}");
        assert_eq!(message(&answer), format!("{full} is read-only."));
    }
    assert_eq!(api.state().snapshot(), before);
}

#[tokio::test]
async fn a_lenient_console_ignores_read_only_members() {
    let api = Api::with(|state| {
        state.reject_read_only = false;
        state.put_drops_grants = false;
    });
    let before = api.state().snapshot();
    let (_, mut body) = api.get("/users/4").await;
    body["locked"] = json!(true);
    assert_eq!(api.send("PUT", "/users/4", &body).await.0, 200);
    assert_eq!(api.state().snapshot(), before);
}

#[tokio::test]
async fn members_of_a_newer_console_are_replaced_too() {
    let api = Api::realistic();
    let mut body = api.writable(4);
    body["costCenter"] = json!("0815");
    body.as_object_mut()
        .unwrap()
        .remove("notificationPreferences");
    body["role"]["grantedBy"] = json!("svc-soar");
    assert_eq!(api.send("PUT", "/users/4", &body).await.0, 200);
    let (_, user) = api.get("/users/4").await;
    assert_eq!(user["costCenter"], "0815");
    assert_eq!(user.get("notificationPreferences"), None);
    assert_eq!(user["role"]["grantedBy"], "svc-soar");
}

#[tokio::test]
async fn the_guides_members_mean_nothing_to_a_vendor_console() {
    let api = Api::realistic();
    let mut body = api.writable(4);
    body["accessAllSites"] = json!(true);
    assert_eq!(api.send("PUT", "/users/4", &body).await.0, 200);
    let (_, user) = api.get("/users/4").await;
    assert_eq!(user["role"]["allSites"], false);
    assert_eq!(user.get("accessAllSites"), None);
}
