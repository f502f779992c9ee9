//! The task `user_changes`: what changed among a console's users since it ran last.

use actions::ALL;
use serde_json::{Map, Value, json};

use super::fields::{self, Field, Types};
use super::message::{Failure, Page, Start};
use super::step::{Runner, checked, validator};

/// The task's name.
pub(super) const NAME: &str = "user_changes";

/// What the task does.
pub(super) const DESCRIPTION: &str = "Tell which users of a console were created, deleted, enabled, \
                                      disabled, locked or unlocked, or changed role or profile";

/// The operation that does the work.
pub(super) const OPERATION: &str = "list-user-changes";

/// Members of the operation's output that the contract tells beside the output.
const STATE: &str = "state";
const MORE: &str = "has_more_pages";
const CHANGES: &str = "changes";

/// The fields of the task, out of the operation's.
pub(super) struct TaskFields {
    pub(super) input: Vec<Field>,
    /// The list of changes, which is all of its output.
    pub(super) output: Vec<Field>,
    pub(super) types: Types,
}

impl TaskFields {
    pub(super) fn new() -> Option<Self> {
        let entry = operation()?;
        let mut types = Types::new();
        let mut input = fields::fields(&Value::from((entry.input)()), &mut types);
        input.retain(|field| field.name != STATE);
        let output = fields::fields(&Value::from((entry.output)()), &mut types);
        let output = output
            .into_iter()
            .filter(|field| field.name == CHANGES)
            .collect();
        Some(Self {
            input,
            output,
            types,
        })
    }
}

fn operation() -> Option<&'static actions::Entry> {
    ALL.iter()
        .find(|entry| entry.operation.spec.name == OPERATION)
}

/// Runs the task once.
///
/// # Errors
/// What is wrong with the message. What goes wrong afterwards is told in the page, with the state
/// that was given: nothing is lost.
pub(super) async fn run(runner: &Runner, start: &Start) -> Result<Page, Failure> {
    let missing = || Failure::Fault(format!("{OPERATION} is missing"));
    let (entry, fields) = operation().zip(TaskFields::new()).ok_or_else(missing)?;
    let validator = validator(&fields.input, &fields.types, fields::Absence::Empty);
    let input = checked("task", &validator, &fields.input, start.input.clone())?;
    let state = match &start.state {
        Some(Value::Object(state)) => state.clone(),
        Some(_) => {
            return Err(Failure::Message(
                "task state JSON was invalid: expected an object".into(),
            ));
        }
        None => {
            return Err(Failure::Fault(
                "Unable to validate task input JSON: the body has no `state`".into(),
            ));
        }
    };
    let mut input: Map<String, Value> = fields::to_operation(&fields.input, input);
    if !state.is_empty() {
        input.insert(STATE.into(), state.clone().into());
    }
    let mut answer = match runner.invoke(entry.operation, input.into()).await {
        Ok(answer) => answer,
        Err(failure) => {
            return Ok(Page {
                output: json!([]),
                state: state.into(),
                has_more_pages: false,
                status_code: failure.status_code_of_task(),
                failure: Some(failure),
            });
        }
    };
    let state = answer[STATE].take();
    let has_more_pages = answer[MORE] == true;
    fields::to_plugin(&fields.output, &fields.types, &mut answer);
    Ok(Page {
        output: answer[CHANGES].take(),
        state,
        has_more_pages,
        status_code: 200,
        failure: None,
    })
}
