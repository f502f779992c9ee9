//! What a run did, taken back from the record that it left.

use std::time::Duration;

use fake_console::{Fault, FaultKind, Locale, State, WireForm};
use harness::{Function, Invocation};
use serde_json::{Value, json};
use suites::{World, with};

/// The record with the full state that a function printed last.
fn record(function: &Function) -> Value {
    let logs = function.logs();
    let lines = logs.lines().rev();
    let mut records = lines.filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let record = records.find(|line| line["audit"] == "before");
    record.unwrap_or_else(|| panic!("no record in {logs}"))
}

fn restore(world: &World, record: &Value) -> Value {
    world.outcome("restore-user", json!({"record": record}))
}

/// Account by account: a whole console is a long line.
fn assert_console(world: &World, expected: &Value, shown: &str) {
    let now = world.console.state().snapshot();
    let ids = |users: &Value| -> Vec<String> {
        let users = users.as_object().expect("users");
        users.keys().cloned().collect()
    };
    assert_eq!(ids(&now), ids(expected), "{shown}");
    for id in ids(expected) {
        assert_eq!(now[&id], expected[&id], "{shown}: user {id}");
    }
}

fn failure(world: &World, record: &Value) -> (String, String) {
    world.failure("restore-user", json!({"record": record}))
}

/// Runs, one a line, each followed by a restoration from its own record, in both wire forms.
fn run_and_restore(lines: &str) {
    for line in lines.trim().lines() {
        let (operation, event) = line.trim().split_once(' ').expect("an event");
        let event = serde_json::from_str(event).expect(line);
        let event = with(event, json!({"user_id": 4}));
        for form in [WireForm::Vendor, WireForm::Guide] {
            let world = World::speaking(form);
            let shown = format!("{operation} {event} {form:?}");
            let before = world.console.state().snapshot();
            let function = world.function(operation);
            let outcome = function.invoke(&event).result.expect(&shown);
            assert_eq!(outcome["changed"], true, "{shown}");
            assert_ne!(world.console.state().snapshot(), before, "{shown}");
            let record = record(&function);
            let restored = restore(&world, &record);
            assert_eq!(restored["changed"], true, "{shown}");
            assert_console(&world, &before, &shown);
            world.console.clear_requests();
            let again = restore(&world, &record);
            assert_eq!(again["changed"], false, "{shown}");
            assert_eq!(world.writes(), Vec::<String>::new(), "{shown}");
        }
    }
}

#[test]
fn what_a_run_changed_comes_back_from_its_own_record_in_both_wire_forms() {
    run_and_restore(
        r#"
        disable-user {}
        set-role {"role_id": "auditor"}
        update-user {"new_login": "jane", "new_email": null, "locale": "de-DE", "reports_locale": null}
        update-user {"first_name": "Janet", "last_name": "van Doe"}
        set-site-access {"sites": [7]}
        set-site-access {"sites": []}
        revoke-site-access {"sites": [1]}
        set-asset-group-access {"asset_groups": [2, 3]}
        "#,
    );
}

/// While the user has all of them, the console tells of no single ones.
#[test]
fn single_grants_come_back_to_a_user_who_was_given_all_of_them() {
    run_and_restore(
        r#"
        set-role {"role_id": "site-admin"}
        set-role {"role_id": "auditor", "all_sites": true}
        update-user {"all_asset_groups": true}
        "#,
    );
}

#[test]
fn a_global_administrator_comes_back_where_the_policy_allows_it() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        let world = World::speaking(form);
        world.console.state().user_mut("mkowalska").superuser = true;
        let before = world.console.state().snapshot();
        let function = world.function("set-role");
        let event = json!({"login": "mkowalska", "role_id": "user"});
        function.invoke(&event).result.expect("demoted");
        let record = record(&function);
        let (kind, message) = failure(&world, &record);
        assert_eq!(kind, "Refused", "{message}");
        assert!(message.contains("privileged-accounts"), "{message}");
        let allowed = [("RAPID7_ALLOW_PRIVILEGED_ACCOUNTS", "true")];
        let function = world.function_with("restore-user", &allowed);
        let restored = function.invoke(&json!({"record": record}));
        assert_eq!(restored.result.expect("allowed")["changed"], true);
        assert_console(&world, &before, "restored");
    }
}

#[test]
fn a_dry_run_shows_what_would_come_back() {
    let world = World::new();
    let function = world.function("disable-user");
    let answer = function.invoke(&json!({"user_id": 4}));
    answer.result.expect("disabled");
    world.console.state().user_mut("jdoe").sites.clear();
    world.console.clear_requests();
    let before = world.console.state().snapshot();
    let event = json!({"record": record(&function), "dry_run": true});
    let outcome = world.outcome("restore-user", event);
    assert_eq!(
        outcome["plan"],
        json!([
            "replace user 4 by itself with enabled: false → true; every other member goes back as \
             read",
            "give sites 1, 2, 4",
            "give back, if the console drops them: asset groups {1, 3}",
        ])
    );
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_console(&world, &before, "restored");
}

/// Killed after the PUT that drops all individual grants, and before they are given back.
fn kill_after_put(world: &World, function: &Function) -> Invocation {
    let hang = Fault::new(FaultKind::Hang).on("GET", "/users/4").times(3);
    // The two reads and the two lists before the write go through.
    world.console.push_fault(hang.skip(4));
    let killed = std::thread::scope(|scope| {
        let run = scope.spawn(|| function.invoke(&json!({"user_id": 4})));
        while world.writes().is_empty() {
            std::thread::sleep(Duration::from_millis(5));
        }
        while world.console.state().user_mut("jdoe").enabled {
            std::thread::sleep(Duration::from_millis(5));
        }
        function.kill();
        run.join().expect("ended")
    });
    world.console.clear_faults();
    killed
}

#[test]
fn grants_lost_by_a_killed_run_come_back_from_its_record_in_both_wire_forms() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        let world = World::speaking(form);
        let before = world.console.state().snapshot();
        let function = world.function("disable-user");
        kill_after_put(&world, &function)
            .result
            .expect_err("killed");
        let lost = world.console.state().user_mut("jdoe").sites.is_empty();
        assert!(lost, "the console did not drop the sites");
        restore(&world, &record(&function));
        assert_console(&world, &before, "restored");
        // The way to what was wanted in the first place.
        let outcome = world.outcome("disable-user", json!({"user_id": 4}));
        assert_eq!(outcome["changed"], true);
        let expected = suites::with_disabled(before, 4);
        assert_console(&world, &expected, "disabled");
    }
}

#[test]
fn grants_that_a_run_could_not_give_back_come_back_from_its_record() {
    for (form, method) in [(WireForm::Vendor, "PUT"), (WireForm::Guide, "POST")] {
        let world = World::speaking(form);
        let before = world.console.state().snapshot();
        for list in ["sites", "asset_groups"] {
            let refuse = Fault::new(FaultKind::status(400)).times(99);
            let path = format!("/users/4/{list}");
            world.console.push_fault(refuse.on(method, &path));
        }
        let function = world.function("disable-user");
        let answer = function.invoke(&json!({"user_id": 4}));
        let message = answer.result.expect_err("lost").error_message;
        assert!(message.contains("audit record"), "{message}");
        world.console.clear_faults();
        restore(&world, &record(&function));
        assert_console(&world, &before, "restored");
    }
}

/// What somebody else did since is in the plan too.
#[test]
fn everything_that_differs_from_the_record_comes_back_whoever_changed_it() {
    let world = World::new();
    {
        // A member is known for the console's as it tells it of somebody.
        let mut state = world.console.state();
        let jdoe = state.user_mut("jdoe").clone();
        let other = state.user_mut("tokafor");
        (other.other, other.other_role) = (jdoe.other, jdoe.other_role);
    }
    let before = world.console.state().snapshot();
    let function = world.function("disable-user");
    let answer = function.invoke(&json!({"user_id": 4}));
    answer.result.expect("disabled");
    {
        let mut state = world.console.state();
        let jdoe = state.user_mut("jdoe");
        jdoe.role = "global-admin".into();
        jdoe.superuser = true;
        jdoe.all_sites = true;
        jdoe.all_asset_groups = true;
        jdoe.email = None;
        jdoe.locale = None;
        jdoe.other.clear();
        jdoe.other_role.clear();
        jdoe.login = "jane".into();
    }
    let restored = restore(&world, &record(&function));
    assert_eq!(restored["state"]["login"], "jdoe");
    assert_console(&world, &before, "restored");
}

#[test]
fn members_of_a_newer_console_that_came_since_stay_and_a_lock_is_told() {
    let world = World::new();
    let function = world.function("disable-user");
    let answer = function.invoke(&json!({"user_id": 4}));
    answer.result.expect("disabled");
    {
        let mut state = world.console.state();
        let jdoe = state.user_mut("jdoe");
        jdoe.other.insert("badge".into(), 7.into());
        jdoe.locked = true;
    }
    let restored = restore(&world, &record(&function));
    assert_eq!(restored["state"]["other"]["badge"], 7);
    assert_eq!(restored["state"]["enabled"], true);
    let warnings = restored["warnings"].to_string();
    assert!(warnings.contains("see unlock-user"), "{warnings}");
    assert_eq!(world.console.state().user_mut("jdoe").other["badge"], 7);
}

#[test]
fn a_deleted_account_can_not_come_back_and_that_is_said() {
    let world = World::new();
    let allowed = [("RAPID7_ALLOW_DELETION", "true")];
    let function = world.function_with("delete-user", &allowed);
    let event = json!({"user_id": 4, "confirm_login": "jdoe"});
    function.invoke(&event).result.expect("deleted");
    world.console.clear_requests();
    let (kind, message) = failure(&world, &record(&function));
    assert_eq!(kind, "NotFound", "{message}");
    assert!(
        message.contains("an account that was deleted can't be brought back"),
        "{message}"
    );
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_record_that_does_not_fit_is_refused() {
    let world = World::new();
    let other = World::new();
    let function = other.function("disable-user");
    let answer = function.invoke(&json!({"user_id": 4}));
    answer.result.expect("disabled");
    let elsewhere = record(&function);
    let fitting = with(elsewhere.clone(), json!({"target": world.console.url()}));
    let created = other.function("create-user");
    created.invoke(&suites::jsmith()).result.expect("created");
    let created = with(record(&created), json!({"target": world.console.url()}));
    for (record, told) in [
        (
            elsewhere,
            "`record.target`: expected a record of this console",
        ),
        (
            with(fitting.clone(), json!({"audit": "after"})),
            "`record.audit`: expected",
        ),
        (
            created,
            "`record.record.state`: expected the state of an account",
        ),
    ] {
        let (kind, message) = failure(&world, &record);
        assert_eq!(kind, "InvalidInput", "{message}");
        assert!(message.contains(told), "{message}");
    }
    assert_eq!(world.requests(), Vec::<String>::new());
    // Of this console, and already so.
    assert_eq!(restore(&world, &fitting)["changed"], false);
}

/// A login that somebody else has by now can't come back; nothing is half done.
#[test]
fn a_login_that_was_given_away_is_refused_and_nothing_is_sent() {
    let world = World::new();
    let function = world.function("update-user");
    let event = json!({"user_id": 4, "new_login": "jane"});
    function.invoke(&event).result.expect("renamed");
    let again = |state: &mut State| state.user_mut("tokafor").login = "JDoe".into();
    again(&mut world.console.state());
    let before = world.console.state().snapshot();
    world.console.clear_requests();
    let (kind, message) = failure(&world, &record(&function));
    assert_eq!(kind, "InvalidInput", "{message}");
    let told = "expected a login that nobody has: JDoe (user 5) has this one";
    assert!(message.contains(told), "{message}");
    assert!(message.contains("Nothing was changed"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_console(&world, &before, "restored");
}

/// Whoever may restore may not thereby send what no guard knows.
#[test]
fn what_somebody_put_into_a_record_is_not_sent() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        let world = World::speaking(form);
        let function = world.function("disable-user");
        let answer = function.invoke(&json!({"user_id": 4}));
        answer.result.expect("disabled");
        let mut record = record(&function);
        let user = &mut record["record"]["state"]["user"];
        user["isSuperUser"] = true.into();
        user["role"]["godMode"] = json!({"on": true});
        let elsewhere = match form {
            WireForm::Vendor => &mut user["accessAllSites"],
            WireForm::Guide => &mut user["role"]["allSites"],
        };
        *elsewhere = true.into();
        world.console.clear_requests();
        let restored = restore(&world, &record);
        let warnings = restored["warnings"].to_string();
        assert!(warnings.contains("isSuperUser: the console tells no such member"));
        let requests = world.console.requests();
        let put = requests.iter().find(|request| request.method == "PUT");
        let body = put
            .expect("a PUT")
            .body
            .clone()
            .expect("a body")
            .to_string();
        for forged in ["isSuperUser", "godMode"] {
            assert!(!body.contains(forged), "{form:?}: {body}");
        }
        let user = world.console.state().user_mut("jdoe").clone();
        assert!(
            user.enabled && !user.all_sites && user.other.len() == 2,
            "{form:?}"
        );
        for (login, told) in [
            ("a\u{1b}b", "`record.record.state.user.login`"),
            ("NXAdmin", "has this one"),
        ] {
            let mut forged = record.clone();
            forged["record"]["state"]["user"]["login"] = login.into();
            let (kind, message) = failure(&world, &forged);
            assert_eq!(kind, "InvalidInput", "{message}");
            assert!(message.contains(told), "{message}");
        }
    }
}

/// A 404 of the site, and not for want of privilege: the pack may list everybody.
#[test]
fn a_site_that_is_gone_since_is_named_and_the_others_come_back() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        let world = World::speaking(form);
        let function = world.function("disable-user");
        let answer = function.invoke(&json!({"user_id": 4}));
        answer.result.expect("disabled");
        world.console.state().sites.remove(&2);
        world.console.state().user_mut("jdoe").sites.clear();
        let record = record(&function);
        for _ in 0..2 {
            let (kind, message) = failure(&world, &record);
            assert!(
                message.contains("sites should be [1,2,4] and reads [1,4]"),
                "{message}"
            );
            assert_ne!(kind, "Unauthorized", "{form:?}: {message}");
        }
        let jdoe = world.console.state().user_mut("jdoe").clone();
        assert!(jdoe.enabled && jdoe.sites == [1, 4].into());
    }
}

/// What a newer console has added to a member stays; what this pack knows and the account lacked goes.
#[test]
fn a_language_that_was_not_chosen_then_is_not_chosen_again() {
    let world = World::new();
    let locale = |reports: Option<&str>| Locale {
        default: Some("de-DE".into()),
        reports: reports.map(str::to_owned),
    };
    world.console.state().user_mut("jdoe").locale = Some(locale(None));
    let mut user = world.console.state().user_json(4).expect("jdoe");
    let then = user["locale"].as_object_mut().expect("a locale");
    then.retain(|_, tag| !tag.is_null());
    world.console.state().user_mut("jdoe").locale = Some(locale(Some("fr-FR")));
    let state = json!({"user": user, "sites": null, "asset_groups": null});
    let record = json!({
        "audit": "before", "target": world.console.url(), "record": {"state": state},
    });
    let outcome = world.outcome("restore-user", json!({"record": record}));
    assert_eq!(outcome["changed"], true);
    let now = world.console.state().user_mut("jdoe").locale.clone();
    assert_eq!(now, Some(locale(None)));
}
