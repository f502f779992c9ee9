//! What handlers take from a request.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, Path, Query};
use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OwnedMutexGuard;

use crate::answer::Problem;
use crate::state::State;

/// The console as `Routes::carry_out` hands it to a handler.
pub(crate) type Console = Extension<Held>;

/// The console for one request. The state stays locked until the last clone is gone, so that
/// nothing comes between the login, the deed, and a change that a fault makes around them.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// A guard cannot be cloned, extensions must be: the inner lock is never waited for.
    pub(crate) state: Arc<Mutex<OwnedMutexGuard<State>>>,
    /// The path of the request, for links.
    pub(crate) path: String,
    /// Who is logged in; nobody outside the API.
    pub(crate) caller: Option<i64>,
}

impl Held {
    pub(crate) fn state(&self) -> MutexGuard<'_, OwnedMutexGuard<State>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The ids in the path. One that cannot be read belongs to nothing: 404.
pub(crate) struct At<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for At<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<At<T>, Problem> {
        let path = Path::from_request_parts(parts, state).await;
        path.map(|Path(ids)| At(ids))
            .map_err(|_| Problem::not_found())
    }
}

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

/// A body that is an array of ids, all of which must exist.
pub(crate) fn ids<T>(
    body: &Body,
    noun: &str,
    known: &BTreeMap<i64, T>,
) -> Result<BTreeSet<i64>, Problem> {
    let malformed = || Problem::bad(format!("The request body must be an array of {noun} ids."));
    let Value::Array(values) = json(body)? else {
        return Err(malformed());
    };
    let mut ids = BTreeSet::new();
    for value in values {
        let id = value.as_i64().ok_or_else(malformed)?;
        if !known.contains_key(&id) {
            return Err(Problem::bad(format!("The {noun} {id} does not exist.")));
        }
        ids.insert(id);
    }
    Ok(ids)
}
