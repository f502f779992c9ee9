//! Letting people in again.

use fake_console::{Fault, FaultKind, WireForm};
use serde_json::json;
use suites::World;

#[test]
fn unlocking_removes_the_lock_with_a_delete_and_nothing_else() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        let world = World::speaking(form);
        let mut expected = world.console.state().snapshot();
        let id = world.id("rmartinez");
        let outcome = world.outcome("unlock-user", json!({"email": "rmartinez@example.com"}));
        assert_eq!(outcome["changed"], true);
        assert_eq!(
            outcome["changes"],
            json!([{"field": "locked", "before": true, "after": false}])
        );
        assert_eq!(world.writes(), [format!("DELETE /api/3/users/{id}/lock")]);
        let user = &mut expected[id.to_string()];
        user["locked"] = false.into();
        user["failed_logins"] = 0.into();
        assert_eq!(world.console.state().snapshot(), expected);
    }
}

#[test]
fn an_account_that_is_not_locked_needs_nothing() {
    let world = World::new();
    let outcome = world.outcome("unlock-user", json!({"user_id": 4}));
    assert_eq!(outcome["changed"], false);
    assert_eq!(world.requests(), ["GET /api/3/users/4"]);
}

/// "Disabled accounts may not be unlocked" (vendor API file).
#[test]
fn a_disabled_account_is_not_unlocked_and_the_reason_is_given() {
    let world = World::new();
    world.console.state().user_mut("rmartinez").enabled = false;
    let (kind, message) = world.failure("unlock-user", json!({"login": "rmartinez"}));
    assert_eq!(kind, "Refused");
    assert!(message.contains("disabled"), "{message}");
    assert!(message.contains("enable-user first"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn an_unlock_whose_answer_is_lost_is_looked_at() {
    for (kind, writes) in [(FaultKind::ResetAfter, 1), (FaultKind::ResetBefore, 2)] {
        let world = World::new();
        world
            .console
            .push_fault(Fault::new(kind).on("DELETE", "/lock"));
        let outcome = world.outcome("unlock-user", json!({"login": "rmartinez"}));
        assert_eq!(outcome["changed"], true);
        assert_eq!(world.writes().len(), writes);
        assert!(!world.console.state().user_mut("rmartinez").locked);
    }
}

#[test]
fn an_unlock_that_does_not_hold_is_a_conflict() {
    let world = World::new();
    let locks = FaultKind::change_after(|state| state.user_mut("rmartinez").locked = true);
    world
        .console
        .push_fault(Fault::new(locks).on("DELETE", "/lock"));
    let (kind, message) = world.failure("unlock-user", json!({"login": "rmartinez"}));
    assert_eq!(kind, "Conflict");
    assert!(
        message.contains("locked should be false and reads true"),
        "{message}"
    );
}

#[test]
fn enabling_is_the_opposite_of_disabling() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        let world = World::speaking(form);
        let before = world.console.state().snapshot();
        for login in ["jdoe", "tokafor"] {
            let _ = world.outcome("disable-user", json!({"login": login}));
            let outcome = world.outcome("enable-user", json!({"login": login}));
            assert_eq!(outcome["changed"], true);
            let again = world.outcome("enable-user", json!({"login": login}));
            assert_eq!(again["changed"], false);
        }
        assert_eq!(world.console.state().snapshot(), before);
    }
}

#[test]
fn enabling_a_locked_account_says_that_it_is_still_locked() {
    let world = World::new();
    world.console.state().user_mut("rmartinez").enabled = false;
    let outcome = world.outcome("enable-user", json!({"login": "rmartinez"}));
    assert_eq!(outcome["state"]["locked"], true);
    let warning = outcome["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("unlock-user"), "{warning}");
}
