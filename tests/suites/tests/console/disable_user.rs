//! The main job: an account is disabled, and nothing else about it changes.

use fake_console::{FakeConsole, Fault, FaultKind, State, WireForm};
use serde_json::{Value, json};
use suites::{OWN_LOGIN, World, with_disabled};

fn world_where(edit: impl FnOnce(&mut State)) -> World {
    let mut state = State::realistic();
    edit(&mut state);
    World::with(FakeConsole::start_http(state))
}

fn enabled_change() -> Value {
    json!([{"field": "enabled", "before": true, "after": false}])
}

#[test]
fn disabling_changes_one_member_of_one_user_in_both_wire_forms() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        let world = World::speaking(form);
        let before = world.console.state().snapshot();
        let id = world.id("jdoe");
        let outcome = world.outcome("disable-user", json!({"login": "jdoe"}));
        let after = world.console.state().snapshot();
        assert_eq!(after, with_disabled(before, id));
        assert_eq!(outcome["changed"], true);
        assert_eq!(outcome["changes"], enabled_change());
        assert_eq!(outcome["state"]["enabled"], false);
        assert_eq!(outcome["state"]["sites"], json!([1, 2, 4]));
        assert_eq!(outcome["warnings"], json!([]));
    }
}

#[test]
fn every_kind_of_account_keeps_all_that_it_has() {
    let logins = [
        "mkowalska",
        "tokafor",
        "knguyen",
        "soneill",
        "lpetrova",
        "y.tanaka",
    ];
    for form in [WireForm::Vendor, WireForm::Guide] {
        let world = World::speaking(form);
        let function = world.function("disable-user");
        for login in logins {
            let before = world.console.state().snapshot();
            let id = world.id(login);
            let outcome = function.invoke(&json!({"user_id": id})).result;
            let outcome = outcome.expect(login);
            assert_eq!(outcome["changes"], enabled_change(), "{login}");
            let after = world.console.state().snapshot();
            assert_eq!(after, with_disabled(before, id), "{login}");
        }
    }
}

#[test]
fn running_twice_changes_once_and_a_disabled_account_costs_one_read_by_id() {
    let world = World::new();
    let function = world.function("disable-user");
    let event = json!({"user_id": world.id("jdoe")});
    let first = function.invoke(&event).result.expect("first");
    assert_eq!(first["changed"], true);
    let after = world.console.state().snapshot();
    world.console.clear_requests();
    let second = function.invoke(&event).result.expect("second");
    assert_eq!(second["changed"], false);
    assert_eq!(second["plan"], json!([]));
    assert_eq!(world.requests(), ["GET /api/3/users/4"]);
    assert_eq!(world.console.state().snapshot(), after);
}

#[test]
fn a_dry_run_shows_the_plan_and_sends_no_write() {
    let world = World::new();
    let before = world.console.state().snapshot();
    let event = json!({"login": "jdoe", "dry_run": true});
    let outcome = world.outcome("disable-user", event);
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(world.console.state().snapshot(), before);
    assert_eq!(outcome["dry_run"], true);
    assert_eq!(outcome["changed"], false);
    assert_eq!(outcome["changes"], enabled_change());
    assert_eq!(outcome["state"]["enabled"], true);
    assert_eq!(
        outcome["plan"],
        json!([
            "replace user 4 by itself with enabled: true → false; every other member goes back as \
             read",
            "give back, if the console drops them: sites {1, 2, 4}, asset groups {1, 3}",
        ])
    );
}

/// Every request is counted: the console publishes no rate limits.
#[test]
fn no_request_is_wasted() {
    let world = World::new();
    let _ = world.outcome("disable-user", json!({"user_id": 4}));
    let mut requests = world.requests();
    // Independent ones arrive in any order.
    requests[1..4].sort();
    requests[5..8].sort();
    requests[8..10].sort();
    requests[10..12].sort();
    assert_eq!(
        requests,
        [
            "GET /api/3/users/4",
            // Once more, just before it is replaced: somebody else's change must not be lost.
            "GET /api/3/users/4",
            "GET /api/3/users/4/asset_groups",
            "GET /api/3/users/4/sites",
            "PUT /api/3/users/4",
            "GET /api/3/users/4",
            "GET /api/3/users/4/asset_groups",
            "GET /api/3/users/4/sites",
            "PUT /api/3/users/4/asset_groups",
            "PUT /api/3/users/4/sites",
            "GET /api/3/users/4/asset_groups",
            "GET /api/3/users/4/sites",
        ]
    );

    let keeps_grants = world_where(|state| state.put_drops_grants = false);
    let _ = keeps_grants.outcome("disable-user", json!({"user_id": 4}));
    assert_eq!(keeps_grants.requests().len(), 8);

    let all_access = World::new();
    let id = all_access.id("mkowalska");
    let _ = all_access.outcome("disable-user", json!({"user_id": id}));
    assert_eq!(
        all_access.requests(),
        ["GET", "GET", "PUT", "GET"].map(|method| format!("{method} /api/3/users/{id}"))
    );
}

/// A run that can't be followed to its end gives the grants back all the same.
#[test]
fn grants_are_given_back_even_if_the_write_can_not_be_followed() {
    let away = |status, skip, times| {
        Fault::new(FaultKind::status(status))
            .on("GET", "/users/4")
            .skip(skip)
            .times(times)
    };
    // The two reads and the two lists before the write go through.
    let lost_write = Fault::new(FaultKind::ResetAfter).on("PUT", "/users/4");
    let meanwhile = FaultKind::change_after(|state| {
        state.user_mut("jdoe").email = Some("moved@example.com".into());
    });
    let changed_meanwhile = Fault::new(meanwhile).on("PUT", "/users/4");
    let hung = Fault::new(FaultKind::Hang).on("PUT", "/users/4");
    for (faults, told) in [
        // Read back again.
        (vec![away(500, 4, 1)], None),
        (
            vec![lost_write.clone(), away(503, 4, 5)],
            Some("Indeterminate"),
        ),
        (vec![lost_write, away(500, 4, 1)], Some("Indeterminate")),
        (vec![changed_meanwhile], Some("Conflict")),
        // It may still arrive, after the grants were given back.
        (vec![hung], Some("Unexpected")),
    ] {
        let world = World::new();
        let before = world.console.state().snapshot();
        let shown = format!("{faults:?}");
        for fault in faults {
            world.console.push_fault(fault);
        }
        let function = world.function("disable-user");
        let limit = std::time::Duration::from_secs(8);
        let answer = function.invoke_with_deadline(&json!({"user_id": 4}), limit);
        match (answer.result, told) {
            (Ok(outcome), None) => assert_eq!(outcome["changed"], true, "{shown}"),
            (Err(error), Some(told)) => {
                assert_eq!(error.error_type, told, "{shown}: {}", error.error_message);
            }
            (other, _) => panic!("{shown}: {other:?}"),
        }
        let after = world.console.state().snapshot();
        for list in ["sites", "asset_groups"] {
            assert_eq!(after["4"][list], before["4"][list], "{shown}");
        }
    }
}

/// Where individual grants are lost, no error invites another run: it would find the account
/// disabled, say that nothing is left to do, and leave them lost.
#[test]
fn no_retry_is_invited_while_individual_grants_may_be_lost() {
    let refuse = |path| Fault::new(FaultKind::status(400)).on("PUT", path).times(8);
    let away = Fault::new(FaultKind::status(500))
        .on("GET", "/users/4")
        .skip(4)
        .times(6);
    for faults in [
        vec![away, refuse("/users/4/sites")],
        vec![refuse("/users/4/sites")],
    ] {
        let world = World::new();
        let shown = format!("{faults:?}");
        for fault in faults {
            world.console.push_fault(fault);
        }
        let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
        assert_eq!(kind, "Unexpected", "{shown}: {message}");
        assert!(message.contains("sites {1, 2, 4}"), "{shown}: {message}");
        assert!(message.contains("grant-site-access"), "{shown}: {message}");
        assert!(
            !message.contains("Nothing was changed"),
            "{shown}: {message}"
        );
        world.console.clear_faults();
    }
}

#[test]
fn a_console_that_insists_on_a_password_is_told_plainly() {
    let world = world_where(|state| state.password_required_on_put = true);
    let before = world.console.state().snapshot();
    let (kind, message) = world.failure("disable-user", json!({"login": "jdoe"}));
    assert_eq!(kind, "Refused");
    assert!(message.contains("insists on a password"), "{message}");
    assert!(message.contains("Nothing was changed"), "{message}");
    assert_eq!(world.console.state().snapshot(), before);
}

#[test]
fn the_account_of_the_pack_itself_is_refused() {
    let world = World::new();
    let (kind, message) = world.failure("disable-user", json!({"login": OWN_LOGIN}));
    assert_eq!(kind, "Refused");
    assert!(message.contains("own-account"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_console_that_hangs_ends_in_an_error_before_the_deadline() {
    let world = World::new();
    let function = world.function("disable-user");
    world
        .console
        .push_fault(Fault::new(FaultKind::Hang).on("GET", "/users/4"));
    let event = json!({"user_id": 4});
    let limit = std::time::Duration::from_secs(2);
    let answer = function.invoke_with_deadline(&event, limit);
    let error = answer.result.expect_err("hung");
    assert_eq!(error.error_type, "Unavailable");
    assert!(answer.duration < limit, "{:?}", answer.duration);
}

#[test]
fn a_write_is_not_begun_without_time_to_read_back() {
    let world = World::new();
    let function = world.function("disable-user");
    let limit = std::time::Duration::from_millis(1200);
    let answer = function.invoke_with_deadline(&json!({"user_id": 4}), limit);
    let error = answer.result.expect_err("no time");
    assert_eq!(error.error_type, "Unavailable");
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// Killed in the middle, the run of an account without individual grants is finished by running it
/// again. (Those of others are in the audit record: the console no longer has them.)
#[test]
fn a_run_killed_after_its_write_is_finished_by_running_it_again() {
    let world = World::new();
    let function = world.function("disable-user");
    let id = world.id("mkowalska");
    let hang = Fault::new(FaultKind::Hang).on("GET", &format!("/users/{id}"));
    world.console.push_fault(hang.skip(2));
    let event = json!({"user_id": id});
    std::thread::scope(|scope| {
        let run = scope.spawn(|| function.invoke(&event));
        while world.writes().is_empty() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        function.kill();
        run.join().expect("ended").result.expect_err("killed");
    });
    let outcome = world.outcome("disable-user", event);
    assert_eq!(outcome["changed"], false);
    assert_eq!(outcome["state"]["enabled"], false);
}
