//! Operations, run for one message.

use actions::{Caller, Run, Services, invoke};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use tracing::{error, info};

use crate::about::{NAME, VENDOR, VERSION};
use crate::catalog::PluginAction;
use crate::failure::{Failure, failure};
use crate::fields::Absence;
use crate::validate::{checked, told, validator};
use crate::vendor_actions::Given;

/// Something to run, with what its input and output must be.
pub(super) struct Prepared {
    pub(super) action: PluginAction,
    input: Validator,
    output: Validator,
}

impl Prepared {
    pub(super) fn of(action: PluginAction) -> Self {
        Self {
            input: validator(&action.input, &action.types, Absence::Empty),
            output: validator(&action.output, &action.types, Absence::LeftOut),
            action,
        }
    }
}

/// Runs operations for one message.
pub(super) struct Runner {
    pub(super) services: Services,
    pub(super) deadline: Instant,
}

impl Runner {
    /// Runs an action on an input.
    pub(super) async fn act(&self, prepared: &Prepared, input: Value) -> Result<Value, Failure> {
        let action = &prepared.action;
        let input = checked("action", &prepared.input, &action.input, input)?;
        info!("{VENDOR}/{NAME}:{VERSION}. Step name: {}", action.name);
        let mut given = action.given(input)?;
        let words = |given: &Given, failure| action.in_its_words(given, failure);
        // Checked before anything is asked, then made again of what was found.
        let mut input = action.to_operation(&given)?;
        if let Some((operation, read)) = action.read(&given) {
            let read = self.read_for(action, operation, read).await;
            given.read = Some(read.map_err(|failure| words(&given, failure))?);
            input = action.to_operation(&given)?;
        }
        let output = self.invoke(action.entry.operation, input).await;
        let output = output.map_err(|failure| words(&given, failure))?;
        if action.links() {
            given.console = self.address(&given.input).await;
        }
        let output = action.to_plugin(&given, output)?;
        if let Err(error) = prepared.output.validate(&output) {
            let why = told("output", &error);
            return Err(Failure::Fault(format!(
                "action output JSON was invalid: {why}. What the action does to accounts was done"
            )));
        }
        Ok(output)
    }

    /// Runs an operation that an action reads by. Whether it may is decided by the action's own.
    async fn read_for(
        &self,
        action: &PluginAction,
        operation: actions::Operation,
        input: Value,
    ) -> Result<Value, Failure> {
        let policy = &self.services.policy;
        if let Err(refusal) = policy.may_run(action.entry.operation.spec.name) {
            error!("{refusal}");
            return Err(failure(&refusal));
        }
        let mut services = self.services.clone();
        services.policy.operations = None;
        let reader = Self {
            services,
            deadline: self.deadline,
        };
        reader.invoke(operation, input).await
    }

    /// The address of the console that an operation was run on.
    async fn address(&self, input: &Map<String, Value>) -> String {
        let consoles = &self.services.consoles;
        let named = input.get("console").and_then(Value::as_str);
        let Some(name) = named.or(consoles.names().first().map(String::as_str)) else {
            return String::new();
        };
        // It is open already.
        match consoles.open(name).await {
            Ok(console) => console.client.address().to_owned(),
            Err(_) => String::new(),
        }
    }

    /// Runs an operation.
    pub(super) async fn invoke(
        &self,
        operation: actions::Operation,
        input: Value,
    ) -> Result<Value, Failure> {
        let run = Run {
            services: self.services.clone(),
            caller: Caller {
                request_id: random_id(),
                ticket: None,
                requested_by: None,
                event_id: None,
            },
            deadline: self.deadline,
        };
        invoke(operation, run, input)
            .await
            .map_err(|error| failure(&error))
    }

    /// Tests everything that the connection names.
    pub(super) async fn test(&self) -> Result<Value, Failure> {
        let operation = |name: &str| {
            let entry = actions::ALL
                .iter()
                .find(|entry| entry.operation.spec.name == name);
            entry
                .map(|entry| entry.operation)
                .ok_or_else(|| Failure::Fault(format!("{name} is missing")))
        };
        // A test is none of the actions that a connection allows or not.
        let mut services = self.services.clone();
        services.policy.operations = None;
        let tester = Self {
            services,
            deadline: self.deadline,
        };
        let mut reports = Vec::new();
        for console in self.services.consoles.names() {
            let input = json!({"console": console});
            reports.push(tester.invoke(operation("test-connection")?, input).await?);
        }
        let platform = self.services.platform.as_ref();
        if platform.is_some_and(|platform| !platform.names().is_empty()) {
            reports.push(
                tester
                    .invoke(operation("test-platform-connection")?, json!({}))
                    .await?,
            );
        }
        for report in &reports {
            for check in report["checks"].as_array().into_iter().flatten() {
                let text = |name: &str| check[name].as_str().unwrap_or_default().to_owned();
                let target = report["target"].as_str().unwrap_or_default();
                info!(
                    "{target}: {}: {}: {}",
                    text("check"),
                    text("verdict"),
                    text("detail")
                );
            }
        }
        Ok(json!({"success": true}))
    }
}

/// What names one run in logs and audit records.
fn random_id() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let half = || RandomState::new().hash_one(std::time::Instant::now());
    format!("{:016x}{:016x}", half(), half())
}
