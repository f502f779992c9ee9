//! A user of the platform.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::uuid::uuid;

/// A user's id: a UUID (seen in the field), always written in lower case here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct UserId(String);

impl UserId {
    /// Reads a UUID. `None` for anything else: it becomes part of an address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        uuid(text).map(Self)
    }

    /// The UUID.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A user, kept as the JSON it was read from. Members seen in the field: id, email, first_name,
/// last_name, status, platform_admin, federated, last_login, timezone.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    id: UserId,
    members: Map<String, Value>,
}

impl User {
    /// Reads a user. `None` without a UUID, or without an email address: nobody could tell whom it
    /// means.
    #[must_use]
    pub fn from_json(json: Value) -> Option<Self> {
        let Value::Object(members) = json else {
            return None;
        };
        let id = UserId::parse(members.get("id")?.as_str()?)?;
        members
            .get("email")?
            .as_str()
            .filter(|email| !email.is_empty())?;
        Some(Self { id, members })
    }

    /// The JSON that this user was read from.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// The user's id.
    #[must_use]
    pub fn id(&self) -> &UserId {
        &self.id
    }

    /// The email address, which is also the login name and can't be changed (seen in the field).
    #[must_use]
    pub fn email(&self) -> &str {
        self.text("email").unwrap_or_default()
    }

    /// First and last name, as far as they are told.
    #[must_use]
    pub fn full_name(&self) -> Option<String> {
        let names = [self.text("first_name"), self.text("last_name")];
        let names: Vec<&str> = names
            .into_iter()
            .flatten()
            .filter(|name| !name.is_empty())
            .collect();
        (!names.is_empty()).then(|| names.join(" "))
    }

    /// The first name.
    #[must_use]
    pub fn first_name(&self) -> Option<&str> {
        self.text("first_name")
    }

    /// The last name.
    #[must_use]
    pub fn last_name(&self) -> Option<&str> {
        self.text("last_name")
    }

    /// `ACTIVE`, `DISABLED` or `PENDING` (seen in the field), or a word that is new.
    #[must_use]
    pub fn status(&self) -> Option<&str> {
        self.text("status")
    }

    /// Whether the user administers the platform.
    #[must_use]
    pub fn platform_admin(&self) -> Option<bool> {
        self.members.get("platform_admin")?.as_bool()
    }

    /// Whether the user logs in at an identity provider.
    #[must_use]
    pub fn federated(&self) -> Option<bool> {
        self.members.get("federated")?.as_bool()
    }

    /// When the user last logged in; `None` if never, or if it is not told: see [`Self::never_used`].
    #[must_use]
    pub fn last_login(&self) -> Option<&str> {
        self.text("last_login").filter(|time| !time.is_empty())
    }

    /// Whether the user has never logged in; `None` if the platform does not tell.
    #[must_use]
    pub fn never_used(&self) -> Option<bool> {
        self.members
            .get("last_login")
            .map(|_| self.last_login().is_none())
    }

    /// The time zone.
    #[must_use]
    pub fn timezone(&self) -> Option<&str> {
        self.text("timezone")
    }
}

/// A user to create (`POST /users`, seen in the field).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUser {
    /// The email address, for good.
    pub email: String,
    /// The first name.
    pub first_name: String,
    /// The last name.
    pub last_name: String,
    /// Whether the user administers the platform; left out, the platform decides.
    pub platform_admin: Option<bool>,
    /// The time zone.
    pub timezone: Option<String>,
}

impl NewUser {
    pub(crate) fn to_json(&self) -> Value {
        let mut json = json!({
            "email": self.email, "first_name": self.first_name, "last_name": self.last_name,
        });
        if let Some(admin) = self.platform_admin {
            json["platform_admin"] = admin.into();
        }
        if let Some(timezone) = &self.timezone {
            json["timezone"] = timezone.as_str().into();
        }
        json
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_uuid_is_an_id() {
        let id = UserId::parse("ABCDEF00-0000-4000-8000-000000000004").expect("a UUID");
        assert_eq!(id.as_str(), "abcdef00-0000-4000-8000-000000000004");
        for text in [
            "",
            "42",
            "../users",
            "abcdef00-0000-4000-8000-000000000004/products",
            "abcdef00-0000-4000-8000-000000000004-",
            "abcdef00-0000-4000-8000-0000000000é",
        ] {
            assert_eq!(UserId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn never_used_is_not_the_same_as_not_told() {
        let user = |more: Value| {
            let mut json = json!({
                "id": "00000000-0000-4000-8000-000000000004", "email": "a@example.com",
            });
            json.as_object_mut()
                .expect("an object")
                .extend(more.as_object().expect("an object").clone());
            User::from_json(json).expect("a user")
        };
        assert_eq!(user(json!({})).never_used(), None);
        assert_eq!(user(json!({"last_login": null})).never_used(), Some(true));
        assert_eq!(
            user(json!({"last_login": "2026-01-02T03:04:05Z"})).never_used(),
            Some(false)
        );
    }
}
