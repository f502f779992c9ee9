//! Operations that run elsewhere, each as a Lambda function: `Invoke`, and what it means for a run
//! when that does not end with the operation's answer.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html> has the errors of `Invoke`, and
//! <https://docs.aws.amazon.com/lambda/latest/dg/invocation-retries.html> those of functions.

use std::time::Duration;

use actions::{Changed, Effect, Error, ErrorKind, Spec};
use aws_sdk_lambda::Client;
use aws_sdk_lambda::config::retry::RetryConfig;
use aws_sdk_lambda::config::timeout::TimeoutConfig;
use aws_sdk_lambda::config::{Builder, StalledStreamProtectionConfig};
use aws_sdk_lambda::operation::RequestId as _;
use aws_sdk_lambda::primitives::Blob;
use aws_smithy_runtime_api::client::result::SdkError;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use tracing::debug;

use crate::aws::{Chain, Failed, Service, Trouble, code, failed};

const LAMBDA: Service = Service {
    name: "Lambda",
    id: "LAMBDA",
};

/// The longest event and the longest answer of a synchronous invocation.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub const LONGEST: usize = 6 * 1024 * 1024;

/// The functions of a deployment: one an operation, named alike.
#[derive(Clone)]
pub struct Functions {
    client: Client,
    prefix: String,
}

/// What an operation answered with.
pub struct Answer {
    /// JSON, as the function wrote it.
    pub text: String,
    /// Lambda's id of the invocation, which is in the operation's own logs and audit records.
    pub invocation: Option<String>,
}

/// Why there is no answer.
pub struct Failure {
    /// What callers are told.
    pub error: Error,
    /// What it was, where callers tell it apart.
    pub reason: Reason,
    /// Lambda's id of the invocation.
    pub invocation: Option<String>,
}

/// What kept an operation from answering, where callers tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The deployment has no function for it.
    Absent,
    /// The input is longer than Lambda takes.
    TooLong,
    /// No answer came in time, and the function goes on.
    TooSlow,
    /// Anything else: the error tells it.
    Other,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            error,
            reason: Reason::Other,
            invocation: None,
        }
    }
}

impl Functions {
    /// The functions whose names are this prefix and an operation's name. Nothing is asked yet.
    ///
    /// # Errors
    /// `Unauthorized` where AWS is set up wrongly.
    pub async fn new(chain: Chain, prefix: String) -> Result<Self, Error> {
        let client = client(chain).await.map_err(Error::misconfigured)?;
        Ok(Self { client, prefix })
    }

    /// Runs an operation, and waits for its answer for so long. It is sent once, or twice where the
    /// first time it never left.
    pub async fn invoke(
        &self,
        spec: &'static Spec,
        input: Map<String, Value>,
        patience: Duration,
    ) -> Result<Answer, Failure> {
        let run = Invoked {
            function: format!("{}{}", self.prefix, spec.name),
            writes: writes(spec, &input),
        };
        let input = Value::Object(input).to_string();
        if input.len() > LONGEST {
            return Err(run.too_long());
        }
        let answer = tokio::time::timeout(patience, self.send(&run, input)).await;
        let answer = answer.unwrap_or_else(|_| {
            let waited = format!("no answer within {} s", patience.as_secs_f64().round());
            Err(Failure {
                reason: Reason::TooSlow,
                ..run.unknown(&waited).into()
            })
        })?;
        match is_of(spec, &answer.text) {
            true => Ok(answer),
            false => Err(Failure {
                invocation: answer.invocation,
                ..run.foreign().into()
            }),
        }
    }

    async fn send(&self, run: &Invoked, input: String) -> Result<Answer, Failure> {
        let request = self.client.invoke().function_name(&run.function);
        let request = request.payload(Blob::new(input));
        let mut sent = request.clone().send().await.map_err(failed);
        if sent.as_ref().is_err_and(never_left) {
            sent = request.send().await.map_err(failed);
        }
        let answer = sent.map_err(|error| run.explain(&error))?;
        let invocation = answer.request_id().map(str::to_owned);
        let payload = answer.payload.map(Blob::into_inner).unwrap_or_default();
        let text = String::from_utf8_lossy(&payload).into_owned();
        match answer.function_error {
            None => Ok(Answer { text, invocation }),
            Some(_) => Err(Failure {
                invocation,
                ..run.ended(&text).into()
            }),
        }
    }
}

/// A client, or why there can't be one. It sends a request once and waits for its answer as long as its
/// caller does: an invocation that was sent may have been carried out.
async fn client(chain: Chain) -> Result<Client, String> {
    let settings = Builder::from(&chain.settings(LAMBDA).await?)
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        // A function that works for minutes sends nothing meanwhile, which is no stalled stream.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
    Ok(Client::from_conf(settings.build()))
}

/// Whether a run may change anything.
pub fn writes(spec: &Spec, input: &Map<String, Value>) -> bool {
    spec.effect != Effect::Read && input.get("dry_run") != Some(&true.into())
}

/// Whether an answer is one of this operation, as far as every outcome has the same members. A function of
/// that name that is not this pack's must not look like a success.
fn is_of(spec: &Spec, text: &str) -> bool {
    #[derive(Deserialize)]
    struct Outcome {
        operation: String,
        #[serde(rename = "changed")]
        _changed: bool,
    }
    match spec.effect {
        Effect::Read => {
            text.trim_start().starts_with('{') && serde_json::from_str::<IgnoredAny>(text).is_ok()
        }
        _ => {
            serde_json::from_str(text).is_ok_and(|outcome: Outcome| outcome.operation == spec.name)
        }
    }
}

/// Whether no connection could be made, so that nothing was sent.
fn never_left(error: &Failed) -> bool {
    let SdkError::DispatchFailure(failure) = error else {
        return false;
    };
    let mut cause = failure
        .as_connector_error()
        .and_then(std::error::Error::source);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<reqwest::Error>() {
            return error.is_connect();
        }
        cause = error.source();
    }
    false
}

/// One run of a function, as its errors tell of it.
struct Invoked {
    function: String,
    /// Whether the operation may change anything.
    writes: bool,
}

impl Invoked {
    /// Nobody knows how the run ended.
    fn unknown(&self, why: &str) -> Error {
        let function = &self.function;
        if !self.writes {
            let message = format!("{function}: {why}");
            return Error::new(ErrorKind::Unavailable, message).next(
                "run it again; what always takes longer has the time if Lambda is asked directly \
                 (r7user --via-lambda)",
            );
        }
        let message =
            format!("{function}: {why}: it may have been carried out, and may still go on");
        Error::new(ErrorKind::Indeterminate, message)
            .changed(Changed::Unknown)
            .next(
                "give what may still go on the time to end, then run it again: it reads first and \
                 does only what is left",
            )
    }

    /// The answer is somebody else's.
    fn foreign(&self) -> Error {
        let message = format!("{}: its answer is none of this operation's", self.function);
        let error = Error::new(ErrorKind::Unexpected, message)
            .next("check that the function of that name is this pack's, and of the same version");
        match self.writes {
            true => error.changed(Changed::Unknown),
            false => error,
        }
    }

    fn misconfigured(&self, why: &str, next: &str) -> Error {
        Error::misconfigured(format!("{}: {why}", self.function)).next(next)
    }

    fn unavailable(&self, why: &str) -> Error {
        let message = format!("{}: {why}", self.function);
        Error::new(ErrorKind::Unavailable, message).next("run it again")
    }

    fn too_long(&self) -> Failure {
        let error =
            Error::invalid_input("(input)", "expected at most 6 MB, which is Lambda's limit");
        Failure {
            reason: Reason::TooLong,
            ..error.into()
        }
    }

    /// What a function error means: the operation's own, or how the function itself ended.
    fn ended(&self, text: &str) -> Error {
        let told: Value = serde_json::from_str(text).unwrap_or_default();
        let member = |name: &str| told[name].as_str().unwrap_or_default();
        let (error_type, message) = (member("errorType"), member("errorMessage"));
        if let Some(kind) = ErrorKind::from_name(error_type) {
            return Error::told(kind, message);
        }
        if error_type == "Function.ResponseSizeTooLarge" {
            return answer_too_long(&self.function, self.writes);
        }
        // Not the message, which may hold the function's last lines.
        debug!(function = self.function, error_type, "the function ended");
        let timed_out = error_type == "Sandbox.Timedout" || message.contains("Task timed out");
        match (timed_out, error_type) {
            (true, _) => self.unknown("the function ran out of the time that it is allowed"),
            (false, "") => self.unknown("the function ended without an answer"),
            (false, name) => {
                self.unknown(&format!("the function ended without an answer ({name})"))
            }
        }
    }

    /// What an error of `Invoke` itself means.
    fn explain(&self, error: &Failed) -> Failure {
        let status = error.raw_response().map(|answer| answer.status().as_u16());
        let code = code(error);
        debug!(
            function = self.function,
            status, code, "Lambda did not do it"
        );
        let Some(code) = code else {
            return self.without_answer(error).into();
        };
        let wait = error
            .raw_response()
            .and_then(|answer| answer.headers().get("retry-after"));
        let wait = wait.and_then(|wait| Some(Duration::from_secs(wait.parse().ok()?)));
        let refused = |why: &str, next: &str| Failure::from(self.misconfigured(why, next));
        match (code, status.unwrap_or_default()) {
            ("TooManyRequestsException" | "ThrottlingException", _) | (_, 429) => {
                let message = format!(
                    "{}: it already runs as often at once as it may (Lambda's concurrency)",
                    self.function
                );
                let mut error = Error::new(ErrorKind::RateLimited, message);
                error.retry_after = wait;
                error.next("wait, then run it again").into()
            }
            ("ResourceNotFoundException", _) => Failure {
                reason: Reason::Absent,
                ..refused(
                    "this deployment has no function of that name",
                    "deploy the operation, or check the name of the stack and the region",
                )
            },
            ("RequestTooLargeException" | "SerializedRequestEntityTooLargeException", _)
            | (_, 413) => self.too_long(),
            ("AccessDeniedException", _) => refused(
                "AWS does not let this caller invoke it",
                "allow lambda:InvokeFunction on it, and no more than that",
            ),
            (
                "UnrecognizedClientException"
                | "InvalidSignatureException"
                | "ExpiredTokenException"
                | "InvalidClientTokenId"
                | "IncompleteSignature"
                | "MissingAuthenticationToken",
                _,
            ) => refused(
                &format!("AWS refused the caller's credentials ({code})"),
                "check the credentials for AWS; on a laptop, log in anew",
            ),
            // Lambda's own trouble: how far it got is not told.
            ("ServiceException", _) | (_, 500 | 503 | 504) => self
                .unknown(&format!("Lambda had an error of its own ({code})"))
                .into(),
            // What a function needs to start, such as its network or the key of its environment.
            (_, 502) => self
                .unavailable(&format!("Lambda could not start it ({code})"))
                .into(),
            ("ResourceConflictException" | "ResourceNotReadyException", _) => self
                .unavailable(&format!("it is being changed or made ready ({code})"))
                .into(),
            _ => {
                let message = format!("{}: Lambda refused to run it ({code})", self.function);
                Error::new(ErrorKind::Unexpected, message)
                    .next("look up this error of Lambda's Invoke; a person should look")
                    .into()
            }
        }
    }

    /// What it means that Lambda said nothing that can be read.
    fn without_answer(&self, error: &Failed) -> Error {
        match Trouble::of(error) {
            Some(Trouble::TooLong) => return answer_too_long(&self.function, self.writes),
            Some(trouble @ Trouble::Untrusted(_)) => {
                let function = &self.function;
                return Error::untrusted(format!(
                    "{function}: Lambda could not be asked: {trouble}"
                ));
            }
            Some(Trouble::Proxy { said, .. }) => {
                return self.unavailable(&format!("Lambda can't be reached: {said}"));
            }
            None => {}
        }
        match error {
            SdkError::ConstructionFailure(_) => self.misconfigured(
                "no request could be made",
                "check AWS_REGION and the credentials for AWS",
            ),
            error if never_left(error) => self.unavailable("Lambda can't be reached"),
            SdkError::DispatchFailure(failure) if !failure.is_timeout() && !failure.is_io() => self
                .misconfigured(
                    "there are no credentials for AWS",
                    "set them, or log in to AWS",
                ),
            SdkError::DispatchFailure(_) => self.unknown("the connection to Lambda broke"),
            _ => self.unknown("Lambda's answer can't be read"),
        }
    }
}

/// An answer that is longer than what can carry it.
pub fn answer_too_long(function: &str, writes: bool) -> Error {
    let message = format!("{function}: the answer is longer than the 6 MB that Lambda passes on");
    let error = Error::new(ErrorKind::Unexpected, message);
    match writes {
        false => error.next("ask for less"),
        true => error.changed(Changed::Unknown).next(
            "read what was done in the function's audit records, in its log group; running it again \
             does only what is left",
        ),
    }
}
