//! The keys that people and organizations use the platform's APIs with.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use super::user::UserId;

/// What names a key. Not the key itself.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct ApiKeyId(String);

impl ApiKeyId {
    /// Reads an id. `None` if it can't be part of an address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        (!text.is_empty() && text.len() <= 100 && text.chars().all(fits))
            .then(|| Self(text.to_owned()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ApiKeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is told of a key. The shape is unconfirmed, so the JSON is kept; the key itself is told only
/// when it is made (guide).
#[derive(Clone, PartialEq)]
pub struct ApiKeyInfo {
    id: ApiKeyId,
    members: Map<String, Value>,
}

/// Without members that may hold the key.
impl fmt::Debug for ApiKeyInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ApiKeyInfo({} {:?})", self.id, self.name())
    }
}

impl ApiKeyInfo {
    /// Reads what is told of a key. `None` without a usable `id`.
    #[must_use]
    pub fn from_json(json: Value) -> Option<Self> {
        let Value::Object(members) = json else {
            return None;
        };
        let id = ApiKeyId::parse(members.get("id")?.as_str()?)?;
        Some(Self { id, members })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// What names it.
    #[must_use]
    pub fn id(&self) -> &ApiKeyId {
        &self.id
    }

    /// The name that a person gave it.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// Whose it is; `None` for an organization's, and where it is not told.
    #[must_use]
    pub fn owner(&self) -> Option<UserId> {
        UserId::parse(self.text("user_id")?)
    }

    /// Whether it is told whose it is: a person's or an organization's.
    #[must_use]
    pub fn tells_owner(&self) -> bool {
        self.owner().is_some() || self.is_organization_key()
    }

    /// Whether it is the organization's rather than a person's.
    #[must_use]
    pub fn is_organization_key(&self) -> bool {
        self.text("type")
            .is_some_and(|kind| kind.to_ascii_uppercase().starts_with("ORG"))
    }

    /// The kind that the platform tells.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.text("type")
    }

    /// When it was made.
    #[must_use]
    pub fn created_at(&self) -> Option<&str> {
        self.text("created_at")
    }

    /// When it was last used.
    #[must_use]
    pub fn last_used_at(&self) -> Option<&str> {
        self.text("last_used_at")
    }

    /// The JSON that it was read from.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }
}
