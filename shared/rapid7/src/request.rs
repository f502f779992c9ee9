//! One request, as its sender describes it.

use serde_json::Value;

use crate::error::{Delivery, Error, ErrorKind, Surface};

/// A request as its sender describes it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) surface: Surface,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
    /// Whether the answer is a list, of which nothing is ever sent back: see `without_links`.
    pub(crate) is_list: bool,
}

impl Request {
    pub(crate) fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self {
            surface: Surface::Console,
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            is_list: false,
        }
    }

    /// The same to the platform.
    pub(crate) fn to_platform(method: &'static str, path: impl Into<String>) -> Self {
        Self {
            surface: Surface::Platform,
            ..Self::new(method, path)
        }
    }

    pub(crate) fn body(mut self, body: Value) -> Self {
        self.body = Some(body);
        self
    }

    pub(crate) fn error(&self, kind: ErrorKind, delivery: Delivery, message: String) -> Error {
        Error {
            surface: self.surface,
            kind,
            delivery,
            target: String::new(),
            method: self.method,
            path: self.path.clone(),
            status: None,
            retry_after: None,
            correlation_id: None,
            message,
            source: None,
        }
    }

    /// An answer whose JSON is not what the API promises.
    pub(crate) fn malformed(&self, what: &str) -> Error {
        let delivery = Delivery::Unknown;
        self.error(ErrorKind::Malformed, delivery, format!("answered {what}"))
    }
}
