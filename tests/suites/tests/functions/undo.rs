//! The record in an answer: whoever gets one can take the run back with it.

use std::collections::BTreeSet;

use actions::Effect;
use serde_json::{Value, json};
use suites::example::forms;
use suites::{World, differing, for_each, with};

/// What an answer has records of, each with the operation that takes it.
fn records(answer: &Value) -> Vec<(&'static str, Value)> {
    let surfaces = answer["surfaces"].as_array().into_iter().flatten();
    let of_surfaces = surfaces.map(|surface| &surface["record"]);
    let all = std::iter::once(&answer["record"]).chain(of_surfaces);
    let all = all.filter(|record| !record.is_null());
    let with_operation = all.map(|record| {
        let restore = match record["record"]["subject"]["surface"].as_str() {
            Some("platform") => "restore-platform-user",
            _ => "restore-user",
        };
        (restore, record.clone())
    });
    with_operation.collect()
}

/// What no record brings back, and a list of people, whose records are in the audit alone.
const WITHOUT: [&str; 10] = [
    "create-platform-user",
    "create-user",
    "delete-platform-user",
    "delete-user",
    "offboard-users",
    "provision-user",
    "reset-two-factor",
    "restore-platform-user",
    "set-password",
    "unlock-user",
];

/// Every operation with its example, in both wire forms: where an answer has a record, it brings the account
/// back, and in the audit there is the same one.
#[test]
fn an_answer_has_a_record_exactly_where_it_brings_the_account_back() {
    let writing = actions::ALL
        .iter()
        .filter(|entry| entry.operation.spec.effect != Effect::Read);
    let cases = writing.flat_map(|entry| {
        let name = entry.operation.spec.name;
        forms(entry).iter().map(move |form| (name, *form))
    });
    let cases: Vec<_> = cases.collect();
    let known: BTreeSet<&str> = cases.iter().map(|(name, _)| *name).collect();
    assert!(WITHOUT.iter().all(|name| known.contains(name)));
    for_each(&cases, |(operation, form)| {
        let shown = format!("{operation} in the form {form:?}");
        let world = World::speaking(*form);
        let before = world.snapshot();
        let function = world.allowed_function(operation);
        let event = world.usual_event(operation);
        let dry = function.invoke(&with(event.clone(), json!({"dry_run": true})));
        assert!(records(&dry.result.expect(&shown)).is_empty(), "{shown}");
        let answer = function.invoke(&event);
        let request = answer.request_id;
        let answer = answer.result.expect(&shown);
        assert_eq!(answer["changed"], true, "{shown}");
        let records = records(&answer);
        // An API key is gone for good, and the example of this one takes nothing else.
        let keys_only = *operation == "revoke-platform-api-keys";
        let none = WITHOUT.contains(operation) || keys_only;
        assert_eq!(records.is_empty(), none, "{shown}: {answer:#}");
        let logs = function.logs();
        let again = function.invoke(&event).result.expect(&shown);
        assert!(again.get("record").is_none(), "{shown}: {again:#}");
        for (restore, record) in &records {
            assert_eq!(record["request_id"], request.as_str(), "{shown}");
            // It is in the audit once, as it is here.
            let lines = logs
                .lines()
                .filter_map(|line| serde_json::from_str(line).ok());
            let lines: Vec<Value> = lines.collect();
            let same = lines.iter().filter(|line| line == &record).count();
            assert_eq!(same, 1, "{shown}");
            let repeated = lines.iter().any(|line| {
                let surfaces = line["record"]["surfaces"].as_array().into_iter().flatten();
                let mut told = std::iter::once(&line["record"]).chain(surfaces);
                line["audit"] == "after" && told.any(|told| told.get("record").is_some())
            });
            assert!(!repeated, "{shown}");
            let event = json!({"record": record});
            let function = world.allowed_function(restore);
            let restored = function.invoke(&event).result.expect(&shown);
            assert_eq!(restored["changed"], true, "{shown}");
            let again = function.invoke(&event).result.expect(&shown);
            assert_eq!(again["changed"], false, "{shown}");
        }
        if !none {
            let mut left = differing(&world.snapshot(), &before);
            // API keys that were deleted.
            left.retain(|line| !line.ends_with("is in one of them only"));
            assert_eq!(left, Vec::<String>::new(), "{shown}");
        }
    });
}

/// What a workflow sends on is what it got: as much of it as a record needs.
#[test]
fn part_of_a_change_that_comes_back_is_enough_for_a_record() {
    let world = World::new();
    let function = world.function("offboard-user");
    let event = json!({"login": "jdoe", "replace_password": true, "platform": "keep"});
    let answer = function.invoke(&event).result.expect("done");
    let [(restore, record)] = records(&answer).try_into().expect("one record");
    // The state before the first of several steps.
    assert_eq!(record["record"]["state"]["user"]["enabled"], true);
    let restored = world.outcome(restore, json!({"record": record}));
    assert_eq!(restored["changed"], true);
    assert!(world.console.state().user_mut("jdoe").enabled);
}
