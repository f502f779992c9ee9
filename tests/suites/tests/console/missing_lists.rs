//! Consoles whose lists are missing when there is nothing in them.

use fake_console::{EmptyLists, FakeConsole, State, WireForm};
use serde_json::{Value, json};
use suites::World;

const FORMS: [WireForm; 2] = [WireForm::Vendor, WireForm::Guide];
const MISSING: [EmptyLists; 2] = [EmptyLists::Missing, EmptyLists::MissingWithTotal];

fn world(form: WireForm, empty_lists: EmptyLists) -> World {
    let mut state = State::realistic();
    state.form = form;
    state.empty_lists = empty_lists;
    World::with(FakeConsole::start_http(state))
}

fn each(test: impl Fn(&World)) {
    for form in FORMS {
        for empty_lists in MISSING {
            test(&world(form, empty_lists));
        }
    }
}

/// What a user has, one by one.
fn granted(world: &World, login: &str) -> Value {
    let state = world.console.state();
    let (_, user) = state.user_by_login(login).expect(login);
    json!([user.sites, user.asset_groups])
}

/// After the replacement the lists of somebody with grants are missing too, and the grants are given back.
#[test]
fn accounts_with_and_without_grants_are_disabled_and_keep_what_they_have() {
    each(|world| {
        world.console.state().user_mut("tokafor").sites.clear();
        for login in ["jdoe", "tokafor", "ohaddad"] {
            let before = granted(world, login);
            let outcome = world.outcome("disable-user", json!({"login": login}));
            assert_eq!(outcome["changed"], true);
            assert_eq!(granted(world, login), before, "{login}");
        }
    });
}

#[test]
fn grants_are_given_to_somebody_without_and_the_last_one_is_taken() {
    each(|world| {
        {
            let mut state = world.console.state();
            let user = state.user_mut("jdoe");
            user.sites.clear();
            user.asset_groups.clear();
        }
        for (operation, event, sites) in [
            ("grant-site-access", json!({"sites": [2]}), json!([2])),
            ("revoke-site-access", json!({"sites": [2]}), json!([])),
            ("set-site-access", json!({"sites": [1, 2]}), json!([1, 2])),
            ("set-site-access", json!({"sites": []}), json!([])),
        ] {
            let event = suites::with(event, json!({"login": "jdoe"}));
            let _ = world.outcome(operation, event);
            assert_eq!(granted(world, "jdoe")[0], sites, "{operation}");
            let read = world.outcome("get-site-access", json!({"login": "jdoe"}));
            let ids = read["sites"].as_array().expect("sites").iter();
            let ids: Vec<&Value> = ids.map(|site| &site["id"]).collect();
            assert_eq!(json!(ids), sites);
        }
    });
}

#[test]
fn a_leaver_without_grants_is_offboarded_and_reported() {
    each(|world| {
        {
            let mut state = world.console.state();
            let user = state.user_mut("jdoe");
            user.sites.clear();
            user.asset_groups.clear();
        }
        let event = json!({"email": "jdoe@example.com"});
        let _ = world.outcome("offboard-user", event);
        let disabled = !world.console.state().user_mut("jdoe").enabled;
        assert!(disabled);
        let report = world.outcome("access-report", json!({}));
        assert!(
            report["accounts"]
                .as_array()
                .is_some_and(|all| all.len() > 10)
        );
    });
}

/// What says that it has entries and shows none is still no empty list.
#[test]
fn a_list_that_is_missing_and_says_that_it_is_not_empty_is_an_error() {
    let body = json!({"links": [], "page": {"totalResources": 2}});
    let url = suites::serve(move |_| suites::answer("200 OK", &body));
    let world = World::new();
    let secret = suites::credentials(&url, suites::OWN_PASSWORD);
    world.secrets.put(suites::CONSOLE_SECRET, secret);
    let (kind, message) = world.failure("list-sites", json!({}));
    assert_eq!(kind, "Unexpected", "{message}");
    assert!(message.contains("without a list of resources"), "{message}");
}

#[test]
fn a_console_without_sites_lists_none() {
    each(|world| {
        {
            let mut state = world.console.state();
            state.sites.clear();
            let users = state.users.values_mut();
            users.for_each(|user| user.sites.clear());
        }
        assert_eq!(world.outcome("list-sites", json!({}))["count"], 0);
    });
}
