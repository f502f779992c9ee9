//! An operation as a Lambda function.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Instant as Clock, SystemTime};

use actions::strict_json::Read;
use actions::{Action, Operation, Run, invoke};
use lambda_runtime::layers::TracingLayer;
use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use serde_json::Value;
use services::assemble::{assemble_with_ages, warm_up};
use services::audit::StandardOutput;
use services::aws::Chain;
use services::needs::Needs;
use services::sent::Sent;
use services::settings::{Settings, misconfigured};
use tokio::time::Instant;
use tracing::{error, warn};

use crate::events;
use crate::metrics::{Metrics, Record};
use crate::runtime::{AtWork, Failure, TO_ANSWER, until_ended};

/// Serves an operation until Lambda ends the process.
#[must_use]
pub fn serve<A: Action>() -> ExitCode {
    serve_operation(Operation::of::<A>(), Needs::of::<A>())
}

fn serve_operation(operation: Operation, needs: Needs) -> ExitCode {
    until_ended(run(operation, needs))
}

async fn run(operation: Operation, needs: Needs) -> Result<(), lambda_runtime::Error> {
    let sent = Sent::default();
    let settings = Settings::from_environment().and_then(|settings| {
        settings.check_in_lambda()?;
        Ok(settings)
    });
    let settings = settings.map_err(misconfigured);
    let services = settings.map(|settings| {
        let audit = Arc::new(StandardOutput);
        assemble_with_ages(settings, Chain::ENVIRONMENT, audit, needs, None, &sent)
    });
    // During init a function has a whole CPU. A failure here shows again, with its name, in the
    // answer to the first invocation.
    match &services {
        Ok((services, _)) => warm_up(services, needs).await,
        Err(error) => warn!(operation = operation.spec.name, %error, "not ready yet"),
    }
    let services = &services;
    let metrics = Metrics::from_environment(sent);
    let metrics = metrics.as_ref();
    Runtime::new(service_fn(
        async |event: LambdaEvent<Read>| -> Result<Value, Failure> {
            let started = Clock::now();
            let (event, context) = event.into_parts();
            let opened = events::open(event, operation.members(), context.request_id.clone());
            let input = opened.as_ref().ok().map(|(input, _)| input);
            let ticket = input.and_then(|input| input.get("ticket")?.as_str());
            let ticket = ticket.map(str::to_owned);
            let dry_run = input.and_then(|input| input.get("dry_run")?.as_bool());
            let left = context.deadline().duration_since(SystemTime::now());
            let left = left.unwrap_or_default().saturating_sub(TO_ANSWER);
            let deadline = Instant::now() + left;
            let ready = services.as_ref().map_err(Clone::clone);
            let ready = ready.and_then(|(services, _)| Ok((services, opened?)));
            let result = match ready {
                Ok((services, (input, caller))) => {
                    let run = Run {
                        services: services.clone(),
                        caller,
                        deadline,
                    };
                    invoke(operation, run, input).await
                }
                Err(error) => {
                    let request_id = context.request_id.as_str();
                    let kind = error.kind.name();
                    let operation = operation.spec.name;
                    match services {
                        Err(_) => error!(operation, request_id, ticket, kind, %error, "failed"),
                        Ok(_) => warn!(operation, request_id, ticket, kind, %error, "failed"),
                    }
                    Err(error)
                }
            };
            if let Some(metrics) = metrics {
                metrics.print(&Record {
                    operation: operation.spec,
                    request_id: &context.request_id,
                    ticket: ticket.as_deref(),
                    dry_run: dry_run.unwrap_or_default(),
                    result: &result,
                    duration: started.elapsed(),
                    secret_created: services.as_ref().ok().and_then(|(_, ages)| ages.oldest()),
                });
            }
            result.map_err(Failure)
        },
    ))
    .layer(TracingLayer::new())
    .layer(AtWork)
    .run()
    .await
}
