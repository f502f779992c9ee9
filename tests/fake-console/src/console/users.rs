//! `/users` and what hangs below one user, except its grants.

use std::cmp::Ordering;

use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::answer::{Link, as_json, links, resources};
use super::edit::{Edit, Purpose, check_password};
use super::extract::At;
use super::paging;
use super::state::{State, UserRecord};
use super::wire::UserBody;
use super::{Console, Held};
use crate::answer::{Outcome, Problem};
use crate::extract::{self, Body, Parameters};

fn find(state: &State, id: i64) -> Result<&UserRecord, Problem> {
    state.users.get(&id).ok_or_else(Problem::not_found)
}

fn find_mut(state: &mut State, id: i64) -> Result<&mut UserRecord, Problem> {
    state.users.get_mut(&id).ok_or_else(Problem::not_found)
}

/// Whether the caller gets to see that user.
fn sees(state: &State, console: &Console, id: i64) -> bool {
    !state.hides_others || console.caller == Some(id)
}

pub(crate) async fn list(console: Console, query: Parameters) -> Outcome {
    let state = console.state();
    let seen = |(id, _): &(&i64, &UserRecord)| sees(&state, &console, **id);
    let mut users: Vec<_> = state.users.iter().filter(seen).collect();
    let (range, info) = paging::window(&state, &query, users.len())?;
    let order = Order::asked_for(&query)?;
    // Sorting is stable, so the property that was named first comes last.
    for property in order.iter().rev() {
        users.sort_by(|one, other| property.compare(*one, *other));
    }
    let page = users[range].iter();
    let page = page.map(|(id, user)| UserBody::of(&state, **id, user));
    let page: Vec<_> = page.collect();
    paging::answer(&state, &console.path, &page, &info)
}

type Entry<'a> = (&'a i64, &'a UserRecord);

/// One property of a `sort` parameter.
struct Order {
    by_login: bool,
    descending: bool,
}

impl Order {
    /// `sort=property[,ASC|DESC]...`; several properties in one parameter share its direction,
    /// several parameters are applied in order (vendor API file). Recorded as `id,asc`.
    fn asked_for(query: &Parameters) -> Result<Vec<Order>, Problem> {
        let mut order = Vec::new();
        for (_, parameter) in query.iter().filter(|(name, _)| name == "sort") {
            let mut properties: Vec<&str> = parameter.split(',').collect();
            let direction = properties
                .pop_if(|last| ["asc", "desc"].contains(&last.to_ascii_lowercase().as_str()));
            let descending = direction.is_some_and(|last| last.eq_ignore_ascii_case("desc"));
            for property in properties {
                let by_login = match property {
                    "id" => false,
                    "login" => true,
                    _ => return Err(Problem::bad("The parameter sort is not valid.")),
                };
                order.push(Order {
                    by_login,
                    descending,
                });
            }
        }
        Ok(order)
    }

    fn compare(&self, one: Entry<'_>, other: Entry<'_>) -> Ordering {
        let ascending = match self.by_login {
            true => one.1.login.cmp(&other.1.login),
            false => one.0.cmp(other.0),
        };
        match self.descending {
            true => ascending.reverse(),
            false => ascending,
        }
    }
}

pub(crate) async fn show(console: Console, At(id): At<i64>) -> Outcome {
    let state = console.state();
    if !sees(&state, &console, id) {
        return Err(Problem::not_found());
    }
    let user = find(&state, id)?;
    Ok(as_json(200, &UserBody::of(&state, id, user)))
}

pub(crate) async fn create(console: Console, body: Body) -> Outcome {
    let mut state = console.state();
    let user = Edit::read(&state, extract::json(&body)?)?.record(&state, Purpose::Create)?;
    let id = state.add_user(user);
    let body = json!({ "id": id, "links": [Link::user(&state, id)] });
    let location = format!("{}/api/3/users/{id}", state.base_url);
    Ok(([(LOCATION, location)], as_json(201, &body)).into_response())
}

pub(crate) async fn replace(console: Console, At(id): At<i64>, body: Body) -> Outcome {
    let mut state = console.state();
    let before = find(&state, id)?;
    let user =
        Edit::read(&state, extract::json(&body)?)?.record(&state, Purpose::Replace(id, before))?;
    state.users.insert(id, user);
    links(Link::user(&state, id))
}

pub(crate) async fn delete(console: Console, At(id): At<i64>) -> Outcome {
    let mut state = console.state();
    // Otherwise the id of a user who was deleted last would be given out again.
    let highest = state.users.keys().next_back().copied().unwrap_or(0);
    state.last_user_id = state.last_user_id.max(highest);
    state.users.remove(&id).ok_or_else(Problem::not_found)?;
    links(Link::new(&state, "/api/3/users", "Users"))
}

pub(crate) async fn unlock(console: Console, At(id): At<i64>) -> Outcome {
    let mut state = console.state();
    let user = find_mut(&mut state, id)?;
    if !user.enabled {
        return Err(Problem::bad("Disabled accounts may not be unlocked."));
    }
    user.locked = false;
    user.failed_logins = 0;
    links(Link::user(&state, id))
}

/// A body that is a bare string.
fn text(body: Body) -> Result<String, Problem> {
    match extract::json(&body)? {
        Value::String(text) => Ok(text),
        _ => Err(Problem::bad("The request body must be a string.")),
    }
}

/// "Users may only change their own password" (vendor API file).
pub(crate) async fn set_password(console: Console, At(id): At<i64>, body: Body) -> Outcome {
    let mut state = console.state();
    let user = find(&state, id)?;
    if console.caller != Some(id) {
        return Err(Problem::bad("Users may only change their own password."));
    }
    if !["normal", "admin"].contains(&user.authentication.kind.as_str()) {
        return Err(Problem::bad(
            "The password is kept by an external authentication source.",
        ));
    }
    let password = text(body)?;
    check_password(&state, &password)?;
    if state.ignores_passwords {
        return links(Link::user(&state, id));
    }
    let user = find_mut(&mut state, id)?;
    user.password = password;
    user.password_reset_on_login = false;
    links(Link::user(&state, id))
}

pub(crate) async fn privileges(console: Console, At(id): At<i64>) -> Outcome {
    let state = console.state();
    let role = state.roles.get(&find(&state, id)?.role);
    let privileges = role.map(|role| role.privileges.clone()).unwrap_or_default();
    resources(&state, &console.path, privileges)
}

fn show_seed(console: &Held, state: &State, key: &str) -> Outcome {
    let own = Link::new(state, &console.path, "self");
    Ok(as_json(200, &json!({ "key": key, "links": [own] })))
}

pub(crate) async fn seed(console: Console, At(id): At<i64>) -> Outcome {
    let state = console.state();
    let key = find(&state, id)?.two_factor_key.as_deref();
    show_seed(&console, &state, key.ok_or_else(Problem::not_found)?)
}

pub(crate) async fn make_seed(console: Console, At(id): At<i64>) -> Outcome {
    let mut state = console.state();
    let user = find_mut(&mut state, id)?;
    let earlier = user.two_factor_key.take().unwrap_or_default();
    let seed = Sha256::digest(format!("{id} {} {earlier}", user.login));
    let key = base32(&seed[..10]);
    user.two_factor_key = Some(key.clone());
    show_seed(&console, &state, &key)
}

pub(crate) async fn set_seed(console: Console, At(id): At<i64>, body: Body) -> Outcome {
    let mut state = console.state();
    let key = text(body)?;
    find_mut(&mut state, id)?.two_factor_key = Some(key);
    links(Link::new(&state, &console.path, "self"))
}

fn base32(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bit = |index: usize| (bytes[index / 8] >> (7 - index % 8)) & 1;
    (0..bytes.len() * 8 / 5)
        .map(|letter| (0..5).fold(0, |value, place| value << 1 | bit(letter * 5 + place)))
        .map(|value: u8| char::from(alphabet[usize::from(value)]))
        .collect()
}
