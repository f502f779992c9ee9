//! Single sites and asset groups: only what differs is sent, and nobody else has more or less.

use fake_console::{Fault, FaultKind, WireForm};
use serde_json::{Value, json};
use suites::{World, with, with_disabled};

const FORMS: [WireForm; 2] = [WireForm::Vendor, WireForm::Guide];

/// Sites and asset groups work alike: the kind, its path, and what jdoe has of it.
const KINDS: [(&str, &str, [i64; 2]); 2] = [
    ("site", "sites", [1, 2]),
    ("asset-group", "asset_groups", [1, 3]),
];

/// A world in which jdoe has these two of either kind.
fn world(form: WireForm) -> World {
    let world = World::speaking(form);
    world.console.state().user_mut("jdoe").sites = [1, 2].into();
    world
}

fn event(list: &str, wanted: Value) -> Value {
    json!({"login": "jdoe", list: wanted})
}

/// The only difference is which of a kind jdoe has.
#[track_caller]
fn assert_grants(world: &World, before: &Value, list: &str, ids: Value) {
    let mut expected = before.clone();
    expected["4"][list] = ids;
    let now = world.console.state().snapshot();
    assert_eq!(now["4"], expected["4"]);
    assert!(now == expected, "somebody else was changed");
}

#[test]
fn setting_gives_and_takes_only_what_differs_in_both_wire_forms() {
    for form in FORMS {
        for (kind, list, had) in KINDS {
            let world = world(form);
            let before = world.console.state().snapshot();
            let operation = format!("set-{kind}-access");
            let outcome = world.outcome(&operation, event(list, json!([had[1], 4])));
            assert_grants(&world, &before, list, json!([had[1], 4]));
            let path = format!("/api/3/users/4/{list}");
            let given = match form {
                WireForm::Vendor => format!("PUT {path}/4"),
                WireForm::Guide => format!("POST {path}"),
            };
            assert_eq!(world.writes(), [format!("DELETE {path}/{}", had[0]), given]);
            assert_eq!(
                outcome["changes"],
                json!([{"field": list, "before": had, "after": [had[1], 4]}])
            );
            assert_eq!(outcome["state"][list], json!([had[1], 4]));
        }
    }
}

#[test]
fn granting_adds_and_revoking_takes_and_each_is_done_once() {
    for form in FORMS {
        for (kind, list, had) in KINDS {
            let world = world(form);
            let before = world.console.state().snapshot();
            let all = json!([had[0], had[1], 4, 5]);
            for (operation, wanted, left) in [
                (format!("grant-{kind}-access"), json!([4, 5, had[0]]), all),
                (format!("revoke-{kind}-access"), json!([4, 5]), json!(had)),
                (format!("revoke-{kind}-access"), json!(had), json!([])),
            ] {
                world.console.clear_requests();
                let function = world.function(&operation);
                let event = event(list, wanted);
                let outcome = function.invoke(&event).result.expect(&operation);
                assert_eq!(outcome["changed"], true, "{operation}");
                assert_grants(&world, &before, list, left.clone());
                let writes = world.writes();
                let again = function.invoke(&event).result.expect(&operation);
                assert_eq!(again["changed"], false, "{operation}");
                assert_eq!(again["state"][list], left, "{operation}");
                assert_eq!(world.writes(), writes, "{operation}");
            }
        }
    }
}

#[test]
fn an_empty_list_takes_everything_with_one_request() {
    for form in FORMS {
        for (kind, list, had) in KINDS {
            let world = world(form);
            let before = world.console.state().snapshot();
            let function = world.function(&format!("set-{kind}-access"));
            let none = event(list, json!([]));
            let outcome = function.invoke(&none).result.expect("none");
            assert_eq!(outcome["changes"][0]["before"], json!(had));
            assert_grants(&world, &before, list, json!([]));
            assert_eq!(world.writes(), [format!("DELETE /api/3/users/4/{list}")]);
            let again = function.invoke(&none).result.expect("none");
            assert_eq!(again["changed"], false);
            assert_eq!(world.writes().len(), 1);
            // Nothing had to be looked up for that.
            let places = format!("GET /api/3/{list}");
            assert!(!world.requests().contains(&places));
        }
    }
}

#[test]
fn names_are_as_good_as_numbers() {
    for form in FORMS {
        let world = world(form);
        let before = world.console.state().snapshot();
        let wanted = json!(["Corp Network", " dmz", "6", 6, 1]);
        let outcome = world.outcome("set-site-access", event("sites", wanted));
        assert_grants(&world, &before, "sites", json!([1, 4, 6]));
        let plan = "give sites 4 (DMZ), 6 (Cloud Workloads); take away sites 2 (Data Centre East)";
        assert_eq!(outcome["plan"], json!([plan]));
        let groups = event("asset_groups", json!(["payment SYSTEMS"]));
        let _ = world.outcome("revoke-asset-group-access", groups);
        assert_eq!(
            world.console.state().user_mut("jdoe").asset_groups,
            [1].into()
        );
    }
}

#[test]
fn what_is_not_there_or_not_clear_is_told_by_place_and_nothing_is_sent() {
    let world = world(WireForm::Vendor);
    world.console.state().sites.insert(9, "dmz".into());
    for (operation, wanted, told) in [
        (
            "set",
            json!([1, "DMZ"]),
            "`sites[1]`: several sites have this name: expected one of the ids 4, 9",
        ),
        (
            "grant",
            json!(["DMZ 2"]),
            "`sites[0]`: expected one of this console's sites: 1 (Corp Network)",
        ),
        (
            "grant",
            json!([1, 2, 99]),
            "`sites[2]`: expected one of this console's sites",
        ),
        (
            "revoke",
            json!([99]),
            "`sites[0]`: expected one of this console's sites",
        ),
        ("grant", json!([]), "`sites`: expected at least one"),
        ("revoke", json!([]), "`sites`: expected at least one"),
        ("grant", json!([1.5]), "`sites[0]`"),
        ("set", json!("DMZ"), "`sites`"),
        ("set", json!(null), "`sites`"),
    ] {
        let operation = format!("{operation}-site-access");
        let (kind, message) = world.failure(&operation, event("sites", wanted));
        assert_eq!(kind, "InvalidInput", "{operation}: {message}");
        assert!(message.contains(told), "{operation}: {message}");
    }
    let (kind, message) = world.failure("set-site-access", json!({"login": "jdoe"}));
    assert_eq!(kind, "InvalidInput");
    assert!(message.contains("`sites`: required"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// "Individual site access cannot be granted to users with the allSites permission" (vendor API
/// file), and in the field nobody says so.
#[test]
fn who_has_all_of_them_is_refused_single_ones() {
    for form in FORMS {
        let world = world(form);
        let before = world.console.state().snapshot();
        for (login, kind, list) in [
            ("mkowalska", "site", "sites"),
            ("mkowalska", "asset-group", "asset_groups"),
            // By flag, and by role.
            ("audit1", "site", "sites"),
            ("knguyen", "site", "sites"),
        ] {
            for way in ["set", "grant", "revoke"] {
                let operation = format!("{way}-{kind}-access");
                let event = json!({"login": login, list: [1]});
                let (kind, message) = world.failure(&operation, event);
                assert_eq!(kind, "Refused", "{operation} {login}: {message}");
                assert!(message.contains("single ones mean nothing"), "{message}");
                assert!(message.contains("update-user with all_"), "{message}");
            }
        }
        assert_eq!(world.writes(), Vec::<String>::new());
        assert!(world.console.state().snapshot() == before);
        // The other kind is free.
        let event = json!({"login": "audit1", "asset_groups": [5]});
        let outcome = world.outcome("grant-asset-group-access", event);
        assert_eq!(outcome["state"]["asset_groups"], json!([3, 5]));
    }
}

#[test]
fn a_dry_run_shows_both_lists_and_sends_nothing() {
    let world = world(WireForm::Vendor);
    let event = with(event("sites", json!([2, 7])), json!({"dry_run": true}));
    let outcome = world.outcome("set-site-access", event);
    assert_eq!(
        outcome["changes"],
        json!([{"field": "sites", "before": [1, 2], "after": [2, 7]}])
    );
    assert_eq!(outcome["changed"], false);
    assert_eq!(outcome["state"]["sites"], json!([1, 2]));
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// More than a few go as one list, where the console takes lists and the list is to be exact.
#[test]
fn many_sites_at_once_are_one_request() {
    for (form, method) in [(WireForm::Vendor, "PUT"), (WireForm::Guide, "POST")] {
        let world = world(form);
        world.console.state().sites = (1..=40).map(|id| (id, format!("Site {id}"))).collect();
        let before = world.console.state().snapshot();
        let wanted: Vec<i64> = (1..=30).collect();
        let _ = world.outcome("set-site-access", event("sites", json!(wanted)));
        assert_grants(&world, &before, "sites", json!(wanted));
        assert_eq!(world.writes(), [format!("{method} /api/3/users/4/sites")]);
    }
}

/// In the guide's form they come in pages.
#[test]
fn more_sites_than_fit_on_a_page_are_kept_through_a_replacement() {
    for form in FORMS {
        for count in [11, 600, 1203] {
            let world = world(form);
            let all = (1..=1300).map(|id| (id, format!("Site {id}")));
            world.console.state().sites = all.collect();
            world.console.state().user_mut("jdoe").sites = (1..=count).collect();
            let expected = with_disabled(world.console.state().snapshot(), 4);
            let _ = world.outcome("disable-user", json!({"user_id": 4}));
            let now = world.console.state().snapshot();
            assert!(now == expected, "{form:?} {count}");
        }
    }
}

/// The console lists it, and it is gone when it is to be given.
#[test]
fn a_site_that_is_deleted_meanwhile_is_not_told_as_a_want_of_privilege() {
    let world = world(WireForm::Vendor);
    let deletes = FaultKind::change_before(|state| _ = state.sites.remove(&5));
    let deletes = Fault::new(deletes).on("PUT", "/users/4/sites/5");
    world.console.push_fault(deletes);
    let (kind, message) = world.failure("grant-site-access", event("sites", json!([3, 5])));
    assert!(
        message.contains("sites should be [1,2,3,5] and reads [1,2,3]"),
        "{message}"
    );
    assert_ne!(kind, "Unauthorized", "{message}");
}

#[test]
fn a_grant_whose_answer_is_lost_or_refused_is_looked_at() {
    for form in FORMS {
        for kind in [
            FaultKind::ResetAfter,
            FaultKind::ResetBefore,
            FaultKind::status(400),
        ] {
            let world = world(form);
            let before = world.console.state().snapshot();
            let shown = format!("{kind:?}");
            let method = match form {
                WireForm::Vendor => "PUT",
                WireForm::Guide => "POST",
            };
            let fault = Fault::new(kind).on(method, "/users/4/sites");
            world.console.push_fault(fault);
            let outcome = world.outcome("grant-site-access", event("sites", json!([3, 5])));
            assert_eq!(outcome["changed"], true, "{shown}");
            assert_grants(&world, &before, "sites", json!([1, 2, 3, 5]));
        }
    }
}

#[test]
fn a_grant_that_the_console_never_makes_is_told_with_what_was_made() {
    let world = world(WireForm::Vendor);
    let refuse = Fault::new(FaultKind::status(400)).times(9);
    world
        .console
        .push_fault(refuse.on("PUT", "/users/4/sites/5"));
    let (kind, message) = world.failure("grant-site-access", event("sites", json!([3, 5])));
    world.console.clear_faults();
    assert_eq!(kind, "Refused", "{message}");
    for told in [
        "sites should be [1,2,3,5] and reads [1,2,3]",
        "Already changed: sites: [1,2] → [1,2,3]",
    ] {
        assert!(message.contains(told), "{message}");
    }
}

#[test]
fn what_somebody_has_is_shown_with_names_or_as_all() {
    for form in FORMS {
        let world = world(form);
        let shown = world.outcome("get-site-access", json!({"login": "jdoe"}));
        assert_eq!(shown["all_sites"], false);
        assert_eq!(
            shown["sites"],
            json!([{"id": 1, "name": "Corp Network"}, {"id": 2, "name": "Data Centre East"}])
        );
        assert_eq!(shown["subject"]["user_id"], 4);
        let shown = world.outcome("get-asset-group-access", json!({"user_id": 12}));
        assert_eq!(shown["all_asset_groups"], false);
        assert_eq!(shown["asset_groups"], json!([]));
        for login in ["mkowalska", "nxadmin"] {
            let shown = world.outcome("get-site-access", json!({"login": login}));
            assert_eq!(
                (&shown["all_sites"], &shown["sites"]),
                (&json!(true), &json!([]))
            );
            let shown = world.outcome("get-asset-group-access", json!({"login": login}));
            assert_eq!(shown["all_asset_groups"], true);
        }
        assert_eq!(world.writes(), Vec::<String>::new());
    }
}
