//! Somebody else changes the account at the same time: told, and never overwritten.

use fake_console::{Fault, FaultKind, State, WireForm};
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
    let edits: [(&str, Edit); 3] = [
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
    // The look comes after the first read and the two lists.
    let meanwhile = before("GET", "/users/4", becomes_auditor).skip(3);
    world.console.push_fault(meanwhile);
    let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
    assert_eq!(kind, "Conflict", "{message}");
    assert_eq!(world.times_written(PUT), 1);
    assert_eq!(world.console.state().user_mut("jdoe").role, "auditor");
}

#[test]
fn a_lost_answer_and_a_member_that_changes_by_itself_is_done() {
    let world = World::new();
    let reset = Fault::new(FaultKind::ResetAfter).on("PUT", "/users/4");
    world.console.push_fault(reset);
    let meanwhile = before("GET", "/users/4", moves).skip(3);
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
