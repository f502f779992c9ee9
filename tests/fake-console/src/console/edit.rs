//! From the body of a POST or PUT to a user record.

use serde_json::{Map, Value};

use super::state::{Authentication, LocalType, Locale, State, UserRecord, WireForm, same_login};
use crate::answer::Problem;
use crate::members::Members;

/// A request body, read but not yet held against the rest of the console.
pub(crate) struct Edit {
    login: Option<String>,
    name: Option<Name>,
    email: Option<String>,
    password: Option<String>,
    enabled: Option<bool>,
    password_reset_on_login: Option<bool>,
    role: Option<String>,
    superuser: Option<bool>,
    all_sites: Option<bool>,
    all_asset_groups: Option<bool>,
    authentication: Option<(String, Option<i64>)>,
    locale: Option<Locale>,
    other: Map<String, Value>,
    other_role: Map<String, Value>,
}

enum Name {
    Full(String),
    Parts(String, String),
}

/// What `(none)` of a request means differs between POST and PUT.
#[derive(Clone, Copy)]
pub(crate) enum Purpose<'a> {
    Create,
    Replace(i64, &'a UserRecord),
}

impl Edit {
    pub(crate) fn read(state: &State, body: Value) -> Result<Edit, Problem> {
        let reject = state.reject_read_only;
        let guide = state.form == WireForm::Guide;
        let mut user = Members::of(body, "")?;
        user.read_only(&["id", "locked", "links"], reject)?;

        let name = if guide {
            match user.object("name", "name.")? {
                None => None,
                Some(mut parts) => Some(Name::Parts(
                    parts.string("first")?.unwrap_or_default(),
                    parts.string("last")?.unwrap_or_default(),
                )),
            }
        } else {
            user.string("name")?.map(Name::Full)
        };

        let mut role = match user.object("role", "role.")? {
            Some(role) => role,
            None => Members::of(Value::Object(Map::new()), "role.")?,
        };
        role.read_only(&["name", "privileges", "links", "description"], reject)?;

        // The flags of the other form mean nothing to this console, and are not kept either.
        let mut flag = |in_guide: &str, in_vendor: &str| -> Result<_, Problem> {
            let in_guide = user.boolean(in_guide)?;
            let in_vendor = role.boolean(in_vendor)?;
            Ok(if guide { in_guide } else { in_vendor })
        };
        let all_sites = flag("accessAllSites", "allSites")?;
        let all_asset_groups = flag("accessAllAssetGroups", "allAssetGroups")?;

        let authentication = match user.object("authentication", "authentication.")? {
            None => None,
            Some(mut source) => {
                source.read_only(&["name", "external", "links"], reject)?;
                let kind = source
                    .string("type")?
                    .ok_or_else(|| Problem::bad("authentication.type is required."))?;
                Some((kind, source.integer("id")?))
            }
        };
        let locale = match user.object("locale", "locale.")? {
            None => None,
            Some(mut locale) => {
                locale.read_only(&["links"], reject)?;
                Some(Locale {
                    default: locale.string("default")?,
                    reports: locale.string("reports")?,
                })
            }
        };
        Ok(Edit {
            login: user.string("login")?,
            name,
            email: user.string("email")?,
            password: user.string("password")?,
            enabled: user.boolean("enabled")?,
            password_reset_on_login: user.boolean("passwordResetOnLogin")?,
            role: role.string("id")?,
            superuser: role.boolean("superuser")?,
            all_sites,
            all_asset_groups,
            authentication,
            locale,
            other: user.rest(),
            other_role: role.rest(),
        })
    }

    /// The record this becomes. Whatever was left out gets its default: on PUT too, which
    /// replaces the user as a whole.
    pub(crate) fn record(self, state: &State, purpose: Purpose<'_>) -> Result<UserRecord, Problem> {
        let login = self
            .login
            .filter(|login| !login.trim().is_empty())
            .ok_or_else(|| Problem::bad("login is required."))?;
        let own_id = match purpose {
            Purpose::Create => None,
            Purpose::Replace(id, _) => Some(id),
        };
        let taken = |(id, user): (&i64, &UserRecord)| {
            Some(*id) != own_id && same_login(&user.login, &login)
        };
        if state.users.iter().any(taken) {
            return Err(Problem::bad("A user with this login already exists."));
        }
        let authentication = authentication(state, self.authentication)?;
        let local = ["normal", "admin"].contains(&authentication.kind.as_str());
        if let Some(password) = &self.password {
            check_password(state, password)?;
        }
        let before = match purpose {
            Purpose::Create => {
                if self.name.is_none() {
                    return Err(Problem::bad("name is required."));
                }
                if self.role.is_none() {
                    return Err(Problem::bad("role.id is required."));
                }
                if local && self.password.is_none() {
                    return Err(Problem::bad("password is required."));
                }
                UserRecord::new("", "", "")
            }
            Purpose::Replace(_, before) => {
                if state.password_required_on_put && self.password.is_none() {
                    return Err(Problem::bad("password is required."));
                }
                if state.role_id_required_on_put && self.role.is_none() {
                    return Err(Problem::bad("role.id is required."));
                }
                before.clone()
            }
        };
        let own_privileges = before
            .own_privileges
            .clone()
            .filter(|_| state.put_keeps_own_privileges && self.role.is_none());
        let role = self.role.unwrap_or_else(|| "user".to_owned());
        if !state.roles.contains_key(&role) {
            return Err(Problem::bad(format!("The role {role} does not exist.")));
        }
        let (first, last) = names(self.name, &before);
        // Guide: "omitting the explicit false flag causes site assignments to be silently
        // ignored" when a user is created.
        // One that does not tell the flags does the same when a user is replaced (seen in the field).
        let open = state.form == WireForm::Guide && (own_id.is_none() || !state.tells_access_flags);
        let mut user = UserRecord {
            login,
            first,
            last,
            email: self.email,
            password: self.password.unwrap_or(before.password),
            enabled: self.enabled.unwrap_or(true),
            locked: before.locked,
            failed_logins: before.failed_logins,
            role,
            own_privileges,
            superuser: self.superuser.unwrap_or(false),
            all_sites: self.all_sites.unwrap_or(open),
            all_asset_groups: self.all_asset_groups.unwrap_or(false),
            authentication,
            locale: self.locale,
            sites: before.sites,
            asset_groups: before.asset_groups,
            password_reset_on_login: self.password_reset_on_login.unwrap_or(false),
            two_factor_token: before.two_factor_token,
            two_factor_key: before.two_factor_key,
            other: self.other,
            other_role: self.other_role,
        };
        let fits = if state.is_global_admin(&user) {
            "admin"
        } else {
            "normal"
        };
        if local && user.authentication.kind != fits {
            match state.local_type {
                LocalType::AsSent => {}
                LocalType::Moved => {
                    user.authentication =
                        self::authentication(state, Some((fits.to_owned(), None)))?;
                }
                LocalType::Required => {
                    return Err(Problem::bad(format!(
                        "The authentication type {fits} is required for this role."
                    )));
                }
            }
        }
        user.all_sites = state.sees_all_sites(&user);
        user.all_asset_groups = state.sees_all_asset_groups(&user);
        if state.put_drops_grants {
            user.sites.clear();
            user.asset_groups.clear();
        }
        Ok(user)
    }
}

/// A full name that is sent back unchanged must not move the border between first and last.
fn names(name: Option<Name>, before: &UserRecord) -> (String, String) {
    match name {
        None => (String::new(), String::new()),
        Some(Name::Parts(first, last)) => (first, last),
        Some(Name::Full(full)) if full == before.full_name() => {
            (before.first.clone(), before.last.clone())
        }
        Some(Name::Full(full)) => match full.split_once(' ') {
            Some((first, last)) => (first.to_owned(), last.to_owned()),
            None => (full, String::new()),
        },
    }
}

/// "If `id` is omitted, then one source of the specified `type` is selected" (vendor API file).
fn authentication(
    state: &State,
    asked: Option<(String, Option<i64>)>,
) -> Result<Authentication, Problem> {
    let (kind, id) = asked.unwrap_or_else(|| ("normal".to_owned(), None));
    state
        .authentication_sources
        .iter()
        .find(|source| source.kind == kind && id.is_none_or(|id| id == source.id))
        .map(|source| Authentication {
            id: source.id,
            kind: source.kind.clone(),
        })
        .ok_or_else(|| {
            Problem::bad(format!(
                "There is no authentication source of the type {kind} with that id."
            ))
        })
}

/// The text of a real console's refusal is unknown. This one never repeats the password.
pub(crate) fn check_password(state: &State, password: &str) -> Result<(), Problem> {
    if password.chars().count() < state.min_password_length {
        return Err(Problem::bad(
            "The password does not meet the password policy.",
        ));
    }
    Ok(())
}
