//! The rotation of a console's secret, as a Lambda function that Secrets Manager calls: four steps give
//! the pack's own account a new password and make that the secret's current one.
//!
//! Events, steps and checks are those of AWS's templates (aws-samples, "Secrets Manager rotation
//! lambdas", and the user guide's "Lambda rotation functions").

mod console;
mod marks;
mod run;
mod steps;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use actions::Error;
use actions::strict_json::Read;
use lambda_runtime::layers::TracingLayer;
use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use serde_json::{Value, json};
use services::aws::Chain;
use services::secrets::store::Store;
use tokio::time::Instant;
use tracing::{error, info, warn};

use run::{Rotation, Step};

use crate::runtime::{AtWork, Failure, TO_ANSWER, until_ended};

const NAME: &str = "rotate-console-secret";

/// Serves rotations until Lambda ends the process.
#[must_use]
pub fn serve() -> ExitCode {
    until_ended(run())
}

async fn run() -> Result<(), lambda_runtime::Error> {
    let store = Arc::new(Store::new(Chain::ENVIRONMENT));
    // During init a function has a whole CPU. Which secret is meant, only the event tells.
    if let Err(error) = store.manager().await {
        warn!(operation = NAME, %error, "not ready yet");
    }
    let store = &store;
    Runtime::new(service_fn(
        async |event: LambdaEvent<Read>| -> Result<Value, Failure> {
            let (event, context) = event.into_parts();
            let left = context.deadline().duration_since(SystemTime::now());
            let left = left.unwrap_or_default().saturating_sub(TO_ANSWER);
            let deadline = Instant::now() + left;
            let request_id = context.request_id.clone();
            let rotated = rotate(Arc::clone(store), event, request_id, deadline).await;
            rotated.map_err(|error| {
                let (request_id, kind) = (&context.request_id, error.kind.name());
                error!(operation = NAME, request_id, kind, %error, "failed");
                Failure(error)
            })
        },
    ))
    .layer(TracingLayer::new())
    .layer(AtWork)
    .run()
    .await
}

async fn rotate(
    store: Arc<Store>,
    event: Read,
    request_id: String,
    deadline: Instant,
) -> Result<Value, Error> {
    let event = event.once("")?;
    let text = |member: &str| {
        let text = event.get(member).and_then(Value::as_str);
        let text = text.filter(|text| !text.is_empty());
        let expected = "required, as Secrets Manager sends it to a rotation function";
        text.ok_or_else(|| Error::invalid_input(member, expected))
    };
    let step = match text("Step")? {
        "createSecret" => Step::Create,
        "setSecret" => Step::Set,
        "testSecret" => Step::Test,
        "finishSecret" => Step::Finish,
        _ => {
            let expected = "expected createSecret, setSecret, testSecret or finishSecret";
            return Err(Error::invalid_input("Step", expected));
        }
    };
    let rotation = Rotation {
        store,
        secret: text("SecretId")?.to_owned(),
        version: text("ClientRequestToken")?.to_owned(),
        request_id,
        deadline,
    };
    let done = rotation.step(step).await?;
    let Rotation {
        secret,
        version,
        request_id,
        ..
    } = &rotation;
    let step = step.name();
    info!(
        operation = NAME,
        request_id, secret, version, step, done, "done"
    );
    Ok(json!({"operation": NAME, "step": step, "secret": secret, "version": version, "done": done}))
}
