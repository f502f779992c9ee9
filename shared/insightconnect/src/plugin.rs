//! From a message to the event that answers it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actions::{Ending, Services};
use jsonschema::Validator;
use serde_json::Value;
use tokio::time::Instant;
use tracing::{error, info};

use crate::about::{NAME, VENDOR, VERSION};
use crate::catalog::PluginAction;
use crate::connection::{self, Connections};
use crate::failure::Failure;
use crate::fields::{Absence, Types};
use crate::log::Lines;
use crate::message::{Answer, Envelope, Start, Step};
use crate::runner::{Prepared, Runner};
use crate::task;
use crate::validate::{told, validator};

/// The longest time that a test of a connection may take.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);

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
    ending: Ending,
}

impl Plugin {
    pub(super) fn new() -> Self {
        Self {
            connection: validator(&connection::fields(), &Types::new(), Absence::Empty),
            connections: Connections::default(),
            prepared: Mutex::default(),
            ending: Ending::default(),
        }
    }

    /// What tells its steps that the process is to end: what has begun to write is finished, and nothing else
    /// is begun.
    pub(super) fn ending(&self) -> &Ending {
        &self.ending
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
        let mut services = connection.services;
        services.ending = self.ending.clone();
        let runner = Runner {
            services,
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
        let found = PluginAction::find(name).map(|action| Arc::new(Prepared::of(action)));
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
