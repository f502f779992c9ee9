//! Writes that get any answer at all, carried out or not, and the writes after them: what a run tells is true.

use fake_console::{Fault, FaultKind, PlatformState};
use serde_json::json;
use suites::answers::{Answered, all, pairs, refusals, some};
use suites::platform::JDOE;
use suites::{World, for_each};

#[test]
fn whatever_is_answered_to_a_deletion_what_is_told_is_true() {
    let delete = Answered::new("delete-platform-user", None, "DELETE", "/users/");
    for_each(&pairs(&all(), &refusals()), |answers| {
        delete.holds(answers);
    });
}

#[test]
fn whatever_is_answered_to_a_write_what_is_told_is_true() {
    let runs = [
        Answered::new("suspend-platform-user", None, "DELETE", "/api-keys/"),
        Answered::new("suspend-platform-user", None, "DELETE", "/products/"),
        Answered::new("revoke-product-access", None, "DELETE", "/products/"),
        Answered::new("create-platform-user", None, "POST", "/users"),
    ];
    let pairs = pairs(&some(), &refusals());
    let cases = runs.iter();
    let cases = cases.flat_map(|run| pairs.iter().map(move |answers| (run, answers)));
    let cases: Vec<_> = cases.collect();
    for_each(&cases, |(run, answers)| run.holds(*answers));
}

/// Somebody who is deleted for good is gone, whatever is said of it.
#[test]
fn a_deletion_that_was_carried_out_and_refused_is_told_as_done() {
    for status in [400, 403, 404, 409, 429, 503] {
        let world = World::new();
        let refused = FaultKind::<PlatformState>::StatusAfter { status };
        let refused = Fault::new(refused).on("DELETE", "/users/");
        world.platform.push_fault(refused);
        let function = world.allowed_function("delete-platform-user");
        let event = world.usual_event("delete-platform-user");
        let outcome = function.invoke(&event).result;
        let outcome = outcome.unwrap_or_else(|error| panic!("{status}: {error:?}"));
        assert_eq!(outcome["changed"], true, "{status}");
        assert!(world.platform.state().user_by_email(JDOE).is_none());
    }
}

#[test]
fn an_endless_answer_is_not_read_to_its_end() {
    for kind in [
        FaultKind::EndlessBody { status: 200 },
        FaultKind::PromisedBody(1 << 40),
    ] {
        let world = World::new();
        let shown = format!("{kind:?}");
        let answers = Fault::<PlatformState>::new(kind.clone()).on("DELETE", "/products");
        world.platform.push_fault(answers);
        let outcome = world.outcome("suspend-platform-user", json!({"email": JDOE}));
        let warnings = outcome["warnings"].to_string();
        assert!(
            warnings.contains("answered with more than 1 MB"),
            "{shown}: {warnings}"
        );
        assert_eq!(outcome["state"]["products"], json!([]), "{shown}");

        world
            .platform
            .push_fault(Fault::new(kind).on("GET", "/users"));
        let (kind, message) = world.failure("list-platform-users", json!({}));
        assert_eq!(kind, "Unexpected", "{shown}: {message}");
        assert!(
            message.contains("answered with more than 32 MB"),
            "{shown}: {message}"
        );
    }
}
