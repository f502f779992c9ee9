//! What users refer to: roles, privileges, authentication sources, sites, asset groups.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::answer::{Answer, Link, Outcome, Problem, Resources};
use crate::call::Call;
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

pub(crate) fn roles(state: &State, call: &Call) -> Outcome {
    let roles = state.roles.iter();
    let roles = roles.map(|(id, role)| role_json(state, id, role)).collect();
    Resources::ok(state, &call.path, roles)
}

pub(crate) fn role(state: &State, id: &str) -> Outcome {
    let role = state.roles.get(id).ok_or_else(Problem::not_found)?;
    Ok(Answer::json(200, &role_json(state, id, role)))
}

pub(crate) fn role_users(state: &State, call: &Call, id: &str) -> Outcome {
    if !state.roles.contains_key(id) {
        return Err(Problem::not_found());
    }
    users_where(state, call, |user| user.role == id)
}

fn users_where(state: &State, call: &Call, picked: impl Fn(&UserRecord) -> bool) -> Outcome {
    let users = state.users.iter().filter(|(_, user)| picked(user));
    Resources::ok(state, &call.path, users.map(|(id, _)| *id).collect())
}

pub(crate) fn privileges(state: &State, call: &Call) -> Outcome {
    Resources::ok(state, &call.path, PRIVILEGES.to_vec())
}

fn source_json(state: &State, source: &AuthenticationSource) -> Value {
    let path = format!("/api/3/authentication_sources/{}", source.id);
    let mut body = serde_json::to_value(source).expect("a source serialises");
    body["links"] = json!([Link::new(state, &path, "self")]);
    body
}

pub(crate) fn sources(state: &State, call: &Call) -> Outcome {
    let sources = state.authentication_sources.iter();
    let sources = sources.map(|source| source_json(state, source)).collect();
    Resources::ok(state, &call.path, sources)
}

pub(crate) fn source(state: &State, id: &str) -> Outcome {
    let source = find_source(state, id)?;
    Ok(Answer::json(200, &source_json(state, source)))
}

pub(crate) fn source_users(state: &State, call: &Call, id: &str) -> Outcome {
    let source = find_source(state, id)?;
    users_where(state, call, |user| user.authentication.id == source.id)
}

fn find_source<'a>(state: &'a State, id: &str) -> Result<&'a AuthenticationSource, Problem> {
    let mut sources = state.authentication_sources.iter();
    sources
        .find(|source| source.id.to_string() == id)
        .ok_or_else(Problem::not_found)
}

fn place_json(state: &State, collection: &str, id: i64, name: &str) -> Value {
    json!({
        "id": id,
        "name": name,
        "description": format!("{name} of the example company"),
        "type": "static",
        "assets": id * 16,
        "riskScore": 0.0,
        "links": [Link::new(state, &format!("/api/3/{collection}/{id}"), "self")],
    })
}

fn places<'a>(state: &'a State, collection: &str) -> &'a BTreeMap<i64, String> {
    match collection {
        "sites" => &state.sites,
        _ => &state.asset_groups,
    }
}

/// `/sites` and `/asset_groups`.
pub(crate) fn place_list(state: &State, call: &Call, collection: &str) -> Outcome {
    let places = places(state, collection);
    let (range, info) = paging::window(state, call, places.len())?;
    let window = places.iter().skip(range.start).take(range.len());
    let page: Vec<Value> = window
        .map(|(id, name)| place_json(state, collection, *id, name))
        .collect();
    paging::answer(state, call, &page, &info)
}

/// `/sites/{id}` and `/asset_groups/{id}`.
pub(crate) fn place(state: &State, collection: &str, id: &str) -> Outcome {
    let id = id.parse().map_err(|_| Problem::not_found())?;
    let name = places(state, collection).get(&id);
    let name = name.ok_or_else(Problem::not_found)?;
    Ok(Answer::json(200, &place_json(state, collection, id, name)))
}
