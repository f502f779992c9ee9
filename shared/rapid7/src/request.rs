//! One request, as its sender describes it.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::Value;

use crate::error::{Delivery, Error, ErrorKind, Names, Surface};

/// The longest answer about a single thing, to a write, or of an error. They are a few kilobytes.
pub(crate) const SINGLE: usize = 1024 * 1024;

/// The longest list, or page of one. A page of 500 users is about two megabytes; the platform's list of users
/// has no pages.
const LIST: usize = 32 * 1024 * 1024;

/// A request as its sender describes it.
#[derive(Debug)]
pub(crate) struct Request {
    pub(crate) surface: Surface,
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
    /// A header beside those of every request.
    pub(crate) header: Option<(&'static str, String)>,
    /// Whether the answer is a list, of which nothing is ever sent back: see `without_links`.
    pub(crate) is_list: bool,
    /// How many bytes of an answer are read before it is given up.
    pub(crate) longest: usize,
    /// Whether it left this process at least once.
    left: AtomicBool,
}

impl Request {
    pub(crate) fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self {
            surface: Surface::Console,
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            header: None,
            is_list: false,
            longest: SINGLE,
            left: AtomicBool::new(false),
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

    /// The same for a list, which may be long.
    pub(crate) fn list(mut self) -> Self {
        self.longest = LIST;
        self
    }

    /// Whether it is for a list.
    pub(crate) fn is_for_list(&self) -> bool {
        self.longest == LIST
    }

    /// Notes that it left this process.
    pub(crate) fn has_left(&self) {
        self.left.store(true, Ordering::Relaxed);
    }

    pub(crate) fn error(&self, kind: ErrorKind, delivery: Delivery, message: String) -> Error {
        Error {
            surface: self.surface,
            kind,
            delivery,
            sent: self.left.load(Ordering::Relaxed),
            target: String::new(),
            names: Names::default(),
            method: self.method,
            path: self.path.clone(),
            status: None,
            retry_after: None,
            correlation_id: None,
            stopped_at_proxy: false,
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
