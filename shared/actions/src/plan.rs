//! What to write, as data.

use std::collections::BTreeSet;

use rapid7::console::{NewUser, Replacement, User, UserId};
use serde_json::Value;

use crate::diff::{FieldChange, changes};
use crate::error::{Error, ErrorKind, Result};

/// An account with its individual grants. `None` where they mean nothing: a user with all sites has
/// no individual ones.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// The user as the console told of it.
    pub user: User,
    /// Sites given one by one.
    pub sites: Option<BTreeSet<i64>>,
    /// Asset groups given one by one.
    pub asset_groups: Option<BTreeSet<i64>>,
}

impl Snapshot {
    /// A user whose grants do not matter.
    #[must_use]
    pub fn without_grants(user: User) -> Self {
        Self {
            user,
            sites: None,
            asset_groups: None,
        }
    }

    /// Everything in one object, members named like secrets redacted: for the audit record.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let user = Value::Object(self.user.members().clone());
        serde_json::json!({
            "user": rapid7::redact_secret_members(&user),
            "sites": self.sites,
            "asset_groups": self.asset_groups,
        })
    }
}

/// One write. Every mutation that the pack can make is one of these.
#[derive(Debug, Clone)]
pub enum Change {
    /// Create an account (`POST /users`).
    CreateUser(Box<NewUser>),
    /// Replace an account by itself with some members changed (`PUT /users/{id}`); individual
    /// grants that the console drops on the way are given back.
    ReplaceUser {
        /// Whom.
        user: UserId,
        /// The whole object to send.
        replacement: Replacement,
        /// What differs from the account as it was read.
        fields: Vec<FieldChange>,
    },
    /// Remove the lock after failed logins (`DELETE /users/{id}/lock`).
    UnlockUser(UserId),
}

impl Change {
    /// Replaces `user` by what `edit` makes of it; nothing if that is the same.
    #[must_use]
    pub fn replace(user: &User, edit: impl FnOnce(&mut Replacement)) -> Option<Self> {
        let as_it_is = user.replacement();
        let mut replacement = as_it_is.clone();
        edit(&mut replacement);
        let fields = changes(as_it_is.members(), replacement.members());
        (!fields.is_empty()).then_some(Self::ReplaceUser {
            user: user.id(),
            replacement,
            fields,
        })
    }

    /// In one line for people.
    #[must_use]
    pub fn to_line(&self) -> String {
        match self {
            Self::CreateUser(user) => format!(
                "create {:?} with role {:?}, all sites: {}, all asset groups: {}, {} authentication",
                user.login,
                user.role_id,
                user.all_sites,
                user.all_asset_groups,
                user.authentication.kind,
            ),
            Self::ReplaceUser { user, fields, .. } => {
                let fields: Vec<String> = fields.iter().map(FieldChange::to_line).collect();
                format!(
                    "replace user {user} by itself with {}; every other member goes back as read",
                    fields.join(", ")
                )
            }
            Self::UnlockUser(user) => format!("unlock user {user}"),
        }
    }
}

/// What a run is going to write, in order. Empty if the account already is as it should be.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The writes.
    pub changes: Vec<Change>,
    /// What a person should know about them.
    pub warnings: Vec<String>,
}

impl Plan {
    /// The plan of at most one change.
    #[must_use]
    pub fn of(change: Option<Change>) -> Self {
        Self {
            changes: change.into_iter().collect(),
            warnings: Vec::new(),
        }
    }

    /// The plan that enables or disables an account; empty if it is so already.
    ///
    /// # Errors
    /// `Unexpected` if the console does not tell whether the account is enabled: the change could
    /// not be proven.
    pub(crate) fn set_enabled(user: &User, enabled: bool) -> Result<Self> {
        if user.enabled().is_none() {
            return Err(Error::new(
                ErrorKind::Unexpected,
                "the console does not tell whether the account is enabled, so a change of that \
                 could not be proven",
            )
            .next("check the account's role and the console's version"));
        }
        let mut plan = Self::of(Change::replace(user, |edit| edit.set_enabled(enabled)));
        // "Omitting optional fields may reset them" (guide), whose own example lacks the name.
        if !plan.changes.is_empty() && user.full_name().is_none() {
            plan.warnings.push(
                "the console does not tell the account's name, and may reset it with this update"
                    .into(),
            );
        }
        Ok(plan)
    }

    /// In lines for people.
    #[must_use]
    pub fn to_lines(&self) -> Vec<String> {
        self.changes.iter().map(Change::to_line).collect()
    }
}
