//! From a request to an answer: maintenance, login, privilege, then the resource.

use crate::access::{self, Grant};
use crate::answer::{Answer, Outcome, Problem, only};
use crate::auth;
use crate::call::Call;
use crate::catalog;
use crate::state::{Maintenance, State};
use crate::users;

/// Carries the request out on the state.
pub(crate) fn carry_out(state: &mut State, call: &Call) -> Answer {
    let Some(segments) = call.segments() else {
        return outside_api(state, call);
    };
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let problem = match state.maintenance {
        Some(Maintenance::Html) => return Answer::html(200, "Maintenance mode"),
        Some(Maintenance::Status503) => Err(Problem::new(
            503,
            "The console is undergoing maintenance. Try again later.",
        )),
        Some(Maintenance::Status401) => Err(Problem::unauthorized()),
        None => api(state, call, &segments),
    };
    match problem {
        Ok(answer) if state.no_content_on_write && answer.status == 200 && is_write(call) => {
            Answer::json_text(204, Vec::new())
        }
        Ok(answer) => answer,
        Err(problem) => problem.answer(state, &call.path),
    }
}

fn is_write(call: &Call) -> bool {
    ["PUT", "DELETE"].contains(&call.method.as_str())
}

/// The web interface next to the API needs no login to be reached.
fn outside_api(state: &State, call: &Call) -> Answer {
    match call.path.as_str() {
        "/" => Answer::html(302, "Found").with("location", "/login.jsp"),
        "/login.jsp" => Answer::html(200, "Security Console - Log on"),
        _ => Problem::not_found().answer(state, &call.path),
    }
}

fn api(state: &mut State, call: &Call, segments: &[&str]) -> Outcome {
    let caller = auth::log_in(state, call)?;
    let admin = state
        .users
        .get(&caller)
        .is_some_and(|user| state.is_global_admin(user));
    let own = |id: &str| id.parse() == Ok(caller);
    // Before any look at the resource, so that "missing" and "not allowed" are one answer.
    let allowed = match (call.method.as_str(), segments) {
        ("GET", ["users", id]) | ("PUT", ["users", id, "password"]) => admin || own(id),
        _ => admin,
    };
    if !allowed {
        return Err(Problem::not_found());
    }
    match segments {
        ["users"] => users::collection(state, call),
        ["users", id, below @ ..] => {
            let id = id.parse().map_err(|_| Problem::not_found())?;
            user(state, call, caller, id, below)
        }
        _ if call.method != "GET" && known(segments) => only("GET, OPTIONS", &call.method),
        ["roles"] => catalog::roles(state, call),
        ["roles", id] => catalog::role(state, id),
        ["roles", id, "users"] => catalog::role_users(state, call, id),
        ["privileges"] => catalog::privileges(state, call),
        ["authentication_sources"] => catalog::sources(state, call),
        ["authentication_sources", id] => catalog::source(state, id),
        ["authentication_sources", id, "users"] => catalog::source_users(state, call, id),
        [places @ ("sites" | "asset_groups")] => catalog::place_list(state, call, places),
        [places @ ("sites" | "asset_groups"), id] => catalog::place(state, places, id),
        _ => Err(Problem::not_found()),
    }
}

/// Whether a path has a GET here. The vendor's API file has writes on some of these; this
/// console is about users and does not offer them.
fn known(segments: &[&str]) -> bool {
    matches!(
        segments,
        ["roles" | "authentication_sources"]
            | ["roles" | "authentication_sources", _]
            | ["roles" | "authentication_sources", _, "users"]
            | ["privileges"]
            | ["sites" | "asset_groups"]
            | ["sites" | "asset_groups", _]
    )
}

fn user(state: &mut State, call: &Call, caller: i64, id: i64, below: &[&str]) -> Outcome {
    match below {
        [] => users::one(state, call, id),
        ["lock"] => users::lock(state, call, id),
        ["password"] => users::password(state, call, id, caller),
        ["privileges"] => users::privileges(state, call, id),
        ["2FA"] => users::two_factor(state, call, id),
        [segment] => match Grant::from_segment(segment) {
            Some(grant) => access::collection(state, call, id, grant),
            None => Err(Problem::not_found()),
        },
        [segment, what] => match (Grant::from_segment(segment), what.parse()) {
            (Some(grant), Ok(what)) => access::one(state, call, id, grant, what),
            _ => Err(Problem::not_found()),
        },
        _ => Err(Problem::not_found()),
    }
}
