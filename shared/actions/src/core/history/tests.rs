//! Records put together to runs.

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn subject(login: &str, id: Value) -> Value {
    json!({"surface": "console", "target": "https://emea", "user_id": id, "login": login, "email": null})
}

/// A record of the request with this number.
fn record(audit: &str, request: usize, operation: &str, record: Value) -> Value {
    json!({
        "at": format!("2026-01-01T00:{request:02}:00Z"), "audit": audit, "operation": operation,
        "request_id": format!("r{request}"), "ticket": null, "requested_by": "oncall",
        "target": "https://emea", "record": record,
    })
}

fn begun(request: usize, operation: &str, login: &str, id: Value) -> Value {
    let state = match &id {
        Value::Null => Value::Null,
        id => json!({"user": {"id": id, "login": login}}),
    };
    let more = json!({"subject": subject(login, id), "plan": [], "state": state});
    record("before", request, operation, more)
}

fn ended(request: usize, operation: &str, login: &str, id: Value, changed: bool) -> Value {
    let more = json!({"subject": subject(login, id), "changed": changed, "dry_run": false});
    record("after", request, operation, more)
}

fn failed(request: usize, operation: &str, changed: Value) -> Value {
    let error = json!({"kind": "Conflict", "changed": changed, "subject": "somebody"});
    record("after", request, operation, json!({"error": error}))
}

fn told(records: &[Value]) -> String {
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let text = lines.join("\n");
    let records = AuditRecords::read(&text);
    let history = History::of(&records);
    let line = |run: &PastRun| {
        let error = run.error.as_deref().unwrap_or_default();
        let settled = run.settled_by.as_deref().unwrap_or_default();
        let undo = run.undone_by();
        let (id, operation, outcome) = (&run.id, &run.operation, run.outcome);
        format!(
            "{id} {operation} {} {outcome:?} {error}{settled} {undo:?}",
            run.whom()
        )
    };
    let lines: Vec<String> = history.runs().iter().map(line).collect();
    lines.join("\n")
}

#[test]
fn two_records_are_one_run() {
    let with = |mut record: Value, undo: Value| {
        record["record"]["undo"] = undo;
        record
    };
    assert_snapshot!(told(&[
        begun(1, "disable-user", "jdoe", 4.into()),
        ended(1, "disable-user", "jdoe", 4.into(), true),
        ended(2, "disable-user", "jdoe", 4.into(), false),
        with(begun(3, "delete-user", "asmith", 6.into()), json!({"instead": "gone for good"})),
        ended(3, "delete-user", "asmith", 6.into(), true),
        begun(4, "create-user", "new", Value::Null),
        ended(4, "create-user", "new", 20.into(), true),
        begun(5, "update-user", "jdoe", 4.into()),
        ended(5, "update-user", "jane", 4.into(), true),
        begun(6, "set-role", "jane", 4.into()),
        failed(6, "set-role", json!([])),
        with(begun(7, "set-role", "jane", 4.into()), json!({"by": "restore-user"})),
        failed(7, "set-role", Value::Null),
        failed(8, "disable-user", json!([])),
        record("after", 9, "disable-user", json!({"dry_run": true, "changed": false, "subject": {}})),
    ]), @r#"
    r1 disable-user jdoe (user 4) Done  Ok("restore-user")
    r2 disable-user jdoe (user 4) NothingToDo  Err("it changed nothing")
    r3 delete-user asmith (user 6) Done  Err("gone for good")
    r4 create-user new (user 20) Done  Err("the run created the account, so there was none before")
    r5 update-user jdoe (user 4) Done  Ok("restore-user")
    r6 set-role jane (user 4) Failed Conflict Err("it changed nothing")
    r7 set-role jane (user 4) Failed Conflict Ok("restore-user")
    r8 disable-user somebody Failed Conflict Err("it changed nothing")
    "#);
}

/// A run without its end is told first, until a later one has looked after the account.
#[test]
fn an_unfinished_run_is_settled_by_the_next_one_that_ends_well() {
    let killed = begun(1, "disable-user", "jdoe", 4.into());
    let other = [
        begun(2, "disable-user", "asmith", 6.into()),
        ended(2, "disable-user", "asmith", 6.into(), true),
    ];
    let unfinished = [std::slice::from_ref(&killed), &other[..]].concat();
    assert_snapshot!(told(&unfinished), @r#"
    r1 disable-user jdoe (user 4) Unfinished  Ok("restore-user")
    r2 disable-user asmith (user 6) Done  Ok("restore-user")
    "#);
    let still = [
        &unfinished[..],
        &[
            begun(3, "set-role", "jdoe", 4.into()),
            failed(3, "set-role", json!([])),
        ],
    ];
    assert!(told(&still.concat()).contains("jdoe (user 4) Unfinished"));
    // What it had cost the account is given back first: that is not what is taken back later.
    let mut gave_back = begun(4, "set-role", "jdoe", 4.into());
    gave_back["record"]["left_behind"] = json!({"request_id": "r1"});
    gave_back["record"]["undo"] = json!({"instead": "undo that one"});
    let mut step = begun(4, "set-role", "jdoe", 4.into());
    step["record"]["undo"] = json!({"by": "restore-user"});
    let end = ended(4, "set-role", "jdoe", 4.into(), true);
    let alone = [&unfinished[..], &[gave_back.clone(), end.clone()]].concat();
    assert_snapshot!(told(&alone), @r#"
    r1 disable-user jdoe (user 4) Settled r4 Ok("restore-user")
    r2 disable-user asmith (user 6) Done  Ok("restore-user")
    r4 set-role jdoe (user 4) Done  Err("undo that one")
    "#);
    let both = [&unfinished[..], &[gave_back, step, end]].concat();
    assert!(told(&both).ends_with(r#"r4 set-role jdoe (user 4) Done  Ok("restore-user")"#));
}

#[test]
fn a_person_is_a_run_for_each_account() {
    let offboard = "offboard-user";
    let report = json!({"person": {"email": "jdoe@example.com"}, "surfaces": [], "changed": true, "dry_run": false});
    let nobody = json!({"error": {"kind": "NotFound", "changed": [], "details": {"person": {"email": "x@example.com"}}}});
    let mut row = record(
        "after",
        3,
        "offboard-users",
        json!({"row": {"changed": true}, "person": 1}),
    );
    row["ticket"] = "OFF-1".into();
    assert_snapshot!(told(&[
        begun(1, offboard, "jdoe", 4.into()),
        begun(1, offboard, "jdoe2", 9.into()),
        // A step after the first: the state before it is not that before the run.
        begun(1, offboard, "jdoe", 4.into()),
        ended(1, offboard, "jdoe2", 9.into(), true),
        ended(1, offboard, "jdoe", 4.into(), true),
        record("after", 1, offboard, report),
        record("after", 2, offboard, nobody),
        begun(3, "offboard-users", "asmith", 6.into()),
        row,
        record("after", 3, "offboard-users", json!({"rows": [], "summary": {}, "changed": true, "dry_run": false})),
    ]), @r#"
    r1/1 offboard-user jdoe (user 4) Done  Ok("restore-user")
    r1/2 offboard-user jdoe2 (user 9) Done  Ok("restore-user")
    r2 offboard-user x@example.com Failed NotFound Err("it changed nothing")
    r3 offboard-users asmith (user 6) Done  Ok("restore-user")
    "#);
}

#[test]
fn one_record_is_chosen_by_id_and_surface() {
    let mut elsewhere = begun(1, "offboard-user", "jdoe@example.com", "uuid".into());
    elsewhere["record"]["subject"]["surface"] = "platform".into();
    let records = [
        begun(1, "offboard-user", "jdoe", 4.into()),
        elsewhere,
        begun(2, "offboard-user", "asmith", 6.into()),
        begun(2, "offboard-user", "asmith2", 7.into()),
    ];
    let lines: Vec<String> = records.iter().map(Value::to_string).collect();
    let text = lines.join("\n");
    let records = AuditRecords::read(&text);
    let history = History::of(&records);
    let chosen = |id, surface| match history.to_restore_from(id, surface) {
        Ok(run) => {
            let text = history.record(run).expect("a record");
            let record: Value = serde_json::from_str(text.document).expect("JSON");
            assert_eq!(text.within, "");
            assert_eq!(
                record["record"]["subject"]["login"].as_str(),
                run.login.as_deref()
            );
            run.whom()
        }
        Err(NotOne::Several(runs)) => format!("{} runs", runs.len()),
        Err(error) => format!("{error:?}"),
    };
    assert_eq!(chosen(None, "platform"), "jdoe@example.com (user uuid)");
    assert_eq!(chosen(None, "console"), "3 runs");
    assert_eq!(chosen(Some("r1"), "console"), "jdoe (user 4)");
    assert_eq!(chosen(Some("r2"), "console"), "2 runs");
    assert_eq!(chosen(Some("r2/2"), "console"), "asmith2 (user 7)");
    assert_eq!(chosen(Some("r2/2"), "platform"), "Unknown");
    assert_eq!(chosen(Some("r9"), "console"), "Unknown");
}

proptest! {
    /// Whatever was recorded, in whatever order: every id names one run, no run is there without a record, and
    /// nothing is unfinished before which a later run on the account ended well.
    #[test]
    fn ids_name_one_run_each(
        steps in prop::collection::vec((0..4_usize, 0..3_i64, 0..4_u8), 0..40),
    ) {
        let steps = steps.iter().map(|(request, id, step)| {
            let login = format!("user{id}");
            match step {
                0 | 1 => begun(*request, "disable-user", &login, (*id).into()),
                2 => ended(*request, "disable-user", &login, (*id).into(), true),
                _ => failed(*request, "disable-user", json!([])),
            }
        });
        let records: Vec<Value> = steps.collect();
        let lines: Vec<String> = records.iter().map(Value::to_string).collect();
        let text = lines.join("\n");
        let read = AuditRecords::read(&text);
        let history = History::of(&read);
        for run in history.runs() {
            let found = history.find(&run.id);
            prop_assert_eq!(found, vec![run]);
            if run.outcome == RunOutcome::Unfinished {
                let later = history.later_on_account(run);
                prop_assert!(later.iter().all(|later| later.outcome != RunOutcome::Done));
            }
        }
        prop_assert_eq!(history.for_people().len(), history.runs().len());
        prop_assert!(history.runs().len() <= records.len());
    }
}
