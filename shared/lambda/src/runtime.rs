//! What every function of this pack has: logs, a runtime, time to answer in, and how it fails.

use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::Inspect;

use lambda_runtime::tower::{Layer, Service};
use lambda_runtime::{Diagnostic, Error, LambdaInvocation};
use services::logs;
use services::signals::Signals;
use tokio::sync::Notify;
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

/// The events that are being worked on, until their answers are sent.
static AT_WORK: AtomicUsize = AtomicUsize::new(0);
/// Told when one is done.
static DONE: Notify = Notify::const_new();

/// Has [`until_ended`] know what is being worked on: the outermost layer of a function's runtime.
pub struct AtWork;

impl<S> Layer<S> for AtWork {
    type Service = Working<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Working(inner)
    }
}

/// A service that counts what it is working on.
pub struct Working<S>(S);

impl<S> Service<LambdaInvocation> for Working<S>
where
    S: Service<LambdaInvocation, Response = (), Error = Error>,
{
    type Response = ();
    type Error = Error;
    type Future = Inspect<S::Future, fn(&Result<(), Error>)>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Error>> {
        self.0.poll_ready(context)
    }

    fn call(&mut self, event: LambdaInvocation) -> Self::Future {
        AT_WORK.fetch_add(1, Ordering::SeqCst);
        self.0.call(event).inspect(|_| {
            AT_WORK.fetch_sub(1, Ordering::SeqCst);
            DONE.notify_waiters();
        })
    }
}

/// Waits until nothing is being worked on.
async fn idle() {
    loop {
        let done = DONE.notified();
        if AT_WORK.load(Ordering::SeqCst) == 0 {
            return;
        }
        done.await;
    }
}

/// Does a function's work until Lambda ends the process: logs, the runtime, the exit code. A signal to end,
/// which Lambda sends where an extension asks for it, and a container's engine always, ends the process once
/// nothing is being worked on.
#[must_use]
pub fn until_ended(work: impl Future<Output = Result<(), Error>>) -> ExitCode {
    logs::to_json();
    // One thread: on a function's share of a CPU, more of them only get in each other's way.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let served = match runtime {
        Ok(runtime) => runtime.block_on(async {
            let Ok(mut signals) = Signals::caught() else {
                return work.await;
            };
            tokio::select! {
                worked = work => worked,
                () = async {
                    signals.next().await;
                    idle().await;
                } => Ok(()),
            }
        }),
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
