//! The operations as an HTTP API: the Lambda function behind an API Gateway REST API, which invokes
//! the function of the operation that a request names.
//!
//! It has no secret and asks no console. Who may ask at all is API Gateway's to decide, by API key or
//! otherwise; what an operation may do is its own function's policy.

mod problem;
mod request;

use std::process::ExitCode;
use std::time::{Duration, Instant, SystemTime};

use actions::strict_json::Read;
use actions::{Error, ErrorKind, SPECS, Spec};
use lambda::{AtWork, Failure, TO_ANSWER, until_ended};
use lambda_runtime::layers::TracingLayer;
use lambda_runtime::{LambdaEvent, Runtime, service_fn};
use serde_json::{Map, Value, json};
use services::aws::Chain;
use services::invoke::{self, Functions, LONGEST, Reason};
use services::settings::{FUNCTION_PREFIX, check_names, misconfigured};
use tracing::{info, warn};

pub use problem::{
    ABSENT, KINDS_TYPE, RETRY_AFTER_SECONDS, STILL_RUNNING_SECONDS, TOO_LONG,
    UNSUPPORTED_MEDIA_TYPE, phrase, retry, status, title,
};
use problem::{METHOD_NOT_ALLOWED, NOT_FOUND, Problem};
use request::{Event, not_an_event};

/// How long a request may take since API Gateway has it: two seconds less than API Gateway's own
/// limit of 29 s.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const LIMIT: Duration = Duration::from_secs(27);

/// With less time than this nothing is begun.
const TIME_TO_RUN: Duration = Duration::from_millis(500);

/// The rest of an answer beside its body, at most.
const HEAD: usize = 4096;

/// Serves requests until Lambda ends the process.
#[must_use]
pub fn serve() -> ExitCode {
    until_ended(run())
}

async fn run() -> Result<(), lambda_runtime::Error> {
    let functions = functions().await;
    if let Err(error) = &functions {
        warn!(%error, "not ready yet");
    }
    let functions = &functions;
    Runtime::new(service_fn(
        async |event: LambdaEvent<Read>| -> Result<Value, Failure> {
            let started = Instant::now();
            let (event, context) = event.into_parts();
            let event = event.once("").map_err(Failure)?;
            let event: Event = serde_json::from_value(event).map_err(|_| not_an_event())?;
            let left = context.deadline().duration_since(SystemTime::now());
            let left = left.unwrap_or_default().saturating_sub(TO_ANSWER);
            let left = left.min(LIMIT.saturating_sub(event.waited(SystemTime::now())));
            let served = serve_one(functions, &event, left).await;
            let kind = served.kind.map(ErrorKind::name);
            let request_id = event.request_id();
            let api_key_id = event.api_key_id();
            let duration_ms = started.elapsed().as_millis() as u64;
            info!(
                operation = served.operation,
                status = served.status,
                kind,
                request_id,
                api_key_id,
                invocation = served.invocation,
                duration_ms,
                "answered"
            );
            Ok(served.response)
        },
    ))
    .layer(TracingLayer::new())
    .layer(AtWork)
    .run()
    .await
}

async fn functions() -> Result<Functions, Error> {
    check_names().map_err(misconfigured)?;
    let prefix = std::env::var(FUNCTION_PREFIX).map_err(|_| {
        Error::misconfigured(format!(
            "{FUNCTION_PREFIX} is not set: what the names of the operations' functions begin with"
        ))
    })?;
    Functions::new(Chain::ENVIRONMENT, prefix).await
}

/// An answer, and what the log tells of it.
struct Served {
    response: Value,
    status: u16,
    kind: Option<ErrorKind>,
    operation: Option<&'static str>,
    invocation: Option<String>,
}

async fn serve_one(functions: &Result<Functions, Error>, event: &Event, left: Duration) -> Served {
    let spec = match operation(event) {
        Ok(spec) => spec,
        Err(problem) => return served(event, None, None, Err(problem)),
    };
    let input = match event.input() {
        Ok(input) => input,
        Err(problem) => return served(event, Some(spec), None, Err(problem)),
    };
    let writes = invoke::writes(spec, &input);
    let (result, invocation) = match invoke(functions, spec, input, left).await {
        Ok(answer) => (Ok(answer.text), answer.invocation),
        Err(failure) => {
            let problem = match failure.reason {
                Reason::Absent => Problem::http(ABSENT, failure.error),
                Reason::TooLong => Problem::http(TOO_LONG, failure.error),
                Reason::TooSlow => Problem::from(failure.error).waiting(STILL_RUNNING_SECONDS),
                Reason::Other => failure.error.into(),
            };
            (Err(problem), failure.invocation)
        }
    };
    let result = result.and_then(|text| match fits(&text) {
        true => Ok(text),
        false => Err(invoke::answer_too_long(spec.name, writes).into()),
    });
    served(event, Some(spec), invocation, result)
}

async fn invoke(
    functions: &Result<Functions, Error>,
    spec: &'static Spec,
    input: Map<String, Value>,
    left: Duration,
) -> Result<invoke::Answer, invoke::Failure> {
    let functions = functions.as_ref().map_err(Error::clone)?;
    if left < TIME_TO_RUN {
        let late = "no time was left of what API Gateway allows a request";
        return Err(Error::new(ErrorKind::Unavailable, late)
            .next("send it again")
            .into());
    }
    functions.invoke(spec, input, left).await
}

/// Whether an answer still fits into Lambda's limit as a text in JSON.
fn fits(text: &str) -> bool {
    let room = LONGEST - HEAD;
    // Escaping makes a text twice as long at most.
    text.len() * 2 <= room || Value::from(text).to_string().len() <= room
}

/// Which operation a request is for.
fn operation(event: &Event) -> Result<&'static Spec, Problem> {
    let named = event.operation();
    let spec = named.and_then(|name| SPECS.into_iter().find(|spec| spec.name == name));
    let Some(spec) = spec else {
        let error = match named {
            Some(_) => Error::invalid_input("(path)", "there is no operation of that name"),
            None => Error::invalid_input("(path)", "expected /operations/{operation}"),
        };
        return Err(Problem::http(NOT_FOUND, error));
    };
    if event.method() != "POST" {
        let error = Error::invalid_input("(method)", "expected POST");
        let problem = Problem::http(METHOD_NOT_ALLOWED, error);
        return Err(problem.with_header("allow", "POST".into()));
    }
    Ok(spec)
}

/// The answer as API Gateway wants it.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format>
fn served(
    event: &Event,
    spec: Option<&'static Spec>,
    invocation: Option<String>,
    result: Result<String, Problem>,
) -> Served {
    let operation = spec.map(|spec| spec.name);
    let request_id = event.request_id();
    let kind = result.as_ref().err().map(|problem| problem.error.kind);
    let mut headers = json!({"cache-control": "no-store", "x-request-id": request_id});
    let (status, content_type, body) = match result {
        Ok(text) => (200, "application/json", text),
        Err(problem) => {
            for (name, value) in &problem.headers {
                headers[*name] = value.as_str().into();
            }
            let body = problem.body(operation, request_id).to_string();
            (problem.status, "application/problem+json", body)
        }
    };
    headers["content-type"] = content_type.into();
    Served {
        response: json!({
            "statusCode": status, "headers": headers, "body": body, "isBase64Encoded": false,
        }),
        status,
        kind,
        operation,
        invocation,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_fits_as_the_text_that_it_becomes() {
        assert!(fits(&"a".repeat(LONGEST - HEAD - 2)));
        assert!(!fits(&"a".repeat(LONGEST - HEAD - 1)));
        assert!(!fits(&"\"".repeat(LONGEST / 2)));
    }

    #[test]
    fn operations_are_those_of_the_registry() {
        let names = actions::ALL.iter().map(|entry| entry.operation.spec.name);
        assert!(names.eq(SPECS.iter().map(|spec| spec.name)));
    }
}
