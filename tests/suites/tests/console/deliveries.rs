//! New passwords and two-factor seeds: into the secret and the console, and nowhere else.

mod passwords;

use std::sync::Arc;
use std::thread;
use std::time::Duration;

use actions::{
    AuditRecord, Caller, Ending, Policy, Run, SecretReader, SecretWriter, Services, Staged,
};
use fake_console::{Fault, FaultKind, UserRecord};
use harness::{Failure, Function, Invocation};
use rapid7::console::Client;
use rapid7::{BoxFuture, Credentials, Options};
use secrecy::SecretString;
use serde_json::{Value, json};
use suites::{
    CONSOLE_SECRET, DELIVERED, OWN_LOGIN, OWN_PASSWORD, World, credentials, for_each, with,
};
use tokio::time::{Instant, sleep};

const MOVE_LABEL: &str = "UpdateSecretVersionStage";

/// The operations that deliver, the login that each is about here, and the member that is delivered.
const DELIVERING: [(&str, &str, &str); 3] = [
    ("set-password", "jdoe", "password"),
    ("unlock-user", "rmartinez", "password"),
    ("reset-two-factor", "jdoe", "two_factor_seed"),
];

fn event(operation: &str, login: &str) -> Value {
    let event = json!({"login": login, "deliver_to": DELIVERED, "request_token": "INC-3"});
    match operation {
        "reset-two-factor" => event,
        _ => with(event, json!({"generate_password": true})),
    }
}

fn user(world: &World, login: &str) -> UserRecord {
    world.console.state().user_mut(login).clone()
}

/// The password or seed that the console has.
fn in_console(world: &World, login: &str, member: &str) -> String {
    let user = user(world, login);
    match member {
        "password" => user.password,
        _ => user.two_factor_key.unwrap_or_default(),
    }
}

/// The same, which is in the secret too, and everything else about the account as it was.
fn delivered(world: &World, before: &UserRecord, member: &str) -> String {
    let value = in_console(world, &before.login, member);
    assert_eq!(world.delivered()[member], value, "{}", before.login);
    assert!(!value.is_empty());
    let now = user(world, &before.login);
    let mut should_be = before.clone();
    should_be.password.clone_from(&now.password);
    should_be.two_factor_key.clone_from(&now.two_factor_key);
    should_be.locked = now.locked;
    should_be.failed_logins = now.failed_logins;
    assert_eq!(now, should_be);
    value
}

fn told(answer: &Invocation) -> String {
    match &answer.result {
        Ok(outcome) => outcome.to_string(),
        Err(error) => error.raw.to_string(),
    }
}

#[test]
fn the_value_is_in_the_secret_and_in_the_console_and_nowhere_else() {
    for (operation, login, member) in DELIVERING {
        let world = World::new();
        let before = user(&world, login);
        let function = world.function_with(operation, &[("RAPID7_LOG", "trace")]);
        let answer = function.invoke(&event(operation, login));
        let outcome = answer.result.as_ref().expect(operation);
        assert_eq!(outcome["changed"], true);
        let value = delivered(&world, &before, member);
        let secret = world.delivered();
        assert_eq!(secret["login"], login);
        assert_eq!(secret["console"], world.console.url());
        assert_eq!(secret["request"].as_str().map(str::len), Some(64));
        assert_eq!(secret.as_object().map(|members| members.len()), Some(4));
        let logs = function.logs();
        assert!(logs.contains("\"audit\""), "{logs}");
        assert!(!told(&answer).contains(&value), "{operation}: the answer");
        assert!(!logs.contains(&value), "{operation}: the log");
        // Asked again, there is a version of the secret to read.
        let again = function.invoke(&event(operation, login));
        assert!(!told(&again).contains(&value), "{operation}: again");
        assert!(!function.logs().contains(&value), "{operation}: again");
    }
}

/// A secret has at most twenty labels (AWS's quota): a delivery leaves one that tells of it for a while.
#[test]
fn one_label_tells_of_a_finished_delivery() {
    for (operation, login, _) in DELIVERING {
        let world = World::new();
        let _ = world.outcome(operation, event(operation, login));
        let versions = world.secrets.versions(DELIVERED).into_iter();
        let labels = versions.flat_map(|version| version.stages);
        let (ours, theirs): (Vec<String>, Vec<String>) =
            labels.partition(|label| label.starts_with("delivered-"));
        assert_eq!(theirs, ["AWSPREVIOUS", "AWSCURRENT"], "{operation}");
        // Of a seed, its place is remembered too.
        let most = 1 + usize::from(operation == "reset-two-factor");
        assert!(ours.len() <= most, "{operation}: {ours:?}");
    }
}

#[test]
fn the_rules_for_a_generated_password_are_kept() {
    let world = World::new();
    let rules = json!({
        "password_length": 40, "password_classes": ["digit"], "password_reset_on_login": true,
    });
    let event = with(event("set-password", "jdoe"), rules);
    let outcome = world.outcome("set-password", event);
    assert_eq!(outcome["changed"], true);
    let jdoe = user(&world, "jdoe");
    assert_eq!(jdoe.password.len(), 40);
    assert!(jdoe.password.bytes().all(|byte| byte.is_ascii_digit()));
    assert!(jdoe.password_reset_on_login);
}

#[test]
fn the_same_request_twice_changes_once_and_keeps_the_value() {
    for (operation, login, member) in DELIVERING {
        let world = World::new();
        let before = user(&world, login);
        let event = event(operation, login);
        let _ = world.outcome(operation, event.clone());
        let value = delivered(&world, &before, member);
        let versions = world.secrets.versions(DELIVERED);
        // Another process: nothing is remembered but in the secret.
        let again = world.outcome(operation, event);
        assert_eq!(again["changed"], false, "{operation}");
        assert_eq!(delivered(&world, &before, member), value);
        assert_eq!(world.secrets.versions(DELIVERED), versions);
    }
}

/// A retrier that comes late must not undo what was asked for since.
#[test]
fn a_request_that_is_repeated_after_a_later_one_changes_nothing() {
    for (operation, login, member) in DELIVERING {
        let world = World::new();
        let before = user(&world, login);
        let early = event(operation, login);
        let _ = world.outcome(operation, early.clone());
        let later = with(early.clone(), json!({"request_token": "INC-4"}));
        let _ = world.outcome(operation, later);
        let value = delivered(&world, &before, member);
        let again = world.outcome(operation, early);
        assert_eq!(again["changed"], false, "{operation}");
        assert_eq!(delivered(&world, &before, member), value);
    }
}

/// Whether there is a place for the value is known before it is in force.
#[test]
fn without_a_secret_to_write_into_nothing_is_changed() {
    for (operation, login, _) in DELIVERING {
        for denied in [None, Some("GetSecretValue"), Some("PutSecretValue")] {
            let world = World::new();
            let before = world.console.state().snapshot();
            let function = world.function(operation);
            let mut event = event(operation, login);
            match denied {
                Some(request) => world.secrets.fail_on(request, 5, Failure::AccessDenied),
                None => event["deliver_to"] = "rapid7/missing".into(),
            }
            let error = function.invoke(&event).result.expect_err(operation);
            let message = error.error_message;
            let shown = format!("{operation} without {denied:?}: {message}");
            let permission = denied.unwrap_or("create it first");
            assert!(message.contains(permission), "{shown}");
            assert!(message.contains("Nothing was changed"), "{shown}");
            assert_eq!(error.error_type, "Unauthorized", "{shown}");
            assert_eq!(world.writes(), Vec::<String>::new(), "{shown}");
            assert_eq!(world.console.state().snapshot(), before, "{shown}");
            assert_eq!(world.delivered(), "old", "{shown}");
        }
    }
}

#[test]
fn a_secret_that_does_not_become_current_is_told_and_another_run_makes_it_so() {
    let failures = [
        (MOVE_LABEL, Failure::AccessDenied),
        ("DescribeSecret", Failure::AccessDenied),
        (MOVE_LABEL, Failure::Internal),
    ];
    for (operation, login, member) in DELIVERING {
        for (request, failure) in failures {
            let world = World::new();
            let shown = format!("{operation} with {failure:?} for {request}");
            let before = user(&world, login);
            let function = world.function(operation);
            // The client tries three times.
            let times = if failure == Failure::AccessDenied {
                1
            } else {
                3
            };
            world.secrets.fail_on(request, times, failure);
            let event = event(operation, login);
            let error = function.invoke(&event).result.expect_err(&shown);
            let message = error.error_message;
            let changed = in_console(&world, login, member);
            assert_ne!(Some(&changed), Some(&before.password), "{shown}");
            for told in [
                "the console has the new value",
                DELIVERED,
                "run it again",
                "Already changed",
            ] {
                assert!(message.contains(told), "{shown}: {message}");
            }
            assert!(!message.contains("Nothing was changed"), "{shown}");
            assert_eq!(world.delivered(), "old", "{shown}");
            let again = function.invoke(&event).result.expect(&shown);
            assert_eq!(again["changed"], true, "{shown}");
            let value = delivered(&world, &before, member);
            // The console makes a seed, so that one is another.
            if member == "password" {
                assert_eq!(value, changed, "{shown}");
            }
        }
    }
}

/// Answers of the secret store that get lost change nothing.
#[test]
fn a_lost_answer_of_the_secret_store_does_not_matter() {
    let mut cases = Vec::new();
    for delivering in DELIVERING {
        for request in [
            "GetSecretValue",
            "PutSecretValue",
            "DescribeSecret",
            MOVE_LABEL,
        ] {
            for failure in [Failure::Lost, Failure::Internal, Failure::Throttling] {
                cases.push((delivering, request, failure));
            }
        }
    }
    for_each(&cases, |((operation, login, member), request, failure)| {
        let world = World::new();
        let before = user(&world, login);
        let function = world.function(operation);
        world.secrets.fail_on(request, 1, *failure);
        let outcome = function.invoke(&event(operation, login)).result;
        let outcome =
            outcome.unwrap_or_else(|e| panic!("{operation} {request} {failure:?}: {e:?}"));
        assert_eq!(outcome["changed"], true);
        let _ = delivered(&world, &before, member);
    });
}

/// Runs until `there` is true, and kills the function at that moment.
fn killed(function: &Function, event: &Value, there: impl Fn() -> bool) {
    thread::scope(|scope| {
        let run = scope.spawn(|| function.invoke(event));
        while !there() {
            assert!(!run.is_finished(), "it ended before");
            thread::sleep(Duration::from_millis(5));
        }
        function.kill();
        run.join().expect("ended").result.expect_err("killed");
    });
}

#[test]
fn a_run_killed_between_staging_and_promoting_is_finished_by_another_one() {
    for (operation, login, member) in DELIVERING {
        // Of the three labels that are moved, the first is the one that counts.
        for moved in 0..3 {
            let world = World::new();
            let before = user(&world, login);
            let event = event(operation, login);
            for _ in 0..moved {
                world.secrets.fail_on(MOVE_LABEL, 1, Failure::Lost);
            }
            world.secrets.fail_on(MOVE_LABEL, 1, Failure::Hang);
            let function = world.function(operation);
            killed(&function, &event, || {
                let calls = world.secrets.calls();
                calls
                    .iter()
                    .filter(|call| call.starts_with(MOVE_LABEL))
                    .count()
                    > moved
            });
            let first = in_console(&world, login, member);
            let _ = world.outcome(operation, event);
            let value = delivered(&world, &before, member);
            if member == "password" {
                assert_eq!(value, first, "{operation} after {moved}");
            }
        }
    }
}

/// Killed while the console is changed: what is in the secret is in force after the next run.
#[test]
fn a_run_killed_at_its_write_is_finished_with_the_staged_value() {
    // Without individual grants: those of others are in the audit record.
    let login = "mkowalska";
    for (operation, write, member) in [
        ("set-password", "PUT", "password"),
        ("reset-two-factor", "POST", "two_factor_seed"),
    ] {
        for kind in [FaultKind::Hang, FaultKind::HangAfter] {
            let world = World::new();
            let before = user(&world, login);
            let shown = format!("{operation} with {kind:?}");
            world
                .console
                .push_fault(Fault::new(kind).on(write, "/users/"));
            let event = event(operation, login);
            let function = world.function(operation);
            killed(&function, &event, || !world.writes().is_empty());
            assert_eq!(world.delivered(), "old", "{shown}");
            let again = world.outcome(operation, event);
            assert_eq!(again["changed"], true, "{shown}");
            let _ = delivered(&world, &before, member);
        }
    }
}
