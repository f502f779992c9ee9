//! The whole way through AWS, with nothing in the place of our own code: the template, deployed to moto; an event
//! on the bus; the rule, the queue, the state machine; the real function under AWS's Runtime Interface Emulator,
//! with its secret from Secrets Manager; the fake console.
//!
//! In the place of AWS's are moto, mended in `tests/python/moto_server.py` (patterns that look into arrays,
//! JSONata, a Parallel state's errors), Lambda's `Invoke` (`harness::LambdaService`), and the pipe and the
//! redrive (`whole_way/stack.rs`). Permissions are no part of this: `cargo xtask deploy-check` looks at them.

mod rotation;
mod stack;

use std::path::PathBuf;

use fake_console::{Fault, FaultKind};
use harness::workspace_root;
use serde_json::{Value, json};
use stack::{STACK, Stack, json_of};

/// With each function that events run.
fn deployed() -> Stack {
    let stack = Stack::deploy(&["RetrySeconds=1", "RetryAttempts=1"]);
    for operation in ["offboard-user", "offboard-users"] {
        stack.run_function(operation);
    }
    stack
}

fn mapping(name: &str) -> PathBuf {
    workspace_root().join("infra/events").join(name)
}

fn answer(execution: &Value) -> Value {
    assert_eq!(execution["status"], "SUCCEEDED", "{execution:#}");
    let output = execution["output"].as_str().expect("an output");
    serde_json::from_str(output).expect("JSON")
}

#[test]
fn an_hr_event_disables_the_user_once_and_a_failing_console_loses_nothing() {
    let stack = deployed();
    let event = json_of(&mapping("bamboohr-employee-inactive").join("event.json"));
    let enabled = || stack.world.console.state().user_mut("jdoe").enabled;
    assert!(enabled());

    // What no rule is for is not worked on.
    let mut other = event.clone();
    other["detail"]["employees"][0]["fields"]["Status"] = "Active".into();
    stack.put_event(&other);
    assert_eq!(stack.run_pipe(), Vec::<Value>::new());

    // A console that fails, and goes on failing.
    let down = Fault::new(FaultKind::status(503)).times(10_000);
    stack.world.console.push_fault(down);
    stack.put_event(&event);
    let [failed] = &stack.run_pipe()[..] else {
        panic!("not one execution");
    };
    assert_eq!(failed["status"], "FAILED", "{failed:#}");
    let queue = stack.output("FailedEvents");
    let [kept] = &stack.messages(&queue)[..] else {
        panic!("not one failed event");
    };
    let attribute = |name: &str| kept["MessageAttributes"][name]["StringValue"].as_str();
    assert_eq!(attribute("Operation"), Some("offboard-users"));
    assert_eq!(attribute("Error"), Some("Unavailable"));
    let cause = attribute("Cause").expect("a cause");
    assert!(cause.contains("503"), "{cause}");
    // Tried again, as Unavailable is worth it, and given up.
    assert_eq!(stack.lambda.invoked().len(), 2);
    assert!(enabled());

    // Back up: the redrive works on the same event.
    stack.world.console.clear_faults();
    stack.show_again(&queue, kept);
    stack.redrive(
        &stack.output("FailedEventsArn"),
        &stack.output("EventsQueueArn"),
    );
    let [redriven] = &stack.run_pipe()[..] else {
        panic!("not one execution");
    };
    let first = answer(redriven);
    assert_eq!(first["changed"], true, "{first:#}");
    assert!(!enabled());
    assert_eq!(stack.messages(&queue), Vec::<Value>::new());

    // The same event again, as events are delivered at least once.
    let writes = stack.world.writes().len();
    stack.put_event(&event);
    let [again] = &stack.run_pipe()[..] else {
        panic!("not one execution");
    };
    assert_eq!(answer(again)["changed"], false);
    assert_eq!(stack.world.writes().len(), writes);
}

#[test]
fn every_example_event_is_matched_by_its_rule_and_run_with_its_input() {
    let stack = deployed();
    for folder in std::fs::read_dir(workspace_root().join("infra/events")).expect("a folder") {
        let folder = folder.expect("a folder").path();
        let event = json_of(&folder.join("event.json"));
        let rule = json_of(&folder.join("rule.json"));
        stack.put_event(&event);
        let ended = stack.run_pipe();
        assert_eq!(ended.len(), 1, "{}: one rule", folder.display());
        answer(&ended[0]);
        let invoked = stack.lambda.invoked();
        let (name, input) = invoked.last().expect("an invocation");
        let operation = rule["operation"].as_str().expect("an operation");
        assert_eq!(name, &format!("{STACK}-{operation}"));
        let mut expected = json_of(&folder.join("input.json"));
        // The bus gives each event an id of its own.
        if let Some(id) = expected["ticket"]
            .as_str()
            .filter(|_| operation == "offboard-users")
        {
            let ticket = input["ticket"].as_str().expect("a ticket");
            assert_eq!(ticket.len(), id.len(), "{ticket}");
            expected["ticket"] = ticket.into();
        }
        assert_eq!(input, &expected, "{}", folder.display());
    }
    assert!(!stack.world.console.state().user_mut("jdoe").enabled);
}

/// What an execution has told, without what is not the same each time.
fn changed(execution: &Value) -> Value {
    answer(execution)["changed"].clone()
}

/// One webhook for several employees, one of whom has no address: nobody else is kept back, and somebody is told.
#[test]
fn somebody_without_an_address_keeps_nobody_else_back() {
    let stack = deployed();
    let mut event = json_of(&mapping("bamboohr-employee-inactive").join("event.json"));
    let employees = event["detail"]["employees"].as_array_mut().expect("a list");
    let leaves = employees[0].clone();
    for email in [json!(null), json!("")] {
        let mut unnamed = leaves.clone();
        unnamed["id"] = "4711".into();
        unnamed["fields"]["Work Email"] = email;
        employees.insert(0, unnamed);
    }
    stack.put_event(&event);
    let [failed] = &stack.run_pipe()[..] else {
        panic!("not one execution");
    };
    assert_eq!(failed["status"], "FAILED", "{failed:#}");
    assert!(!stack.world.console.state().user_mut("jdoe").enabled);
    let kept = stack.messages(&stack.output("FailedEvents"));
    let attribute = |name: &str| kept[0]["MessageAttributes"][name]["StringValue"].as_str();
    assert_eq!(attribute("Error"), Some("InvalidInput"));
    let cause = attribute("Cause").expect("a cause");
    assert!(cause.contains("2 of 3 people are not done"), "{cause}");
    for told in [
        "people[0]: `email`: expected text",
        "people[1]: `email, login`: expected",
    ] {
        assert!(cause.contains(told), "{cause}");
    }
    // Nothing would come of another try.
    assert_eq!(stack.lambda.invoked().len(), 1);
}

/// HR tells of everybody who leaves, and few of them have an account.
#[test]
fn somebody_who_never_had_an_account_is_no_failed_event() {
    let stack = deployed();
    let bamboohr = json_of(&mapping("bamboohr-employee-inactive").join("event.json"));
    let google = json_of(&mapping("google-workspace-user-suspended").join("event.json"));
    let text = bamboohr.to_string().replace("jdoe@", "nobody@");
    stack.put_event(&serde_json::from_str(&text).expect("JSON"));
    let text = google.to_string().replace("jdoe@", "nobody@");
    stack.put_event(&serde_json::from_str(&text).expect("JSON"));
    let ended = stack.run_pipe();
    assert_eq!(
        ended.iter().map(changed).collect::<Vec<_>>(),
        [false, false]
    );
    assert_eq!(stack.world.writes(), Vec::<String>::new());
    // One's own request is one for somebody: a typo must not look like a success.
    let own = json_of(&mapping("offboard-user").join("event.json"));
    let text = own.to_string().replace("jdoe@", "nobody@");
    stack.put_event(&serde_json::from_str(&text).expect("JSON"));
    assert_eq!(stack.run_pipe()[0]["status"], "FAILED");
    let kept = stack.messages(&stack.output("FailedEvents"));
    let error = &kept[0]["MessageAttributes"]["Error"]["StringValue"];
    assert_eq!(error, "NotFound");
}

/// An activity of Google Workspace may tell of several users; one of them twice counts once.
#[test]
fn an_event_about_several_people_is_about_each_of_them() {
    let stack = deployed();
    let mut event = json_of(&mapping("google-workspace-user-suspended").join("event.json"));
    let events = event["detail"]["events"].as_array_mut().expect("a list");
    let text = events[0].to_string();
    let others = ["rmartinez@example.com", "jdoe@example.com"];
    for other in others {
        let other = text.replace("jdoe@example.com", other);
        events.push(serde_json::from_str(&other).expect("JSON"));
    }
    stack.put_event(&event);
    assert_eq!(changed(&stack.run_pipe()[0]), true);
    let (_, input) = stack.lambda.invoked().pop().expect("an invocation");
    let people = json!([{"email": "jdoe@example.com"}, {"email": "rmartinez@example.com"}]);
    assert_eq!(input["people"], people);
    let mut state = stack.world.console.state();
    assert!(!state.user_mut("jdoe").enabled && !state.user_mut("rmartinez").enabled);
}

/// A function that runs as often as it may is asked again later.
#[test]
fn an_event_that_finds_no_free_function_is_worked_on_later() {
    let stack = deployed();
    stack
        .lambda
        .throttle_next(&format!("{STACK}-offboard-user"), 1);
    stack.put_event(&json_of(
        &mapping("okta-user-deactivated").join("event.json"),
    ));
    assert_eq!(changed(&stack.run_pipe()[0]), true);
    assert_eq!(stack.lambda.invoked().len(), 1);
}

/// An event that the operation refuses is not tried again, and kept with the reason.
#[test]
fn an_event_without_an_address_is_kept_and_not_tried_again() {
    let stack = deployed();
    let mut event = json_of(&mapping("okta-user-deactivated").join("event.json"));
    event["detail"]["target"] = json!([{"type": "AppInstance", "alternateId": "some app"}]);
    stack.put_event(&event);
    let ended = stack.run_pipe();
    assert_eq!(ended[0]["status"], "FAILED", "{:#}", ended[0]);
    assert_eq!(stack.lambda.invoked().len(), 1);
    let kept = stack.messages(&stack.output("FailedEvents"));
    let attributes = &kept[0]["MessageAttributes"];
    assert_eq!(attributes["Error"]["StringValue"], "InvalidInput");
    let body = kept[0]["Body"].as_str().expect("a body");
    let body: Value = serde_json::from_str(body).expect("JSON");
    assert_eq!(body["event"]["detail"], event["detail"]);
}

/// Messages that no rule put into the queue: one is no JSON, one is what EventBridge could not deliver.
#[test]
fn what_is_no_event_is_kept_and_what_was_not_delivered_is_worked_on() {
    let stack = deployed();
    let (events, failed) = (stack.output("EventsQueue"), stack.output("FailedEvents"));
    let none = json!({});
    for body in ["not json", "{\"neither\": \"rule nor event\"}"] {
        stack.send(&events, body, &none);
        let ended = stack.run_pipe();
        assert_eq!(ended[0]["status"], "FAILED", "{:#}", ended[0]);
        let [kept] = &stack.messages(&failed)[..] else {
            panic!("not kept: {body}");
        };
        assert_eq!(kept["Body"], body);
        let error = &kept["MessageAttributes"]["Error"]["StringValue"];
        assert_eq!(error, "InvalidInput", "{kept:#}");
        stack.delete_message(&failed, kept);
    }
    assert_eq!(stack.lambda.invoked().len(), 0);

    let event = json_of(&mapping("okta-user-deactivated").join("event.json"));
    let rule = format!(
        "arn:aws:events:us-east-1:123456789012:rule/aws.partner/okta.com/acme/log/{STACK}-okta-user-deactivated"
    );
    let attributes = json!({"RULE_ARN": {"DataType": "String", "StringValue": rule}});
    stack.send(&events, &event.to_string(), &attributes);
    // It fails, is moved back, and fails again: it is still known which rule it is for.
    let down = Fault::new(FaultKind::status(503)).times(10_000);
    stack.world.console.push_fault(down);
    for _ in 0..2 {
        assert_eq!(stack.run_pipe()[0]["status"], "FAILED");
        let kept = stack.messages(&failed);
        assert_eq!(kept[0]["Body"], event.to_string());
        stack.show_again(&failed, &kept[0]);
        stack.redrive(
            &stack.output("FailedEventsArn"),
            &stack.output("EventsQueueArn"),
        );
    }
    stack.world.console.clear_faults();
    let ended = stack.run_pipe();
    assert_eq!(answer(&ended[0]), json!({"changed": true}));
    assert!(!stack.world.console.state().user_mut("jdoe").enabled);
}
