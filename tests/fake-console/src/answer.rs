//! Answers, errors and the links that every body carries.

use serde::Serialize;

use crate::state::{State, WireForm};

/// A complete answer, before any fault mangles it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Vec<u8>,
}

const JSON: &str = "application/json;charset=UTF-8";
const HTML: &str = "text/html;charset=UTF-8";

impl Answer {
    pub(crate) fn json(status: u16, body: &impl Serialize) -> Answer {
        Answer::json_text(status, serde_json::to_vec(body).expect("answers serialise"))
    }

    pub(crate) fn json_text(status: u16, body: Vec<u8>) -> Answer {
        Answer {
            status,
            content_type: JSON,
            headers: Vec::new(),
            body,
        }
    }

    pub(crate) fn html(status: u16, title: &str) -> Answer {
        let page = format!(
            "<!DOCTYPE html>\n<html><head><title>{title}</title></head>\
             <body><h1>{title}</h1></body></html>\n"
        );
        Answer {
            status,
            content_type: HTML,
            headers: Vec::new(),
            body: page.into_bytes(),
        }
    }

    pub(crate) fn with(mut self, header: &'static str, value: &str) -> Answer {
        self.headers.push((header, value.to_owned()));
        self
    }
}

/// A refusal: becomes the JSON error body `{status, message, links}`.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) message: String,
    allow: Option<&'static str>,
}

pub(crate) type Outcome = Result<Answer, Problem>;

impl Problem {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Problem {
        Problem {
            status,
            message: message.into(),
            allow: None,
        }
    }

    pub(crate) fn bad(message: impl Into<String>) -> Problem {
        Problem::new(400, message)
    }

    /// One text for "missing" and "not yours": the two cannot be told apart from outside.
    pub(crate) fn not_found() -> Problem {
        Problem::new(
            404,
            "The resource does not exist or access to it is prohibited.",
        )
    }

    /// One text for every reason, locked and disabled accounts included.
    pub(crate) fn unauthorized() -> Problem {
        Problem::new(401, "Authentication failed.")
    }

    pub(crate) fn answer(&self, state: &State, path: &str) -> Answer {
        let status = if state.error_status_as_string {
            self.status.to_string().into()
        } else {
            serde_json::Value::from(self.status)
        };
        let body = serde_json::json!({
            "status": status,
            "message": self.message,
            "links": [Link::new(state, path, "self")],
        });
        let answer = Answer::json(self.status, &body);
        match (self.status, self.allow) {
            (401, _) => answer.with("www-authenticate", "Basic realm=\"Security Console\""),
            (_, Some(methods)) => answer.with("allow", methods),
            _ => answer,
        }
    }
}

/// For a method that a resource does not have: 405 that names those it has. OPTIONS asks for just
/// that (vendor API file).
pub(crate) fn only(allow: &'static str, method: &str) -> Outcome {
    if method == "OPTIONS" {
        return Ok(Answer::json_text(200, Vec::new()).with("allow", allow));
    }
    Err(Problem {
        allow: Some(allow),
        ..Problem::new(405, "The method is not allowed on this resource.")
    })
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
#[derive(Debug, Serialize)]
pub(crate) struct Links {
    pub(crate) links: Vec<Link>,
}

impl Links {
    pub(crate) fn ok(link: Link) -> Outcome {
        Ok(Answer::json(200, &Links { links: vec![link] }))
    }
}

/// `{resources, links}`: an unpaged list.
#[derive(Debug, Serialize)]
pub(crate) struct Resources<T> {
    pub(crate) resources: Vec<T>,
    pub(crate) links: Vec<Link>,
}

impl<T: Serialize> Resources<T> {
    pub(crate) fn ok(state: &State, path: &str, resources: Vec<T>) -> Outcome {
        let links = vec![Link::new(state, path, "self")];
        Ok(Answer::json(200, &Resources { resources, links }))
    }
}
