//! One request, as the routes see it.

use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use crate::answer::Problem;

/// A request with its body read.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Call {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn carries_credentials(&self) -> bool {
        self.headers.contains_key(AUTHORIZATION)
    }

    /// Every value of a query parameter, in order.
    pub(crate) fn parameters<'a>(&'a self, name: &'a str) -> impl Iterator<Item = String> + 'a {
        form_urlencoded::parse(self.query.as_deref().unwrap_or_default().as_bytes())
            .filter(move |(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The path below `/api/3`, decoded, or `None` outside the API.
    pub(crate) fn segments(&self) -> Option<Vec<String>> {
        let below = self.path.strip_prefix("/api/3/")?;
        let decode = |part| {
            percent_encoding::percent_decode_str(part)
                .decode_utf8_lossy()
                .into_owned()
        };
        Some(below.split('/').map(decode).collect())
    }

    /// The body as JSON. The API takes nothing else (vendor API file: "accepts and produces the
    /// `application/json` media type", 415 otherwise). The message never repeats the body.
    pub(crate) fn json(&self) -> Result<Value, Problem> {
        let json = self
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.starts_with("application/json"));
        if !json {
            return Err(Problem::new(415, "The media type is not supported."));
        }
        serde_json::from_slice(&self.body)
            .map_err(|_| Problem::bad("The request body could not be read as JSON."))
    }

    /// The body for the log: JSON if it is, text if not, nothing if empty.
    pub(crate) fn logged_body(&self) -> Option<Value> {
        if self.body.is_empty() {
            return None;
        }
        let text = || Value::String(String::from_utf8_lossy(&self.body).into_owned());
        Some(serde_json::from_slice(&self.body).unwrap_or_else(|_| text()))
    }
}
