//! The whole object that replaces a user.

use std::fmt;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use super::new_user::PersonName;
use super::user::{User, WireForm};

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
        let shown = crate::redact_secret_members(&Value::Object(self.members.clone()));
        let password = self.password.as_ref().map(|_| crate::REDACTED);
        write!(f, "Replacement {{ {shown}, password: {password:?} }}")
    }
}

impl Replacement {
    pub(super) fn of(user: &User) -> Self {
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
mod tests {
    use proptest::prelude::*;

    use super::*;

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

    #[test]
    fn an_edit_is_carried_over_to_a_newer_state() {
        let read = |json: Value| User::from_json(json).expect("a user").replacement();
        let from = read(
            json!({"id": 1, "login": "a", "email": "e", "n": 1, "role": {"id": "user", "x": 1}}),
        );
        let onto = read(
            json!({"id": 1, "login": "a", "email": "e", "n": 2, "role": {"id": "user", "x": 2, "y": 3}}),
        );
        let mut edited = from.clone();
        edited.set_role("auditor");
        edited.set_email(None);
        let rebased = edited.rebased(&from, &onto);
        let wanted = json!({"login": "a", "n": 2, "role": {"id": "auditor", "x": 2, "y": 3}});
        assert_eq!(Value::Object(rebased.members().clone()), wanted);
    }

    proptest! {
        /// Of the same state, an edit is itself; without an edit, the newer state is.
        #[test]
        fn rebasing_on_nothing_new_changes_nothing(json in any_user(), other in any_user(), flag: bool) {
            let read = |json: &Value| User::from_json(json.clone()).expect("a user").replacement();
            let (from, onto) = (read(&json), read(&other));
            let mut edited = from.clone();
            edited.set_enabled(flag);
            let same = edited.rebased(&from, &from);
            prop_assert_eq!(same.members(), edited.members());
            let newer = from.rebased(&from, &onto);
            prop_assert_eq!(newer.members(), onto.members());
        }
    }

    /// The top-level and nested members of an object by their paths.
    fn leaves(members: &Map<String, Value>) -> std::collections::BTreeMap<String, Value> {
        let mut leaves = std::collections::BTreeMap::new();
        for (name, value) in members {
            match value {
                Value::Object(nested) => {
                    for (inner, value) in nested {
                        leaves.insert(format!("{name}.{inner}"), value.clone());
                    }
                }
                value => _ = leaves.insert(name.clone(), value.clone()),
            }
        }
        leaves
    }

    proptest! {
        /// Every setter, in either form: the members that it names differ, and no others.
        #[test]
        fn a_setter_changes_only_its_own_members(
            json in any_user(), which in 0_usize..10, guide: bool, flag: bool, text in "[a-zé]{1,6}",
        ) {
            let form = if guide { WireForm::Guide } else { WireForm::Vendor };
            let user = User::from_json(json).expect("a user");
            let mut edit = user.replacement();
            let before = leaves(edit.members());
            let parents = |edit: &Replacement| -> Vec<String> {
                let members = edit.members().iter();
                members.filter(|(_, v)| v.is_object()).map(|(name, _)| name.clone()).collect()
            };
            let objects = parents(&edit);
            let mine: &[&str] = match which {
                0 => { edit.set_login(&text); &["login"] }
                1 => { edit.set_email(flag.then_some(text.as_str())); &["email"] }
                2 => { edit.set_enabled(flag); &["enabled"] }
                3 => { edit.set_role(&text); &["role.id"] }
                4 => { edit.set_superuser(flag); &["role.superuser"] }
                5 => {
                    edit.set_all_sites(flag, form);
                    if guide { &["accessAllSites"] } else { &["role.allSites"] }
                }
                6 => {
                    edit.set_all_asset_groups(flag, form);
                    if guide { &["accessAllAssetGroups"] } else { &["role.allAssetGroups"] }
                }
                7 => {
                    edit.set_authentication(&text, flag.then_some(7));
                    &["authentication.type", "authentication.id"]
                }
                8 => {
                    edit.set_locale("reports", flag.then_some(text.as_str()));
                    &["locale.reports"]
                }
                _ => {
                    let name = PersonName { first: text.clone(), last: String::new() };
                    edit.set_name(&name, form);
                    &["name", "name.first", "name.last"]
                }
            };
            let after = leaves(edit.members());
            for path in before.keys().chain(after.keys()) {
                if mine.contains(&path.as_str()) || before.get(path) == after.get(path) {
                    continue;
                }
                // A member that should be an object and was not has become one; one that was
                // written as a name in the other form has gone.
                let (parent, _) = path.split_once('.').unwrap_or((path, ""));
                let own_parent = mine.iter().any(|m| m.split('.').next() == Some(parent));
                let whole = mine.contains(&parent);
                prop_assert!(whole || own_parent && !objects.contains(&parent.to_owned()), "{path}");
            }
            prop_assert!(edit.password().is_none());
        }

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
