//! Writes whose answer does not arrive: looked at before anything is sent again.

use fake_console::{Fault, FaultKind};
use serde_json::json;
use suites::{World, with_disabled};

/// The account itself is replaced.
const PUT: &str = "PUT /api/3/users/4";

#[test]
fn a_put_whose_answer_is_lost_is_looked_at_and_not_repeated() {
    for kind in [
        FaultKind::ResetAfter,
        FaultKind::StatusAfter { status: 500 },
        FaultKind::StatusAfter { status: 502 },
        FaultKind::StatusAfter { status: 504 },
        FaultKind::HtmlAfter,
        FaultKind::CutJson,
        FaultKind::CutBody,
    ] {
        let world = World::new();
        let before = world.console.state().snapshot();
        let shown = format!("{kind:?}");
        world
            .console
            .push_fault(Fault::new(kind).on("PUT", "/users/4"));
        let outcome = world.outcome("disable-user", json!({"user_id": 4}));
        assert_eq!(outcome["changed"], true, "{shown}");
        let warning = outcome["warnings"][0].as_str().expect(&shown).to_owned();
        assert!(warning.contains("an answer was lost"), "{shown}: {warning}");
        assert_eq!(world.times_written(PUT), 1, "{shown}");
        let after = world.console.state().snapshot();
        assert_eq!(after, with_disabled(before, 4), "{shown}");
    }
}

#[test]
fn a_put_that_never_arrived_is_sent_again_after_looking() {
    let world = World::new();
    let before = world.console.state().snapshot();
    let reset = Fault::new(FaultKind::ResetBefore).on("PUT", "/users/4");
    world.console.push_fault(reset);
    let outcome = world.outcome("disable-user", json!({"user_id": 4}));
    assert_eq!(outcome["changed"], true);
    let requests = world.requests();
    let of_user: Vec<&String> = requests
        .iter()
        .filter(|request| request.ends_with("/users/4"))
        .collect();
    assert_eq!(
        of_user,
        [
            "GET /api/3/users/4",
            "GET /api/3/users/4",
            "PUT /api/3/users/4",
            "GET /api/3/users/4",
            "PUT /api/3/users/4",
            "GET /api/3/users/4",
        ]
    );
    assert_eq!(world.console.state().snapshot(), with_disabled(before, 4));
}

#[test]
fn a_put_that_never_arrives_is_sent_twice_at_most() {
    let world = World::new();
    let before = world.console.state().snapshot();
    let reset = Fault::new(FaultKind::ResetBefore).on("PUT", "/users/4");
    world.console.push_fault(reset.times(2));
    let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
    assert_eq!(kind, "Unavailable");
    assert!(message.contains("reads as before"), "{message}");
    assert_eq!(world.times_written(PUT), 2);
    assert_eq!(world.console.state().snapshot(), before);
}

/// A proxy may have said it, after the console did what it was asked.
#[test]
fn a_put_is_sent_again_after_503_and_a_look() {
    let world = World::new();
    let away = Fault::new(FaultKind::status(503)).on("PUT", "/users/4");
    world.console.push_fault(away);
    let outcome = world.outcome("disable-user", json!({"user_id": 4}));
    assert_eq!(outcome["warnings"], json!([]));
    let requests = world.requests();
    let first = requests.iter().position(|request| request == PUT);
    let look = &requests[first.expect("sent")..][..3];
    assert_eq!(look, [PUT, "GET /api/3/users/4", PUT]);
}

#[test]
fn a_put_that_stays_at_503_is_sent_twice_at_most() {
    let world = World::new();
    let before = world.console.state().snapshot();
    let away = Fault::new(FaultKind::status(503)).on("PUT", "/users/4");
    world.console.push_fault(away.times(2));
    let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
    assert_eq!(kind, "Unavailable");
    assert!(message.contains("reads as before"), "{message}");
    assert!(message.contains("Nothing was changed"), "{message}");
    assert_eq!(world.times_written(PUT), 2);
    assert_eq!(world.console.state().snapshot(), before);
}

/// Of an account without individual grants, running again finds out.
#[test]
fn a_console_that_stays_away_in_the_middle_is_told_as_not_known() {
    let world = World::new();
    let id = world.id("mkowalska");
    let path = format!("/users/{id}");
    let reset = |method| Fault::new(FaultKind::ResetAfter).on(method, &path);
    world.console.push_fault(reset("PUT"));
    // The look and all its repetitions fail.
    world.console.push_fault(reset("GET").skip(2).times(5));
    let (kind, message) = world.failure("disable-user", json!({"user_id": id}));
    assert_eq!(kind, "Indeterminate", "{message}");
    assert!(message.contains("mkowalska (user 3)"), "{message}");
    assert!(message.contains("not known"), "{message}");
}

#[test]
fn a_grant_whose_answer_is_lost_is_looked_at() {
    for kind in [FaultKind::ResetAfter, FaultKind::ResetBefore] {
        let world = World::new();
        let before = world.console.state().snapshot();
        world
            .console
            .push_fault(Fault::new(kind).on("PUT", "/users/4/sites"));
        let outcome = world.outcome("disable-user", json!({"user_id": 4}));
        assert_eq!(outcome["changed"], true);
        assert_eq!(world.console.state().snapshot(), with_disabled(before, 4));
    }
}

/// A write gets half of the time: what is left is enough to look, and to give back what it dropped.
#[test]
fn a_put_that_is_carried_out_and_never_answered_leaves_time_to_finish() {
    let world = World::new();
    let before = world.console.state().snapshot();
    let function = world.function("disable-user");
    let silent = Fault::new(FaultKind::HangAfter).on("PUT", "/users/4");
    world.console.push_fault(silent);
    let event = json!({"user_id": 4});
    let limit = std::time::Duration::from_secs(6);
    let answer = function.invoke_with_deadline(&event, limit);
    assert_eq!(answer.result.expect("done")["changed"], true);
    assert_eq!(world.console.state().snapshot(), with_disabled(before, 4));
}

/// The first one may still arrive.
#[test]
fn a_put_that_is_refused_when_it_is_sent_again_is_not_told_as_nothing_changed() {
    let world = World::new();
    let reset = Fault::new(FaultKind::ResetBefore).on("PUT", "/users/3");
    world.console.push_fault(reset);
    let refused = Fault::new(FaultKind::status(400)).on("PUT", "/users/3");
    world.console.push_fault(refused);
    let (kind, message) = world.failure("disable-user", json!({"user_id": 3}));
    assert_eq!(kind, "Refused", "{message}");
    assert_eq!(world.times_written("PUT /api/3/users/3"), 2);
    assert!(message.contains("not known"), "{message}");
    assert!(!message.contains("Nothing was changed"), "{message}");
}

/// Not known to this pack, but all that was to change.
#[test]
fn a_member_of_a_newer_console_is_looked_at_where_it_was_to_change() {
    let world = World::new();
    let mut user = world.console.state().user_json(4).expect("jdoe");
    user["costCenter"] = "0815".into();
    let state = json!({"user": user, "sites": [1, 2, 4], "asset_groups": null});
    let record = json!({
        "audit": "before", "target": world.console.url(), "record": {"state": state},
    });
    let reset = Fault::new(FaultKind::ResetBefore).on("PUT", "/users/4");
    world.console.push_fault(reset);
    let outcome = world.outcome("restore-user", json!({"record": record}));
    assert_eq!(outcome["warnings"], json!([]));
    assert_eq!(world.times_written(PUT), 2);
    let other = world.console.state().user_mut("jdoe").other.clone();
    assert_eq!(other.get("costCenter"), Some(&json!("0815")));
}

#[test]
fn a_put_that_never_arrived_is_sent_again_although_another_member_changes_by_itself() {
    let world = World::new();
    let reset = Fault::new(FaultKind::ResetBefore).on("PUT", "/users/4");
    world.console.push_fault(reset);
    let seen = FaultKind::change_before(|state| {
        let other = &mut state.user_mut("jdoe").other;
        other.insert("lastLogin".into(), "2026-11-23".into());
    });
    // The look comes after the two reads and the two lists.
    let seen = Fault::new(seen).on("GET", "/users/4").skip(4);
    world.console.push_fault(seen);
    let outcome = world.outcome("disable-user", json!({"user_id": 4}));
    assert_eq!(outcome["changed"], true);
    assert_eq!(world.times_written(PUT), 2);
}
