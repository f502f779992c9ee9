//! `/users` and the products below one user.

use axum::extract::Path;
use serde::Serialize;
use serde_json::{Map, Value};

use super::auth::{Caller, OrganizationOnly};
use super::routes::{as_json, no_content, not_found};
use super::state::{PlatformState, PlatformUser, UserStatus};
use super::{Platform, lists, uuid};
use crate::answer::{Outcome, Problem};
use crate::extract::{self, Body, Parameters};
use crate::members::Members;

/// One user as GET shows it.
#[derive(Debug, Serialize)]
struct UserBody<'a> {
    id: &'a str,
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    status: UserStatus,
    platform_admin: bool,
    federated: bool,
    last_login: Option<&'a str>,
    timezone: Option<&'a str>,
    #[serde(flatten)]
    other: &'a Map<String, Value>,
}

impl<'a> UserBody<'a> {
    fn of(user: &'a PlatformUser) -> UserBody<'a> {
        UserBody {
            id: &user.id,
            email: &user.email,
            first_name: &user.first_name,
            last_name: &user.last_name,
            status: user.status,
            platform_admin: user.platform_admin,
            federated: user.federated,
            last_login: user.last_login.as_deref(),
            timezone: user.timezone.as_deref(),
            other: &user.other,
        }
    }
}

fn find<'a>(state: &'a PlatformState, id: &str) -> Result<&'a PlatformUser, Problem> {
    state.user(id).ok_or_else(not_found)
}

/// Where in the list the user is.
fn place(state: &PlatformState, id: &str) -> Result<usize, Problem> {
    let mut users = state.users.iter();
    users.position(|user| user.id == id).ok_or_else(not_found)
}

/// What a list is narrowed down to.
#[derive(Debug, Default)]
struct Filter {
    status: Option<UserStatus>,
    platform_admin: Option<bool>,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
}

impl Filter {
    fn asked_for(query: &Parameters) -> Result<Filter, Problem> {
        let mut filter = Filter::default();
        for (name, value) in query.iter() {
            let invalid = || Problem::bad(format!("The parameter {name} is not valid."));
            let text = || Some(value.to_lowercase());
            match name.as_str() {
                "status" => {
                    filter.status = Some(UserStatus::named(value).ok_or_else(invalid)?);
                }
                "platform-admin" => {
                    filter.platform_admin = Some(value.parse().map_err(|_| invalid())?);
                }
                "email" => filter.email = text(),
                "first_name" => filter.first_name = text(),
                "last_name" => filter.last_name = text(),
                _ => {}
            }
        }
        Ok(filter)
    }

    /// Texts match in part and without regard to case: nobody knows how the platform compares, so
    /// a client has to do so itself.
    fn matches(&self, user: &PlatformUser) -> bool {
        let contains = |wanted: &Option<String>, text: &str| {
            let mut wanted = wanted.iter();
            wanted.all(|wanted| text.to_lowercase().contains(wanted))
        };
        self.status.is_none_or(|status| status == user.status)
            && self
                .platform_admin
                .is_none_or(|wanted| wanted == user.platform_admin)
            && contains(&self.email, &user.email)
            && contains(&self.first_name, &user.first_name)
            && contains(&self.last_name, &user.last_name)
    }
}

pub(crate) async fn list(platform: Platform, query: Parameters) -> Outcome {
    let filter = Filter::asked_for(&query)?;
    let state = platform.state();
    let users = state.users.iter().filter(|user| filter.matches(user));
    let users: Vec<_> = users.map(UserBody::of).collect();
    lists::list(&state, &query, &users)
}

pub(crate) async fn show(platform: Platform, caller: Caller, Path(id): Path<String>) -> Outcome {
    caller.may_read(&id)?;
    let state = platform.state();
    Ok(as_json(200, &UserBody::of(find(&state, &id)?)))
}

pub(crate) async fn create(_: OrganizationOnly, platform: Platform, body: Body) -> Outcome {
    let mut members = Members::of(extract::json(&body)?, "")?;
    let mut required = |name: &str| {
        members
            .string(name)?
            .filter(|text| !text.trim().is_empty())
            .ok_or_else(|| Problem::bad(format!("{name} is required.")))
    };
    let (email, first_name, last_name) = (
        required("email")?,
        required("first_name")?,
        required("last_name")?,
    );
    let platform_admin = members.boolean("platform_admin")?.unwrap_or(false);
    let timezone = members.string("timezone")?;
    if let Some(unknown) = members.rest().keys().next() {
        return Err(Problem::bad(format!("{unknown} is not known.")));
    }
    let mut state = platform.state();
    if let Some(status) = state.refuses_new_users {
        let message = "Users of this organization come from its identity provider";
        return Err(Problem::new(status, message));
    }
    if state.user_by_email(&email).is_some() {
        return Err(Problem::new(409, "User already exists"));
    }
    state.users_created += 1;
    let user = PlatformUser {
        id: uuid::of(&format!("created {} {email}", state.users_created)),
        status: UserStatus::Pending,
        platform_admin,
        timezone,
        ..PlatformUser::new(&email, &first_name, &last_name)
    };
    let answer = as_json(201, &UserBody::of(&user));
    state.users.push(user);
    Ok(answer)
}

pub(crate) async fn delete(
    _: OrganizationOnly,
    platform: Platform,
    Path(id): Path<String>,
) -> Outcome {
    let mut state = platform.state();
    let place = place(&state, &id)?;
    // Product access goes with the record.
    state.users.remove(place);
    let owned = |user_id: &Option<String>| user_id.as_deref() == Some(id.as_str());
    state.api_keys.retain(|key| !owned(&key.user_id));
    no_content()
}

pub(crate) async fn products(
    platform: Platform,
    caller: Caller,
    Path(id): Path<String>,
    query: Parameters,
) -> Outcome {
    caller.may_read(&id)?;
    let state = platform.state();
    let user = find(&state, &id)?;
    lists::list(&state, &query, &state.products_of(&user.id))
}

pub(crate) async fn give_product(
    _: OrganizationOnly,
    platform: Platform,
    Path((id, token)): Path<(String, String)>,
    body: Body,
) -> Outcome {
    let mut state = platform.state();
    let place = place(&state, &id)?;
    let mut products = state.products.iter();
    if !products.any(|product| product.product_token == token) {
        return Err(not_found());
    }
    // Whatever is in it.
    Members::of(extract::json(&body)?, "")?;
    state.users[place].products.insert(token);
    no_content()
}

pub(crate) async fn take_product(
    _: OrganizationOnly,
    platform: Platform,
    Path((id, token)): Path<(String, String)>,
) -> Outcome {
    let mut state = platform.state();
    let place = place(&state, &id)?;
    if !state.users[place].products.remove(&token) {
        return Err(not_found());
    }
    no_content()
}
