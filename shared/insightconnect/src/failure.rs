//! Why a step failed, as the contract and its workflows tell it.

use actions::{Error, ErrorKind};
use serde_json::{Value, json};
use tracing::error;

use crate::connection::in_its_words;

/// Why a step failed, by whose fault.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Failure {
    /// The message is not one that the plugin can run.
    Message(String),
    /// The step did not do what it was asked for.
    Step {
        /// What happened, to whom, and what was and was not changed.
        cause: String,
        /// What to do next.
        assistance: String,
        /// The error for programs, as text.
        data: String,
        /// Whether it is a surprise, rather than something to expect of a step.
        surprise: bool,
    },
    /// The message can't be run and the contract counts that as the plugin's own failure.
    Fault(String),
}

impl Failure {
    /// The HTTP status of the answer.
    #[must_use]
    pub(super) fn status(&self) -> u16 {
        match self {
            Self::Message(_)
            | Self::Step {
                surprise: false, ..
            } => 400,
            Self::Step { surprise: true, .. } | Self::Fault(_) => 500,
        }
    }

    /// The error as a text.
    pub(super) fn error(&self, test: bool) -> String {
        match self {
            Self::Message(text) | Self::Fault(text) => text.clone(),
            Self::Step {
                cause,
                assistance,
                data,
                ..
            } => {
                let (what, was) = if test {
                    ("Connection test failed!", "Response was:")
                } else {
                    ("An error occurred during plugin execution!", "Response was")
                };
                let mut text = format!("{what} {cause} {assistance}");
                if !data.is_empty() {
                    text.push_str(&format!(" {was} {data}"));
                }
                text
            }
        }
    }

    /// `cause`, `assistance` and `data`, where the contract has them.
    pub(super) fn exception(&self, test: bool) -> Option<Value> {
        match self {
            Self::Step {
                cause,
                assistance,
                data,
                ..
            } => Some(json!({"cause": cause, "assistance": assistance, "data": data})),
            Self::Message(text) | Self::Fault(text) if test => Some(json!({
                "cause": "Plugin connection test failed.",
                "assistance": "See error log for more details.",
                "data": text,
            })),
            _ => None,
        }
    }

    /// What a task tells as the status of its requests.
    pub(super) fn status_code_of_task(&self) -> u16 {
        match self {
            Self::Step { data, .. } => {
                let data: Value = serde_json::from_str(data).unwrap_or_default();
                match data["kind"].as_str() {
                    Some("Unauthorized") => 401,
                    Some("RateLimited") => 429,
                    Some("Unavailable") => 503,
                    Some("Unexpected") => 500,
                    _ => 400,
                }
            }
            other => other.status(),
        }
    }
}

/// An input that can't be taken: nothing was done.
pub(super) fn refused(field: &str, expected: &str) -> Failure {
    let error = Error::invalid_input(field, expected);
    error!("{error}");
    failure(&error)
}

/// An operation's error, as workflows tell errors.
pub(super) fn failure(error: &Error) -> Failure {
    let mut plain = error.clone();
    plain.next = None;
    let next = error.next.as_deref().unwrap_or_default();
    let mut assistance = String::new();
    if !next.is_empty() {
        let mut characters = next.chars();
        let first = characters.next().into_iter().flat_map(char::to_uppercase);
        assistance = first.chain(characters).collect();
        assistance.push('.');
    }
    Failure::Step {
        cause: in_its_words(&plain.to_string()),
        assistance: in_its_words(&assistance),
        data: in_its_words(&error.to_json().to_string()),
        surprise: error.kind == ErrorKind::Unexpected,
    }
}
