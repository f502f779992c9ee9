//! Roles, privileges, authentication sources, sites, asset groups, and what is not there.

use serde_json::{Value, json};

use super::client::{Api, message, read};
use crate::client::status;

#[tokio::test]
async fn roles_say_what_they_grant_and_whom_they_have() {
    let api = Api::realistic();
    let (_, list) = api.get("/roles").await;
    let ids: Vec<&str> = list["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|role| role["id"].as_str().unwrap())
        .collect();
    let expected = [
        "asset-owner",
        "auditor",
        "global-admin",
        "security-manager",
        "site-admin",
        "system-admin",
        "user",
    ];
    assert_eq!(ids, expected);
    assert_eq!(list.get("page"), None);
    let (_, role) = api.get("/roles/site-admin").await;
    assert_eq!(role, list["resources"][4]);
    assert_eq!(role["privileges"][0], "manage-sites");
    assert!(role["name"].is_string() && role["description"].is_string());
    assert_eq!(
        api.get("/roles/global-admin/users").await.1["resources"],
        json!([1, 2])
    );
    assert_eq!(api.get("/roles/king").await.0, 404);
    assert_eq!(api.get("/roles/king/users").await.0, 404);
}

#[tokio::test]
async fn role_ids_arrive_decoded() {
    let api = Api::with(|state| {
        let auditor = state.roles["auditor"].clone();
        state.roles.insert("custom role/ö".to_owned(), auditor);
    });
    assert_eq!(api.get("/roles/custom%20role%2F%C3%B6").await.0, 200);
}

#[tokio::test]
async fn authentication_sources_are_listed() {
    let api = Api::realistic();
    let (_, list) = api.get("/authentication_sources").await;
    let brief: Vec<Value> = list["resources"]
        .as_array()
        .unwrap()
        .iter()
        .map(|source| {
            json!([
                source["id"],
                source["type"],
                source["name"],
                source["external"]
            ])
        })
        .collect();
    assert_eq!(
        json!(brief),
        json!([
            [1, "normal", "Builtin Users", false],
            [2, "admin", "Builtin Administrators", false],
            [3, "ldap", "Corporate Directory", true],
            [4, "saml", "Single Sign-On", true],
        ])
    );
    assert_eq!(
        api.get("/authentication_sources/3").await.1,
        list["resources"][2]
    );
    assert_eq!(api.get("/authentication_sources/9").await.0, 404);
    let (_, users) = api.get("/authentication_sources/4/users").await;
    assert_eq!(users["resources"], json!([api.id("y.tanaka")]));
}

#[tokio::test]
async fn sites_and_asset_groups_are_paged() {
    let api = Api::realistic();
    let (_, sites) = api.get("/sites?size=5&page=1").await;
    assert_eq!(sites["resources"].as_array().unwrap().len(), 3);
    assert_eq!(sites["resources"][0]["name"], "Cloud Workloads");
    assert_eq!(sites["page"]["totalResources"], 8);
    assert_eq!(api.get("/sites?page=1").await.0, 404);
    assert_eq!(api.get("/sites/6").await.1, sites["resources"][0]);
    let (_, groups) = api.get("/asset_groups").await;
    assert_eq!(groups["resources"].as_array().unwrap().len(), 5);
    assert_eq!(groups["resources"][0]["type"], "static");
    assert_eq!(api.get("/asset_groups/9").await.0, 404);
}

#[tokio::test]
async fn privileges_are_listed_with_those_that_only_a_role_knows() {
    let api = Api::realistic();
    let (_, list) = api.get("/privileges").await;
    let names = list["resources"].as_array().unwrap();
    assert_eq!(names.len(), 36);
    assert_eq!(
        (&names[0], &names[35]),
        (&json!("all-permissions"), &json!("view-audit-trail"))
    );
    let (status, one) = api.get("/privileges/view-audit-trail").await;
    let own = format!("{}/api/3/privileges/view-audit-trail", api.url());
    assert_eq!(
        (status, one),
        (200, json!({ "links": [{ "href": own, "rel": "self" }] }))
    );
    let (_, users) = api.get("/privileges/manage-sites/users").await;
    assert_eq!(users["resources"], json!([1, 2, api.id("knguyen")]));
    assert_eq!(api.get("/privileges/fly").await.0, 404);
    assert_eq!(api.get("/privileges/fly/users").await.0, 404);
}

#[tokio::test]
async fn a_role_is_replaced_as_a_whole() {
    let api = Api::realistic();
    let role = json!({
        "id": "auditor",
        "name": "Internal Audit",
        "description": "Reads.",
        "privileges": ["create-reports", "view-audit-trail", "manage-sites"],
    });
    let (status, body) = api.send("PUT", "/roles/auditor", &role).await;
    assert_eq!((status, &body["links"][0]["rel"]), (200, &json!("self")));
    let (_, read) = api.get("/roles/auditor").await;
    for member in ["id", "name", "description", "privileges"] {
        assert_eq!(read[member], role[member]);
    }
    let mut brief = role.clone();
    brief.as_object_mut().unwrap().remove("privileges");
    assert_eq!(api.send("PUT", "/roles/auditor", &brief).await.0, 200);
    assert!(api.state().roles["auditor"].privileges.is_empty());
    assert_eq!(api.send("PUT", "/roles/king", &role).await.0, 404);
}

#[tokio::test]
async fn a_role_that_makes_no_sense_is_refused() {
    let api = Api::realistic();
    let before = api.state().roles.clone();
    for (member, value, expected) in [
        ("id", json!("user"), "id must be the one in the path."),
        ("id", json!(null), "id is required."),
        ("name", json!(null), "name is required."),
        ("description", json!(7), "description must be a string."),
        (
            "privileges",
            json!("create-reports"),
            "privileges must be an array of strings.",
        ),
        (
            "privileges",
            json!(["fly"]),
            "The privilege fly does not exist.",
        ),
        ("links", json!([]), "links is read-only."),
    ] {
        let mut role = json!({ "id": "auditor", "name": "Auditor", "description": "" });
        role[member] = value;
        let answer = api.send("PUT", "/roles/auditor", &role).await;
        assert_eq!((answer.0, message(&answer).as_str()), (400, expected));
    }
    assert_eq!(api.state().roles, before);
}

#[tokio::test]
async fn only_a_custom_role_that_nobody_has_can_be_removed() {
    let api = Api::realistic();
    let answer = api.delete("/roles/user").await;
    assert_eq!(
        (answer.0, message(&answer).as_str()),
        (400, "Built-in roles may not be removed.")
    );
    let answer = api.delete("/roles/auditor").await;
    assert_eq!(
        (answer.0, message(&answer).as_str()),
        (400, "The role is assigned to users.")
    );
    api.state().user_mut("audit1").role = "user".to_owned();
    let (status, body) = api.delete("/roles/auditor").await;
    assert_eq!((status, &body["links"][0]["rel"]), (200, &json!("Roles")));
    assert_eq!(api.get("/roles/auditor").await.0, 404);
    assert_eq!(api.delete("/roles/auditor").await.0, 404);
}

#[tokio::test]
async fn anything_else_is_404_and_other_methods_are_405() {
    let api = Api::realistic();
    for path in [
        "/scans",
        "/users/",
        "/users/x",
        "/users/1/nothing",
        "/users/1/sites/x",
        "",
    ] {
        let answer = api.get(path).await;
        assert_eq!(answer.0, 404, "{path}");
        message(&answer);
    }
    assert_eq!(read(api.request("GET", "/api/4/users")).await.0, 404);
    for (method, path) in [
        ("PATCH", "/users/1"),
        ("DELETE", "/users"),
        ("POST", "/roles"),
    ] {
        assert_eq!(
            status(api.admin(method, path)).await,
            405,
            "{method} {path}"
        );
    }
    let options = api.admin("OPTIONS", "/users/1").send().await.unwrap();
    assert_eq!(options.status(), 200);
    assert_eq!(options.headers()["allow"], "GET, PUT, DELETE, OPTIONS");
}

#[tokio::test]
async fn the_web_interface_shows_a_login_page_to_everybody() {
    let api = Api::realistic();
    let root = api.request("GET", "/").send().await.unwrap();
    assert_eq!(root.status(), 302);
    assert_eq!(root.headers()["location"], "/login.jsp");
    let page = api.request("GET", "/login.jsp").send().await.unwrap();
    assert_eq!(page.status(), 200);
    assert!(page.text().await.unwrap().contains("<html>"));
}
