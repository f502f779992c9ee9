//! Who is calling: the API key, and what its type may do.

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use super::Held;
use super::state::{ApiKey, KeyType, PlatformState};
use crate::answer::Problem;

/// Who the key belongs to.
#[derive(Clone, Debug)]
pub(crate) enum Caller {
    Organization,
    User(Option<String>),
}

impl Caller {
    /// A user key reads its owner's account, and nobody else's.
    pub(crate) fn may_read(&self, id: &str) -> Result<(), Problem> {
        match self {
            Caller::User(own) if own.as_deref() != Some(id) => Err(forbidden()),
            _ => Ok(()),
        }
    }
}

fn forbidden() -> Problem {
    Problem::new(403, "Forbidden")
}

/// The key that the request carries, if it is one.
pub(crate) fn key<'a>(state: &'a PlatformState, headers: &HeaderMap) -> Option<&'a ApiKey> {
    let value = headers.get("x-api-key")?;
    state
        .api_keys
        .iter()
        .find(|key| value == key.value.as_str())
}

pub(crate) fn log_in(state: &PlatformState, headers: &HeaderMap) -> Result<Caller, Problem> {
    let key = key(state, headers).ok_or_else(|| Problem::new(401, "Unauthorized"))?;
    Ok(match key.key_type {
        KeyType::Organization => Caller::Organization,
        KeyType::User => Caller::User(key.user_id.clone()),
    })
}

/// Whether the organization that the request means is this one. What the platform says otherwise is not known.
pub(crate) fn organization(state: &PlatformState, headers: &HeaderMap) -> Result<(), Problem> {
    match headers.get("r7-organization-id") {
        None if state.needs_organization_id => Err(Problem::bad(
            "R7-Organization-Id is required for this API key",
        )),
        Some(id) if id != state.organization_id.as_str() => Err(forbidden()),
        _ => Ok(()),
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Caller, Problem> {
        let held = parts.extensions.get::<Held>();
        let caller = held.and_then(|held| held.caller.clone());
        caller.ok_or_else(forbidden)
    }
}

/// Taken first by handlers that an organization key alone may call, so that nothing else is looked
/// at for others.
pub(crate) struct OrganizationOnly;

impl<S: Send + Sync> FromRequestParts<S> for OrganizationOnly {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Caller::from_request_parts(parts, state).await? {
            Caller::Organization => Ok(OrganizationOnly),
            Caller::User(_) => Err(forbidden()),
        }
    }
}
