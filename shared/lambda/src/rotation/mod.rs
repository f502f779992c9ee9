//! The rotation of a console's secret, as a Lambda function that Secrets Manager calls: four steps give
//! the pack's own account a new password and make that the secret's current one.
//!
//! Events, steps and checks are those of AWS's templates (aws-samples, "Secrets Manager rotation
//! lambdas", and the user guide's "Lambda rotation functions").

mod console;
mod marks;
mod steps;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use actions::{Error, ErrorKind};
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::{Value, json};
use tokio::time::Instant;
use tracing::{error, info, warn};

use crate::operation::{Failure, TO_ANSWER, until_ended};
use services::aws::Chain;
use services::secrets::store::Store;

const NAME: &str = "rotate-console-secret";

/// Serves rotations until Lambda ends the process.
#[must_use]
pub fn serve() -> ExitCode {
    until_ended(run())
}

async fn run() -> Result<(), lambda_runtime::Error> {
    let store = Arc::new(Store::new(Chain::Environment));
    // During init a function has a whole CPU. Which secret is meant, only the event tells.
    if let Err(error) = store.manager().await {
        warn!(operation = NAME, %error, "not ready yet");
    }
    let store = &store;
    lambda_runtime::run(service_fn(
        async |event: LambdaEvent<Value>| -> Result<Value, Failure> {
            let (event, context) = event.into_parts();
            let left = context.deadline().duration_since(SystemTime::now());
            let left = left.unwrap_or_default().saturating_sub(TO_ANSWER);
            let deadline = Instant::now() + left;
            let request_id = context.request_id.clone();
            let rotated = rotate(Arc::clone(store), &event, request_id, deadline).await;
            rotated.map_err(|error| {
                let (request_id, kind) = (&context.request_id, error.kind.name());
                error!(operation = NAME, request_id, kind, %error, "failed");
                Failure(error)
            })
        },
    ))
    .await
}

async fn rotate(
    store: Arc<Store>,
    event: &Value,
    request_id: String,
    deadline: Instant,
) -> Result<Value, Error> {
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

/// What Secrets Manager asks for, in this order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Create,
    Set,
    Test,
    Finish,
}

impl Step {
    fn name(self) -> &'static str {
        match self {
            Self::Create => "createSecret",
            Self::Set => "setSecret",
            Self::Test => "testSecret",
            Self::Finish => "finishSecret",
        }
    }
}

/// One step of one rotation.
struct Rotation {
    store: Arc<Store>,
    /// The secret's ARN, as the event has it.
    secret: String,
    /// The version that is to become the current one: the event's token.
    version: String,
    request_id: String,
    deadline: Instant,
}

impl Rotation {
    fn error(&self, kind: ErrorKind, message: impl Into<String>, next: &str) -> Error {
        let mut error = Error::unavailable(message);
        error.kind = kind;
        error.next = Some(next.to_owned());
        self.about(error)
    }

    /// An error that names the secret and the version.
    fn about(&self, mut error: Error) -> Error {
        let (secret, version) = (&self.secret, &self.version);
        let of = format!("the rotation of the secret {secret:?} to its version {version}");
        error.subject = Some(match error.subject.take() {
            Some(subject) => format!("{of}: {subject}"),
            None => of,
        });
        error
    }
}

/// What the console said to the request that failed, if one did.
fn wire(error: &Error) -> Option<&rapid7::Error> {
    std::error::Error::source(error)?.downcast_ref()
}

/// Whether the console refused a login.
fn is_failed_login(error: &Error) -> bool {
    wire(error).is_some_and(|wire| wire.kind == rapid7::ErrorKind::Unauthorized)
}

/// Whether this was certainly no failed login: nothing was sent, or something else was answered.
fn was_no_login(error: &Error) -> bool {
    !is_failed_login(error) && wire(error).is_none_or(|wire| !wire.answer_was_lost())
}
