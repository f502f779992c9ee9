//! Who is calling: HTTP Basic, the two-factor `Token` header, and the lockout.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::state::{State, UserRecord, same_login};
use crate::answer::Problem;

struct Credentials {
    login: String,
    password: String,
}

fn credentials(headers: &HeaderMap) -> Option<Credentials> {
    let (scheme, encoded) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (login, password) = decoded.split_once(':')?;
    Some(Credentials {
        login: login.to_owned(),
        password: password.to_owned(),
    })
}

/// Password and, for two-factor users, the token (vendor API file: "in addition to the Basic
/// Authorization").
fn proves(headers: &HeaderMap, given: &Credentials, user: &UserRecord) -> bool {
    let token = user
        .two_factor_token
        .as_deref()
        .is_none_or(|expected| headers.get("token").is_some_and(|token| token == expected));
    !user.password.is_empty() && user.password == given.password && token
}

/// The login whose credentials the request carries, without counting a failure: for the log.
pub(crate) fn recognise(state: &State, headers: &HeaderMap) -> Option<String> {
    let given = credentials(headers)?;
    let (_, user) = state.user_by_login(&given.login)?;
    (proves(headers, &given, user) && user.enabled && !user.locked).then(|| user.login.clone())
}

/// Logs the caller in, or counts the failure and locks the account once there are too many.
pub(crate) fn log_in(state: &mut State, headers: &HeaderMap) -> Result<i64, Problem> {
    let given = credentials(headers).ok_or_else(Problem::unauthorized)?;
    let lockout_after = state.lockout_after;
    let (id, user) = state
        .users
        .iter_mut()
        .find(|(_, user)| same_login(&user.login, &given.login))
        .ok_or_else(Problem::unauthorized)?;
    if !proves(headers, &given, user) {
        user.failed_logins += 1;
        user.locked |= user.failed_logins >= lockout_after;
        return Err(Problem::unauthorized());
    }
    if user.locked || !user.enabled {
        return Err(Problem::unauthorized());
    }
    user.failed_logins = 0;
    Ok(*id)
}
