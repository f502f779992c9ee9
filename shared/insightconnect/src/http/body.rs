//! The body of a request, read as far and as long as the limits let.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::{FromRequest, OriginalUri, Request};
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde_json::json;

use super::limits::{BODY, Held, LARGEST_MESSAGE};
use super::problem::problem;
use super::server::Server;

/// A message as it came, counted until it is dropped.
pub(super) struct Message {
    pub(super) bytes: Bytes,
    pub(super) held: Held,
}

/// What a caller is told who is one too many.
pub(super) fn busy(what: &str) -> Response {
    let error = format!("{what}. Nothing was begun: send it again.");
    let body = Json(json!({"error": error}));
    let again = [(header::RETRY_AFTER, "1")];
    (StatusCode::SERVICE_UNAVAILABLE, again, body).into_response()
}

impl FromRequest<Arc<Server>> for Message {
    type Rejection = Response;

    async fn from_request(request: Request, server: &Arc<Server>) -> Result<Self, Response> {
        let method = request.method().clone();
        let original = request.extensions().get::<OriginalUri>();
        let uri = original.map_or_else(|| request.uri().clone(), |uri| uri.0.clone());
        // At once, whatever it would still send.
        if !server.limits.has_room_for_a_step() {
            return Err(too_many_steps());
        }
        read(request.into_body(), server, &method, &uri).await
    }
}

pub(super) fn too_many_steps() -> Response {
    busy("The plugin runs as many steps as it can")
}

async fn read(
    body: Body,
    server: &Server,
    method: &Method,
    uri: &Uri,
) -> Result<Message, Response> {
    let refused = |status, description: &str| problem(status, description, method, uri);
    let too_large = || {
        let description = format!(
            "The body is larger than {} MB.",
            LARGEST_MESSAGE / (1 << 20)
        );
        refused(StatusCode::PAYLOAD_TOO_LARGE, &description)
    };
    // Of a body that does not say how long it is, the most that it may be.
    let size = body.size_hint().exact();
    let size = size.map_or(Some(LARGEST_MESSAGE), |size| usize::try_from(size).ok());
    let Some(size) = size.filter(|size| *size <= LARGEST_MESSAGE) else {
        return Err(too_large());
    };
    let Some(held) = server.limits.message(size) else {
        return Err(busy("The plugin has as many messages as it can hold"));
    };
    let whole = Limited::new(body, LARGEST_MESSAGE).collect();
    match tokio::time::timeout(BODY, whole).await {
        Ok(Ok(whole)) => Ok(Message {
            bytes: whole.to_bytes(),
            held,
        }),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(too_large()),
        Ok(Err(_)) => {
            let description = "The body ended before its end.";
            Err(refused(StatusCode::BAD_REQUEST, description))
        }
        Err(_) => {
            let description = format!("The body took longer than {} s.", BODY.as_secs());
            Err(refused(StatusCode::REQUEST_TIMEOUT, &description))
        }
    }
}
