//! A user as the console told of it.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// A user's number on its console.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub i64);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The two spellings of a user in the references. They differ in how the name is written, where
/// the all-sites and all-asset-groups flags stand, and how sites are given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WireForm {
    /// The public guide: `name: {first, last}`, `accessAllSites`, `POST …/sites`.
    Guide,
    /// The vendor API file: `name: "full name"`, `role.allSites`, `PUT …/sites`.
    Vendor,
}

/// A user, kept as the JSON it was read from.
///
/// The console replaces whole users (guide: "PUT replaces the full user object"), so every member
/// that an edit does not mean to change must go back as it came, including those that this crate
/// has never heard of.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    id: UserId,
    members: Map<String, Value>,
}

impl User {
    /// Reads a user. `None` if the JSON is not an object with a numeric `id`, without which nothing
    /// can be said about whom it means.
    #[must_use]
    pub fn from_json(json: Value) -> Option<Self> {
        let Value::Object(members) = json else {
            return None;
        };
        let id = UserId(members.get("id")?.as_i64()?);
        Some(Self { id, members })
    }

    /// The same user with other members.
    pub(super) fn with_members(&self, members: Map<String, Value>) -> Self {
        Self {
            id: self.id,
            members,
        }
    }

    /// The JSON that this user was read from.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    fn at(&self, path: &[&str]) -> Option<&Value> {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(self.members.get(*first)?, |value, name| value.get(name))
            .filter(|value| !value.is_null())
    }

    fn text(&self, path: &[&str]) -> Option<&str> {
        self.at(path)?.as_str()
    }

    fn flag(&self, path: &[&str]) -> Option<bool> {
        self.at(path)?.as_bool()
    }

    /// The user's number.
    #[must_use]
    pub fn id(&self) -> UserId {
        self.id
    }

    /// The login name; empty if the console does not tell it.
    #[must_use]
    pub fn login(&self) -> &str {
        self.text(&["login"]).unwrap_or_default()
    }

    /// The email address.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.text(&["email"])
    }

    /// The person's name in one string, in either form.
    #[must_use]
    pub fn full_name(&self) -> Option<String> {
        match self.at(&["name"])? {
            Value::String(name) => Some(name.clone()),
            Value::Object(parts) => {
                let part = |key| parts.get(key).and_then(Value::as_str);
                let parts = [part("first"), part("last")].into_iter().flatten();
                let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
                Some(parts.join(" "))
            }
            _ => None,
        }
    }

    /// Whether the account may log in.
    #[must_use]
    pub fn enabled(&self) -> Option<bool> {
        self.flag(&["enabled"])
    }

    /// Whether the account is locked after failed logins.
    #[must_use]
    pub fn locked(&self) -> Option<bool> {
        self.flag(&["locked"])
    }

    /// The role's id, e.g. `user`.
    #[must_use]
    pub fn role_id(&self) -> Option<&str> {
        self.text(&["role", "id"])
    }

    /// Whether the user is a superuser.
    #[must_use]
    pub fn superuser(&self) -> Option<bool> {
        self.flag(&["role", "superuser"])
    }

    /// Whether the user might be a superuser: the flag is anything but false, null or absent.
    #[must_use]
    pub fn may_be_superuser(&self) -> bool {
        let flag = self.at(&["role", "superuser"]);
        flag.is_some_and(|flag| flag != &Value::Bool(false))
    }

    /// Whether the user has every site, in either form.
    #[must_use]
    pub fn all_sites(&self) -> Option<bool> {
        self.flag(&["accessAllSites"])
            .or_else(|| self.flag(&["role", "allSites"]))
    }

    /// Whether the user has every asset group, in either form.
    #[must_use]
    pub fn all_asset_groups(&self) -> Option<bool> {
        self.flag(&["accessAllAssetGroups"])
            .or_else(|| self.flag(&["role", "allAssetGroups"]))
    }

    /// How the user logs in: `normal`, `admin`, `ldap`, `saml`, `kerberos` (vendor API file).
    #[must_use]
    pub fn authentication_type(&self) -> Option<&str> {
        self.text(&["authentication", "type"])
    }

    /// The authentication source's number.
    #[must_use]
    pub fn authentication_source(&self) -> Option<i64> {
        self.at(&["authentication", "id"])?.as_i64()
    }

    /// A locale preference: `default` or `reports`.
    #[must_use]
    pub fn locale(&self, which: &str) -> Option<&str> {
        self.text(&["locale", which])
    }

    /// The form this user was written in, as far as it shows.
    #[must_use]
    pub fn form(&self) -> Option<WireForm> {
        let has = |path: &[&str]| self.at(path).is_some();
        if has(&["accessAllSites"]) || has(&["accessAllAssetGroups"]) {
            Some(WireForm::Guide)
        } else if has(&["role", "allSites"]) || has(&["role", "allAssetGroups"]) {
            Some(WireForm::Vendor)
        } else {
            match self.at(&["name"])? {
                Value::Object(_) => Some(WireForm::Guide),
                Value::String(_) => Some(WireForm::Vendor),
                _ => None,
            }
        }
    }

    /// What the user's role allows, if the console tells it with the user (vendor API file).
    #[must_use]
    pub fn privileges(&self) -> Option<Vec<&str>> {
        let privileges = self.at(&["role", "privileges"])?.as_array()?;
        Some(privileges.iter().filter_map(Value::as_str).collect())
    }

    /// What the console tells of this user and no replacement carries, by its dotted path: what is read-only
    /// and not named by anything else either. Permissions of the account's own come as a `role` without an id
    /// (recorded from a console 6.6.210), or with the id `custom` (clients in the field).
    #[must_use]
    pub fn kept_by_the_console(&self) -> Vec<(&'static str, &Value)> {
        let is_custom = |id: &str| id.eq_ignore_ascii_case("custom");
        let own_role = self.role_id().is_none_or(is_custom);
        let own_source =
            self.authentication_type().is_none() && self.at(&["authentication", "id"]).is_none();
        let told = [
            (own_role, "role.privileges"),
            (own_role && self.role_id().is_none(), "role.name"),
            (own_source, "authentication.name"),
        ];
        let told = told.into_iter().filter(|(kept, _)| *kept);
        told.filter_map(|(_, path)| {
            let parts: Vec<&str> = path.split('.').collect();
            let value = self.at(&parts)?;
            let empty = value.as_array().is_some_and(Vec::is_empty) || value.as_str() == Some("");
            (!empty).then_some((path, value))
        })
        .collect()
    }

    /// The person's name in parts, if the console keeps it so (guide).
    #[must_use]
    pub fn name_parts(&self) -> Option<(&str, &str)> {
        let parts = self.at(&["name"])?.as_object()?;
        let part = |key| parts.get(key).and_then(Value::as_str).unwrap_or_default();
        Some((part("first"), part("last")))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_forms_read_alike() {
        let guide = json!({
            "id": 42, "login": "jdoe", "name": {"first": "Jane", "last": "Doe"},
            "role": {"id": "user", "superuser": false},
            "accessAllSites": false, "accessAllAssetGroups": true,
        });
        let vendor = json!({
            "id": 42, "login": "jdoe", "name": "Jane Doe",
            "role": {"id": "user", "superuser": false, "allSites": false, "allAssetGroups": true},
        });
        let guide = User::from_json(guide).expect("guide");
        let vendor = User::from_json(vendor).expect("vendor");
        assert_eq!(guide.form(), Some(WireForm::Guide));
        assert_eq!(vendor.form(), Some(WireForm::Vendor));
        for user in [&guide, &vendor] {
            assert_eq!(user.full_name().as_deref(), Some("Jane Doe"));
            assert_eq!(user.all_sites(), Some(false));
            assert_eq!(user.all_asset_groups(), Some(true));
        }
    }

    #[test]
    fn json_that_names_nobody_is_no_user() {
        for json in [
            json!(null),
            json!([]),
            json!({"login": "a"}),
            json!({"id": "1", "login": "a"}),
        ] {
            assert_eq!(User::from_json(json), None);
        }
    }
}
