//! What comes of an invocation.

use std::fmt;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// How a function failed, as its invoker sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct FunctionError {
    /// `errorType` of the answer, or the `Runtime.…`/`Sandbox.…` type that Lambda itself gives.
    pub error_type: String,
    /// `errorMessage` of the answer.
    pub error_message: String,
    /// The whole answer.
    pub raw: Value,
}

/// One finished invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// What the function answered.
    pub result: Result<Value, FunctionError>,
    /// `Lambda-Runtime-Aws-Request-Id`.
    pub request_id: String,
    /// From handing out the event to the arrival of the answer: what Lambda bills.
    pub duration: Duration,
    /// When the function got the event; `None` if it never asked for one.
    pub handed_out: Option<Instant>,
    /// When the answer was there completely; `None` if the process died or ran out of time.
    pub answered: Option<Instant>,
    /// What the process printed from the end of the invocation before to the end of this one.
    /// Empty if no [`Function`](crate::Function) runs the process.
    pub logs: String,
}

impl FunctionError {
    pub(crate) fn new(error_type: &str, error_message: String) -> Self {
        let raw = json!({ "errorType": error_type, "errorMessage": error_message });
        Self {
            error_type: error_type.to_owned(),
            error_message,
            raw,
        }
    }

    /// Reads an error as functions post it and as invokers receive it.
    pub(crate) fn parse(body: &[u8]) -> Self {
        let raw: Value =
            serde_json::from_slice(body).unwrap_or_else(|_| String::from_utf8_lossy(body).into());
        let text = |key: &str| raw[key].as_str().unwrap_or_default().to_owned();
        Self {
            error_type: text("errorType"),
            error_message: text("errorMessage"),
            raw,
        }
    }
}

impl fmt::Display for FunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.error_message)
    }
}

impl std::error::Error for FunctionError {}
