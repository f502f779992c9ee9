//! Answers, and refusals that become answers.

use axum::Extension;
use axum::body::Body;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use axum::response::{IntoResponse, Response};

use crate::surface::{Held, Surface};

const HTML: HeaderValue = HeaderValue::from_static("text/html;charset=UTF-8");

/// # Panics
/// When a fault has an impossible status: the test sees its connection fail, and why on stderr.
fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a status code")
}

/// An answer that says it is JSON.
pub(crate) fn as_text<S: Surface>(status: u16, body: impl Into<Body>) -> Response {
    let json = HeaderValue::from_static(S::JSON);
    (code(status), [(CONTENT_TYPE, json)], body.into()).into_response()
}

pub(crate) fn html(status: u16, title: &str) -> Response {
    let page = format!(
        "<!DOCTYPE html>\n<html><head><title>{title}</title></head>\
         <body><h1>{title}</h1></body></html>\n"
    );
    (code(status), [(CONTENT_TYPE, HTML)], page).into_response()
}

/// A refusal: becomes the JSON error body of its surface.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) message: String,
}

pub(crate) type Outcome = Result<Response, Problem>;

impl Problem {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Problem {
        Problem {
            status,
            message: message.into(),
        }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Problem {
        Problem::new(400, message)
    }
}

/// Without a body, which only [`explained`] can write: it takes the state and the path.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (code(self.status), Extension(self)).into_response()
    }
}

/// The answer; with its body, if it is a [`Problem`].
pub(crate) fn explained<S: Surface>(mut response: Response, held: &Held<S>) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let body = held.state().error_body(&held.path, &problem);
    let json = HeaderValue::from_static(S::JSON);
    // The router has counted the empty body already.
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().insert(CONTENT_TYPE, json);
    if let Some(challenge) = S::CHALLENGE.filter(|_| problem.status == 401) {
        let challenge = HeaderValue::from_static(challenge);
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    *response.body_mut() = body.to_string().into();
    response
}
