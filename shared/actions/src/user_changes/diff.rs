//! Two looks at the same users, told apart.

use std::collections::{BTreeMap, BTreeSet};

use rapid7::console::User;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::state::{Known, State};
use crate::console::view::UserView;
use crate::core::change::FieldChange;

/// What happened to a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserChangeKind {
    /// The account is new.
    Created,
    /// The account was deleted, and that is proven.
    Deleted,
    /// The account was enabled.
    Enabled,
    /// The account was disabled.
    Disabled,
    /// The account was locked after failed logins.
    Locked,
    /// The account was unlocked.
    Unlocked,
    /// The role changed, or the superuser flag was set or cleared.
    RoleChanged,
    /// Changed: login, name, email, authentication, language, or a flag for all sites or all asset
    /// groups.
    ProfileChanged,
}

/// A change to a user since the last run.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UserChange {
    /// Kind of change.
    pub kind: UserChangeKind,
    /// Number on the console.
    pub user_id: i64,
    /// Current login name; for a deleted account, the last one seen.
    pub login: String,
    /// Old values from the state, and current values from the console. Name, email, authentication and
    /// language are not here, because the state only shows whether they changed.
    pub fields: Vec<FieldChange>,
    /// Time when this run saw the change, RFC 3339 in UTC. A console does not report when it happened.
    pub seen_at: String,
    /// The account as it is now. Null if it was deleted.
    pub user: Option<UserView>,
}

/// What one answer tells.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Page {
    pub(crate) changes: Vec<UserChange>,
    /// What is known once these changes are told.
    pub(crate) state: State,
    /// Whether there is more to tell.
    pub(crate) more: bool,
}

/// What is different now: first who was deleted, then by number, all changes of a user together, and at
/// most `most` of them unless a single user has more.
///
/// `gone` are those who are proven to be deleted. Whoever is in neither is left for another run.
pub(crate) fn diff(
    before: &State,
    now: &BTreeMap<i64, &User>,
    gone: &BTreeSet<i64>,
    most: usize,
    seen_at: &str,
) -> Page {
    let mut state = before.clone();
    let mut changes: Vec<UserChange> = Vec::new();
    let looked_at = |id: &i64| now.contains_key(id) || gone.contains(id);
    let mut more = !before.users.keys().all(looked_at);
    for id in gone.iter().filter(|id| !now.contains_key(id)) {
        let Some(known) = before.users.get(id) else {
            continue;
        };
        if changes.len() >= most {
            more = true;
            break;
        }
        changes.push(UserChange {
            kind: UserChangeKind::Deleted,
            user_id: *id,
            login: known.login.clone().unwrap_or_default(),
            fields: Vec::new(),
            seen_at: seen_at.to_owned(),
            user: None,
        });
        state.users.remove(id);
    }
    for (id, user) in now {
        let known = before.users.get(id);
        let found = Known::of(user);
        let kinds = match known {
            None => vec![(UserChangeKind::Created, Vec::new())],
            Some(known) => compare(known, &found),
        };
        if !kinds.is_empty() && !changes.is_empty() && changes.len() + kinds.len() > most {
            more = true;
            break;
        }
        let found = match known {
            None => found,
            Some(known) => known.and_now(found),
        };
        changes.extend(kinds.into_iter().map(|(kind, fields)| UserChange {
            kind,
            user_id: *id,
            login: found.login.clone().unwrap_or_default(),
            fields,
            seen_at: seen_at.to_owned(),
            user: Some(UserView::from(*user)),
        }));
        state.users.insert(*id, found);
    }
    Page {
        changes,
        state,
        more,
    }
}

/// A member before and after, if both are told and differ.
fn field<T: Clone + PartialEq + Into<Value>>(
    name: &str,
    before: &Option<T>,
    now: &Option<T>,
) -> Option<FieldChange> {
    match (before, now) {
        (Some(before), Some(now)) if before != now => Some(FieldChange {
            field: name.to_owned(),
            before: before.clone().into(),
            after: now.clone().into(),
        }),
        _ => None,
    }
}

/// What happened to somebody who is still there, in a fixed order.
fn compare(before: &Known, now: &Known) -> Vec<(UserChangeKind, Vec<FieldChange>)> {
    let mut kinds = Vec::new();
    if let Some(enabled) = field("enabled", &before.enabled, &now.enabled) {
        let kind = match now.enabled {
            Some(true) => UserChangeKind::Enabled,
            _ => UserChangeKind::Disabled,
        };
        kinds.push((kind, vec![enabled]));
    }
    if let Some(locked) = field("locked", &before.locked, &now.locked) {
        let kind = match now.locked {
            Some(true) => UserChangeKind::Locked,
            _ => UserChangeKind::Unlocked,
        };
        kinds.push((kind, vec![locked]));
    }
    let role = [
        field("role_id", &before.role, &now.role),
        field("superuser", &before.superuser, &now.superuser),
    ];
    let role: Vec<FieldChange> = role.into_iter().flatten().collect();
    if !role.is_empty() {
        kinds.push((UserChangeKind::RoleChanged, role));
    }
    let profile = [
        field("login", &before.login, &now.login),
        field("all_sites", &before.all_sites, &now.all_sites),
        field(
            "all_asset_groups",
            &before.all_asset_groups,
            &now.all_asset_groups,
        ),
    ];
    let profile: Vec<FieldChange> = profile.into_iter().flatten().collect();
    if !profile.is_empty() || field("profile", &before.profile, &now.profile).is_some() {
        kinds.push((UserChangeKind::ProfileChanged, profile));
    }
    kinds
}
