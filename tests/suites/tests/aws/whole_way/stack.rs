//! The template, deployed to moto.
//!
//! What moto lacks is done here as AWS documents it: the pipe (queue → state machine) and moving messages
//! back from the queue of failed events.

use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use harness::{LambdaService, Moto, Rie, aws_env, binary, python, workspace_root};
use serde_json::{Value, json};
use suites::{CONSOLE_SECRET, OWN_PASSWORD, World, credentials};

/// What the stack is called.
pub(crate) const STACK: &str = "acme";

/// The partner event bus of Okta's log stream. A real one is called aws.partner/okta.com/...; moto takes no slash.
pub(crate) const OKTA_BUS: &str = "okta";

/// A deployed stack.
pub(crate) struct Stack {
    pub(crate) world: World,
    pub(crate) lambda: LambdaService,
    pub(crate) moto: Moto,
    /// As SAM's translator gives it.
    pub(crate) template: Value,
    /// The console's secret.
    pub(crate) secret: String,
    /// Functions by name, with their environments.
    functions: Value,
    outputs: Value,
}

/// A file's content.
pub(crate) fn json_of(path: &Path) -> Value {
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
    pub(crate) fn deploy(parameters: &[&str]) -> Self {
        let world = World::new();
        let lambda = LambdaService::start();
        let moto = Moto::executing_state_machines(&lambda);
        let bus = json!({ "Name": OKTA_BUS });
        moto.call("events", "AWSEvents.CreateEventBus", &bus);
        let secret = credentials(world.console.url(), OWN_PASSWORD);
        let secret = moto.put_secret(CONSOLE_SECRET, &secret);
        let folder = tempfile::tempdir().expect("a folder");
        let translated = folder.path().join("template.json");
        let template = workspace_root().join("infra/template.yaml");
        let translation = script("translate.py", &[&template.to_string_lossy()]);
        std::fs::write(&translated, translation).expect("a file");
        let arns = format!("ConsoleSecretArns={secret}");
        let okta = format!("OktaEventBusName={OKTA_BUS}");
        let translated_path = translated.to_string_lossy();
        let arguments = [&*translated_path, moto.url(), STACK, &arns, &okta];
        let deployed = script("deploy.py", &[&arguments[..], parameters].concat());
        let mut deployed: Value = serde_json::from_slice(&deployed).expect("JSON");
        assert_eq!(deployed["status"], "CREATE_COMPLETE", "{deployed:#}");
        let machine = &deployed["state_machine"];
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let (definition, role) = (text(&machine["definition"]), text(&machine["role"]));
        let arn = moto.create_state_machine(&format!("{STACK}-events"), &definition, &role);
        assert_eq!(deployed["outputs"]["EventsStateMachine"], arn.as_str());
        Self {
            world,
            lambda,
            moto,
            template: json_of(&translated),
            secret,
            functions: deployed["functions"].take(),
            outputs: deployed["outputs"].take(),
        }
    }

    /// Runs an operation's function under AWS's emulator, with the environment that the stack gives it, for
    /// whoever invokes it by its name. A function that runs already is replaced.
    pub(crate) fn run_function(&self, operation: &str) {
        let name = format!("{STACK}-{operation}");
        let variables = self.functions[&name]["environment"].as_object();
        let variables = variables.unwrap_or_else(|| panic!("{name} is not deployed"));
        // Moto's endpoint is behind the one of Lambda, which can have its requests fail.
        let endpoint = self.lambda.url();
        let mut environment = aws_env(&endpoint);
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let variables: Vec<(&String, String)> = variables
            .iter()
            .map(|(name, value)| (name, text(value)))
            .collect();
        let variables = variables.iter();
        environment.extend(variables.map(|(name, value)| (name.as_str(), value.as_str())));
        let emulator = Rie::start(&binary(operation), &environment);
        self.lambda.add_emulated(&name, emulator);
    }

    /// An output of the stack.
    pub(crate) fn output(&self, name: &str) -> String {
        self.outputs[name].as_str().expect(name).to_owned()
    }

    /// Puts an event on the stack's bus, or on the partner's that it is of.
    pub(crate) fn put_event(&self, event: &Value) {
        let source = event["source"].as_str().expect("a source");
        let bus = match source.starts_with("aws.partner/") {
            true => OKTA_BUS.to_owned(),
            false => self.output("EventBus"),
        };
        let entry = json!({
            "EventBusName": bus,
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

    /// Receives what is in a queue.
    pub(crate) fn messages(&self, queue: &str) -> Vec<Value> {
        let request = json!({
            "QueueUrl": queue, "MaxNumberOfMessages": 10, "MessageAttributeNames": ["All"],
        });
        let answer = self.moto.call("sqs", "AmazonSQS.ReceiveMessage", &request);
        answer["Messages"].as_array().cloned().unwrap_or_default()
    }

    /// Lets a message that was received be received again.
    pub(crate) fn show_again(&self, queue: &str, message: &Value) {
        let request = json!({
            "QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"], "VisibilityTimeout": 0,
        });
        self.moto
            .call("sqs", "AmazonSQS.ChangeMessageVisibility", &request);
    }

    pub(crate) fn delete_message(&self, queue: &str, message: &Value) {
        let request = json!({"QueueUrl": queue, "ReceiptHandle": message["ReceiptHandle"]});
        self.moto.call("sqs", "AmazonSQS.DeleteMessage", &request);
    }

    /// Does what EventBridge Pipes does with the template's pipe: one execution a message, with the
    /// records as its input; then the message is gone.
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-sqs.html>
    pub(crate) fn run_pipe(&self) -> Vec<Value> {
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
                "messageAttributes": lower_case(&message["MessageAttributes"]),
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

    /// Puts a message into the queue of events.
    pub(crate) fn send(&self, queue: &str, body: &str, attributes: &Value) {
        let request =
            json!({"QueueUrl": queue, "MessageBody": body, "MessageAttributes": attributes});
        self.moto.call("sqs", "AmazonSQS.SendMessage", &request);
    }

    /// Does what `aws sqs start-message-move-task` does: each message as it is, with its attributes. The
    /// destination has to be named, as no queue sent the messages to this one.
    pub(crate) fn redrive(&self, source_arn: &str, destination_arn: &str) {
        assert_eq!(source_arn, self.output("FailedEventsArn"));
        assert_eq!(destination_arn, self.output("EventsQueueArn"));
        let (failed, events) = (self.output("FailedEvents"), self.output("EventsQueue"));
        for message in self.messages(&failed) {
            let body = message["Body"].as_str().expect("a body");
            self.send(&events, body, &message["MessageAttributes"]);
            self.delete_message(&failed, &message);
        }
    }
}

/// A message's attributes, as the records of a pipe have them.
fn lower_case(attributes: &Value) -> Value {
    let attributes = attributes.as_object().into_iter().flatten();
    let lower = |(name, value): (&String, &Value)| {
        let value = json!({"stringValue": value["StringValue"], "dataType": value["DataType"]});
        (name.clone(), value)
    };
    Value::Object(attributes.map(lower).collect())
}
