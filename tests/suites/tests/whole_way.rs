//! The whole way through AWS, with no stand-in of our own code: the template, deployed to moto; an event on the
//! bus; the rule, the queue, the state machine; the real function under AWS's Runtime Interface Emulator, with
//! its secret from Secrets Manager; the console.

#[path = "whole_way/rotation.rs"]
mod rotation;
#[path = "whole_way/stack.rs"]
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
    let visible =
        json!({"QueueUrl": queue, "ReceiptHandle": kept["ReceiptHandle"], "VisibilityTimeout": 0});
    stack
        .moto
        .call("sqs", "AmazonSQS.ChangeMessageVisibility", &visible);
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
    let ended = stack.run_pipe();
    assert_eq!(answer(&ended[0]), json!({"changed": true}));
    assert!(!stack.world.console.state().user_mut("jdoe").enabled);
}
