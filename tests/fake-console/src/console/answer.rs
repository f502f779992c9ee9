//! What the console's answers have in common: their words, and the links that every body carries.

use axum::http::Method;
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use super::state::{EmptyLists, State, WireForm};
use crate::answer::{Outcome, Problem, as_text};

pub(crate) fn as_json(status: u16, body: &impl Serialize) -> Response {
    as_text::<State>(status, serde_json::to_vec(body).expect("answers serialise"))
}

/// In the console's words.
impl Problem {
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

/// For a method that a resource does not have: axum adds an `Allow` header with those it has.
/// OPTIONS asks for just that (vendor API file).
pub(crate) fn other_method(method: &Method) -> Outcome {
    match *method {
        Method::OPTIONS => Ok(as_text::<State>(200, "")),
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
    Ok(as_list(state, &Body { resources, links }))
}

/// A list, without `resources` if there are none and the console leaves them out then.
pub(crate) fn as_list(state: &State, list: &impl Serialize) -> Response {
    if state.empty_lists == EmptyLists::Shown {
        return as_json(200, list);
    }
    let mut list = serde_json::to_value(list).expect("answers serialise");
    if list["resources"] == json!([])
        && let Value::Object(members) = &mut list
    {
        members.remove("resources");
        members.remove("page");
        if state.empty_lists == EmptyLists::MissingWithTotal {
            let page = json!({"number": 0, "size": 10, "totalPages": 0, "totalResources": 0});
            members.insert("page".to_owned(), page);
        }
    }
    as_json(200, &list)
}
