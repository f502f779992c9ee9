//! How a user looks in an answer, in either form.

use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::Link;
use super::state::{State, UserRecord, WireForm};

/// One user as GET shows it. Never has the password nor `passwordResetOnLogin`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserBody<'a> {
    id: i64,
    login: &'a str,
    name: NameBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    enabled: bool,
    locked: bool,
    role: RoleBody<'a>,
    authentication: AuthenticationBody<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    locale: Option<LocaleBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_all_sites: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_all_asset_groups: Option<bool>,
    links: Vec<Link>,
    #[serde(flatten)]
    other: &'a Map<String, Value>,
}

/// One string in the vendor's API file, an object in the guide.
#[derive(Debug, Serialize)]
#[serde(untagged)]
enum NameBody<'a> {
    Full(String),
    Parts { first: &'a str, last: &'a str },
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RoleBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    privileges: &'a [String],
    superuser: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    all_sites: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    all_asset_groups: Option<bool>,
    #[serde(flatten)]
    other: &'a Map<String, Value>,
}

#[derive(Debug, Serialize)]
struct AuthenticationBody<'a> {
    id: i64,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    external: bool,
    links: Vec<Link>,
}

#[derive(Debug, Serialize)]
struct LocaleBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    default: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reports: Option<&'a str>,
    links: Vec<Link>,
}

impl<'a> UserBody<'a> {
    pub(crate) fn of(state: &'a State, id: i64, user: &'a UserRecord) -> UserBody<'a> {
        let vendor = state.form == WireForm::Vendor;
        let all_sites = state.sees_all_sites(user);
        let all_asset_groups = state.sees_all_asset_groups(user);
        let flags = state.tells_access_flags;
        let own = user.own_privileges.as_deref();
        let role = state.roles.get(&user.role).filter(|_| own.is_none());
        let source = state
            .authentication_sources
            .iter()
            .find(|source| source.id == user.authentication.id);
        UserBody {
            id,
            login: &user.login,
            name: if vendor {
                NameBody::Full(user.full_name())
            } else {
                NameBody::Parts {
                    first: &user.first,
                    last: &user.last,
                }
            },
            email: user.email.as_deref(),
            enabled: user.enabled,
            locked: user.locked,
            role: RoleBody {
                id: own.is_none().then_some(user.role.as_str()),
                name: role.map(|role| role.name.as_str()),
                privileges: own
                    .or(role.map(|role| &role.privileges[..]))
                    .unwrap_or_default(),
                superuser: user.superuser,
                all_sites: (flags && vendor).then_some(all_sites),
                all_asset_groups: (flags && vendor).then_some(all_asset_groups),
                other: &user.other_role,
            },
            authentication: AuthenticationBody {
                id: user.authentication.id,
                kind: &user.authentication.kind,
                name: source.map(|source| source.name.as_str()),
                external: source.is_some_and(|source| source.external),
                links: vec![Link::new(
                    state,
                    &format!("/api/3/authentication_sources/{}", user.authentication.id),
                    "Authentication Source",
                )],
            },
            locale: user.locale.as_ref().map(|locale| LocaleBody {
                default: locale.default.as_deref(),
                reports: locale.reports.as_deref(),
                links: vec![Link::user(state, id)],
            }),
            access_all_sites: (flags && !vendor).then_some(all_sites),
            access_all_asset_groups: (flags && !vendor).then_some(all_asset_groups),
            links: vec![Link::user(state, id)],
            other: &user.other,
        }
    }
}
