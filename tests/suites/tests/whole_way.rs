//! The whole way through AWS, with no stand-in of our own code: the template, deployed to moto; an event on the
//! bus; the rule, the queue, the state machine; the real function under AWS's Runtime Interface Emulator, with
//! its secret from Secrets Manager; the console.
//!
//! What moto lacks is done here as AWS documents it: the pipe (queue → state machine) and moving messages
//! back from the queue of failed events.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use fake_console::{Fault, FaultKind};
use harness::{LambdaService, Moto, Rie, binary, python, workspace_root};
use serde_json::{Value, json};
use suites::{CONSOLE_SECRET, OWN_PASSWORD, World, credentials};

const STACK: &str = "acme";

/// A deployed stack.
struct Stack {
    world: World,
    lambda: LambdaService,
    moto: Moto,
    template: Value,
    outputs: Value,
}

fn json_of(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

/// What a script of infra/checks prints.
fn script(name: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(python())
        .arg(workspace_root().join("infra/checks").join(name))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("Python starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {words}");
    output.stdout
}

impl Stack {
    fn deploy() -> Self {
        let world = World::new();
        let lambda = LambdaService::start();
        let moto = Moto::executing_state_machines(&lambda);
        let secret = credentials(world.console.url(), OWN_PASSWORD);
        let secret = moto.put_secret(CONSOLE_SECRET, &secret);
        let folder = tempfile::tempdir().expect("a folder");
        let translated = folder.path().join("template.json");
        let template = workspace_root().join("infra/template.yaml");
        let translation = script("translate.py", &[&template.to_string_lossy()]);
        std::fs::write(&translated, translation).expect("a file");
        let secret = format!("ConsoleSecretArns={secret}");
        let arguments = [&*translated.to_string_lossy(), moto.url(), STACK, &secret];
        let parameters = ["RetrySeconds=1", "RetryAttempts=1"];
        let deployed = script("deploy.py", &[&arguments[..], &parameters].concat());
        let deployed: Value = serde_json::from_slice(&deployed).expect("JSON");
        assert_eq!(deployed["status"], "CREATE_COMPLETE", "{deployed:#}");
        let machine = &deployed["state_machine"];
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let (definition, role) = (text(&machine["definition"]), text(&machine["role"]));
        let arn = moto.create_state_machine(&format!("{STACK}-events"), &definition, &role);
        assert_eq!(deployed["outputs"]["EventsStateMachine"], arn.as_str());
        let stack = Self {
            world,
            lambda,
            moto,
            template: json_of(&translated),
            outputs: deployed["outputs"].clone(),
        };
        // Each function that events run, with the environment that the stack gives it.
        for operation in ["offboard-user", "offboard-users"] {
            let name = format!("{STACK}-{operation}");
            let variables = deployed["functions"][&name]["environment"].clone();
            let variables = variables.as_object().expect("an environment").clone();
            let mut environment = stack.moto.env();
            let variables: Vec<(String, String)> = variables
                .iter()
                .map(|(name, value)| (name.clone(), text(value)))
                .collect();
            environment.extend(
                variables
                    .iter()
                    .map(|(name, value)| (name.as_str(), value.as_str())),
            );
            let emulator = Rie::start(&binary(operation), &environment);
            stack.lambda.add_emulated(&name, emulator);
        }
        stack
    }

    fn output(&self, name: &str) -> String {
        self.outputs[name].as_str().expect(name).to_owned()
    }

    fn put_event(&self, event: &Value) {
        let entry = json!({
            "EventBusName": self.output("EventBus"),
            "Source": event["source"],
            "DetailType": event["detail-type"],
            "Detail": event["detail"].to_string(),
        });
        let put = self.moto.call(
            "events",
            "AWSEvents.PutEvents",
            &json!({"Entries": [entry]}),
        );
        assert_eq!(put["FailedEntryCount"], 0, "{put}");
    }

    fn messages(&self, queue: &str) -> Vec<Value> {
        let request = json!({
            "QueueUrl": queue, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"],
        });
        let answer = self.moto.call("sqs", "AmazonSQS.ReceiveMessage", &request);
        answer["Messages"].as_array().cloned().unwrap_or_default()
    }

    fn delete_message(&self, queue: &str, message: &Value) {
        let request = json!({"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]});
        self.moto.call("sqs", "AmazonSQS.DeleteMessage", &request);
    }

    /// Does what EventBridge Pipes does with the template's pipe: one execution a message, with the
    /// records as its input; then the message is gone.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html>
    fn run_pipe(&self) -> Vec<Value> {
        let pipe = &self.template["Resources"]["EventsPipe"]["Properties"];
        assert_eq!(pipe["Source"]["Fn::GetAtt"], json!(["EventsQueue", "Arn"]));
        assert_eq!(pipe["Target"]["Ref"], "EventsStateMachine");
        assert_eq!(
            pipe["SourceParameters"]["SqsQueueParameters"]["BatchSize"],
            1
        );
        assert_eq!(pipe["TargetParameters"].get("InputTemplate"), None);
        let queue = self.output("EventsQueue");
        let mut ended = Vec::new();
        for message in self.messages(&queue) {
            let record = json!({
                "messageId": message["MessageId"], "body": message["Body"],
                "eventSource": "aws:sqs", "awsRegion": "us-east-1",
            });
            let request = json!({
                "stateMachineArn": self.output("EventsStateMachine"),
                "name": format!("pipe-{}", message["MessageId"].as_str().expect("an id")),
                "input": json!([record]).to_string(),
            });
            let started = self
                .moto
                .call("states", "AWSStepFunctions.StartExecution", &request);
            self.delete_message(&queue, &message);
            ended.push(self.execution(&started["executionArn"]));
        }
        ended
    }

    /// Waits until an execution has ended.
    fn execution(&self, arn: &Value) -> Value {
        let request = json!({ "executionArn": arn });
        let limit = Instant::now() + Duration::from_secs(30);
        loop {
            let now = self
                .moto
                .call("states", "AWSStepFunctions.DescribeExecution", &request);
            if now["status"] != "RUNNING" {
                return now;
            }
            let logs = || self.moto.logs();
            assert!(Instant::now() < limit, "still running: {now:#}\n{}", logs());
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Does what `aws sqs start-message-move-task` does: each message as it is, with its attributes.
    fn redrive(&self) {
        let (failed, events) = (self.output("FailedEvents"), self.output("EventsQueue"));
        for message in self.messages(&failed) {
            let request = json!({
                "QueueUrl": events, "MessageBody": message["Body"],
                "MessageAttributes": message["MessageAttributes"],
            });
            self.moto.call("sqs", "AmazonSQS.SendMessage", &request);
            self.delete_message(&failed, &message);
        }
    }
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
    let stack = Stack::deploy();
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
    stack.redrive();
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
    let stack = Stack::deploy();
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
    let stack = Stack::deploy();
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
