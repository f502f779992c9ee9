//! The grants of sites from their other end: which users may see a site.

use std::collections::BTreeSet;

use serde_json::json;

use super::Console;
use super::answer::{Link, as_json, links, resources};
use super::extract::{self, At};
use super::state::State;
use super::wire::UserBody;
use crate::answer::{Outcome, Problem};
use crate::extract::{Body, json};

fn exists(state: &State, site: i64) -> Result<(), Problem> {
    let found = state.sites.contains_key(&site).then_some(());
    found.ok_or_else(Problem::not_found)
}

/// "Grants a non-administrator user access" (vendor API file).
fn no_administrators(state: &State, users: &BTreeSet<i64>) -> Result<(), Problem> {
    match users
        .iter()
        .any(|id| state.is_global_admin(&state.users[id]))
    {
        true => Err(Problem::bad("Administrators have access to all sites.")),
        false => Ok(()),
    }
}

/// "The list of non-administrator users that have access to the site" (vendor API file), by
/// whatever means.
pub(crate) async fn list(console: Console, At(site): At<i64>) -> Outcome {
    let state = console.state();
    exists(&state, site)?;
    let users = state.users.iter().filter(|(_, user)| {
        let access = user.sites.contains(&site) || state.sees_all_sites(user);
        access && !state.is_global_admin(user)
    });
    let users = users.map(|(id, user)| UserBody::of(&state, *id, user));
    resources(&state, &console.path, users.collect())
}

/// The body is the id alone.
pub(crate) async fn add(console: Console, At(site): At<i64>, body: Body) -> Outcome {
    let mut state = console.state();
    exists(&state, site)?;
    let id = json(&body)?
        .as_i64()
        .ok_or_else(|| Problem::bad("The request body must be a user id."))?;
    if !state.users.contains_key(&id) {
        return Err(Problem::bad(format!("The user {id} does not exist.")));
    }
    no_administrators(&state, &BTreeSet::from([id]))?;
    give(&mut state, site, |user, granted| granted || user == id);
    let body = json!({ "id": id, "links": [Link::user(&state, id)] });
    Ok(as_json(201, &body))
}

pub(crate) async fn replace(console: Console, At(site): At<i64>, body: Body) -> Outcome {
    let mut state = console.state();
    exists(&state, site)?;
    let users = extract::ids(&body, "user", &state.users)?;
    no_administrators(&state, &users)?;
    give(&mut state, site, |user, _| users.contains(&user));
    links(Link::new(&state, &console.path, "self"))
}

pub(crate) async fn remove(console: Console, At([site, id]): At<[i64; 2]>) -> Outcome {
    let mut state = console.state();
    exists(&state, site)?;
    if !state.users.contains_key(&id) {
        return Err(Problem::not_found());
    }
    give(&mut state, site, |user, granted| granted && user != id);
    links(Link::new(&state, &console.path, "self"))
}

/// Decides for each user whether the site is granted. As with grants by user, those who see all
/// sites are left alone.
fn give(state: &mut State, site: i64, granted: impl Fn(i64, bool) -> bool) {
    let open: BTreeSet<i64> = (state.users.iter())
        .filter(|(_, user)| state.sees_all_sites(user))
        .map(|(id, _)| *id)
        .collect();
    for (id, user) in &mut state.users {
        if open.contains(id) {
            continue;
        }
        match granted(*id, user.sites.contains(&site)) {
            true => user.sites.insert(site),
            false => user.sites.remove(&site),
        };
    }
}
