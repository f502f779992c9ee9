//! The rotation of the console's password, as deployed, while another function is at work.

use fake_console::{Fault, FaultKind};
use serde_json::{Value, json};
use suites::{OWN_LOGIN, OWN_PASSWORD};

use super::stack::{STACK, Stack};

const STEPS: [&str; 4] = ["createSecret", "setSecret", "testSecret", "finishSecret"];
const ROTATOR: &str = "rotate-console-secret";

impl Stack {
    fn invoke(&self, operation: &str, event: &Value) -> Value {
        self.lambda
            .invoke(&format!("{STACK}-{operation}"), event)
            .unwrap_or_else(|error| error.raw)
    }

    fn step(&self, version: &str, step: &str) -> Value {
        let event = json!({
            "SecretId": self.secret, "ClientRequestToken": version, "Step": step, "RotationToken": "unused",
        });
        self.invoke(ROTATOR, &event)
    }

    fn versions(&self) -> Value {
        let request = json!({"SecretId": self.secret});
        let described = self
            .moto
            .call("secretsmanager", "secretsmanager.DescribeSecret", &request);
        described["VersionIdsToStages"].clone()
    }

    fn current(&self) -> Value {
        let request = json!({"SecretId": self.secret, "VersionStage": "AWSCURRENT"});
        self.moto
            .call("secretsmanager", "secretsmanager.GetSecretValue", &request)
    }

    /// Another function does its work, by the password that is in force, with at most one failed login.
    fn works(&self, when: &str) {
        let answer = self.invoke("get-user", &json!({"login": "jdoe"}));
        assert_eq!(answer["login"], "jdoe", "{when}: {answer}");
    }

    fn failed_logins(&self) -> usize {
        let requests = self.world.console.requests();
        requests.iter().filter(|r| r.status == Some(401)).count()
    }
}

/// Whom the stack has rotate the secret: the function, allowed for this secret alone.
#[test]
fn the_deployed_function_rotates_through_a_fault_in_each_step_and_others_work_on() {
    let stack = Stack::deploy(&["RotationSchedule=rate(30 days)"]);
    stack.world.console.state().lockout_after = 3;
    let resources = &stack.template["Resources"];
    let schedule = &resources["ConsoleSecretRotation"]["Properties"];
    let function = json!({"Fn::GetAtt": ["RotateConsoleSecretFunction", "Arn"]});
    assert_eq!(schedule["RotationLambdaARN"], function);
    for operation in [ROTATOR, "get-user"] {
        stack.run_function(operation);
    }
    stack.works("before");

    let version = stack.moto.rotate_secret(&stack.secret);
    // (the step, what fails in it, and what then has come of it)
    for step in STEPS {
        let (lambda, console) = (&stack.lambda, &stack.world.console);
        match step {
            // The new password was kept, though nobody knows.
            "createSecret" => lambda.fail_rest("PutSecretValue", 100, true),
            // It was set, though nobody knows, and the console is gone.
            "setSecret" => {
                console.push_fault(Fault::new(FaultKind::ResetAfter).on("PUT", "/password"));
                console.push_fault(Fault::new(FaultKind::status(503)).skip(3).times(10_000));
            }
            "testSecret" => console.push_fault(Fault::new(FaultKind::status(503)).times(10_000)),
            // The label was moved, though nobody knows.
            _ => lambda.fail_rest("UpdateSecretVersionStage", 100, true),
        }
        let failed = stack.step(&version, step);
        assert!(failed["errorType"].is_string(), "{step}: {failed}");
        let told = failed.to_string();
        let new = own_password(&stack);
        assert!(
            !told.contains(&new) && !told.contains(OWN_PASSWORD),
            "{told}"
        );
        lambda.fail_rest("nothing", 0, false);
        console.clear_faults();
        stack.works(step);
        // Secrets Manager begins from the first step again.
        for again in STEPS
            .iter()
            .take_while(|other| **other != step)
            .chain([&step])
        {
            let done = stack.step(&version, again);
            assert_eq!(done.get("errorType"), None, "{again}: {done}");
        }
        stack.works(step);
    }

    let current = stack.current();
    assert_eq!(current["VersionId"], version.as_str());
    assert_eq!(stack.versions()[&version], json!(["AWSCURRENT"]));
    let text = current["SecretString"].as_str().expect("a text");
    let secret: Value = serde_json::from_str(text).expect("JSON");
    assert_eq!(secret["password"], own_password(&stack).as_str());
    assert_ne!(secret["password"], OWN_PASSWORD);
    assert!(!stack.world.console.state().user_mut(OWN_LOGIN).locked);
    // The function that was at work had the old password once.
    assert_eq!(stack.failed_logins(), 1);
    assert_eq!(stack.world.writes().len(), 1);
}

fn own_password(stack: &Stack) -> String {
    let mut state = stack.world.console.state();
    state.user_mut(OWN_LOGIN).password.clone()
}
