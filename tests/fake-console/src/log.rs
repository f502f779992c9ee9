//! What arrived, in order.

use std::time::Instant;

use serde_json::Value;

/// One request that arrived, answered or not.
#[derive(Clone, Debug)]
pub struct LoggedRequest {
    /// The method, in upper case.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The query, undecoded.
    pub query: Option<String>,
    /// The login, or the name of the API key, if the request carried credentials that were good
    /// when it arrived.
    pub authorized_as: Option<String>,
    /// The body: JSON if it is, a string if not, `None` if empty.
    pub body: Option<Value>,
    /// The body as it came; empty if there was none.
    pub text: String,
    /// The length that the request says its body has.
    pub content_length: Option<String>,
    /// The type that the request says its body has.
    pub content_type: Option<String>,
    /// The organization that the request says it means (`R7-Organization-Id`).
    pub organization_id: Option<String>,
    /// The status; `None` if the connection was cut without an answer, or none was given yet.
    pub status: Option<u16>,
    /// When it arrived.
    pub received: Instant,
    /// When the answer was ready.
    pub answered: Option<Instant>,
    /// The running number of the TCP connection.
    pub connection: u64,
    /// The `r7-correlation-id` that goes with the answer; a console has none.
    pub correlation_id: Option<String>,
}

impl LoggedRequest {
    /// Whether the request may change something.
    pub fn is_write(&self) -> bool {
        is_write(&self.method)
    }
}

pub(crate) fn is_write(method: &str) -> bool {
    !["GET", "HEAD", "OPTIONS"].contains(&method)
}

/// The body for the log: JSON if it is, text if not, nothing if empty.
pub(crate) fn body(bytes: &[u8]) -> Option<Value> {
    let text = || Value::String(String::from_utf8_lossy(bytes).into_owned());
    (!bytes.is_empty()).then(|| serde_json::from_slice(bytes).unwrap_or_else(|_| text()))
}

/// Entries with numbers, so that an answer still finds its entry after others were cleared.
#[derive(Debug, Default)]
pub(crate) struct Log {
    entries: Vec<(u64, LoggedRequest)>,
    last: u64,
}

impl Log {
    pub(crate) fn add(&mut self, request: LoggedRequest) -> u64 {
        self.last += 1;
        self.entries.push((self.last, request));
        self.last
    }

    pub(crate) fn update(&mut self, number: u64, edit: impl FnOnce(&mut LoggedRequest)) {
        if let Ok(index) = self
            .entries
            .binary_search_by_key(&number, |(number, _)| *number)
        {
            edit(&mut self.entries[index].1);
        }
    }

    pub(crate) fn requests(&self) -> Vec<LoggedRequest> {
        let requests = self.entries.iter();
        requests.map(|(_, request)| request.clone()).collect()
    }

    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}
