//! Messages of the plugin contract: what comes in, and the event that answers it.

use actions::Error;
use actions::strict_json::Read;
use serde_json::{Map, Value, json};
use tracing::error;

use crate::failure::{Failure, failure};

/// The version of the message format, in both directions.
const VERSION: &str = "v1";

/// What a message asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// An action.
    Action,
    /// A trigger; this plugin has none.
    Trigger,
    /// A task, which an orchestrator runs again and again.
    Task,
    /// A test of the connection alone.
    ConnectionTest,
}

impl Step {
    const ALL: [(&str, Self); 4] = [
        ("action_start", Self::Action),
        ("trigger_start", Self::Trigger),
        ("task_start", Self::Task),
        ("connection_test", Self::ConnectionTest),
    ];

    fn event(self) -> &'static str {
        match self {
            Self::Action => "action_event",
            Self::Trigger => "trigger_event",
            Self::Task => "task_event",
            Self::ConnectionTest => "connection_test",
        }
    }

    /// The member of the body with the name of what to run.
    #[must_use]
    pub(super) fn member(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Trigger => "trigger",
            Self::Task => "task",
            Self::ConnectionTest => "",
        }
    }
}

/// A message that can be answered: it has a body.
#[derive(Debug, Clone)]
pub(super) struct Envelope {
    kind: Value,
    version: Option<Value>,
    body: Map<String, Value>,
    /// Why it can't be run, if a member is there twice.
    twice: Option<Error>,
}

/// What to run.
#[derive(Debug, Clone)]
pub(super) struct Start {
    /// What kind of step.
    pub(super) step: Step,
    /// Which one; empty for a connection test.
    pub(super) name: String,
    /// How to reach Rapid7.
    pub(super) connection: Value,
    /// What the step takes.
    pub(super) input: Value,
    /// What an earlier run of a task answered with.
    pub(super) state: Option<Value>,
}

impl Envelope {
    /// Reads a message. `None` if it has no body, and so nothing to answer to.
    #[must_use]
    pub(super) fn read(message: &Read) -> Option<Self> {
        let twice = message.twice("");
        let message = message.value();
        Some(Self {
            twice,
            kind: message.get("type").cloned().unwrap_or_default(),
            version: message.get("version").cloned(),
            body: message.get("body")?.as_object()?.clone(),
        })
    }

    fn step(&self) -> Option<Step> {
        let kind = self.kind.as_str()?;
        let found = Step::ALL.into_iter().find(|(name, _)| *name == kind);
        found.map(|(_, step)| step)
    }

    /// Checks that the message is complete.
    ///
    /// # Errors
    /// What is missing, there twice, or of the wrong kind.
    pub(super) fn start(&self) -> Result<Start, Failure> {
        if let Some(twice) = &self.twice {
            error!("{twice}");
            return Err(failure(twice));
        }
        let failed = |text: String| Err(Failure::Message(text));
        let Some(step) = self.step() else {
            let expected = Step::ALL.map(|(name, _)| name).join(", ");
            return failed(format!(
                "Unsupported message type: expected one of {expected}"
            ));
        };
        match &self.version {
            Some(version) if version == VERSION => {}
            Some(_) => return failed(format!("Unsupported version: only {VERSION} is supported")),
            None => return failed("\"version\" missing from input message".into()),
        }
        let name = match (step.member(), self.body.get(step.member())) {
            ("", _) => String::new(),
            (_, Some(Value::String(name))) => name.clone(),
            (member, Some(_)) => {
                return failed(format!("The field {member:?} of the body must be text"));
            }
            (member, None) => {
                return failed(format!("The field {member:?} is missing from the body"));
            }
        };
        let object = |name: &str| self.body.get(name).cloned().unwrap_or_else(|| json!({}));
        Ok(Start {
            step,
            name,
            connection: object("connection"),
            input: object("input"),
            state: self.body.get("state").cloned(),
        })
    }

    /// The event that answers this message.
    #[must_use]
    pub(super) fn event(&self, result: &Result<Answer, Failure>, log: String, test: bool) -> Value {
        let mut body = json!({
            "log": log,
            "status": if result.is_ok() { "ok" } else { "error" },
            "meta": self.body.get("meta").cloned().unwrap_or_else(|| json!({})),
        });
        match result {
            Ok(Answer::Output(output)) => body["output"] = output.clone(),
            Ok(Answer::Page(page)) => {
                body["output"] = page.output.clone();
                body["state"] = page.state.clone();
                body["has_more_pages"] = page.has_more_pages.into();
                body["status_code"] = page.status_code.into();
                if let Some(exception) = page.failure.as_ref().and_then(|f| f.exception(false)) {
                    body["exception"] = exception;
                }
            }
            Err(failure) => {
                body["error"] = failure.error(test).into();
                if let Some(exception) = failure.exception(test) {
                    body["exception"] = exception;
                }
            }
        }
        let kind = self.step().map(Step::event);
        json!({"body": body, "version": VERSION, "type": kind})
    }
}

/// What a step answered with.
#[derive(Debug, Clone)]
pub(super) enum Answer {
    /// An action's output, or that of a test.
    Output(Value),
    /// A page of a task.
    Page(Page),
}

/// A page of a task's output.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// What was found.
    pub(super) output: Value,
    /// What the next run needs.
    pub(super) state: Value,
    /// Whether to run again at once.
    pub(super) has_more_pages: bool,
    /// 200, or what the failure counts as.
    pub(super) status_code: u16,
    /// Why nothing was found. A task tells its failures here, with status `ok`.
    pub(super) failure: Option<Failure>,
}
