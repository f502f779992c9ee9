//! What handlers take from a request.

use axum::body::Bytes;
use axum::extract::Query;
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use serde_json::Value;

use crate::answer::Problem;

/// The query, in order; a name may come twice.
pub(crate) type Parameters = Query<Vec<(String, String)>>;

/// The body and what says of which type it is.
pub(crate) type Body = (HeaderMap, Bytes);

/// The API takes nothing but JSON (vendor API file: "accepts and produces the `application/json`
/// media type", 415 otherwise); axum's `Json` would take `application/hal+json` as well. The
/// message never repeats the body.
pub(crate) fn json((headers, body): &Body) -> Result<Value, Problem> {
    let media_type = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if !media_type.is_some_and(|value| value.starts_with(b"application/json")) {
        return Err(Problem::new(415, "The media type is not supported."));
    }
    let body = serde_json::from_slice(body);
    body.map_err(|_| Problem::bad("The request body could not be read as JSON."))
}
