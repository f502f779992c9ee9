//! Reading: accounts, and what they refer to.

use fake_console::{AuthenticationSource, FakeConsole, Fault, FaultKind, State, WireForm};
use serde_json::{Value, json};
use suites::{World, with_disabled};

const FORMS: [WireForm; 2] = [WireForm::Vendor, WireForm::Guide];

fn logins(list: &Value) -> Vec<&str> {
    let users = list["users"].as_array().expect("users");
    assert_eq!(list["count"], users.len());
    users
        .iter()
        .map(|user| user["login"].as_str().expect("a login"))
        .collect()
}

/// The member of each entry.
fn column(list: &Value, entries: &str, member: &str) -> Value {
    let entries = list[entries].as_array().expect("entries");
    assert_eq!(list["count"], entries.len());
    entries.iter().map(|entry| entry[member].clone()).collect()
}

#[test]
fn accounts_are_listed_that_fit_everything_that_is_asked_for_in_both_wire_forms() {
    for form in FORMS {
        let world = World::speaking(form);
        let function = world.function("list-users");
        for (filter, expected) in [
            (json!({"login": "SMITH"}), vec!["asmith", "asmith2"]),
            (json!({"email": "A.Smith@"}), vec!["asmith", "asmith2"]),
            (json!({"name": "ñ"}), vec![]),
            (json!({"name": "DOE"}), vec!["jdoe"]),
            (json!({"name": "田中"}), vec!["y.tanaka"]),
            (json!({"name": "siobhán o'n"}), vec!["soneill"]),
            (json!({"enabled": false}), vec!["ext.pentest"]),
            (json!({"locked": true}), vec!["rmartinez"]),
            (
                json!({"role_id": "asset-owner"}),
                vec!["soneill", "y.tanaka"],
            ),
            (
                json!({"role_id": "asset owner"}),
                vec!["soneill", "y.tanaka"],
            ),
            (json!({"authentication_type": "ldap"}), vec!["lpetrova"]),
            (
                json!({"authentication_type": "admin"}),
                vec!["svc-soar", "nxadmin"],
            ),
            (
                json!({"authentication_type": "saml", "role_id": "user"}),
                vec![],
            ),
            (
                json!({"enabled": true, "locked": false, "login": "a"}),
                vec![
                    "svc-soar",
                    "nxadmin",
                    "mkowalska",
                    "tokafor",
                    "asmith",
                    "asmith2",
                    "ohaddad",
                    "audit1",
                    "lpetrova",
                    "y.tanaka",
                ],
            ),
            // Nobody tells of an address there.
            (json!({"login": "soneill", "email": ""}), vec![]),
        ] {
            let list = function.invoke(&filter).result;
            let list = list.unwrap_or_else(|error| panic!("{filter}: {error:?}"));
            assert_eq!(logins(&list), expected, "{filter}");
        }
        let all = function.invoke(&json!({})).result.expect("everybody");
        assert_eq!(all["count"], 15);
        assert_eq!(world.writes(), Vec::<String>::new());
    }
}

#[test]
fn a_filter_by_a_role_that_there_is_not_is_an_error_and_no_empty_list() {
    let world = World::new();
    let (kind, message) = world.failure("list-users", json!({"role_id": "asset-ownr"}));
    assert_eq!(kind, "InvalidInput");
    assert!(message.contains("`role_id`: expected one of"), "{message}");
    let (kind, message) = world.failure("list-users", json!({"authentication_type": "radius"}));
    assert_eq!(kind, "InvalidInput", "{message}");
    assert!(message.contains("`authentication_type`"), "{message}");
    assert!(!message.contains("radius"), "{message}");
}

#[test]
fn a_filter_looks_at_every_page() {
    let world = World::with(FakeConsole::start_http(State::with_users(1234)));
    world.console.state().user_mut("user01100").enabled = false;
    let list = world.outcome("list-users", json!({"enabled": false}));
    assert_eq!(logins(&list), ["ext.pentest", "user01100"]);
}

/// The same whatever the console speaks.
#[test]
fn an_account_looks_the_same_in_both_wire_forms() {
    let shown = FORMS.map(|form| {
        let world = World::speaking(form);
        let include = json!(["sites", "asset_groups", "role", "privileges"]);
        let event = json!({"login": "jdoe", "include": include});
        world.outcome("get-user", event)
    });
    let [vendor, guide] = &shown;
    assert_eq!(vendor, guide);
    for (member, value) in [
        ("user_id", json!(4)),
        ("name", json!("Jane Doe")),
        ("email", json!("jdoe@example.com")),
        ("enabled", json!(true)),
        ("locked", json!(false)),
        ("role_id", json!("user")),
        ("superuser", json!(false)),
        ("all_sites", json!(false)),
        ("all_asset_groups", json!(false)),
        ("authentication_type", json!("normal")),
        ("authentication_source_id", json!(1)),
        ("locale", json!("en-US")),
        ("reports_locale", json!("fr-FR")),
        ("sites", json!([1, 2, 4])),
        ("asset_groups", json!([1, 3])),
        (
            "privileges",
            json!(["view-site-asset-data", "create-reports"]),
        ),
    ] {
        assert_eq!(vendor[member], value, "{member}");
    }
    assert_eq!(vendor["role"]["name"], "User");
    assert_eq!(vendor["other"]["costCenter"], "4711-EMEA");
}

#[test]
fn only_what_is_included_is_asked_for() {
    let world = World::new();
    for (include, paths) in [
        (json!([]), vec![]),
        (json!(["sites"]), vec!["GET /api/3/users/4/sites"]),
        (
            json!(["asset_groups"]),
            vec!["GET /api/3/users/4/asset_groups"],
        ),
        (json!(["role"]), vec!["GET /api/3/roles"]),
        (json!(["privileges"]), vec!["GET /api/3/users/4/privileges"]),
        (
            json!(["sites", "privileges", "sites"]),
            vec!["GET /api/3/users/4/privileges", "GET /api/3/users/4/sites"],
        ),
    ] {
        world.console.clear_requests();
        let user = world.outcome("get-user", json!({"user_id": 4, "include": include}));
        let mut requests = world.requests();
        assert_eq!(requests.remove(0), "GET /api/3/users/4", "{include}");
        requests.sort();
        assert_eq!(requests, paths, "{include}");
        for member in ["sites", "asset_groups", "role", "privileges"] {
            let asked = include.as_array().expect("a list").contains(&member.into());
            assert_eq!(user.get(member).is_some(), asked, "{include} {member}");
        }
    }
    let (kind, message) = world.failure("get-user", json!({"user_id": 4, "include": ["all"]}));
    assert_eq!(kind, "InvalidInput");
    assert!(message.contains("`include[0]`"), "{message}");
}

/// A part that can't be read is an error, and nothing half is shown.
#[test]
fn what_is_included_and_can_not_be_read_is_an_error() {
    let world = World::new();
    let fault = Fault::new(FaultKind::status(500)).on("GET", "/users/4/sites");
    world.console.push_fault(fault);
    let (kind, message) = world.failure("get-user", json!({"user_id": 4, "include": ["sites"]}));
    assert_eq!(kind, "Unavailable", "{message}");
    assert!(message.contains("/users/4/sites"), "{message}");
}

/// A user with all sites has none one by one.
#[test]
fn grants_of_somebody_with_all_of_them_are_empty() {
    for form in FORMS {
        let world = World::speaking(form);
        let event = json!({"login": "nxadmin", "include": ["sites", "asset_groups"]});
        let user = world.outcome("get-user", event);
        assert_eq!(user["all_sites"], true);
        assert_eq!(
            (&user["sites"], &user["asset_groups"]),
            (&json!([]), &json!([]))
        );
    }
}

#[test]
fn more_sites_and_asset_groups_than_fit_on_a_page_are_all_listed() {
    for form in FORMS {
        let mut state = State::realistic();
        state.form = form;
        state.sites = (1..=1203).map(|id| (id, format!("Site {id}"))).collect();
        state.asset_groups = (1..=501).map(|id| (id, format!("Group {id}"))).collect();
        let world = World::with(FakeConsole::start_http(state));
        let sites = world.outcome("list-sites", json!({}));
        let ids: Value = (1..=1203).collect();
        assert_eq!(column(&sites, "sites", "id"), ids);
        assert_eq!(sites["sites"][1202]["name"], "Site 1203");
        let groups = world.outcome("list-asset-groups", json!({}));
        let ids: Value = (1..=501).collect();
        assert_eq!(column(&groups, "asset_groups", "id"), ids);
        // The last of them by its name.
        let event = json!({"login": "jdoe", "sites": ["site 1203"]});
        let outcome = world.outcome("grant-site-access", event);
        assert_eq!(outcome["state"]["sites"], json!([1, 2, 4, 1203]));
    }
}

#[test]
fn a_page_of_sites_that_fails_is_an_error_and_no_short_list() {
    let mut state = State::realistic();
    state.sites = (1..=1203).map(|id| (id, format!("Site {id}"))).collect();
    let world = World::with(FakeConsole::start_http(state));
    let fault = Fault::new(FaultKind::status(500)).on("GET", "/sites");
    world.console.push_fault(fault.skip(2));
    let (kind, message) = world.failure("list-sites", json!({}));
    assert_eq!(kind, "Unavailable", "{message}");
}

#[test]
fn sites_and_asset_groups_are_listed_with_what_somebody_wrote_about_them() {
    let world = World::new();
    let sites = world.outcome("list-sites", json!({}));
    assert_eq!(
        sites["sites"][3],
        json!({
            "id": 4, "name": "DMZ", "description": "DMZ of the example company", "type": "static",
        })
    );
    let groups = world.outcome("list-asset-groups", json!({}));
    let names = json!([
        "Domain Controllers",
        "Internet Facing",
        "Payment Systems",
        "Laptops",
        "End of Life",
    ]);
    assert_eq!(column(&groups, "asset_groups", "name"), names);
    world.console.state().sites.clear();
    let none = world.outcome("list-sites", json!({}));
    assert_eq!(none, json!({"count": 0, "sites": []}));
}

#[test]
fn roles_are_those_of_this_console_with_what_they_allow() {
    let world = World::new();
    let roles = world.outcome("list-roles", json!({}));
    let ids = json!([
        "asset-owner",
        "auditor",
        "global-admin",
        "security-manager",
        "site-admin",
        "system-admin",
        "user",
    ]);
    assert_eq!(column(&roles, "roles", "id"), ids);
    let auditor = &roles["roles"][1];
    assert_eq!(auditor["name"], "Auditor");
    // One that the vendor's file does not list.
    let privileges = auditor["privileges"].as_array().expect("privileges");
    assert!(privileges.contains(&json!("view-audit-trail")), "{auditor}");
}

#[test]
fn authentication_sources_are_listed_whatever_their_type() {
    let world = World::new();
    let radius = AuthenticationSource {
        id: 5,
        name: "Old tokens".into(),
        kind: "radius".into(),
        external: true,
    };
    world.console.state().authentication_sources.push(radius);
    let sources = world.outcome("list-authentication-sources", json!({}));
    let column = |member| column(&sources, "authentication_sources", member);
    assert_eq!(column("id"), json!([1, 2, 3, 4, 5]));
    assert_eq!(
        column("type"),
        json!(["normal", "admin", "ldap", "saml", "radius"])
    );
    assert_eq!(column("external"), json!([false, false, true, true, true]));
}

/// Whoever may not see them is told so, instead of an empty list.
#[test]
fn no_list_is_empty_for_want_of_privilege() {
    let world = World::new();
    let own = suites::OWN_LOGIN;
    world.console.state().user_mut(own).role = "user".into();
    world.console.state().user_mut(own).superuser = false;
    for operation in [
        "list-users",
        "list-user-changes",
        "list-sites",
        "list-asset-groups",
        "list-roles",
        "list-authentication-sources",
    ] {
        let (kind, message) = world.failure(operation, json!({}));
        assert_eq!(kind, "Unauthorized", "{operation}: {message}");
        assert!(message.contains("global administrator"), "{message}");
    }
}

/// A console that gives a page and tells nothing of it but how many there are in all: the rest is asked for,
/// and a list that stays short is none.
#[test]
fn a_list_of_grants_is_whole_or_an_error() {
    for (largest, told) in [(500, None), (1, Some("entries were read"))] {
        let mut state = State::realistic();
        state.pages_grants = true;
        state.default_page_size = 1;
        state.max_page_size = largest;
        let world = World::with(FakeConsole::start_http(state));
        let before = world.console.state().snapshot();
        let event = json!({"user_id": 4, "include": ["sites"]});
        match told {
            None => {
                let user = world.outcome("get-user", event);
                assert_eq!(user["sites"], json!([1, 2, 4]));
                let outcome = world.outcome("disable-user", json!({"user_id": 4}));
                assert_eq!(outcome["changed"], true);
                assert_eq!(world.console.state().snapshot(), with_disabled(before, 4));
            }
            Some(told) => {
                for (operation, event) in
                    [("get-user", event), ("disable-user", json!({"user_id": 4}))]
                {
                    let (kind, message) = world.failure(operation, event);
                    assert_eq!(kind, "Unavailable", "{operation}: {message}");
                    assert!(message.contains(told), "{operation}: {message}");
                }
                assert_eq!(world.console.state().snapshot(), before);
            }
        }
    }
}

#[test]
fn a_role_or_a_source_without_an_id_does_not_cost_the_list() {
    let world = World::new();
    world.console.state().lists_null_ids = true;
    let roles = column(&world.outcome("list-roles", json!({})), "roles", "id");
    assert!(
        roles
            .as_array()
            .is_some_and(|ids| ids.contains(&json!("user")))
    );
    let sources = world.outcome("list-authentication-sources", json!({}));
    let sources = column(&sources, "authentication_sources", "id");
    let expected = world.console.state().authentication_sources.len();
    assert_eq!(sources.as_array().map(Vec::len), Some(expected));
    let role = json!({"login": "jdoe", "role_id": "asset-owner"});
    assert_eq!(world.outcome("set-role", role)["changed"], true);
}

/// Names are for people: what was asked for is the numbers.
#[test]
fn names_that_can_not_be_read_do_not_cost_the_access_of_an_account() {
    for (path, show, change, field) in [
        (
            "/api/3/sites",
            "get-site-access",
            "set-site-access",
            "sites",
        ),
        (
            "/api/3/asset_groups",
            "get-asset-group-access",
            "set-asset-group-access",
            "asset_groups",
        ),
    ] {
        let world = World::new();
        let broken = || {
            let fault = Fault::new(FaultKind::status(500)).on("GET", path);
            world.console.push_fault(fault);
        };
        broken();
        let read = world.outcome(show, json!({"login": "jdoe"}));
        let first = &read[field][0];
        assert_eq!((&first["id"], &first["name"]), (&json!(1), &json!(null)));
        broken();
        let outcome = world.outcome(change, json!({"login": "jdoe", field: [1, 2]}));
        assert_eq!(outcome["changed"], true);
        let told = outcome["warnings"].to_string();
        assert!(told.contains("names of") && told.contains(path), "{told}");
        // A name says nothing without the list.
        broken();
        let (kind, message) = world.failure(change, json!({"login": "jdoe", field: ["DMZ"]}));
        assert_eq!(kind, "Unavailable", "{message}");
    }
}

#[test]
fn names_that_can_not_be_read_do_not_cost_an_access_report_or_a_new_account() {
    let world = World::new();
    let broken = || {
        for path in ["/api/3/sites", "/api/3/asset_groups"] {
            let fault = Fault::new(FaultKind::status(403)).on("GET", path);
            world.console.push_fault(fault);
        }
    };
    broken();
    let report = world.outcome("access-report", json!({}));
    let accounts = report["accounts"].as_array().expect("accounts");
    let jdoe = accounts.iter().find(|account| account["login"] == "jdoe");
    assert_eq!(jdoe.expect("jdoe")["sites"], json!(["1", "2", "4"]));
    broken();
    let event = suites::with(
        world.usual_event("provision-user"),
        json!({"sites": [1], "asset_groups": [2]}),
    );
    let outcome = world.outcome("provision-user", event);
    let told = outcome["warnings"].to_string();
    assert!(
        told.contains("sites") && told.contains("asset groups"),
        "{told}"
    );
}
