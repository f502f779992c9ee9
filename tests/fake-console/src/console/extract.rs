//! What only the console's handlers take from a request.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::answer::Problem;
use crate::extract::{Body, json};

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
