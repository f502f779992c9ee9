//! What stands in front of the console, or in its place.

use std::io::Write as _;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, LOCATION};
use axum::http::{HeaderName, StatusCode};
use axum::response::{IntoResponse as _, Response};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::answer::as_json;
use super::state::Front;
use crate::answer::html;

/// What answers in the console's place.
pub(crate) fn instead(front: Front) -> Option<Response> {
    let with = |mut response: Response, name: HeaderName, value: &'static str| {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
        response
    };
    Some(match front {
        Front::ByteOrderMark | Front::Gzip => return None,
        Front::WebServer => html(404, "404 Not Found"),
        Front::Gateway => html(403, "Access Denied"),
        Front::Nothing => StatusCode::NOT_FOUND.into_response(),
        Front::OtherApi => as_json(404, &serde_json::json!({"detail": "Not Found"})),
        Front::PlainText => with("OK".into_response(), CONTENT_TYPE, "text/plain"),
        Front::Redirect => with(
            html(302, "Found"),
            LOCATION,
            "https://svc:canary@sso.example.com/login?token=canary",
        ),
    })
}

/// What becomes of the console's own answer on its way.
pub(crate) async fn changed(front: Front, response: Response) -> Response {
    let (mut head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.expect("a whole answer");
    let body = match front {
        _ if body.is_empty() => body.to_vec(),
        Front::ByteOrderMark => [b"\xEF\xBB\xBF", &body[..]].concat(),
        Front::Gzip => {
            let gzip = HeaderValue::from_static("gzip");
            head.headers.insert(CONTENT_ENCODING, gzip);
            let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
            encoder.write_all(&body).expect("memory");
            encoder.finish().expect("memory")
        }
        _ => body.to_vec(),
    };
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, Body::from(body))
}
