//! Answers, errors and the links that every body carries.

use axum::Extension;
use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use crate::extract::Held;
use crate::state::{State, WireForm};

const JSON: HeaderValue = HeaderValue::from_static("application/json;charset=UTF-8");
const HTML: HeaderValue = HeaderValue::from_static("text/html;charset=UTF-8");

/// # Panics
/// When a fault has an impossible status: the test sees its connection fail, and why on stderr.
fn code(status: u16) -> StatusCode {
    StatusCode::from_u16(status).expect("a status code")
}

pub(crate) fn as_json(status: u16, body: &impl Serialize) -> Response {
    as_text(status, serde_json::to_vec(body).expect("answers serialise"))
}

pub(crate) fn as_text(status: u16, body: impl Into<Body>) -> Response {
    (code(status), [(CONTENT_TYPE, JSON)], body.into()).into_response()
}

pub(crate) fn html(status: u16, title: &str) -> Response {
    let page = format!(
        "<!DOCTYPE html>\n<html><head><title>{title}</title></head>\
         <body><h1>{title}</h1></body></html>\n"
    );
    (code(status), [(CONTENT_TYPE, HTML)], page).into_response()
}

/// A refusal: becomes the JSON error body `{status, message, links}`.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    status: u16,
    message: String,
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

    /// One text for "missing" and "not yours": the two cannot be told apart from outside.
    pub(crate) fn not_found() -> Problem {
        let message = "The resource does not exist or access to it is prohibited.";
        Problem::new(404, message)
    }

    /// One text for every reason, locked and disabled accounts included.
    pub(crate) fn unauthorized() -> Problem {
        Problem::new(401, "Authentication failed.")
    }
}

/// Without a body, which only [`explained`] can write: it takes the state and the path.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (code(self.status), Extension(self)).into_response();
        if response.status() == StatusCode::UNAUTHORIZED {
            let basic = HeaderValue::from_static("Basic realm=\"Security Console\"");
            response.headers_mut().insert(WWW_AUTHENTICATE, basic);
        }
        response
    }
}

/// The answer; with its body, if it is a [`Problem`].
pub(crate) fn explained(mut response: Response, console: &Held) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else {
        return response;
    };
    let state = console.state();
    let status = if state.error_status_as_string {
        problem.status.to_string().into()
    } else {
        Value::from(problem.status)
    };
    let body = json!({
        "status": status,
        "message": problem.message,
        "links": [Link::new(&state, &console.path, "self")],
    });
    // The router has counted the empty body already.
    response.headers_mut().remove(CONTENT_LENGTH);
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    *response.body_mut() = body.to_string().into();
    response
}

/// For a method that a resource does not have: axum adds an `Allow` header with those it has.
/// OPTIONS asks for just that (vendor API file).
pub(crate) fn other_method(method: &Method) -> Outcome {
    match *method {
        Method::OPTIONS => Ok(as_text(200, "")),
        _ => Err(Problem::new(
            405,
            "The method is not allowed on this resource.",
        )),
    }
}

/// A reference to another resource.
#[derive(Debug, Serialize)]
pub(crate) struct Link {
    href: String,
    rel: &'static str,
}

impl Link {
    /// Absolute in the vendor's API file, only the path in the guide.
    pub(crate) fn new(state: &State, path: &str, rel: &'static str) -> Link {
        let href = match state.form {
            WireForm::Vendor => format!("{}{path}", state.base_url),
            WireForm::Guide => path.to_owned(),
        };
        Link { href, rel }
    }

    pub(crate) fn user(state: &State, id: i64) -> Link {
        Link::new(state, &format!("/api/3/users/{id}"), "self")
    }
}

/// `{links}`: what most writes answer.
pub(crate) fn links(link: Link) -> Outcome {
    Ok(as_json(200, &json!({ "links": [link] })))
}

/// `{resources, links}`: an unpaged list.
pub(crate) fn resources(state: &State, path: &str, resources: Vec<impl Serialize>) -> Outcome {
    #[derive(Serialize)]
    struct Body<T> {
        resources: Vec<T>,
        links: [Link; 1],
    }
    let links = [Link::new(state, path, "self")];
    Ok(as_json(200, &Body { resources, links }))
}
