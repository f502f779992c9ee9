//! A run of the task.

use serde_json::{Map, Value, json};

use super::fields::{CHANGES, MORE, OPERATION, STATE, TaskFields, operation};
use crate::failure::Failure;
use crate::fields::{self, Absence};
use crate::message::{Page, Start};
use crate::runner::Runner;
use crate::validate::{checked, validator};

/// Runs the task once.
///
/// # Errors
/// What is wrong with the message. What goes wrong afterwards is told in the page, with the state
/// that was given: nothing is lost.
pub(crate) async fn run(runner: &Runner, start: &Start) -> Result<Page, Failure> {
    let missing = || Failure::Fault(format!("{OPERATION} is missing"));
    let (entry, fields) = operation().zip(TaskFields::new()).ok_or_else(missing)?;
    let validator = validator(&fields.input, &fields.types, Absence::Empty);
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
