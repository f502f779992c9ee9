//! What users refer to: roles, privileges, authentication sources, sites, asset groups.

use axum::Extension;
use serde_json::{Value, json};

use crate::access::Grant;
use crate::answer::{Link, Outcome, Problem, as_json, resources};
use crate::extract::{At, Console, Parameters};
use crate::paging;
use crate::seed::PRIVILEGES;
use crate::state::{AuthenticationSource, Role, State, UserRecord};

fn role_json(state: &State, id: &str, role: &Role) -> Value {
    json!({
        "id": id,
        "name": role.name,
        "description": role.description,
        "privileges": role.privileges,
        "links": [Link::new(state, &format!("/api/3/roles/{id}"), "self")],
    })
}

pub(crate) async fn roles(console: Console) -> Outcome {
    let state = console.state();
    let roles = state.roles.iter();
    let roles = roles.map(|(id, role)| role_json(&state, id, role));
    resources(&state, &console.path, roles.collect())
}

pub(crate) async fn role(console: Console, At(id): At<String>) -> Outcome {
    let state = console.state();
    let role = state.roles.get(&id).ok_or_else(Problem::not_found)?;
    Ok(as_json(200, &role_json(&state, &id, role)))
}

pub(crate) async fn role_users(console: Console, At(id): At<String>) -> Outcome {
    let state = console.state();
    if !state.roles.contains_key(&id) {
        return Err(Problem::not_found());
    }
    users_where(&state, &console.path, |user| user.role == id)
}

fn users_where(state: &State, path: &str, picked: impl Fn(&UserRecord) -> bool) -> Outcome {
    let users = state.users.iter().filter(|(_, user)| picked(user));
    resources(state, path, users.map(|(id, _)| *id).collect())
}

pub(crate) async fn privileges(console: Console) -> Outcome {
    resources(&console.state(), &console.path, PRIVILEGES.to_vec())
}

fn source_json(state: &State, source: &AuthenticationSource) -> Value {
    let path = format!("/api/3/authentication_sources/{}", source.id);
    let mut body = serde_json::to_value(source).expect("a source serialises");
    body["links"] = json!([Link::new(state, &path, "self")]);
    body
}

pub(crate) async fn sources(console: Console) -> Outcome {
    let state = console.state();
    let sources = state.authentication_sources.iter();
    let sources = sources.map(|source| source_json(&state, source));
    resources(&state, &console.path, sources.collect())
}

pub(crate) async fn source(console: Console, At(id): At<i64>) -> Outcome {
    let state = console.state();
    let source = find_source(&state, id)?;
    Ok(as_json(200, &source_json(&state, source)))
}

pub(crate) async fn source_users(console: Console, At(id): At<i64>) -> Outcome {
    let state = console.state();
    find_source(&state, id)?;
    users_where(&state, &console.path, |user| user.authentication.id == id)
}

fn find_source(state: &State, id: i64) -> Result<&AuthenticationSource, Problem> {
    let mut sources = state.authentication_sources.iter();
    sources
        .find(|source| source.id == id)
        .ok_or_else(Problem::not_found)
}

fn place_json(state: &State, path: &str, id: i64, name: &str) -> Value {
    json!({
        "id": id,
        "name": name,
        "description": format!("{name} of the example company"),
        "type": "static",
        "assets": id * 16,
        "riskScore": 0.0,
        "links": [Link::new(state, path, "self")],
    })
}

/// `/sites` and `/asset_groups`.
pub(crate) async fn places(
    console: Console,
    Extension(grant): Extension<Grant>,
    query: Parameters,
) -> Outcome {
    let state = console.state();
    let places = grant.all(&state);
    let (range, info) = paging::window(&state, &query, places.len())?;
    let window = places.iter().skip(range.start).take(range.len());
    let page: Vec<Value> = window
        .map(|(id, name)| place_json(&state, &format!("{}/{id}", console.path), *id, name))
        .collect();
    paging::answer(&state, &console.path, &page, &info)
}

/// `/sites/{id}` and `/asset_groups/{id}`.
pub(crate) async fn place(
    console: Console,
    Extension(grant): Extension<Grant>,
    At(id): At<i64>,
) -> Outcome {
    let state = console.state();
    let name = grant.all(&state).get(&id).ok_or_else(Problem::not_found)?;
    Ok(as_json(200, &place_json(&state, &console.path, id, name)))
}
