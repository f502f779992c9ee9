//! From a message to the event that answers it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actions::{Caller, ErrorKind, Run, Services, invoke};
use jsonschema::Validator;
use serde_json::{Map, Value, json};
use tokio::time::Instant;
use tracing::{error, info};

use super::catalog::PluginAction;
use super::connection::{self, Connections, in_its_words};
use super::fields::{Absence, Field, Types, schema};
use super::log::Lines;
use super::message::{Answer, Envelope, Failure, Start, Step};
use super::vendor_actions::Given;
use super::{NAME, VENDOR, VERSION, task};

/// The longest time that a test of a connection may take.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Something to run, with what its input and output must be.
pub(super) struct Prepared {
    pub(super) action: PluginAction,
    input: Validator,
    output: Validator,
}

/// The answer to a message.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) event: Value,
    /// The HTTP status.
    pub(super) status: u16,
}

impl Reply {
    pub(super) fn is_ok(&self) -> bool {
        self.status == 200
    }
}

/// The plugin: what is kept from one message to the next.
pub(super) struct Plugin {
    connection: Validator,
    connections: Connections,
    prepared: Mutex<HashMap<String, Option<Arc<Prepared>>>>,
}

/// A validator of what is generated here: it can't be wrong.
pub(super) fn validator(fields: &[Field], types: &Types, absence: Absence) -> Validator {
    jsonschema::validator_for(&schema(fields, types, absence)).expect("a valid schema")
}

impl Plugin {
    pub(super) fn new() -> Self {
        Self {
            connection: validator(&connection::fields(), &Types::new(), Absence::Empty),
            connections: Connections::default(),
            prepared: Mutex::default(),
        }
    }

    /// Answers a message. `test` runs the test of the connection in place of the step.
    pub(super) async fn answer(&self, envelope: &Envelope, test: bool) -> Reply {
        let lines = Lines::default();
        let result = lines.of(async {
            let result = self.run(envelope, test).await;
            // What an operation fails with, it has logged.
            if let Err(Failure::Message(text) | Failure::Fault(text)) = &result {
                error!("{text}");
            }
            result
        });
        let result = result.await;
        let status = result.as_ref().map_or_else(Failure::status, |_| 200);
        let event = envelope.event(&result, lines.text(), test);
        Reply { event, status }
    }

    async fn run(&self, envelope: &Envelope, test: bool) -> Result<Answer, Failure> {
        let start = envelope.start()?;
        if let Err(error) = self.connection.validate(&start.connection) {
            let why = told("connection", &error);
            return Err(Failure::Fault(format!(
                "connection JSON was invalid: {why}"
            )));
        }
        let step = Known::find(self, &start)?;
        let connection = self.connections.get(&start.connection)?;
        let timeout = if test {
            connection.timeout.min(TEST_TIMEOUT)
        } else {
            connection.timeout
        };
        let runner = Runner {
            services: connection.services,
            deadline: Instant::now() + timeout,
        };
        if test || start.step == Step::ConnectionTest {
            info!("{VENDOR}/{NAME}:{VERSION}. Connection test");
            return runner.test().await.map(Answer::Output);
        }
        match step {
            Known::Connection => Err(Failure::Fault("nothing to run".into())),
            Known::Task => task::run(&runner, &start).await.map(Answer::Page),
            Known::Action(prepared) => runner.act(&prepared, start.input).await.map(Answer::Output),
        }
    }

    /// An action by its name, made ready once.
    pub(super) fn action(&self, name: &str) -> Option<Arc<Prepared>> {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = prepared.get(name) {
            return known.clone();
        }
        let found = PluginAction::find(name).map(|action| {
            Arc::new(Prepared {
                input: validator(&action.input, &action.types, Absence::Empty),
                output: validator(&action.output, &action.types, Absence::LeftOut),
                action,
            })
        });
        // Names that there are not come from outside: they must not fill the memory.
        if found.is_some() {
            prepared.insert(name.to_owned(), found.clone());
        }
        found
    }
}

/// What a message asks for, found.
enum Known {
    Connection,
    Task,
    Action(Arc<Prepared>),
}

impl Known {
    fn find(plugin: &Plugin, start: &Start) -> Result<Self, Failure> {
        let found = match start.step {
            Step::ConnectionTest => Some(Self::Connection),
            Step::Action => plugin.action(&start.name).map(Self::Action),
            Step::Task if start.name == task::NAME => Some(Self::Task),
            Step::Task | Step::Trigger => None,
        };
        let what = start.step.member();
        found.ok_or_else(|| Failure::Message(format!("Unknown {what} {:?}", start.name)))
    }
}

/// Runs operations for one message.
pub(super) struct Runner {
    services: Services,
    deadline: Instant,
}

impl Runner {
    async fn act(&self, prepared: &Prepared, input: Value) -> Result<Value, Failure> {
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

    pub(super) async fn invoke(
        &self,
        operation: actions::Operation,
        input: Value,
    ) -> Result<Value, Failure> {
        let run = Run {
            services: self.services.clone(),
            caller: Caller {
                request_id: super::random_id(),
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
    async fn test(&self) -> Result<Value, Failure> {
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

/// Runs an action on an input, with the checks that a message gets.
///
/// # Errors
/// What went wrong, in a line.
pub async fn run_action(name: &str, services: Services, input: Value) -> Result<Value, String> {
    let action = Plugin::new().action(name);
    let action = action.ok_or_else(|| format!("there is no action {name}"))?;
    let runner = Runner {
        services,
        deadline: Instant::now() + TEST_TIMEOUT,
    };
    let done = runner.act(&action, input).await;
    done.map_err(|failure| match failure {
        Failure::Message(text) | Failure::Fault(text) => text,
        Failure::Step { cause, .. } => cause,
    })
}

/// Checks an input: its types first, then that nothing which is required is empty.
pub(super) fn checked(
    what: &str,
    validator: &Validator,
    fields: &[Field],
    input: Value,
) -> Result<Map<String, Value>, Failure> {
    if let Err(error) = validator.validate(&input) {
        let why = told("input", &error);
        return Err(Failure::Message(format!(
            "{what} input JSON was invalid: {why}"
        )));
    }
    let Value::Object(members) = input else {
        let why = format!("{what} input JSON was invalid: expected an object");
        return Err(Failure::Message(why));
    };
    let required = fields.iter().filter(|field| field.required);
    for field in required {
        if members.get(&field.name).is_some_and(|value| *value == "") {
            return Err(Failure::Fault(format!(
                "Unable to validate {what} input JSON: `{}` is required, and an empty text was given. \
                 If it is a variable of the workflow, check that it had a value",
                field.name
            )));
        }
    }
    Ok(members)
}

/// What is wrong with JSON: where, and what was expected; never the value, which may be a secret.
fn told(whole: &str, error: &jsonschema::ValidationError<'_>) -> String {
    use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};

    let place = error
        .instance_path()
        .to_string()
        .trim_start_matches('/')
        .replace('/', ".");
    let place = if place.is_empty() {
        whole.to_owned()
    } else {
        place
    };
    let expected = match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            return format!("`{}`: required, and missing", join(&place, whole, name));
        }
        Kind::Type {
            kind: TypeKind::Single(kind),
        } => format!("expected {kind}"),
        Kind::Enum { options } => format!("expected one of {options}"),
        // A field that may be empty: the first alternative is what it holds.
        Kind::AnyOf { context } => {
            let first = context.first().and_then(|errors| errors.first());
            return first.map_or_else(
                || format!("`{place}`: expected something else"),
                |e| told(whole, e),
            );
        }
        _ => "expected something else".to_owned(),
    };
    format!("`{place}`: {expected}")
}

fn join(place: &str, whole: &str, name: &str) -> String {
    if place == whole {
        name.to_owned()
    } else {
        format!("{place}.{name}")
    }
}

impl Failure {
    /// What a task tells as the status of its requests.
    pub(super) fn status_code_of_task(&self) -> u16 {
        match self {
            Self::Step { data, .. } => {
                let data: Value = serde_json::from_str(data).unwrap_or_default();
                match data["kind"].as_str() {
                    Some("Unauthorized") => 401,
                    Some("RateLimited") => 429,
                    Some("Unavailable") => 503,
                    Some("Unexpected") => 500,
                    _ => 400,
                }
            }
            other => other.status(),
        }
    }
}

/// An input that can't be taken: nothing was done.
pub(super) fn refused(field: &str, expected: &str) -> Failure {
    let error = actions::Error::invalid_input(field, expected);
    error!("{error}");
    failure(&error)
}

/// An operation's error, as workflows tell errors.
pub(super) fn failure(error: &actions::Error) -> Failure {
    let mut plain = error.clone();
    plain.next = None;
    let next = error.next.as_deref().unwrap_or_default();
    let mut assistance = String::new();
    if !next.is_empty() {
        let mut characters = next.chars();
        let first = characters.next().into_iter().flat_map(char::to_uppercase);
        assistance = first.chain(characters).collect();
        assistance.push('.');
    }
    Failure::Step {
        cause: in_its_words(&plain.to_string()),
        assistance: in_its_words(&assistance),
        data: in_its_words(&error.to_json().to_string()),
        surprise: error.kind == ErrorKind::Unexpected,
    }
}
