//! The journal that functions share: a table of DynamoDB, here moto's.

use std::process::Command;
use std::thread;
use std::time::Duration;

use fake_console::{Fault, FaultKind, Gate};
use harness::{Function, Moto, aws_env};
use serde_json::{Value, json};
use suites::{World, told, with_disabled};

const TABLE: &str = "acme-journal";

fn moto() -> Moto {
    let moto = Moto::start();
    moto.create_table(TABLE);
    moto
}

fn function(world: &World, operation: &str, moto: &Moto) -> Function {
    let journal = [
        ("AWS_ENDPOINT_URL_DYNAMODB", moto.url()),
        ("RAPID7_JOURNAL_TABLE", TABLE),
    ];
    world.function_with(operation, &journal)
}

fn r7user(world: &World, arguments: &[&str], moto: &Moto) -> Command {
    let mut command = world.r7user(arguments);
    command
        .envs(aws_env(moto.url()))
        .env("RAPID7_JOURNAL_TABLE", TABLE);
    command
}

fn items(moto: &Moto) -> Vec<Value> {
    let request = json!({"TableName": TABLE});
    let mut found = moto.call("dynamodb", "DynamoDB_20120810.Scan", &request);
    match found["Items"].take() {
        Value::Array(items) => items,
        other => panic!("{other}"),
    }
}

/// As if the lease of everything had ended.
fn let_time_pass(moto: &Moto) {
    for item in items(moto) {
        let request = json!({
            "TableName": TABLE, "Key": {"id": item["id"]},
            "UpdateExpression": "SET #until = :past",
            "ExpressionAttributeNames": {"#until": "until"},
            "ExpressionAttributeValues": {":past": {"N": "1"}},
        });
        moto.call("dynamodb", "DynamoDB_20120810.UpdateItem", &request);
    }
}

/// Kills a function between the write that costs an account its grants and giving them back.
fn kill_in_the_middle(world: &World, moto: &Moto) {
    let gate = Gate::default();
    let held = Fault::new(FaultKind::HoldAfter(gate.clone()));
    world.console.push_fault(held.on("PUT", "/users/4"));
    let function = function(world, "disable-user", moto);
    thread::scope(|scope| {
        let run = scope.spawn(|| function.invoke(&json!({"user_id": 4, "ticket": "OFF-1"})));
        while gate.reached() == 0 {
            thread::sleep(Duration::from_millis(5));
        }
        function.kill();
        let error = run.join().expect("ended").result.expect_err("killed");
        assert_eq!(error.error_type, "Runtime.ExitError");
    });
    gate.open();
}

#[test]
fn a_write_costs_two_requests_and_a_read_none() {
    let (world, moto) = (World::new(), moto());
    let asked = |operation: &str| {
        let before = moto.asked();
        let answer = function(&world, operation, &moto).invoke(&json!({"user_id": 4}));
        answer.result.expect(operation);
        moto.asked() - before
    };
    assert_eq!(asked("get-user"), 0);
    assert_eq!(asked("disable-user"), 2);
    let all = items(&moto);
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(
        all[0].get("entry").is_none() && all[0].get("expires").is_some(),
        "{all:?}"
    );
}

#[test]
fn what_a_killed_function_left_is_finished_by_whoever_comes_next() {
    let moto = moto();
    for by_a_function in [true, false] {
        let world = World::new();
        let before = world.console.state().snapshot();
        kill_in_the_middle(&world, &moto);
        let disabled = with_disabled(before, 4);
        assert_ne!(world.console.state().snapshot(), disabled);
        let_time_pass(&moto);
        let said = if by_a_function {
            let answer = function(&world, "disable-user", &moto).invoke(&json!({"user_id": 4}));
            answer.result.expect("done").to_string()
        } else {
            let arguments = ["disable-user", "--user-id", "4", "--yes", "--json"];
            let state = tempfile::tempdir().expect("a folder");
            let mut command = r7user(&world, &arguments, &moto);
            let output = command.env("XDG_STATE_HOME", state.path()).output();
            let (code, out, err) = told(&output.expect("r7user starts"));
            assert_eq!(code, 0, "{err}");
            // The table is its journal, and not a folder as well.
            assert!(!state.path().join("rapid7-user-actions/journal").exists());
            out
        };
        assert!(said.contains("OFF-1"), "{said}");
        assert_eq!(world.console.state().snapshot(), disabled, "{said}");
        let left = items(&moto);
        assert!(
            left.iter().all(|item| item.get("entry").is_none()),
            "{left:?}"
        );
    }
}

#[test]
fn without_the_table_nothing_is_written() {
    let (world, moto) = (World::new(), Moto::start());
    let before = world.snapshot();
    let function = function(&world, "disable-user", &moto);
    let error = function.invoke(&json!({"user_id": 4})).result;
    let error = error.expect_err("no such table");
    assert_eq!(error.error_type, "Unavailable");
    let message = error.error_message;
    for told in [TABLE, "us-east-1", "othing was "] {
        assert!(message.contains(told), "{told}: {message}");
    }
    let logs = function.logs();
    for (name, value) in aws_env("") {
        if name.contains("KEY") || name.contains("TOKEN") {
            assert!(!message.contains(value) && !logs.contains(value), "{name}");
        }
    }
    assert_eq!((world.snapshot(), world.writes()), (before, vec![]));
}

#[test]
fn a_function_has_no_folder_for_it() {
    let world = World::new();
    let folder = [("RAPID7_JOURNAL_FOLDER", "/tmp/journal-of-a-function")];
    for operation in ["get-user", "disable-user"] {
        let function = world.function_with(operation, &folder);
        let error = function.invoke(&json!({"user_id": 4})).result;
        let message = error.expect_err("accepted").error_message;
        assert!(message.contains("RAPID7_JOURNAL_TABLE"), "{message}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}
