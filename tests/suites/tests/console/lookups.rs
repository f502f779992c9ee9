//! From what a caller says to the one account that it means.

use fake_console::{FakeConsole, Fault, FaultKind, Maintenance, State};
use serde_json::json;
use suites::{CONSOLE_SECRET, World, answer, serve};

fn large(users: usize) -> World {
    World::with(FakeConsole::start_http(State::with_users(users)))
}

#[test]
fn an_account_on_the_last_of_several_pages_is_found() {
    let world = large(1234);
    let user = world.outcome("get-user", json!({"login": "user01234"}));
    assert_eq!(user["user_id"], 1234);
    let user = world.outcome("get-user", json!({"email": "USER00700@example.com"}));
    assert_eq!(user["login"], "user00700");
}

#[test]
fn every_account_is_listed_once() {
    let world = large(1234);
    let list = world.outcome("list-users", json!({}));
    assert_eq!(list["count"], 1234);
    let users = list["users"].as_array().expect("users");
    let ids: Vec<i64> = users.iter().filter_map(|u| u["user_id"].as_i64()).collect();
    assert_eq!(ids, (1..=1234).collect::<Vec<i64>>());
}

/// Accounts that vanish between two pages move all later ones forward.
#[test]
fn accounts_that_vanish_while_the_list_is_read_hide_no_other() {
    for skip in 1..4 {
        let world = large(1600);
        let vanish = FaultKind::change_before(|state| {
            for id in 20..=540 {
                state.users.remove(&id);
            }
        });
        world
            .console
            .push_fault(Fault::new(vanish).on("GET", "/users").skip(skip));
        let list = world.outcome("list-users", json!({}));
        let users = list["users"].as_array().expect("users");
        for id in (1..20).chain(541..=1600) {
            let there = users.iter().any(|user| user["user_id"] == id);
            assert!(there, "user {id} is missing, after {skip} pages");
        }
    }
}

#[test]
fn a_list_that_misses_somebody_is_an_error() {
    let page = json!({"number": 0, "size": 500, "totalPages": 1, "totalResources": 2});
    let body = json!({"resources": [{"id": 1, "login": "jdoe"}], "page": page});
    let world = World::new();
    let url = serve(move |_| answer("200 OK", &body));
    let secret = suites::credentials(&url, suites::OWN_PASSWORD);
    world.secrets.put(CONSOLE_SECRET, secret);
    for operation in ["list-users", "disable-user"] {
        let event = match operation {
            "list-users" => json!({}),
            _ => json!({"login": "jdoe"}),
        };
        let (kind, message) = world.failure(operation, event);
        assert_eq!(kind, "Unavailable");
        assert!(message.contains("not complete: 1 of 2"), "{message}");
    }
}

#[test]
fn twins_by_email_are_listed_and_nothing_is_changed() {
    let world = World::new();
    let before = world.console.state().snapshot();
    for operation in ["disable-user", "enable-user", "unlock-user", "get-user"] {
        let event = json!({"email": "a.smith@example.com"});
        let (kind, message) = world.failure(operation, event);
        assert_eq!(kind, "Ambiguous");
        assert!(
            message.contains("asmith (user 6), asmith2 (user 7)"),
            "{message}"
        );
        assert!(message.contains("Nothing was changed"), "{message}");
    }
    assert_eq!(world.console.state().snapshot(), before);
}

#[test]
fn twins_on_different_pages_are_twins_too() {
    let world = large(1234);
    world.console.state().user_mut("user01234").email = Some("JDOE@example.com".into());
    let event = json!({"email": "jdoe@example.com"});
    let (kind, message) = world.failure("disable-user", event);
    assert_eq!(kind, "Ambiguous");
    assert!(
        message.contains("jdoe (user 4), user01234 (user 1234)"),
        "{message}"
    );
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// One request to learn how many pages there are, and one for each: in any order.
#[test]
fn a_list_of_several_pages_costs_one_request_more_than_it_has_pages() {
    let world = large(1234);
    let _ = world.outcome("list-users", json!({}));
    let requests = world.console.requests();
    let queries = requests.iter().filter_map(|request| request.query.clone());
    let page = |number| format!("page={number}&size=500&sort=id%2Cdesc");
    let mut queries: Vec<_> = queries.collect();
    assert_eq!(queries[0], page(0));
    queries.sort();
    assert_eq!(queries, [0, 0, 1, 2].map(page));
}

#[test]
fn a_login_must_match_exactly_and_near_ones_are_suggested() {
    let world = World::new();
    let (kind, message) = world.failure("disable-user", json!({"login": "JDoe"}));
    assert_eq!(kind, "NotFound");
    assert!(
        message.contains("perhaps this was meant: jdoe (user 4)"),
        "{message}"
    );
    let (kind, message) = world.failure("disable-user", json!({"login": "nobody"}));
    assert_eq!(kind, "NotFound");
    assert!(message.contains("among all 15"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// "404 can mean not allowed": a number that is not there is told apart from a console that hides.
#[test]
fn missing_is_proven_and_told_apart_from_not_allowed() {
    let world = World::new();
    let (kind, message) = world.failure("get-user", json!({"user_id": 4711}));
    assert_eq!(kind, "NotFound", "{message}");
    let plain = json!({
        "url": world.console.url(), "username": "jdoe", "password": "Passw0rd-jdoe",
    });
    world.secrets.put(CONSOLE_SECRET, plain);
    for event in [
        json!({"user_id": 4711}),
        json!({"user_id": 5}),
        json!({"login": "x"}),
    ] {
        let (kind, message) = world.failure("get-user", event);
        assert_eq!(kind, "Unauthorized", "{message}");
        assert!(message.contains("global administrator"), "{message}");
    }
}

/// A list without even the account that asked for it proves nothing about anybody else.
#[test]
fn an_empty_list_is_no_proof_that_somebody_is_missing() {
    let page = json!({"number": 0, "size": 500, "totalPages": 1, "totalResources": 0});
    let body = json!({"resources": [], "page": page});
    let world = World::new();
    let url = serve(
        move |request| match request.starts_with("GET /api/3/users/") {
            true => answer("404 Not Found", &json!({"status": 404, "message": "gone"})),
            false => answer("200 OK", &body),
        },
    );
    let secret = suites::credentials(&url, suites::OWN_PASSWORD);
    world.secrets.put(CONSOLE_SECRET, secret);
    for event in [json!({"login": "jdoe"}), json!({"user_id": 4})] {
        let (kind, message) = world.failure("disable-user", event);
        assert_ne!(kind, "NotFound", "{message}");
    }
}

/// A console that shows a caller nobody else looks like one that has nobody else.
#[test]
fn a_list_of_nobody_but_our_own_account_proves_nobodys_absence() {
    let world = World::new();
    let changes = world.outcome("list-user-changes", json!({}));
    let function = world.allowed_function("delete-user");
    world.console.state().hides_others = true;
    let gone = function.invoke(&json!({"login": "jdoe", "confirm_login": "jdoe"}));
    let gone = gone.result.expect_err("hidden");
    let failed = |operation: &str, event| world.failure(operation, event);
    for (kind, message) in [
        (gone.error_type, gone.error_message),
        failed("get-user", json!({"login": "jdoe"})),
        failed("get-user", json!({"email": "nobody@example.com"})),
        failed("get-user", json!({"user_id": 4})),
        failed("disable-user", json!({"login": "jdoe"})),
        failed("disable-user", json!({"user_id": 4711})),
        failed("list-users", json!({"login": "jdoe"})),
        failed("list-user-changes", json!({"state": changes["state"]})),
    ] {
        assert_eq!(kind, "Unauthorized", "{message}");
        assert!(message.contains("nobody's absence"), "{message}");
        assert!(message.contains("Nothing was changed"), "{message}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    // What is there is there.
    let own = world.outcome("get-user", json!({"login": suites::OWN_LOGIN}));
    assert_eq!(own["login"], suites::OWN_LOGIN);
    assert_eq!(world.outcome("list-users", json!({}))["count"], 1);
    world.console.state().hides_others = false;
    let (kind, message) = world.failure("get-user", json!({"login": "nobody"}));
    assert_eq!(kind, "NotFound", "{message}");
}

#[test]
fn an_outage_is_never_told_as_not_found() {
    for (maintenance, told) in [
        (Maintenance::Status503, "Unavailable"),
        (Maintenance::Status401, "Unauthorized"),
        (Maintenance::Html, "Unavailable"),
    ] {
        let world = World::new();
        world.console.state().maintenance = Some(maintenance);
        let function = world.function("get-user");
        for event in [json!({"user_id": 4}), json!({"login": "jdoe"})] {
            let limit = std::time::Duration::from_secs(3);
            let answer = function.invoke_with_deadline(&event, limit);
            let error = answer.result.expect_err("maintenance");
            assert_eq!(error.error_type, told, "{}", error.error_message);
        }
    }
}

/// A wrong password is tried once: failed logins lock the account.
#[test]
fn a_wrong_password_is_sent_once() {
    let world = World::new();
    let wrong = suites::credentials(world.console.url(), "wrong");
    world.secrets.put(CONSOLE_SECRET, wrong);
    let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
    assert_eq!(kind, "Unauthorized");
    assert!(message.contains("not tried again"), "{message}");
    let state = world.console.state();
    assert_eq!(
        state
            .user_by_login("svc-soar")
            .expect("own")
            .1
            .failed_logins,
        1
    );
}

/// A page is no word of the console's: neither that somebody is not there, nor that something was refused.
#[test]
fn a_page_with_404_or_403_proves_nothing() {
    for status in [403, 404] {
        let world = World::new();
        let page = || Fault::new(FaultKind::Html { status });
        world.console.push_fault(page().on("GET", "/users/4"));
        let (kind, message) = world.failure("get-user", json!({"user_id": 4}));
        assert_eq!(kind, "Unexpected", "{message}");
        assert!(message.contains("HTML page"), "{message}");

        let before = world.snapshot();
        world.console.push_fault(page().on("PUT", "/users/4"));
        let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
        assert_eq!(kind, "Unexpected", "{message}");
        assert!(message.contains("HTML page"), "{message}");
        assert!(message.contains("Nothing was changed"), "{message}");
        assert!(message.contains("what stands between"), "{message}");
        assert_eq!(world.snapshot(), before);
    }
}
