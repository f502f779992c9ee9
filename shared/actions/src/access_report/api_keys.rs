//! The platform's API keys, as an access report has them: they work without anybody logging in.

use rapid7::platform::{ApiKeyInfo, User, UserId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Owner of a key, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum KeyOwner {
    /// A user who is not disabled.
    Active,
    /// A disabled user.
    Disabled,
    /// A deleted user.
    Gone,
    /// No person: an organization's key.
    Organization,
    /// The platform does not report the owner.
    Untold,
}

/// An API key, without its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedKey {
    /// Id of the key.
    pub id: String,
    /// Name of the key, as a person chose it.
    pub name: Option<String>,
    /// Owner: an email address, or the id of a deleted user.
    pub owner: Option<String>,
    /// Kind of owner.
    pub owner_is: KeyOwner,
    /// Time of creation, as the platform returns it.
    pub created_at: Option<String>,
    /// Time of the last use, as the platform returns it.
    pub last_used_at: Option<String>,
}

impl ReportedKey {
    /// In a line for people.
    pub(super) fn to_line(&self) -> String {
        let name = self.name.as_deref().unwrap_or("without a name");
        let owner = self.owner.as_ref().map(|owner| format!(" of {owner}"));
        let made = self.created_at.as_ref().map(|at| format!(", made {at}"));
        let used = match &self.last_used_at {
            Some(at) => format!(", last used {at}"),
            None => ", not told to be used".into(),
        };
        let [owner, made] = [owner, made].map(Option::unwrap_or_default);
        format!("{name} ({}){owner}{made}{used}", self.id)
    }
}

/// Every key with whoever stands behind it, the oldest first.
pub(crate) fn reported(keys: &[ApiKeyInfo], users: &[User]) -> Vec<ReportedKey> {
    let mut reported: Vec<ReportedKey> = keys.iter().map(|key| of(key, users)).collect();
    // What does not tell when it was made comes last.
    reported.sort_by_cached_key(|key| {
        (
            key.created_at.is_none(),
            key.created_at.clone(),
            key.id.clone(),
        )
    });
    reported
}

fn of(key: &ApiKeyInfo, users: &[User]) -> ReportedKey {
    let owner = key.owner().filter(|_| !key.is_organization_key());
    let user = owner.as_ref().and_then(|id| user(users, id));
    let text = |text: Option<&str>| text.map(str::to_owned);
    ReportedKey {
        id: key.id().to_string(),
        name: text(key.name()),
        owner_is: match (&owner, user) {
            _ if key.is_organization_key() => KeyOwner::Organization,
            (None, _) => KeyOwner::Untold,
            (Some(_), None) => KeyOwner::Gone,
            (_, Some(user)) if user.status() == Some("DISABLED") => KeyOwner::Disabled,
            _ => KeyOwner::Active,
        },
        owner: match user {
            Some(user) => Some(user.email().to_owned()),
            None => owner.map(|id| id.to_string()),
        },
        created_at: text(key.created_at()),
        last_used_at: text(key.last_used_at()),
    }
}

fn user<'a>(users: &'a [User], id: &UserId) -> Option<&'a User> {
    users.iter().find(|user| user.id() == id)
}
