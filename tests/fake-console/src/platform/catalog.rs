//! Products, roles, user groups and API keys.

use axum::extract::Path;
use serde::Serialize;
use serde_json::{Value, json};

use super::Platform;
use super::auth::OrganizationOnly;
use super::lists;
use super::routes::{no_content, not_found};
use super::state::{ApiKey, KeyType, PlatformState};
use crate::answer::Outcome;
use crate::extract::Parameters;

pub(crate) async fn products(platform: Platform, query: Parameters) -> Outcome {
    let state = platform.state();
    lists::list(&state, &query, &state.products)
}

pub(crate) async fn roles(platform: Platform, query: Parameters) -> Outcome {
    let state = platform.state();
    lists::list(&state, &query, &with_null_id(&state, json!(state.roles)))
}

pub(crate) async fn user_groups(platform: Platform, query: Parameters) -> Outcome {
    let state = platform.state();
    lists::list(
        &state,
        &query,
        &with_null_id(&state, json!(state.user_groups)),
    )
}

/// With an entry more, if the platform has one.
fn with_null_id(state: &PlatformState, entries: Value) -> Vec<Value> {
    let mut entries = match entries {
        Value::Array(entries) => entries,
        _ => Vec::new(),
    };
    if state.lists_null_ids {
        entries.push(json!({"id": null, "name": null}));
    }
    entries
}

/// One key as GET shows it: its value is shown only once, to whoever makes it.
#[derive(Debug, Serialize)]
struct KeyBody<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    key_type: KeyType,
    user_id: Option<&'a str>,
    organization_id: &'a str,
    created_at: &'a str,
    last_used_at: Option<&'a str>,
}

impl<'a> KeyBody<'a> {
    fn of(key: &'a ApiKey) -> KeyBody<'a> {
        KeyBody {
            id: &key.id,
            name: &key.name,
            key_type: key.key_type,
            user_id: key.user_id.as_deref(),
            organization_id: &key.organization_id,
            created_at: &key.created_at,
            last_used_at: key.last_used_at.as_deref(),
        }
    }
}

pub(crate) async fn api_keys(
    _: OrganizationOnly,
    platform: Platform,
    query: Parameters,
) -> Outcome {
    let state = platform.state();
    let keys: Vec<_> = state.api_keys.iter().map(KeyBody::of).collect();
    lists::list(&state, &query, &keys)
}

pub(crate) async fn delete_api_key(
    _: OrganizationOnly,
    platform: Platform,
    Path(id): Path<String>,
) -> Outcome {
    let mut state = platform.state();
    let mut keys = state.api_keys.iter();
    let place = keys.position(|key| key.id == id).ok_or_else(not_found)?;
    state.api_keys.remove(place);
    no_content()
}
