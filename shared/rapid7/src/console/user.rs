//! A user as the console told of it, and the object that replaces it.

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

    /// The object that replaces this user: everything but what the console calls read-only.
    #[must_use]
    pub fn replacement(&self) -> Replacement {
        let mut members = self.members.clone();
        for name in ["id", "links", "locked"] {
            members.remove(name);
        }
        for (parent, names) in READ_ONLY {
            if let Some(Value::Object(nested)) = members.get_mut(*parent) {
                for name in *names {
                    nested.remove(*name);
                }
            }
        }
        Replacement { members }
    }
}

/// Nested members that GET returns and PUT must not send back (vendor API file: `UserEdit` and its
/// parts lack them).
const READ_ONLY: &[(&str, &[&str])] = &[
    ("authentication", &["external", "links", "name"]),
    ("locale", &["links"]),
    ("role", &["name", "privileges"]),
];

/// The whole object that a PUT sends. Made from a [`User`], so that it can't be partial.
#[derive(Debug, Clone, PartialEq)]
pub struct Replacement {
    members: Map<String, Value>,
}

impl Replacement {
    /// Enables or disables the account.
    pub fn set_enabled(&mut self, enabled: bool) {
        self.members.insert("enabled".into(), enabled.into());
    }

    /// The object as it is sent.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
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

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(".{0,6}", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// Known members, each absent, null or anything at all, among unknown ones.
    fn any_user() -> impl Strategy<Value = Value> {
        let known = prop::sample::subsequence(
            vec![
                "email",
                "name",
                "enabled",
                "locked",
                "links",
                "role",
                "locale",
                "authentication",
                "accessAllSites",
                "accessAllAssetGroups",
            ],
            0..=10,
        );
        let nested = prop::collection::btree_map(
            prop::sample::select(vec![
                "id",
                "name",
                "privileges",
                "superuser",
                "allSites",
                "links",
                "external",
                "type",
                "default",
                "new",
            ]),
            any_json(),
            0..6,
        );
        let value = prop_oneof![
            any_json(),
            nested.prop_map(|members| {
                let members = members.into_iter().map(|(k, v)| (k.to_owned(), v));
                Value::Object(members.collect())
            }),
        ];
        let known = known.prop_flat_map(move |names| {
            let values = prop::collection::vec(value.clone(), names.len());
            values.prop_map(move |values| {
                let names = names.iter().map(|name| (*name).to_owned());
                names.zip(values).collect::<Map<String, Value>>()
            })
        });
        let unknown = prop::collection::btree_map("[a-zé]{1,8}", any_json(), 0..5);
        (known, unknown, any::<i64>(), ".{1,12}").prop_map(|(known, unknown, id, login)| {
            let mut user: Map<String, Value> = unknown.into_iter().collect();
            user.extend(known);
            user.insert("id".into(), id.into());
            user.insert("login".into(), login.into());
            Value::Object(user)
        })
    }

    proptest! {
        /// An edit changes what it means to change and carries every other member through, known
        /// or unknown, minus the read-only ones.
        #[test]
        fn an_edit_changes_only_what_it_says(json in any_user(), enabled: bool) {
            let user = User::from_json(json.clone()).expect("a user");
            let mut edit = user.replacement();
            edit.set_enabled(enabled);
            let sent = edit.members();
            prop_assert_eq!(sent.get("enabled"), Some(&Value::from(enabled)));
            for (name, before) in json.as_object().expect("an object") {
                let after = sent.get(name);
                match name.as_str() {
                    "enabled" => {}
                    "id" | "links" | "locked" => prop_assert_eq!(after, None),
                    "role" | "authentication" | "locale" if before.is_object() => {
                        let read_only: &[&str] = match name.as_str() {
                            "role" => &["name", "privileges"],
                            "locale" => &["links"],
                            _ => &["name", "external", "links"],
                        };
                        let mut before = before.clone();
                        let nested = before.as_object_mut().expect("an object");
                        nested.retain(|name, _| !read_only.contains(&name.as_str()));
                        prop_assert_eq!(after, Some(&before));
                    }
                    _ => prop_assert_eq!(after, Some(before)),
                }
            }
            for name in sent.keys() {
                prop_assert!(name == "enabled" || json.get(name).is_some());
            }
        }
    }
}
