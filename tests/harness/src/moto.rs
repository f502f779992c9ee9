//! moto, the AWS mock from PyPI, as a process.

use std::path::PathBuf;
use std::process::{Child, Command};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::http;
use crate::output::Output;
use crate::{LambdaService, REGION, aws_env, python, uuid, workspace_root};

/// A `moto_server` on a free port of 127.0.0.1. Killed when dropped.
pub struct Moto {
    child: Child,
    output: Output,
    url: String,
}

/// moto, with what it lacks.
fn mended() -> PathBuf {
    workspace_root().join("tests/python/moto_server.py")
}

impl Moto {
    /// Starts moto and waits until it listens.
    ///
    /// # Panics
    /// If the project's Python environment is absent.
    pub fn start() -> Self {
        Self::start_as(&[&mended().to_string_lossy()], None)
    }

    /// Starts moto so that it can execute state machines in JSONata, with Lambda's `Invoke` from
    /// another server, which sends on to moto what is not for it.
    ///
    /// # Panics
    /// If the project's Python environment is absent.
    pub fn executing_state_machines(lambda: &LambdaService) -> Self {
        let port = lambda.port().to_string();
        let moto = Self::start_as(&[&mended().to_string_lossy()], Some(&port));
        lambda.forward_rest_to(moto.url());
        moto
    }

    /// Makes a state machine that is executed. moto knows others, which are not, and those that its
    /// CloudFormation makes are; after this call it knows none of them.
    pub fn create_state_machine(&self, name: &str, definition: &str, role: &str) -> String {
        let on = json!({"stepfunctions": {"execute_state_machine": true}});
        http::post(&format!("{}/moto-api/config", self.url), &[], &on).expect("moto listens");
        let request = json!({"name": name, "definition": definition, "roleArn": role});
        let created = self.call("states", "AWSStepFunctions.CreateStateMachine", &request);
        let arn = created["stateMachineArn"].as_str();
        arn.expect("CreateStateMachine answers with an ARN")
            .to_owned()
    }

    fn start_as(program: &[&str], port: Option<&str>) -> Self {
        let python = python();
        assert!(
            python.is_file(),
            "{} is absent: run `cargo xtask test`, which installs it",
            python.display()
        );
        let mut command = Command::new(&python);
        // Port 0 makes moto choose: no other process can take the port in between.
        command.args(program).args(["-H", "127.0.0.1", "-p", "0"]);
        // Where its state machines find Lambda and the other services.
        command.envs(port.map(|port| ("MOTO_PORT", port)));
        // Python holds back what it prints to a pipe, and what follows waits for a line of it.
        command.env("PYTHONUNBUFFERED", "1").env("NO_COLOR", "1");
        let output = Output::capture(&mut command);
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", python.display()));
        let mut moto = Self {
            child,
            output,
            url: String::new(),
        };
        moto.url = moto.wait_for_url();
        moto
    }

    fn wait_for_url(&mut self) -> String {
        let limit = Instant::now() + Duration::from_secs(60);
        loop {
            let text = self.output.text();
            if let Some((_, rest)) = text.split_once("Running on ")
                && let Some((url, _)) = rest.split_once(char::is_whitespace)
            {
                return url.to_owned();
            }
            let ended = self.child.try_wait().expect("a child can be waited for");
            assert!(ended.is_none(), "moto ended instead of serving:\n{text}");
            assert!(
                Instant::now() < limit,
                "moto does not serve after a minute:\n{text}"
            );
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The endpoint of every service.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What a function needs in its environment to use moto's services.
    pub fn env(&self) -> Vec<(&str, &str)> {
        aws_env(&self.url)
    }

    /// What moto printed so far: one line a request.
    pub fn logs(&self) -> String {
        self.output.text()
    }

    /// Creates a secret and returns its ARN.
    pub fn put_secret(&self, name: &str, value: &Value) -> String {
        let request = json!({ "Name": name, "SecretString": value.to_string(), "ClientRequestToken": uuid() });
        let answer = self.call("secretsmanager", "secretsmanager.CreateSecret", &request);
        answer["ARN"]
            .as_str()
            .expect("CreateSecret answers with an ARN")
            .to_owned()
    }

    /// Gives a secret a new current version.
    pub fn update_secret(&self, name: &str, value: &Value) {
        let request = json!({ "SecretId": name, "SecretString": value.to_string(), "ClientRequestToken": uuid() });
        self.call("secretsmanager", "secretsmanager.PutSecretValue", &request);
    }

    /// Begins a rotation, and returns the id of the version that the steps are for. moto makes that version current
    /// at once; here it is the pending one, as Secrets Manager has it.
    pub fn rotate_secret(&self, arn: &str) -> String {
        let call = |name: &str, request: &Value| {
            self.call("secretsmanager", &format!("secretsmanager.{name}"), request)
        };
        let rules = json!({"AutomaticallyAfterDays": 30});
        let rotated = call(
            "RotateSecret",
            &json!({"SecretId": arn, "RotationRules": rules}),
        );
        let new = rotated["VersionId"].as_str().expect("a version");
        let described = call("DescribeSecret", &json!({"SecretId": arn}));
        let versions = described["VersionIdsToStages"].as_object();
        let versions = versions.expect("versions");
        let is_old = |stages: &Value| {
            stages
                .as_array()
                .is_some_and(|all| all.contains(&json!("AWSPREVIOUS")))
        };
        let old = versions.iter().find(|(_, stages)| is_old(stages));
        let (old, _) = old.expect("the version that was current");
        call(
            "UpdateSecretVersionStage",
            &json!({
                "SecretId": arn, "VersionStage": "AWSCURRENT",
                "RemoveFromVersionId": new, "MoveToVersionId": old,
            }),
        );
        call(
            "UpdateSecretVersionStage",
            &json!({"SecretId": arn, "VersionStage": "AWSPENDING", "MoveToVersionId": new}),
        );
        new.to_owned()
    }

    /// Creates a table of DynamoDB with the key `id`.
    pub fn create_table(&self, name: &str) {
        let request = json!({
            "TableName": name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        });
        self.call("dynamodb", "DynamoDB_20120810.CreateTable", &request);
    }

    /// How often a service was asked at the root, as those are that speak AWS's JSON protocol.
    pub fn asked(&self) -> usize {
        // Its log has colours around what it quotes, now and then.
        self.logs().matches("POST / HTTP").count()
    }

    /// Calls an operation of a service that speaks AWS's JSON protocol.
    ///
    /// # Panics
    /// If moto answers with an error.
    pub fn call(&self, service: &str, target: &str, request: &Value) -> Value {
        // moto checks no signature, but reads from its scope which service and region are meant.
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/{REGION}/{service}/aws4_request, \
             SignedHeaders=host, Signature=0"
        );
        let headers = [
            ("authorization", authorization.as_str()),
            ("content-type", "application/x-amz-json-1.1"),
            ("x-amz-target", target),
        ];
        match http::post(&self.url, &headers, request) {
            Ok((200, answer)) => answer,
            Ok((status, answer)) => panic!("{target} failed with {status}: {answer}"),
            Err(error) => panic!("{target} failed: {error}\n{}", self.logs()),
        }
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
