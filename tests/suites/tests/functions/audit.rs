//! The record of who had what changed, and how it was before.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use actions::{
    AuditRecord, Caller, Effect, Ending, OnlyTarget, Phase, Policy, Run, SecretReader, Services,
};
use fake_console::{FakeConsole, Fault, FaultKind, State};
use rapid7::console::Client;
use rapid7::{BoxFuture, Credentials, Options};
use secrecy::SecretString;
use serde_json::{Value, json};
use suites::example::entry;
use suites::{OWN_LOGIN, OWN_PASSWORD, World, for_each, told, without_records};
use tokio::time::Instant;

fn audit_records(logs: &str) -> Vec<Value> {
    let lines = logs
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    lines
        .filter(|line: &Value| line.get("audit").is_some())
        .collect()
}

/// The full before-state is written before the first write, the outcome after.
#[test]
fn the_audit_record_has_the_state_before_the_first_write_and_the_outcome_after() {
    let world = World::new();
    let function = world.function("disable-user");
    let event = json!({"login": "jdoe", "ticket": "OFF-1042", "requested_by": "hr"});
    // Refused, so that the record can't have been written after a success.
    let refuse = Fault::new(FaultKind::status(400)).on("PUT", "/users/4");
    world.console.push_fault(refuse);
    let failed = function.invoke(&event);
    failed.result.expect_err("refused");
    let records = audit_records(&function.logs());
    assert_eq!(records.len(), 2, "{records:#?}");
    let before = &records[0];
    assert_eq!(before["audit"], "before");
    assert_eq!(before["operation"], "disable-user");
    assert_eq!(before["ticket"], "OFF-1042");
    assert_eq!(before["requested_by"], "hr");
    assert_eq!(before["request_id"], failed.request_id.as_str());
    let state = &before["record"]["state"];
    assert_eq!(
        state["user"],
        world.console.state().user_json(4).expect("jdoe")
    );
    assert_eq!(state["sites"], json!([1, 2, 4]));
    assert_eq!(state["asset_groups"], json!([1, 3]));
    assert_eq!(records[1]["audit"], "after");
    assert_eq!(records[1]["record"]["error"]["kind"], "Refused");

    let done = function.invoke(&event);
    let outcome = done.result.expect("done");
    let records = audit_records(&function.logs());
    assert_eq!(records.len(), 4);
    assert_eq!(records[3]["record"], without_records(&outcome));
    // The one in the outcome is the one that was written first.
    assert_eq!(records[2], outcome["record"]);
    assert_eq!(records[3]["request_id"], done.request_id.as_str());
}

/// Whether an operation is about all accounts of people, on consoles and the platform.
fn about_people(operation: &str) -> bool {
    let entry = entry(operation);
    entry.console && entry.platform
}

/// Killed at its first write, a run has left its record.
#[test]
fn every_write_has_its_record_before_it_is_sent() {
    let writing = actions::ALL.iter().map(|entry| entry.operation.spec);
    let writing = writing.filter(|spec| spec.effect != Effect::Read);
    let writing: Vec<&str> = writing.map(|spec| spec.name).collect();
    for_each(&writing, |operation| {
        let world = World::new();
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            world.push_fault(operation, &Fault::new(FaultKind::Hang).on(method, "/api/"));
        }
        let function = world.allowed_function(operation);
        let event = world.usual_event(operation);
        thread::scope(|scope| {
            let run = scope.spawn(|| function.invoke(&event));
            while world.writes().is_empty() {
                assert!(!run.is_finished(), "{operation} ended without a write");
                thread::sleep(Duration::from_millis(5));
            }
            function.kill();
            let killed = run.join().expect("ended").result;
            killed.expect_err("killed");
        });
        let records = audit_records(&function.logs());
        // Several accounts of people may be written at the same time: a record each.
        let of = |record: &Value| record["record"]["subject"].to_string();
        let accounts: BTreeSet<String> = records.iter().map(of).collect();
        assert_eq!(accounts.len(), records.len(), "{operation}: {records:#?}");
        let one = accounts.len() == 1 || about_people(operation);
        assert!(one && !accounts.is_empty(), "{operation}: {records:#?}");
        // A new account has no state before.
        let creates = world.writes()[0].ends_with("/users");
        for record in records {
            assert_eq!(record["audit"], "before", "{operation}");
            assert_eq!(record["operation"], *operation);
            let state = &record["record"]["state"];
            assert_eq!(state.is_null(), creates, "{operation}: {state}");
        }
        world.clear_faults();
    });
}

/// And a record of how it ended, also where it ended with nothing left to do or was refused.
#[test]
fn every_run_of_an_operation_that_may_write_has_a_record_of_its_outcome() {
    let specs = actions::ALL.iter().map(|entry| entry.operation.spec);
    let specs: Vec<_> = specs.collect();
    for_each(&specs, |spec| {
        let operation = spec.name;
        let world = World::new();
        let function = world.allowed_function(operation);
        let event = world.usual_event(operation);
        let first = function.invoke(&event).result.expect(operation);
        let phase = |records: &[Value], phase: &str| {
            let records = records.iter();
            records.filter(|record| record["audit"] == phase).count()
        };
        let before_first = phase(&audit_records(&function.logs()), "before");
        let second = function.invoke(&event).result.expect(operation);
        let records = audit_records(&function.logs());
        if spec.effect == Effect::Read {
            assert_eq!(records, Vec::<Value>::new(), "{operation}");
            return;
        }
        // Those about people have one for each account besides: `people/offboard_user.rs`.
        let people = about_people(operation);
        let of_an_account = |record: &Value| {
            let record = &record["record"];
            people && (record.get("state").is_some() || record.get("row").is_some())
        };
        let after: Vec<&Value> = records
            .iter()
            .filter(|record| record["audit"] == "after" && !of_an_account(record))
            .map(|record| &record["record"])
            .collect();
        if first.get("rows").is_some() {
            // Without the people who are done: `people/offboard_users.rs`.
            for (record, outcome) in after.iter().zip([&first, &second]) {
                assert_eq!(record["summary"], outcome["summary"], "{operation}");
                assert_eq!(record["rows"], json!([]), "{operation}");
            }
        } else {
            let ended = [without_records(&first), without_records(&second)];
            assert_eq!(after, [&ended[0], &ended[1]], "{operation}");
        }
        match people {
            true => assert!(before_first >= 1, "{operation}"),
            false => assert_eq!(before_first, 1, "{operation}"),
        }
        // What finds out only from a secret that nothing is left to do is about to write until then.
        let asks = event.get("deliver_to").is_some();
        let before = phase(&records, "before");
        assert_eq!(before, before_first + usize::from(asks), "{operation}");
    });
}

#[test]
fn who_asked_is_what_the_input_says_before_what_the_event_says() {
    let world = World::new();
    let function = world.function("disable-user");
    let detail = json!({"user_id": 4, "requested_by": "Jane"});
    let event = json!({"detail-type": "leaver", "source": "hr", "detail": detail});
    function.invoke(&event).result.expect("done");
    let logs = function.logs();
    let records = audit_records(&logs);
    assert_eq!(records.len(), 2);
    for record in records {
        assert_eq!(record["requested_by"], "Jane");
    }
    assert!(!logs.contains("event from hr"), "{logs}");
}

/// It holds the names and rights of people.
#[test]
fn the_audit_file_is_its_owners_alone_and_says_who_asked() {
    let world = World::new();
    let folder = tempfile::tempdir().expect("a folder");
    let mut command = world.r7user(&["disable-user", "--user-id", "4", "--yes"]);
    command
        .env("XDG_STATE_HOME", folder.path())
        .env("USER", "oncall");
    let (code, _, err) = told(&command.output().expect("r7user starts"));
    assert_eq!(code, 0, "{err}");
    let file = folder.path().join("rapid7-user-actions/audit.jsonl");
    let mode = std::fs::metadata(&file).expect("a file").permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let records = audit_records(&std::fs::read_to_string(&file).expect("records"));
    assert_eq!(records.len(), 2);
    for record in records {
        assert_eq!(record["requested_by"], "oncall");
    }
}

#[test]
fn the_audit_file_is_in_the_state_folder_of_the_home_unless_the_environment_names_another() {
    let named = tempfile::tempdir().expect("a folder");
    // A path that is not absolute counts as none (XDG Base Directory Specification).
    for state in [None, Some(named.path()), Some(Path::new("state"))] {
        let world = World::new();
        let home = tempfile::tempdir().expect("a folder");
        let mut command = world.r7user(&["disable-user", "--user-id", "4", "--yes"]);
        command.current_dir(home.path()).env("HOME", home.path());
        if let Some(state) = state {
            command.env("XDG_STATE_HOME", state);
        }
        let (code, _, err) = told(&command.output().expect("r7user starts"));
        assert_eq!(code, 0, "{err}");
        let folder = state.filter(|state| state.is_absolute());
        let folder = folder.map_or(home.path().join(".local/state"), Path::to_owned);
        let file = folder.join("rapid7-user-actions/audit.jsonl");
        assert!(file.is_file(), "{state:?}: {file:?}");
    }
}

/// A disk that is full after the write.
struct FullAfterwards;

impl actions::Audit for FullAfterwards {
    fn write<'a>(&'a self, record: &'a AuditRecord<'a>) -> BoxFuture<'a, Result<(), String>> {
        let result = match record.audit {
            Phase::Before => Ok(()),
            Phase::After => Err("disk full".to_owned()),
        };
        Box::pin(std::future::ready(result))
    }
}

struct NoSecrets;

impl SecretReader for NoSecrets {
    fn read<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, actions::Result<SecretString>> {
        panic!("{reference} is not needed")
    }
}

/// What is done is done: the run must not look as if it had failed.
#[tokio::test]
async fn an_outcome_that_could_not_be_recorded_is_a_warning() {
    let console = FakeConsole::start_http(State::realistic());
    let own = Arc::new(Credentials {
        username: OWN_LOGIN.into(),
        password: OWN_PASSWORD.into(),
        token: None,
    });
    let client = Client::new(console.url(), Arc::new(own), None, Options::default());
    let run = Run {
        services: Services {
            consoles: Arc::new(OnlyTarget::new("console", client.expect("a client"))),
            platform: None,
            policy: Policy::default(),
            audit: Arc::new(FullAfterwards),
            secrets: Arc::new(NoSecrets),
            deliveries: None,
            progress: None,
            journal: None,
            ending: Ending::default(),
        },
        caller: Caller::default(),
        deadline: Instant::now() + Duration::from_secs(20),
    };
    let mut operations = actions::ALL.iter().map(|entry| entry.operation);
    let disable = operations.find(|operation| operation.spec.name == "disable-user");
    let disable = disable.expect("disable-user");
    let outcome = actions::invoke(disable, run, json!({"user_id": 4})).await;
    let outcome = outcome.expect("done");
    assert_eq!(outcome["changed"], true);
    let warning = outcome["warnings"][0].as_str().expect("a warning");
    assert!(
        warning.contains("could not be written: disk full"),
        "{warning}"
    );
}
