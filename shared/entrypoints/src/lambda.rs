//! An operation as a Lambda function.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actions::{Action, Operation, Run, Services, invoke};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use tracing::{error, warn};

use crate::audit::StandardOutput;
use crate::aws::Chain;
use crate::services::{Prepared, Writer, prepare, settings};
use crate::{events, logs};

/// Left of an invocation's time for the answer itself, so that a console that hangs ends in our
/// error and not in Lambda's.
const TO_ANSWER: Duration = Duration::from_millis(300);

/// An operation's error as Lambda reports it: `errorType` is the kind, which retriers match.
#[derive(Debug)]
struct Failure(actions::Error);

impl From<Failure> for Diagnostic {
    fn from(Failure(error): Failure) -> Self {
        Self {
            error_type: error.kind.name().into(),
            error_message: error.to_string(),
        }
    }
}

/// Serves an operation until Lambda ends the process.
#[must_use]
pub fn serve<A: Action>() -> ExitCode {
    let writer: Option<Writer> = match A::DELIVERS {
        true => Some(|secrets| secrets),
        false => None,
    };
    serve_operation(Operation::of::<A>(), writer)
}

fn serve_operation(operation: Operation, writer: Option<Writer>) -> ExitCode {
    logs::to_json();
    // One thread: on a function's share of a CPU, more of them only get in each other's way.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let served = match runtime {
        Ok(runtime) => runtime.block_on(run(operation, writer)),
        Err(error) => Err(error.into()),
    };
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(%error, "the Lambda runtime ended");
            ExitCode::FAILURE
        }
    }
}

async fn run(operation: Operation, writer: Option<Writer>) -> Result<(), lambda_runtime::Error> {
    let slot = Mutex::new(None);
    // During init a function has a whole CPU. A failure here shows again, with its name, in the
    // answer to the first invocation.
    if let Err(error) = services(&slot, writer).await {
        warn!(operation = operation.spec.name, %error, "not ready yet");
    }
    let slot = &slot;
    lambda_runtime::run(service_fn(
        async |event: LambdaEvent<Value>| -> Result<Value, Failure> {
            let (event, context) = event.into_parts();
            let (input, caller) = events::unwrap(event, context.request_id.clone());
            let left = context.deadline().duration_since(SystemTime::now());
            let left = left.unwrap_or_default().saturating_sub(TO_ANSWER);
            let deadline = Instant::now() + left;
            let services = timeout_at(deadline, services(slot, writer)).await;
            let services = services.unwrap_or_else(|_| {
                Err(actions::Error::unavailable(
                    "the console's secret could not be read before the deadline",
                ))
            });
            let services = services.map_err(|error| {
                let request_id = caller.request_id.as_str();
                let ticket = input.get("ticket").and_then(Value::as_str);
                let kind = error.kind.name();
                error!(operation = operation.spec.name, request_id, ticket, kind, %error, "failed");
                Failure(error)
            })?;
            let run = Run {
                services,
                caller,
                deadline,
            };
            invoke(operation, run, input).await.map_err(Failure)
        },
    ))
    .await
}

/// What a run may use: made once, and again if the secret names another console meanwhile.
async fn services(
    slot: &Mutex<Option<Prepared>>,
    writer: Option<Writer>,
) -> Result<Services, actions::Error> {
    let mut slot = slot.lock().await;
    if let Some(prepared) = &*slot
        && !prepared.credentials.moved().await
    {
        return Ok(prepared.services.clone());
    }
    let prepared = prepare(
        settings()?,
        Chain::Environment,
        Arc::new(StandardOutput),
        writer,
    )
    .await?;
    let services = prepared.services.clone();
    *slot = Some(prepared);
    Ok(services)
}
