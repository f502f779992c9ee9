//! What every function of this pack has: logs, a runtime, time to answer in, and how it fails.

use std::process::ExitCode;
use std::time::Duration;

use lambda_runtime::Diagnostic;
use services::logs;
use tracing::error;

/// Left of an invocation's time for the answer itself, so that a console that hangs ends in our
/// error and not in Lambda's.
pub const TO_ANSWER: Duration = Duration::from_millis(300);

/// An operation's error as Lambda reports it: `errorType` is the kind, which retriers match.
#[derive(Debug)]
pub struct Failure(pub actions::Error);

impl From<Failure> for Diagnostic {
    fn from(Failure(error): Failure) -> Self {
        Self {
            error_type: error.kind.name().into(),
            error_message: error.to_string(),
        }
    }
}

/// Does a function's work until Lambda ends the process: logs, the runtime, the exit code.
#[must_use]
pub fn until_ended(work: impl Future<Output = Result<(), lambda_runtime::Error>>) -> ExitCode {
    logs::to_json();
    // One thread: on a function's share of a CPU, more of them only get in each other's way.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let served = match runtime {
        Ok(runtime) => runtime.block_on(work),
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
