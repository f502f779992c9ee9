//! `/users` and what hangs below one user, except its grants.

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::answer::{Answer, Link, Links, Outcome, Problem, Resources, only};
use crate::call::Call;
use crate::edit::{Edit, Purpose, check_password};
use crate::paging;
use crate::state::{State, UserRecord};
use crate::wire::UserBody;

pub(crate) fn collection(state: &mut State, call: &Call) -> Outcome {
    match call.method.as_str() {
        "GET" => list(state, call),
        "POST" => create(state, call),
        method => only("GET, POST, OPTIONS", method),
    }
}

pub(crate) fn one(state: &mut State, call: &Call, id: i64) -> Outcome {
    match call.method.as_str() {
        "GET" => show(state, id),
        "PUT" => replace(state, call, id),
        "DELETE" => delete(state, id),
        method => only("GET, PUT, DELETE, OPTIONS", method),
    }
}

fn find(state: &State, id: i64) -> Result<&UserRecord, Problem> {
    state.users.get(&id).ok_or_else(Problem::not_found)
}

fn find_mut(state: &mut State, id: i64) -> Result<&mut UserRecord, Problem> {
    state.users.get_mut(&id).ok_or_else(Problem::not_found)
}

fn list(state: &State, call: &Call) -> Outcome {
    let (range, info) = paging::window(state, call, state.users.len())?;
    let order = Order::asked_for(call)?;
    let users: Vec<UserBody<'_>> = if order.is_empty() {
        let window = state.users.iter().skip(range.start).take(range.len());
        window
            .map(|(id, user)| UserBody::of(state, *id, user))
            .collect()
    } else {
        let mut sorted: Vec<_> = state.users.iter().collect();
        sorted.sort_by(|one, other| Order::compare(&order, *one, *other));
        let window = sorted[range].iter();
        window
            .map(|(id, user)| UserBody::of(state, **id, user))
            .collect()
    };
    paging::answer(state, call, &users, &info)
}

/// One property of a `sort` parameter.
enum Order {
    Id { descending: bool },
    Login { descending: bool },
}

impl Order {
    /// `sort=property[,ASC|DESC]...`; several properties in one parameter share its direction,
    /// several parameters are applied in order (vendor API file). Recorded as `id,asc`.
    fn asked_for(call: &Call) -> Result<Vec<Order>, Problem> {
        let mut order = Vec::new();
        for parameter in call.parameters("sort") {
            let mut properties: Vec<&str> = parameter.split(',').collect();
            let direction = properties
                .pop_if(|last| ["asc", "desc"].contains(&last.to_ascii_lowercase().as_str()));
            let descending = direction.is_some_and(|last| last.eq_ignore_ascii_case("desc"));
            for property in properties {
                order.push(match property {
                    "id" => Order::Id { descending },
                    "login" => Order::Login { descending },
                    _ => return Err(Problem::bad("The parameter sort is not valid.")),
                });
            }
        }
        Ok(order)
    }

    fn compare(
        order: &[Order],
        one: (&i64, &UserRecord),
        other: (&i64, &UserRecord),
    ) -> std::cmp::Ordering {
        order
            .iter()
            .map(|property| {
                let (ascending, descending) = match property {
                    Order::Id { descending } => (one.0.cmp(other.0), descending),
                    Order::Login { descending } => (one.1.login.cmp(&other.1.login), descending),
                };
                if *descending {
                    ascending.reverse()
                } else {
                    ascending
                }
            })
            .find(|ordering| ordering.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    }
}

fn show(state: &State, id: i64) -> Outcome {
    let user = find(state, id)?;
    Ok(Answer::json(200, &UserBody::of(state, id, user)))
}

fn create(state: &mut State, call: &Call) -> Outcome {
    let user = Edit::read(state, call.json()?)?.record(state, Purpose::Create)?;
    let id = state.add_user(user);
    let body = json!({ "id": id, "links": [Link::user(state, id)] });
    let location = format!("{}/api/3/users/{id}", state.base_url);
    Ok(Answer::json(201, &body).with("location", &location))
}

fn replace(state: &mut State, call: &Call, id: i64) -> Outcome {
    let before = find(state, id)?;
    let user = Edit::read(state, call.json()?)?.record(state, Purpose::Replace(id, before))?;
    state.users.insert(id, user);
    Links::ok(Link::user(state, id))
}

fn delete(state: &mut State, id: i64) -> Outcome {
    // Otherwise the id of a user who was deleted last would be given out again.
    let highest = state.users.keys().next_back().copied().unwrap_or(0);
    state.last_user_id = state.last_user_id.max(highest);
    state.users.remove(&id).ok_or_else(Problem::not_found)?;
    Links::ok(Link::new(state, "/api/3/users", "Users"))
}

pub(crate) fn lock(state: &mut State, call: &Call, id: i64) -> Outcome {
    if call.method != "DELETE" {
        return only("DELETE, OPTIONS", &call.method);
    }
    let user = find_mut(state, id)?;
    if !user.enabled {
        return Err(Problem::bad("Disabled accounts may not be unlocked."));
    }
    user.locked = false;
    user.failed_logins = 0;
    Links::ok(Link::user(state, id))
}

/// "Users may only change their own password" (vendor API file), and the body is a bare string.
pub(crate) fn password(state: &mut State, call: &Call, id: i64, caller: i64) -> Outcome {
    if call.method != "PUT" {
        return only("PUT, OPTIONS", &call.method);
    }
    let user = find(state, id)?;
    if id != caller {
        return Err(Problem::bad("Users may only change their own password."));
    }
    if !["normal", "admin"].contains(&user.authentication.kind.as_str()) {
        return Err(Problem::bad(
            "The password is kept by an external authentication source.",
        ));
    }
    let Value::String(password) = call.json()? else {
        return Err(Problem::bad("The request body must be a string."));
    };
    check_password(state, &password)?;
    let user = find_mut(state, id)?;
    user.password = password;
    user.password_reset_on_login = false;
    Links::ok(Link::user(state, id))
}

pub(crate) fn privileges(state: &State, call: &Call, id: i64) -> Outcome {
    if call.method != "GET" {
        return only("GET, OPTIONS", &call.method);
    }
    let role = state.roles.get(&find(state, id)?.role);
    let privileges = role.map(|role| role.privileges.clone()).unwrap_or_default();
    Resources::ok(state, &call.path, privileges)
}

pub(crate) fn two_factor(state: &mut State, call: &Call, id: i64) -> Outcome {
    #[derive(Serialize)]
    struct Token<'a> {
        key: &'a str,
        links: Vec<Link>,
    }
    let show = |state: &State, status, key: &str| {
        let links = vec![Link::new(state, &call.path, "self")];
        Ok(Answer::json(status, &Token { key, links }))
    };
    match call.method.as_str() {
        "GET" => match &find(state, id)?.two_factor_key {
            Some(key) => show(state, 200, key),
            None => Err(Problem::not_found()),
        },
        "POST" => {
            let user = find_mut(state, id)?;
            let earlier = user.two_factor_key.take().unwrap_or_default();
            let seed = Sha256::digest(format!("{id} {} {earlier}", user.login));
            let key = base32(&seed[..10]);
            user.two_factor_key = Some(key.clone());
            show(state, 201, &key)
        }
        "PUT" => {
            let Value::String(key) = call.json()? else {
                return Err(Problem::bad("The request body must be a string."));
            };
            find_mut(state, id)?.two_factor_key = Some(key);
            Links::ok(Link::new(state, &call.path, "self"))
        }
        method => only("GET, POST, PUT, OPTIONS", method),
    }
}

fn base32(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bit = |index: usize| (bytes[index / 8] >> (7 - index % 8)) & 1;
    (0..bytes.len() * 8 / 5)
        .map(|letter| (0..5).fold(0, |value, place| value << 1 | bit(letter * 5 + place)))
        .map(|value: u8| char::from(alphabet[usize::from(value)]))
        .collect()
}
