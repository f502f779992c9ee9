//! The whole object that replaces a user.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use super::new_user::PersonName;
use super::user::{User, WireForm};
use crate::redact::{REDACTED, redact_secret_members};

/// Nested members that GET returns and PUT must not send back (vendor API file: `UserEdit` and its
/// parts lack them).
const READ_ONLY: &[(&str, &[&str])] = &[
    ("authentication", &["external", "links", "name"]),
    ("locale", &["links"]),
    ("role", &["name", "privileges"]),
];

/// Members that PUT takes and GET never returns (vendor API file).
const WRITE_ONLY: &[&str] = &["password", "passwordResetOnLogin"];

/// The whole object that a PUT sends. Made from a [`User`], so that it can't be partial.
#[derive(Clone)]
pub struct Replacement {
    members: Map<String, Value>,
    password: Option<SecretString>,
}

impl fmt::Debug for Replacement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = redact_secret_members(&Value::Object(self.members.clone()));
        let password = self.password.as_ref().map(|_| REDACTED);
        write!(f, "Replacement {{ {shown}, password: {password:?} }}")
    }
}

impl User {
    /// The object that replaces this user: everything but what the console calls read-only.
    #[must_use]
    pub fn replacement(&self) -> Replacement {
        Replacement::of(self)
    }

    /// The user as it will be once `replacement` is in force: with the read-only members that the
    /// console keeps itself, and without those that describe a role or source that changed.
    #[must_use]
    pub fn replaced_by(&self, replacement: &Replacement) -> Self {
        let mut members = replacement.members().clone();
        for name in ["id", "locked"] {
            if let Some(value) = self.members().get(name) {
                members.insert(name.into(), value.clone());
            }
        }
        let after = self.with_members(members);
        let role = self
            .members()
            .get("role")
            .and_then(|role| role.get("privileges"));
        match role {
            Some(privileges) if after.role_id() == self.role_id() => {
                let mut members = after.members().clone();
                if let Some(Value::Object(role)) = members.get_mut("role") {
                    role.insert("privileges".into(), privileges.clone());
                }
                after.with_members(members)
            }
            _ => after,
        }
    }
}

impl Replacement {
    fn of(user: &User) -> Self {
        let mut members = user.members().clone();
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
        Self {
            members,
            password: None,
        }
    }

    /// Puts a value into a nested member; whatever else the parent holds stays. Null takes it away.
    fn set_nested(&mut self, parent: &str, name: &str, value: Value) {
        let parent = self.members.entry(parent).or_insert(Value::Null);
        if !parent.is_object() {
            *parent = json!({});
        }
        if let Value::Object(members) = parent {
            match value {
                Value::Null => _ = members.remove(name),
                value => _ = members.insert(name.into(), value),
            }
        }
    }

    /// Sets the login name.
    pub fn set_login(&mut self, login: &str) {
        self.members.insert("login".into(), login.into());
    }

    /// Sets the person's name in the way that the console keeps it; where it tells none, in `form`'s.
    pub fn set_name(&mut self, name: &PersonName, form: WireForm) {
        let in_parts = match self.members.get("name") {
            Some(Value::Object(_)) => true,
            Some(Value::String(_)) => false,
            _ => form == WireForm::Guide,
        };
        if in_parts {
            self.set_nested("name", "first", name.first.as_str().into());
            self.set_nested("name", "last", name.last.as_str().into());
        } else {
            self.members.insert("name".into(), name.full().into());
        }
    }

    /// Sets the email address, or takes it away.
    pub fn set_email(&mut self, email: Option<&str>) {
        match email {
            Some(email) => _ = self.members.insert("email".into(), email.into()),
            None => _ = self.members.remove("email"),
        }
    }

    /// Enables or disables the account.
    pub fn set_enabled(&mut self, enabled: bool) {
        self.members.insert("enabled".into(), enabled.into());
    }

    /// Sets the role by its id.
    pub fn set_role(&mut self, id: &str) {
        self.set_nested("role", "id", id.into());
    }

    /// Makes the user a superuser, or not.
    pub fn set_superuser(&mut self, superuser: bool) {
        self.set_nested("role", "superuser", superuser.into());
    }

    /// Gives every site, or only individual ones, with the flag of `form`.
    pub fn set_all_sites(&mut self, all: bool, form: WireForm) {
        match form {
            WireForm::Guide => _ = self.members.insert("accessAllSites".into(), all.into()),
            WireForm::Vendor => self.set_nested("role", "allSites", all.into()),
        }
    }

    /// Gives every asset group, or only individual ones, with the flag of `form`.
    pub fn set_all_asset_groups(&mut self, all: bool, form: WireForm) {
        match form {
            WireForm::Guide => {
                self.members
                    .insert("accessAllAssetGroups".into(), all.into());
            }
            WireForm::Vendor => self.set_nested("role", "allAssetGroups", all.into()),
        }
    }

    /// Sets how the user logs in. Without a source, the console picks one of that type (vendor API
    /// file).
    pub fn set_authentication(&mut self, kind: &str, source: Option<i64>) {
        self.set_nested("authentication", "type", kind.into());
        self.set_nested("authentication", "id", source.into());
    }

    /// Sets a locale preference, `default` or `reports`, or takes it away.
    pub fn set_locale(&mut self, which: &str, tag: Option<&str>) {
        if tag.is_some() || self.members.contains_key("locale") {
            self.set_nested("locale", which, tag.into());
        }
    }

    /// Sets a new password with this update. It is not among [`Self::members`].
    pub fn set_password(&mut self, password: SecretString) {
        self.password = Some(password);
    }

    /// The new password that this update sets.
    #[must_use]
    pub fn password(&self) -> Option<&SecretString> {
        self.password.as_ref()
    }

    /// Requires a new password at the next login, or not. GET never tells it.
    pub fn set_password_reset_on_login(&mut self, reset: bool) {
        self.members
            .insert("passwordResetOnLogin".into(), reset.into());
    }

    /// Puts a top-level member back as a record of the user had it; what is read-only in it stays
    /// out, and null takes it away.
    pub fn restore(&mut self, name: &str, value: &Value) {
        // A record of a user never has these: somebody else put them there.
        if WRITE_ONLY.contains(&name) {
            return;
        }
        let mut value = value.clone();
        let read_only = READ_ONLY.iter().find(|(parent, _)| *parent == name);
        if let (Some((_, names)), Value::Object(nested)) = (read_only, &mut value) {
            nested.retain(|name, _| !names.contains(&name.as_str()));
        }
        match value {
            Value::Null => _ = self.members.remove(name),
            value => _ = self.members.insert(name.into(), value),
        }
    }

    /// The same edit of a newer state: what this changed of `from` is changed in `onto` too, and
    /// everything else is `onto`'s.
    #[must_use]
    pub fn rebased(&self, from: &Self, onto: &Self) -> Self {
        Self {
            members: rebase(&self.members, &from.members, &onto.members),
            password: self.password.clone(),
        }
    }

    /// The object as it is sent, without a password.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }

    /// The object as it is sent.
    pub(super) fn body(&self) -> Value {
        let mut members = self.members.clone();
        if let Some(password) = &self.password {
            members.insert("password".into(), password.expose_secret().into());
        }
        Value::Object(members)
    }
}

fn rebase(
    edited: &Map<String, Value>,
    from: &Map<String, Value>,
    onto: &Map<String, Value>,
) -> Map<String, Value> {
    let mut members = onto.clone();
    for (name, value) in edited {
        match (value, from.get(name), onto.get(name)) {
            (_, was, _) if was == Some(value) => {}
            (Value::Object(value), was, Some(Value::Object(is))) => {
                let nothing = Map::new();
                let was = was.and_then(Value::as_object).unwrap_or(&nothing);
                members.insert(name.clone(), rebase(value, was, is).into());
            }
            _ => _ = members.insert(name.clone(), value.clone()),
        }
    }
    for name in from.keys().filter(|name| !edited.contains_key(*name)) {
        members.remove(name);
    }
    members
}

#[cfg(test)]
mod tests;
