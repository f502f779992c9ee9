//! What to write, as data.

use std::collections::{BTreeMap, BTreeSet};

use rapid7::console::{AccessKind, NewUser, Replacement, User, UserId};
use secrecy::SecretString;
use serde_json::Value;

use crate::core::change::{FieldChange, changes};
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::text::printable;
use crate::core::undo::Undo;

/// An account with its individual grants. `None` where they were not read or mean nothing: a user
/// with all sites has no individual ones.
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

    /// The individual grants of a kind.
    #[must_use]
    pub fn grants(&self, kind: AccessKind) -> Option<&BTreeSet<i64>> {
        match kind {
            AccessKind::Sites => self.sites.as_ref(),
            AccessKind::AssetGroups => self.asset_groups.as_ref(),
        }
    }

    pub(crate) fn grants_mut(&mut self, kind: AccessKind) -> &mut Option<BTreeSet<i64>> {
        match kind {
            AccessKind::Sites => &mut self.sites,
            AccessKind::AssetGroups => &mut self.asset_groups,
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

/// One step. Every mutation that the pack can make is one of these.
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
    /// Set the password of the account that the pack itself uses (`PUT /users/{id}/password`: "Users
    /// may only change their own password", vendor API file). Others get theirs by `ReplaceUser`.
    SetOwnPassword(UserId, SecretString),
    /// Make a new seed for the two-factor token (`POST /users/{id}/2FA`).
    ResetTwoFactor(UserId),
    /// Give and take sites or asset groups one by one. Always the last step: see `settle`.
    SetAccess(AccessChange),
    /// Delete an account for good (`DELETE /users/{id}`).
    DeleteUser(UserId),
}

/// What is given to an account and taken from it, one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessChange {
    /// Sites or asset groups.
    pub kind: AccessKind,
    /// What it gets, with names for people where they are known.
    pub give: BTreeMap<i64, Option<String>>,
    /// What it loses.
    pub take: BTreeMap<i64, Option<String>>,
    /// Whether the account shall have exactly this afterwards: something else that somebody gave
    /// meanwhile is a conflict.
    pub exact: bool,
}

impl AccessChange {
    /// Nothing given, nothing taken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.give.is_empty() && self.take.is_empty()
    }

    fn to_line(&self) -> String {
        let list = |ids: &BTreeMap<i64, Option<String>>| {
            let ids = ids.iter().map(|(id, name)| match name {
                Some(name) => format!("{id} ({})", printable(name)),
                None => id.to_string(),
            });
            ids.collect::<Vec<_>>().join(", ")
        };
        let what = noun(self.kind);
        let steps = [("give", &self.give), ("take away", &self.take)];
        let steps = steps.iter().filter(|(_, ids)| !ids.is_empty());
        let steps: Vec<String> = steps
            .map(|(verb, ids)| format!("{verb} {what} {}", list(ids)))
            .collect();
        steps.join("; ")
    }
}

/// What a kind of grant is called.
pub(crate) fn noun(kind: AccessKind) -> &'static str {
    match kind {
        AccessKind::Sites => "sites",
        AccessKind::AssetGroups => "asset groups",
    }
}

impl Change {
    /// Replaces `user` by what `edit` makes of it; nothing if that is the same.
    #[must_use]
    pub fn replace(user: &User, edit: impl FnOnce(&mut Replacement)) -> Option<Self> {
        let as_it_is = user.replacement();
        let mut replacement = as_it_is.clone();
        edit(&mut replacement);
        let mut fields = changes(as_it_is.members(), replacement.members());
        if replacement.password().is_some() {
            fields.push(new_password());
        }
        (!fields.is_empty()).then_some(Self::ReplaceUser {
            user: user.id(),
            replacement,
            fields,
        })
    }

    /// The same on a newer reading of the account.
    pub(crate) fn rebase(&mut self, planned_on: &User, now: &User) {
        if let Self::ReplaceUser { replacement, .. } = self {
            *replacement = replacement.rebased(&planned_on.replacement(), &now.replacement());
        }
    }

    /// Whether it sets a password among other members, where no look can tell.
    pub(crate) fn is_hidden_password(&self) -> bool {
        matches!(self, Self::ReplaceUser { .. }) && self.password().is_some()
    }

    /// Whether it makes the value of a delivery.
    pub(crate) fn is_delivered(&self) -> bool {
        matches!(self, Self::ResetTwoFactor(_)) || self.password().is_some()
    }

    /// The password that it sets.
    pub(crate) fn password(&self) -> Option<&SecretString> {
        match self {
            Self::ReplaceUser { replacement, .. } => replacement.password(),
            Self::SetOwnPassword(_, password) => Some(password),
            _ => None,
        }
    }

    /// Sets another password instead.
    pub(crate) fn set_password(&mut self, other: SecretString) {
        match self {
            Self::ReplaceUser { replacement, .. } => replacement.set_password(other),
            Self::SetOwnPassword(_, password) => *password = other,
            _ => {}
        }
    }

    /// What will differ, where a look at the account can't show it.
    pub(crate) fn unseen(&self) -> Option<FieldChange> {
        match self {
            Self::ReplaceUser { replacement, .. } if replacement.password().is_some() => {
                Some(new_password())
            }
            Self::SetOwnPassword(..) => Some(new_password()),
            Self::ResetTwoFactor(_) => Some(FieldChange {
                field: "two_factor_seed".into(),
                before: rapid7::REDACTED.into(),
                after: rapid7::REDACTED.into(),
            }),
            _ => None,
        }
    }

    /// How it is taken back.
    fn undo(&self) -> Undo {
        match self {
            Self::CreateUser(_) => Undo::Instead(
                "the run created the account, so there was none before: disable-user or delete-user takes it \
                 away",
            ),
            Self::ReplaceUser { fields, .. } => {
                let told = |field: &FieldChange| !UNTOLD.contains(&field.field.as_str());
                match fields.iter().any(told) {
                    true => Undo::By("restore-user"),
                    false => NO_PASSWORD,
                }
            }
            Self::SetAccess(_) => Undo::By("restore-user"),
            Self::SetOwnPassword(..) => NO_PASSWORD,
            Self::UnlockUser(_) => {
                Undo::Instead("a lock can't be given back: disable-user keeps somebody out")
            }
            Self::ResetTwoFactor(_) => {
                Undo::Instead("no record holds a seed: reset-two-factor makes another one")
            }
            Self::DeleteUser(_) => Undo::Instead(
                "an account that was deleted can't be brought back: provision-user makes another one",
            ),
        }
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
                let fields = fields.iter().map(|field| match field.field.as_str() {
                    "password" => "a new password".to_owned(),
                    _ => field.to_line(),
                });
                let fields: Vec<String> = fields.collect();
                format!(
                    "replace user {user} by itself with {}; every other member goes back as read",
                    fields.join(", ")
                )
            }
            Self::UnlockUser(user) => format!("unlock user {user}"),
            Self::SetOwnPassword(user, _) => {
                format!("set a new password for user {user}, the account that the pack itself uses")
            }
            Self::ResetTwoFactor(user) => {
                format!("make a new seed for the two-factor token of user {user}")
            }
            Self::SetAccess(access) => access.to_line(),
            Self::DeleteUser(user) => format!("delete user {user} for good"),
        }
    }
}

/// Members that a console never tells, so that no record has them.
const UNTOLD: [&str; 2] = ["password", "passwordResetOnLogin"];

const NO_PASSWORD: Undo =
    Undo::Instead("no record holds a password: set-password sets another one");

fn new_password() -> FieldChange {
    FieldChange {
        field: "password".into(),
        before: rapid7::REDACTED.into(),
        after: rapid7::REDACTED.into(),
    }
}

/// Where a value goes that nobody may see: staged before the console is changed, promoted once the
/// change is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Name or ARN of a secret that exists.
    pub secret: String,
    /// What tells this delivery from others: the same for the same request, so that a repeated run
    /// uses the same value.
    pub token: String,
}

/// What a run is going to write, in order. Empty if the account already is as it should be.
#[derive(Debug, Clone, Default)]
pub struct Plan {
    /// The writes.
    pub changes: Vec<Change>,
    /// Where the new password or seed among them goes.
    pub delivery: Option<Delivery>,
    /// Whether the new password or seed among them is made to be thrown away: no caller gave it, and
    /// nobody gets it.
    pub thrown_away: bool,
    /// What a person should know about them.
    pub warnings: Vec<String>,
}

impl Plan {
    /// The plan of at most one change.
    #[must_use]
    pub fn of(change: Option<Change>) -> Self {
        Self {
            changes: change.into_iter().collect(),
            ..Self::default()
        }
    }

    /// The plan that changes members of an account, and nothing if they are so already.
    pub(crate) fn replace(user: &User, edit: impl FnOnce(&mut Replacement)) -> Self {
        let mut plan = Self::of(Change::replace(user, edit));
        // "Omitting optional fields may reset them" (guide), whose own example lacks the name.
        if !plan.changes.is_empty() && plan.intended(user).full_name().is_none() {
            plan.warnings.push(
                "the console does not tell the account's name, and may reset it with this update"
                    .into(),
            );
        }
        plan
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
        Ok(Self::replace(user, |edit| edit.set_enabled(enabled)))
    }

    /// How it is taken back.
    pub(crate) fn undo(&self) -> Undo {
        match self.changes.first() {
            Some(create @ Change::CreateUser(_)) => create.undo(),
            _ => Undo::of(self.changes.iter().map(Change::undo)),
        }
    }

    /// Adds what is given and taken one by one, if it is anything.
    pub(crate) fn set_access(&mut self, access: AccessChange) {
        if !access.is_empty() {
            self.changes.push(Change::SetAccess(access));
        }
    }

    /// What is given and taken one by one.
    pub(crate) fn access(&self) -> impl Iterator<Item = &AccessChange> {
        self.changes.iter().filter_map(|change| match change {
            Change::SetAccess(access) => Some(access),
            _ => None,
        })
    }

    /// Whether the account itself is replaced, which may cost it its individual grants.
    pub(crate) fn replaces(&self) -> bool {
        let replaces = |change: &Change| matches!(change, Change::ReplaceUser { .. });
        self.changes.iter().any(replaces)
    }

    /// Whether the pack's own account gets a new password.
    pub(crate) fn sets_own_password(&self) -> bool {
        let own = |change: &Change| matches!(change, Change::SetOwnPassword(..));
        self.changes.iter().any(own)
    }

    /// Plans the same on a newer reading of the account: what a newer console changes by itself must
    /// not be taken back.
    pub(crate) fn rebase(&mut self, planned_on: &User, now: &User) {
        for change in &mut self.changes {
            change.rebase(planned_on, now);
        }
    }

    /// Whether the account is deleted.
    pub(crate) fn deletes(&self) -> bool {
        let deletes = |change: &Change| matches!(change, Change::DeleteUser(_));
        self.changes.iter().any(deletes)
    }

    /// The account as it will be: the last replacement, or the account itself.
    pub(crate) fn intended(&self, user: &User) -> User {
        let mut replacements = self.changes.iter().filter_map(|change| match change {
            Change::ReplaceUser { replacement, .. } => Some(replacement),
            _ => None,
        });
        match replacements.next_back() {
            Some(replacement) => user.replaced_by(replacement),
            None => user.clone(),
        }
    }

    /// In lines for people.
    #[must_use]
    pub fn to_lines(&self) -> Vec<String> {
        let changes = self.changes.iter().map(Change::to_line);
        let delivery = self.delivery.iter().map(|delivery| {
            format!(
                "keep it in the secret {:?}, staged before and current after",
                delivery.secret
            )
        });
        changes.chain(delivery).collect()
    }
}
