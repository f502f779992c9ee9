//! The answer to what is no message.

use axum::Json;
use axum::http::{Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// An answer to what is no message.
pub(super) fn problem(
    status: StatusCode,
    description: &str,
    method: &Method,
    uri: &Uri,
) -> Response {
    let name = status.canonical_reason().unwrap_or_default();
    let body = json!({
        "code": status.as_u16(),
        "description": description,
        "name": name,
        "response": null,
        "url": uri.to_string(),
        "method": method.as_str(),
    });
    (status, Json(body)).into_response()
}
