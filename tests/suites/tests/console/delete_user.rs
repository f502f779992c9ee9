//! Accounts that are gone for good, and the proof of it.

use fake_console::{Fault, FaultKind, State, UserRecord, WireForm};
use harness::Function;
use serde_json::{Value, json};
use suites::{CONSOLE_SECRET, OWN_LOGIN, World};

const DELETE: &str = "DELETE /api/3/users/4";

fn delete_user(world: &World) -> Function {
    world.function_with("delete-user", &[("RAPID7_ALLOW_DELETION", "true")])
}

fn jdoe() -> Value {
    json!({"user_id": 4, "confirm_login": "jdoe"})
}

/// The error's type and message.
fn failure(world: &World, event: &Value) -> (String, String) {
    let answer = delete_user(world).invoke(event);
    let error = answer.result.expect_err("deleted");
    (error.error_type, error.error_message)
}

fn without_jdoe(mut snapshot: Value) -> Value {
    let users = snapshot.as_object_mut().expect("users");
    users.remove("4").expect("jdoe");
    snapshot
}

/// Nothing that is asked for is told any more, not even to the pack itself.
fn loses_its_privilege(state: &mut State) {
    let own = state.user_mut(OWN_LOGIN);
    own.role = "user".into();
    own.superuser = false;
}

#[test]
fn one_account_is_gone_and_nobody_else_is_touched_in_both_wire_forms() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        for no_content in [false, true] {
            let world = World::speaking(form);
            world.console.state().no_content_on_write = no_content;
            let before = world.console.state().snapshot();
            let event = json!({"email": "jdoe@example.com", "confirm_login": "jdoe"});
            let outcome = delete_user(&world).invoke(&event).result.expect("deleted");
            assert_eq!(world.console.state().snapshot(), without_jdoe(before));
            assert_eq!(world.writes(), [DELETE]);
            assert_eq!(outcome["changed"], true);
            assert_eq!(outcome["state"], Value::Null);
            assert_eq!(outcome["plan"], json!(["delete user 4 for good"]));
            assert_eq!(outcome["warnings"], json!([]));
        }
    }
}

#[test]
fn only_the_account_whose_login_is_confirmed_is_deleted() {
    let world = World::new();
    for event in [
        json!({"user_id": 5, "confirm_login": "jdoe"}),
        json!({"user_id": 4, "confirm_login": "JDoe"}),
        json!({"login": "tokafor", "confirm_login": "jdoe"}),
        json!({"login": "nobody", "confirm_login": "jdoe"}),
        json!({"email": "jdoe@example.com", "confirm_login": ""}),
    ] {
        let (kind, message) = failure(&world, &event);
        assert_eq!(kind, "InvalidInput", "{event}: {message}");
        assert!(message.contains("`confirm_login`"), "{event}: {message}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn running_twice_deletes_once() {
    for event in [jdoe(), json!({"login": "jdoe", "confirm_login": "jdoe"})] {
        let world = World::new();
        let function = delete_user(&world);
        function.invoke(&event).result.expect("deleted");
        let after = world.console.state().snapshot();
        let again = function.invoke(&event).result.expect("gone already");
        assert_eq!(again["changed"], false);
        assert_eq!(again["plan"], json!([]));
        let warning = again["warnings"][0].as_str().expect("a warning");
        assert!(warning.contains("among all 14"), "{warning}");
        assert_eq!(world.times_written(DELETE), 1);
        assert_eq!(world.console.state().snapshot(), after);
    }
}

/// A number that is mistyped must not read as "gone already" while the account is there.
#[test]
fn a_missing_number_is_not_gone_already_while_somebody_has_the_confirmed_login() {
    let world = World::new();
    for confirmed in ["jdoe", "JDOE"] {
        let event = json!({"user_id": 44, "confirm_login": confirmed});
        let (kind, message) = failure(&world, &event);
        assert_eq!(kind, "NotFound", "{message}");
        assert!(message.contains("jdoe (user 4)"), "{message}");
    }
    // The login was given to somebody new.
    world.console.state().users.remove(&4);
    let mut state = world.console.state();
    state.add_user(UserRecord::new("jdoe", "Passw0rd-new", "user"));
    drop(state);
    let (kind, message) = failure(&world, &jdoe());
    assert_eq!(kind, "NotFound", "{message}");
    assert!(message.contains("jdoe (user 16)"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// 404 also means "not allowed".
#[test]
fn a_404_that_can_not_be_told_from_not_allowed_is_not_gone() {
    let world = World::new();
    loses_its_privilege(&mut world.console.state());
    for event in [jdoe(), json!({"user_id": 44, "confirm_login": "nobody"})] {
        let (kind, message) = failure(&world, &event);
        assert_eq!(kind, "Unauthorized", "{message}");
        assert!(message.contains("global administrator"), "{message}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());

    // The same, after the write.
    let world = World::new();
    let fault = FaultKind::change_after(loses_its_privilege);
    world
        .console
        .push_fault(Fault::new(fault).on("DELETE", "/users/4"));
    let (kind, message) = failure(&world, &jdoe());
    assert_eq!(kind, "Unauthorized", "{message}");
    assert!(
        message.contains("Already changed: delete user 4 for good"),
        "{message}"
    );

    // And before it: refused, whatever was planned.
    let world = World::new();
    let fault = FaultKind::change_before(loses_its_privilege);
    world
        .console
        .push_fault(Fault::new(fault).on("DELETE", "/users/4"));
    let (kind, message) = failure(&world, &jdoe());
    assert_eq!(kind, "Unauthorized", "{message}");
    assert!(world.console.state().users.contains_key(&4));
}

#[test]
fn an_account_that_somebody_else_deletes_at_the_same_moment_is_gone() {
    let world = World::new();
    let before = world.console.state().snapshot();
    let deletes = FaultKind::change_before(|state| _ = state.users.remove(&4));
    world
        .console
        .push_fault(Fault::new(deletes).on("DELETE", "/users/4"));
    let outcome = delete_user(&world).invoke(&jdoe()).result.expect("gone");
    let warning = outcome["warnings"][0].as_str().expect("a warning");
    assert!(
        warning.contains("somebody else deleted the account at the same moment"),
        "{warning}"
    );
    assert_eq!(outcome["state"], Value::Null);
    assert_eq!(world.console.state().snapshot(), without_jdoe(before));
}

#[test]
fn a_lost_answer_is_looked_at_and_an_account_that_stays_is_told() {
    for (kind, writes) in [
        (FaultKind::ResetAfter, 1),
        (FaultKind::ResetBefore, 2),
        (FaultKind::StatusAfter { status: 502 }, 1),
        (FaultKind::HtmlAfter, 1),
    ] {
        let world = World::new();
        let shown = format!("{kind:?}");
        world
            .console
            .push_fault(Fault::new(kind).on("DELETE", "/users/4"));
        let outcome = delete_user(&world).invoke(&jdoe()).result.expect(&shown);
        assert_eq!(outcome["changed"], true, "{shown}");
        assert_eq!(world.times_written(DELETE), writes, "{shown}");
        assert!(!world.console.state().users.contains_key(&4), "{shown}");
    }

    let world = World::new();
    let jdoe_as_he_was = world.console.state().users[&4].clone();
    let stays = move |state: &mut State| _ = state.users.insert(4, jdoe_as_he_was.clone());
    let stays = Fault::new(FaultKind::change_after(stays)).on("DELETE", "/users/4");
    world.console.push_fault(stays);
    let (kind, message) = failure(&world, &jdoe());
    assert_eq!(kind, "Conflict", "{message}");
    assert!(
        message.contains("account should be null and reads \"exists\""),
        "{message}"
    );
}

#[test]
fn the_record_of_a_deletion_has_what_there_was() {
    let world = World::new();
    let user = world.console.state().user_json(4).expect("jdoe");
    let function = delete_user(&world);
    function.invoke(&jdoe()).result.expect("deleted");
    let logs = function.logs();
    let mut lines = logs.lines().filter(|line| line.contains("\"before\""));
    let record: Value = serde_json::from_str(lines.next().expect("a record")).expect("JSON");
    assert_eq!(record["audit"], "before");
    let state = &record["record"]["state"];
    assert_eq!(state["user"], user);
    assert_eq!(state["sites"], json!([1, 2, 4]));
    assert_eq!(state["asset_groups"], json!([1, 3]));
}

/// Nobody who may not is told who is there.
#[test]
fn a_console_that_refuses_the_password_is_not_told_as_gone() {
    let world = World::new();
    let wrong = suites::credentials(world.console.url(), "wrong");
    world.secrets.put(CONSOLE_SECRET, wrong);
    let (kind, message) = failure(&world, &json!({"login": "x", "confirm_login": "x"}));
    assert_eq!(kind, "Unauthorized", "{message}");
    let failed = world.console.state().user_mut(OWN_LOGIN).failed_logins;
    assert_eq!(failed, 1);
}

/// Somebody else would stay, and the ticket would say that they are gone.
#[test]
fn another_form_of_a_login_that_is_there_is_not_gone() {
    let world = World::new();
    let function = world.allowed_function("delete-user");
    for login in ["CORP\\jdoe", "jdoe@CORP.EXAMPLE.COM", "JDOE"] {
        let event = json!({"login": login, "confirm_login": login});
        let error = function.invoke(&event).result.expect_err(login);
        assert_eq!(error.error_type, "NotFound", "{}", error.error_message);
        let message = error.error_message;
        assert!(message.contains("jdoe (user 4)"), "{login}: {message}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}
