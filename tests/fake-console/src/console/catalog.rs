//! What users refer to: roles, privileges, authentication sources, sites, asset groups.

use axum::Extension;
use serde_json::{Value, json};

use super::Console;
use super::access::Grant;
use super::answer::{Link, as_json, links, resources};
use super::extract::At;
use super::paging;
use super::seed::BUILT_IN_ROLES;
use super::state::{AuthenticationSource, Role, State, UserRecord};
use crate::answer::{Outcome, Problem};
use crate::extract::{self, Body, Parameters};
use crate::members::Members;

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
    let mut roles: Vec<Value> = roles
        .map(|(id, role)| role_json(&state, id, role))
        .collect();
    if state.lists_null_ids {
        let privileges = json!(["create-reports"]);
        roles.push(json!({"id": null, "name": null, "privileges": privileges, "links": []}));
    }
    resources(&state, &console.path, roles)
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

pub(crate) async fn replace_role(console: Console, At(id): At<String>, body: Body) -> Outcome {
    let mut state = console.state();
    if !state.roles.contains_key(&id) {
        return Err(Problem::not_found());
    }
    let mut role = Members::of(extract::json(&body)?, "")?;
    role.read_only(&["links"], state.reject_read_only)?;
    let mut required = |name: &str| {
        role.string(name)?
            .ok_or_else(|| Problem::bad(format!("{name} is required.")))
    };
    let (own_id, name, description) =
        (required("id")?, required("name")?, required("description")?);
    if own_id != id {
        return Err(Problem::bad("id must be the one in the path."));
    }
    let privileges: Vec<String> = match role.take("privileges") {
        None => Vec::new(),
        Some(names) => serde_json::from_value(names)
            .map_err(|_| Problem::bad("privileges must be an array of strings."))?,
    };
    let known = state.privileges();
    if let Some(unknown) = privileges
        .iter()
        .find(|name| !known.contains(&name.as_str()))
    {
        return Err(Problem::bad(format!(
            "The privilege {unknown} does not exist."
        )));
    }
    let role = Role {
        name,
        description,
        privileges,
    };
    state.roles.insert(id, role);
    links(Link::new(&state, &console.path, "self"))
}

/// "The role must not be built-in and cannot be currently assigned to any users" (vendor API file).
pub(crate) async fn delete_role(console: Console, At(id): At<String>) -> Outcome {
    let mut state = console.state();
    if !state.roles.contains_key(&id) {
        return Err(Problem::not_found());
    }
    if BUILT_IN_ROLES.contains(&id.as_str()) {
        return Err(Problem::bad("Built-in roles may not be removed."));
    }
    if state.users.values().any(|user| user.role == id) {
        return Err(Problem::bad("The role is assigned to users."));
    }
    state.roles.remove(&id);
    links(Link::new(&state, "/api/3/roles", "Roles"))
}

fn users_where(state: &State, path: &str, picked: impl Fn(&UserRecord) -> bool) -> Outcome {
    let users = state.users.iter().filter(|(_, user)| picked(user));
    resources(state, path, users.map(|(id, _)| *id).collect())
}

pub(crate) async fn privileges(console: Console) -> Outcome {
    let state = console.state();
    resources(&state, &console.path, state.privileges())
}

/// A privilege has no details but its links (vendor API file).
pub(crate) async fn privilege(console: Console, At(id): At<String>) -> Outcome {
    let state = console.state();
    if !state.privileges().contains(&id.as_str()) {
        return Err(Problem::not_found());
    }
    links(Link::new(&state, &console.path, "self"))
}

pub(crate) async fn privilege_users(console: Console, At(id): At<String>) -> Outcome {
    let state = console.state();
    if !state.privileges().contains(&id.as_str()) {
        return Err(Problem::not_found());
    }
    users_where(&state, &console.path, |user| {
        let role = state.roles.get(&user.role);
        role.is_some_and(|role| role.grants_any(&[&id]))
    })
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
    let mut sources: Vec<Value> = sources.map(|source| source_json(&state, source)).collect();
    if state.lists_null_ids {
        let source =
            json!({"id": null, "name": "Builtin", "type": null, "external": null, "links": []});
        sources.push(source);
    }
    resources(&state, &console.path, sources)
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
