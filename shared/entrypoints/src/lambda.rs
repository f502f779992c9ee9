//! An operation as a Lambda function.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use actions::{Operation, Run, Services, invoke};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use tokio::sync::OnceCell;
use tokio::time::Instant;
use tracing::{error, warn};

use crate::audit::StandardOutput;
use crate::aws::Chain;
use crate::{events, logs, services};

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
pub fn serve(operation: Operation) -> ExitCode {
    logs::to_json();
    // One thread: a multi-thread runtime costs 18 ms an invocation at 128 MB.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let served = match runtime {
        Ok(runtime) => runtime.block_on(run(operation)),
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

async fn run(operation: Operation) -> Result<(), lambda_runtime::Error> {
    let services = OnceCell::new();
    // During init a function has a whole CPU. A failure here shows again, with its name, in the
    // answer to the first invocation.
    if let Err(error) = prepared(&services).await {
        warn!(%error, "not ready yet");
    }
    let services = &services;
    lambda_runtime::run(service_fn(
        async |event: LambdaEvent<Value>| -> Result<Value, Failure> {
            let (event, context) = event.into_parts();
            let (input, caller) = events::unwrap(event, context.request_id.clone());
            let left = context.deadline().duration_since(SystemTime::now());
            let left = left.unwrap_or_default().saturating_sub(TO_ANSWER);
            let deadline = Instant::now() + left;
            let services = prepared(services).await.map_err(|error| {
                error!(request_id = caller.request_id, %error, "failed");
                Failure(error)
            })?;
            let run = Run {
                services: services.clone(),
                caller,
                deadline,
            };
            invoke(operation, run, input).await.map_err(Failure)
        },
    ))
    .await
}

async fn prepared(services: &OnceCell<Services>) -> Result<&Services, actions::Error> {
    services
        .get_or_try_init(|| services::prepare(Chain::Environment, Arc::new(StandardOutput)))
        .await
}
