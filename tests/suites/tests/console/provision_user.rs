//! A new account that may see some sites only: made once, whatever breaks on the way.

use std::time::Duration;

use fake_console::{Fault, FaultKind, WireForm};
use serde_json::{Value, json};
use suites::{World, jsmith, with, without};

const FORMS: [WireForm; 2] = [WireForm::Vendor, WireForm::Guide];
const POST: &str = "POST /api/3/users";

fn event() -> Value {
    let more = json!({"sites": [1, "DMZ"], "asset_groups": ["Laptops"]});
    with(jsmith(), more)
}

/// The console of a run without any trouble.
fn provisioned(form: WireForm) -> Value {
    let world = World::speaking(form);
    let _ = world.outcome("provision-user", event());
    world.console.state().snapshot()
}

#[test]
fn an_account_with_single_sites_is_made_and_nobody_else_is_touched_in_both_wire_forms() {
    for form in FORMS {
        let world = World::speaking(form);
        let before = world.console.state().snapshot();
        let outcome = world.outcome("provision-user", event());
        assert_eq!(outcome["changed"], true);
        assert_eq!(outcome["warnings"], json!([]));
        assert_eq!(outcome["state"]["all_sites"], false);
        assert_eq!(outcome["state"]["sites"], json!([1, 4]));
        assert_eq!(outcome["state"]["asset_groups"], json!([4]));
        let after = world.console.state().snapshot();
        assert!(
            without(after.clone(), "16") == before,
            "somebody was changed"
        );
        let made = &after["16"];
        for (member, value) in [
            ("login", json!("jsmith")),
            ("first", json!("John")),
            ("last", json!("Smith")),
            ("email", json!("jsmith@example.com")),
            ("enabled", json!(true)),
            ("role", json!("user")),
            ("superuser", json!(false)),
            ("all_sites", json!(false)),
            ("all_asset_groups", json!(false)),
            ("sites", json!([1, 4])),
            ("asset_groups", json!([4])),
        ] {
            assert_eq!(made[member], value, "{member}");
        }
        assert_eq!(
            world.console.state().user_mut("jsmith").password,
            "S3cur3!pass"
        );
        assert_eq!(world.times_written(POST), 1);
        assert_eq!(world.writes()[0], POST);
        let again = world.outcome("provision-user", event());
        assert_eq!(again["changed"], false);
        assert_eq!(again["plan"], json!([]));
        assert!(world.console.state().snapshot() == after);
    }
}

#[test]
fn a_dry_run_shows_account_and_grants_and_makes_nobody() {
    let world = World::new();
    let before = world.console.state().snapshot();
    let outcome = world.outcome("provision-user", with(event(), json!({"dry_run": true})));
    assert_eq!(
        outcome["plan"],
        json!([
            "create \"jsmith\" with role \"user\", all sites: false, all asset groups: false, \
             normal authentication",
            "give sites 1 (Corp Network), 4 (DMZ)",
            "give asset groups 4 (Laptops)",
        ])
    );
    assert_eq!(outcome["state"], Value::Null);
    assert_eq!(world.writes(), Vec::<String>::new());
    assert!(world.console.state().snapshot() == before);
}

/// Each request after the POST fails once, in turn, in each of these ways.
#[test]
fn a_run_that_failed_half_way_is_finished_by_running_it_again_with_one_post() {
    for form in FORMS {
        let expected = provisioned(form);
        for kind in [
            FaultKind::status(400),
            FaultKind::status(401),
            FaultKind::status(500),
            FaultKind::ResetBefore,
            FaultKind::ResetAfter,
            FaultKind::HtmlAfter,
            FaultKind::CutBody,
        ] {
            for skip in 0.. {
                let world = World::speaking(form);
                let shown = format!("{form:?} {kind:?} at request {skip} after the POST");
                let mut fault = Fault::new(kind.clone()).skip(skip);
                fault.path_contains = Some("/users/16".into());
                world.console.push_fault(fault);
                let first = world.invoke("provision-user", event());
                let reached = world.console.pending_faults().is_empty();
                world.console.clear_faults();
                // In a new process: refused credentials are not sent again by the same.
                let again = world.invoke("provision-user", event()).result;
                let again = again.unwrap_or_else(|error| panic!("{shown}: {error:?}"));
                assert_eq!(again["state"]["sites"], json!([1, 4]), "{shown}");
                assert_eq!(world.times_written(POST), 1, "{shown}");
                assert!(world.console.state().snapshot() == expected, "{shown}");
                if let Ok(first) = first.result {
                    assert_eq!(first["changed"], true, "{shown}");
                    assert_eq!(again["changed"], false, "{shown}");
                }
                if !reached {
                    assert!(skip >= 3, "{shown}");
                    break;
                }
            }
        }
    }
}

/// The process is gone while that request is under way.
#[test]
fn a_run_that_was_killed_half_way_is_finished_by_another_with_one_post() {
    for form in FORMS {
        let expected = provisioned(form);
        for skip in 0..5 {
            let world = World::speaking(form);
            let function = world.function("provision-user");
            let mut hang = Fault::new(FaultKind::HangAfter).skip(skip);
            hang.path_contains = Some("/users/16".into());
            world.console.push_fault(hang);
            std::thread::scope(|scope| {
                let run = scope.spawn(|| function.invoke(&event()));
                while !world.console.pending_faults().is_empty() {
                    std::thread::sleep(Duration::from_millis(2));
                }
                function.kill();
                let killed = run.join().expect("ended").result;
                killed.expect_err("killed");
            });
            let again = world.outcome("provision-user", event());
            assert_eq!(again["state"]["sites"], json!([1, 4]), "{form:?} {skip}");
            assert_eq!(world.times_written(POST), 1, "{form:?} {skip}");
            let after = world.console.state().snapshot();
            assert!(after == expected, "{form:?} {skip}");
        }
    }
}

#[test]
fn a_lost_answer_to_the_post_is_looked_up_and_the_sites_are_given() {
    for form in FORMS {
        for kind in [
            FaultKind::ResetAfter,
            FaultKind::StatusAfter { status: 504 },
            FaultKind::StatusAfter { status: 204 },
            FaultKind::CutJson,
        ] {
            let world = World::speaking(form);
            let shown = format!("{form:?} {kind:?}");
            world
                .console
                .push_fault(Fault::new(kind).on("POST", "/users"));
            let outcome = world.outcome("provision-user", event());
            assert_eq!(outcome["state"]["sites"], json!([1, 4]), "{shown}");
            assert_eq!(world.times_written(POST), 1, "{shown}");
            assert!(
                world.console.state().snapshot() == provisioned(form),
                "{shown}"
            );
        }
    }
}

#[test]
fn an_account_that_is_another_than_wanted_is_refused_with_what_differs() {
    for (more, told) in [
        (json!({"sites": [7]}), "has other sites too: [1, 4]"),
        (json!({"sites": [1]}), "has other sites too: [4]"),
        (
            json!({"asset_groups": []}),
            "has other asset groups too: [4]",
        ),
        (
            json!({"role_id": "auditor"}),
            "role_id is \"user\", not \"auditor\"",
        ),
        (
            json!({"email": "j@example.com"}),
            "email is \"jsmith@example.com\", not \"j@example.com\"",
        ),
        (json!({"enabled": false}), "enabled is true, not false"),
    ] {
        let world = World::new();
        let _ = world.outcome("provision-user", event());
        world.console.clear_requests();
        let (kind, message) = world.failure("provision-user", with(event(), more.clone()));
        assert_eq!(kind, "Refused", "{more}: {message}");
        assert!(message.contains(told), "{more}: {message}");
        assert!(message.contains("jsmith (user 16)"), "{more}: {message}");
        assert_eq!(world.writes(), Vec::<String>::new(), "{more}");
    }
    // More than there is: half done.
    let world = World::new();
    let _ = world.outcome("provision-user", event());
    let more = with(event(), json!({"sites": [1, 4, 7]}));
    let outcome = world.outcome("provision-user", more);
    assert_eq!(
        outcome["changes"],
        json!([{"field": "sites", "before": [1, 4], "after": [1, 4, 7]}])
    );
    assert_eq!(world.times_written(POST), 1);
}

#[test]
fn an_account_with_all_sites_is_no_half_done_one() {
    let world = World::new();
    let event = json!({
        "login": "mkowalska", "name": "Małgorzata Kowalska", "email": "mkowalska@example.com",
        "role_id": "security-manager", "password": "S3cur3!pass", "sites": [1],
    });
    let (kind, message) = world.failure("provision-user", event);
    assert_eq!(kind, "Refused", "{message}");
    assert!(
        message.contains("all_sites is true, not false"),
        "{message}"
    );
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn what_single_sites_would_mean_nothing_to_is_told_before_anything_is_made() {
    let world = World::new();
    let none = json!({"sites": [], "asset_groups": []});
    for (more, told) in [
        (none, "`sites`: expected at least one site (or asset group)"),
        (json!({"role_id": "site-admin"}), "site-admin"),
        (
            json!({"sites": ["DMZ 2"]}),
            "`sites[0]`: expected one of this console's sites",
        ),
        (
            json!({"sites": [1, 99]}),
            "`sites[1]`: expected one of this console's sites",
        ),
        (
            json!({"asset_groups": ["x"]}),
            "`asset_groups[0]`: expected one of this console's asset groups",
        ),
        (
            json!({"all_asset_groups": true}),
            "`asset_groups`: single ones mean nothing",
        ),
        (json!({"all_sites": false}), "`all_sites`: no such field"),
        (
            json!({"password_secret": "a"}),
            "`password, password_secret`",
        ),
    ] {
        let (kind, message) = world.failure("provision-user", with(event(), more.clone()));
        assert_eq!(kind, "InvalidInput", "{more}: {message}");
        assert!(message.contains(told), "{more}: {message}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn only_asset_groups_are_enough_and_all_of_them_may_come_with_single_sites() {
    for form in FORMS {
        let world = World::speaking(form);
        let groups = without(event(), "sites");
        let outcome = world.outcome("provision-user", groups);
        assert_eq!(outcome["state"]["asset_groups"], json!([4]));
        let more =
            json!({"login": "second", "email": "second@example.com", "all_asset_groups": true});
        let all = with(without(event(), "asset_groups"), more);
        let outcome = world.outcome("provision-user", all);
        assert_eq!(outcome["state"]["all_asset_groups"], true);
        assert_eq!(outcome["state"]["sites"], json!([1, 4]));
        let external = json!({
            "login": "third", "email": "third@example.com", "authentication_type": "saml",
            "authentication_source_id": "Single Sign-On",
        });
        let event = with(without(event(), "password"), external);
        let outcome = world.outcome("provision-user", event);
        assert_eq!(outcome["state"]["authentication_source_id"], 4);
    }
}

/// A site that somebody gives the new account meanwhile.
#[test]
fn a_new_account_has_exactly_the_sites_that_were_asked_for_or_says_so() {
    let world = World::new();
    let gives = FaultKind::change_before(|state| _ = state.user_mut("jsmith").sites.insert(7));
    let gives = Fault::new(gives).on("GET", "/users/16/sites");
    world.console.push_fault(gives);
    let (kind, message) = world.failure("provision-user", event());
    assert_eq!(kind, "Conflict", "{message}");
    assert!(
        message.contains("sites should be [1,4] and reads [1,4,7]"),
        "{message}"
    );
}
