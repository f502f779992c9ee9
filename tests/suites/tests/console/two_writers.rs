//! Somebody else changes the account at the same time: told, and never overwritten.

mod grants;

use fake_console::{Fault, FaultKind, Locale, State, WireForm};
use serde_json::json;
use suites::{World, jsmith};

/// The account itself is replaced.
const PUT: &str = "PUT /api/3/users/4";

/// What somebody else does to the account just before the console answers a request.
fn before(method: &str, path: &str, edit: impl Fn(&mut State) + Send + Sync + 'static) -> Fault {
    Fault::new(FaultKind::change_before(edit)).on(method, path)
}

/// The same just after.
fn after(method: &str, path: &str, edit: impl Fn(&mut State) + Send + Sync + 'static) -> Fault {
    Fault::new(FaultKind::change_after(edit)).on(method, path)
}

fn becomes_auditor(state: &mut State) {
    state.user_mut("jdoe").role = "auditor".into();
}

fn moves(state: &mut State) {
    let other = &mut state.user_mut("jdoe").other;
    other.insert("costCenter".into(), "moved".into());
}

#[test]
fn a_change_between_our_write_and_our_read_back_is_a_conflict_with_both_values() {
    let world = World::new();
    world
        .console
        .push_fault(after("PUT", "/users/4", becomes_auditor));
    let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
    assert_eq!(kind, "Conflict");
    assert!(
        message.contains("role.id should be \"user\" and reads \"auditor\""),
        "{message}"
    );
    assert!(message.contains("Already changed: "), "{message}");
    assert_eq!(world.console.state().user_mut("jdoe").role, "auditor");
}

#[test]
fn every_member_that_is_known_may_be_the_one_in_conflict() {
    type Edit = fn(&mut State);
    let edits: [(&str, Edit); 4] = [
        // Told before, so not being told any more is a change.
        (
            "email should be \"jdoe@example.com\" and reads null",
            |state| {
                state.user_mut("jdoe").email = None;
            },
        ),
        ("email", |state| {
            state.user_mut("jdoe").email = Some("moved@example.com".into());
        }),
        ("name", |state| {
            state.user_mut("jdoe").first = "Janet".into();
        }),
        ("authentication.id", |state| {
            state.user_mut("jdoe").authentication.id = 2;
        }),
    ];
    for (field, edit) in edits {
        let world = World::speaking(WireForm::Guide);
        world.console.push_fault(after("PUT", "/users/4", edit));
        let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
        assert_eq!(kind, "Conflict", "{field}: {message}");
        assert!(message.contains(field), "{field}: {message}");
    }
}

#[test]
fn a_member_of_a_newer_console_that_changes_by_itself_is_a_warning() {
    let world = World::new();
    world.console.push_fault(after("PUT", "/users/4", moves));
    let outcome = world.outcome("disable-user", json!({"user_id": 4}));
    assert_eq!(
        outcome["warnings"],
        json!(["costCenter: expected \"4711-EMEA\", read back \"moved\""])
    );
}

#[test]
fn a_lock_that_appears_meanwhile_is_a_warning() {
    let world = World::new();
    let locks = |state: &mut State| state.user_mut("jdoe").locked = true;
    world.console.push_fault(after("PUT", "/users/4", locks));
    let outcome = world.outcome("disable-user", json!({"user_id": 4}));
    assert_eq!(outcome["changed"], true);
    let warning = outcome["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("nobody asked for it"), "{warning}");
}

/// A second PUT would take the other administrator's change back.
#[test]
fn a_lost_put_is_not_sent_again_over_somebody_elses_change() {
    let world = World::new();
    let reset = Fault::new(FaultKind::ResetBefore).on("PUT", "/users/4");
    world.console.push_fault(reset);
    // The look comes after the two reads and the two lists.
    let meanwhile = before("GET", "/users/4", becomes_auditor).skip(4);
    world.console.push_fault(meanwhile);
    let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
    assert_eq!(kind, "Conflict", "{message}");
    assert!(!message.contains("Nothing was changed"), "{message}");
    assert_eq!(world.times_written(PUT), 1);
    assert_eq!(world.console.state().user_mut("jdoe").role, "auditor");
}

#[test]
fn a_lost_answer_and_a_member_that_changes_by_itself_is_done() {
    let world = World::new();
    let reset = Fault::new(FaultKind::ResetAfter).on("PUT", "/users/4");
    world.console.push_fault(reset);
    let meanwhile = before("GET", "/users/4", moves).skip(4);
    world.console.push_fault(meanwhile);
    let outcome = world.outcome("disable-user", json!({"user_id": 4}));
    assert_eq!(outcome["changed"], true);
    assert_eq!(world.times_written(PUT), 1);
}

#[test]
fn a_grant_that_somebody_else_gives_meanwhile_stays_and_is_told() {
    let world = World::new();
    let gives = |state: &mut State| _ = state.user_mut("jdoe").sites.insert(5);
    world.console.push_fault(after("PUT", "/users/4", gives));
    let outcome = world.outcome("disable-user", json!({"user_id": 4}));
    assert_eq!(outcome["state"]["sites"], json!([1, 2, 4, 5]));
    let sites = world.console.state().user_mut("jdoe").sites.clone();
    assert_eq!(sites, [1, 2, 4, 5].into());
    let warning = outcome["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("sites {5}"), "{warning}");
    let changes = outcome["changes"].as_array().expect("changes");
    let told = changes.iter().any(|change| change["field"] == "sites");
    assert!(told, "{changes:?}");
}

#[test]
fn grants_that_vanish_again_are_given_back_twice_and_then_named() {
    let world = World::new();
    let drops = |state: &mut State| state.user_mut("jdoe").sites.clear();
    let drops = after("PUT", "/users/4/sites", drops).times(2);
    world.console.push_fault(drops);
    let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
    assert_eq!(kind, "Unexpected");
    assert!(message.contains("sites {1, 2, 4}"), "{message}");
}

/// One site that is gone meanwhile.
#[test]
fn a_grant_that_can_not_be_given_back_does_not_take_the_others_with_it() {
    let world = World::new();
    let gone = |state: &mut State| _ = state.sites.remove(&2);
    world.console.push_fault(after("PUT", "/users/4", gone));
    let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
    assert_eq!(kind, "Unexpected");
    assert!(message.contains("not back: sites {2}"), "{message}");
    let sites = world.console.state().user_mut("jdoe").sites.clone();
    assert_eq!(sites, [1, 4].into());
}

#[test]
fn an_account_renamed_between_the_list_and_its_reading_is_a_conflict() {
    let world = World::new();
    let renames = |state: &mut State| state.user_mut("jdoe").login = "jane".into();
    world.console.push_fault(before("GET", "/users/4", renames));
    let (kind, message) = world.failure("disable-user", json!({"login": "jdoe"}));
    assert_eq!(kind, "Conflict", "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn an_account_deleted_just_before_the_write_is_a_conflict() {
    let world = World::new();
    let deletes = |state: &mut State| _ = state.users.remove(&4);
    world.console.push_fault(before("PUT", "/users/4", deletes));
    let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
    assert_eq!(kind, "Conflict", "{message}");
    assert!(message.contains("a moment ago"), "{message}");
}

#[test]
fn a_new_account_that_is_not_as_wanted_is_a_conflict_that_names_it() {
    let world = World::new();
    let changes = |state: &mut State| state.user_mut("jsmith").role = "auditor".into();
    world.console.push_fault(after("POST", "/users", changes));
    let (kind, message) = world.failure("create-user", jsmith());
    assert_eq!(kind, "Conflict", "{message}");
    assert!(
        message.contains("role_id should be \"user\" and reads \"auditor\""),
        "{message}"
    );
    assert!(
        message.contains("Already changed: created jsmith as user"),
        "{message}"
    );
}

/// By number, not as the list showed it.
#[test]
fn an_account_that_is_there_already_is_compared_as_it_is_now() {
    let world = World::new();
    let function = world.function("create-user");
    function.invoke(&jsmith()).result.expect("created");
    let path = format!("/users/{}", world.id("jsmith"));
    let changes = |state: &mut State| state.user_mut("jsmith").role = "auditor".into();
    world.console.push_fault(before("GET", &path, changes));
    let error = function.invoke(&jsmith()).result.expect_err("changed");
    assert_eq!(error.error_type, "Refused", "{}", error.error_message);
}

/// Planned on one state, it would replace another.
#[test]
fn a_change_between_our_first_look_and_our_write_is_a_conflict_and_no_put_is_sent() {
    for (operation, event) in [
        ("disable-user", json!({"user_id": 3})),
        (
            "update-user",
            json!({"user_id": 3, "new_email": "kowalska@example.com"}),
        ),
        ("set-role", json!({"user_id": 3, "role_id": "auditor"})),
        (
            "set-password",
            json!({"user_id": 3, "password": "An0ther-passw0rd"}),
        ),
    ] {
        let world = World::new();
        let meanwhile = before("GET", "/users/3", |state| {
            state.user_mut("mkowalska").locale = Some(Locale {
                default: Some("pl-PL".into()),
                reports: None,
            });
        });
        world.console.push_fault(meanwhile.skip(1));
        let function = world.function(operation);
        let error = function.invoke(&event).result.expect_err(operation);
        let message = error.error_message;
        assert_eq!(error.error_type, "Conflict", "{operation}: {message}");
        for told in [
            "somebody else is changing this account",
            "locale.default should be null and reads \"pl-PL\"",
            "Nothing was changed",
        ] {
            assert!(message.contains(told), "{operation}: {message}");
        }
        assert_eq!(world.writes(), Vec::<String>::new(), "{operation}");
        let again = function.invoke(&event).result.expect(operation);
        assert_eq!(again["changed"], true, "{operation}");
        assert_eq!(again["state"]["locale"], "pl-PL", "{operation}");
    }
}

#[test]
fn what_a_second_run_plans_is_what_the_account_is_by_then() {
    let world = World::new();
    let meanwhile = before("GET", "/users/3", |state| {
        state.user_mut("mkowalska").enabled = false;
    });
    world.console.push_fault(meanwhile.skip(1));
    let function = world.function("disable-user");
    let event = json!({"user_id": 3});
    let error = function.invoke(&event).result.expect_err("changed");
    assert!(
        error
            .error_message
            .contains("enabled should be true and reads false"),
        "{}",
        error.error_message
    );
    let again = function.invoke(&event).result.expect("done already");
    assert_eq!(again["changed"], false);
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// Not known is no reason to stop, and none to take it back either.
#[test]
fn a_member_of_a_newer_console_that_changes_before_the_write_is_not_taken_back() {
    let world = World::new();
    let moves = before("GET", "/users/3", |state| {
        let other = &mut state.user_mut("mkowalska").other;
        other.insert("costCenter".into(), "moved".into());
    });
    world.console.push_fault(moves.skip(1));
    let outcome = world.outcome("disable-user", json!({"user_id": 3}));
    assert_eq!(outcome["changed"], true);
    let other = world.console.state().user_mut("mkowalska").other.clone();
    assert_eq!(other.get("costCenter"), Some(&json!("moved")));
}

/// Nothing may come between the last round of reading and the write: not the list of all users either,
/// which takes long on a large console.
#[test]
fn a_change_at_any_moment_before_the_write_is_a_conflict_or_kept() {
    // The user, the list of all users, and the last round, which begins with the user.
    for read in 0..3 {
        let world = World::new();
        {
            let mut state = world.console.state();
            state.user_mut("jdoe").superuser = true;
        }
        let moves = |state: &mut State| {
            state.user_mut("jdoe").email = Some("moved@example.com".into());
        };
        let moves = Fault::new(FaultKind::change_before(moves)).on("GET", "/api/3/");
        world.console.push_fault(moves.skip(read));
        let result = world.invoke("disable-user", json!({"user_id": 4})).result;
        let email = world.console.state().user_mut("jdoe").email.clone();
        let told = format!("{read}: {result:?}");
        assert_eq!(email.as_deref(), Some("moved@example.com"), "{told}");
        world.console.clear_faults();
    }
}

#[test]
fn restoring_does_not_undo_what_somebody_else_does_at_the_same_time() {
    let world = World::new();
    let function = world.function("set-role");
    let event = json!({"user_id": 4, "role_id": "auditor"});
    let _ = function.invoke(&event).result.expect("done");
    let logs = function.logs();
    let record = logs
        .lines()
        .find(|line| line.contains("\"audit\":\"before\""));
    let record: serde_json::Value = serde_json::from_str(record.expect("a record")).expect("JSON");
    let disables = before("GET", "/roles", |state| {
        state.user_mut("jdoe").enabled = false;
        state.user_mut("jdoe").sites.insert(7);
    });
    world.console.push_fault(disables);
    let (kind, message) = world.failure("restore-user", json!({"record": record}));
    assert_eq!(kind, "Conflict", "{message}");
    assert!(message.contains("enabled"), "{message}");
    assert!(!world.console.state().user_mut("jdoe").enabled);
}

/// Even where nothing of what is known would be left, single ones are taken one by one.
#[test]
fn a_site_given_while_all_others_are_taken_stays() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        let world = World::speaking(form);
        let gives = |state: &mut State| _ = state.user_mut("jdoe").sites.insert(5);
        world
            .console
            .push_fault(before("DELETE", "/users/4/sites", gives));
        let event = json!({"user_id": 4, "sites": [1, 2, 4]});
        let outcome = world.outcome("revoke-site-access", event);
        assert_eq!(outcome["state"]["sites"], json!([5]));
        let sites = world.console.state().user_mut("jdoe").sites.clone();
        assert_eq!(sites, [5].into());
    }
}

/// A list would be shorter to send, and would take what it does not name.
#[test]
fn a_site_given_while_many_others_are_given_stays() {
    let world = World::new();
    let many: Vec<i64> = (100..125).collect();
    for id in &many {
        let mut state = world.console.state();
        state.sites.insert(*id, format!("Branch {id}"));
    }
    let gives = |state: &mut State| _ = state.user_mut("jdoe").sites.insert(5);
    let gives = before("PUT", "/users/4/sites", gives);
    world.console.push_fault(gives);
    let event = json!({"user_id": 4, "sites": many});
    let outcome = world.outcome("grant-site-access", event);
    assert_eq!(outcome["changed"], true);
    let sites = world.console.state().user_mut("jdoe").sites.clone();
    assert!(sites.contains(&5), "{sites:?}");
    assert!(many.iter().all(|id| sites.contains(id)), "{sites:?}");
}

#[test]
fn a_site_given_while_an_account_is_restored_is_a_conflict() {
    let world = World::new();
    let gives = |state: &mut State| _ = state.user_mut("jdoe").sites.insert(7);
    world.console.push_fault(after("PUT", "/users/4", gives));
    let user = world.console.state().user_json(4).expect("jdoe");
    let user = rapid7::redact_secret_members(&user);
    let state = json!({"user": user, "sites": [2, 5], "asset_groups": [1, 3]});
    let record = json!({
        "audit": "before", "target": world.console.url(), "record": {"state": state},
    });
    let (kind, message) = world.failure("restore-user", json!({"record": record}));
    assert_eq!(kind, "Conflict", "{message}");
    let told = "sites should be [2,5] and reads [2,5,7]";
    assert!(message.contains(told), "{message}");
}

#[test]
fn an_account_that_is_locked_again_at_once_is_a_conflict() {
    let world = World::new();
    let locks = |state: &mut State| state.user_mut("rmartinez").locked = true;
    world.console.push_fault(after("DELETE", "/lock", locks));
    let event = json!({"login": "rmartinez"});
    let (kind, message) = world.failure("unlock-user", event);
    assert_eq!(kind, "Conflict", "{message}");
    let told = "locked should be false and reads true";
    assert!(message.contains(told), "{message}");
}
