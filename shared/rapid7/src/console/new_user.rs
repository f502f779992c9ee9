//! A user that does not exist yet.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};

use super::user::WireForm;

/// A person's name. The guide wants it in parts, the vendor API file in one string.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonName {
    /// The given name.
    pub first: String,
    /// The family name; empty if there is none.
    pub last: String,
}

impl PersonName {
    /// The name in one string.
    #[must_use]
    pub fn full(&self) -> String {
        [self.first.as_str(), self.last.as_str()]
            .iter()
            .filter(|part| !part.is_empty())
            .copied()
            .collect::<Vec<_>>()
            .join(" ")
    }
}

/// How a user logs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authentication {
    /// `normal`, `admin`, `ldap`, `saml` or `kerberos` (vendor API file).
    pub kind: String,
    /// Which source of that type; without it the console picks one.
    pub source: Option<i64>,
}

/// Language preferences, as IETF BCP 47 tags.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Locale {
    /// Of the user interface.
    pub default: Option<String>,
    /// Of reports.
    pub reports: Option<String>,
}

/// Everything a POST of a user says. Nothing is left to the console's defaults that differ between
/// the references.
#[derive(Debug, Clone)]
pub struct NewUser {
    /// Login name, unique on the console.
    pub login: String,
    /// The person's name.
    pub name: PersonName,
    /// Email address.
    pub email: String,
    /// Required for local users, absent for external ones.
    pub password: Option<SecretString>,
    /// Whether the password must be changed at the first login.
    pub password_reset_on_login: bool,
    /// Whether the account may log in.
    pub enabled: bool,
    /// The role's id.
    pub role_id: String,
    /// Whether the user is a superuser.
    pub superuser: bool,
    /// Whether the user has every site. Always sent: left out, "site assignments are silently
    /// ignored" (guide).
    pub all_sites: bool,
    /// Whether the user has every asset group. Always sent.
    pub all_asset_groups: bool,
    /// How the user logs in.
    pub authentication: Authentication,
    /// Language preferences.
    pub locale: Locale,
}

impl NewUser {
    /// The object that a POST sends in a form. It holds the password.
    pub(crate) fn body(&self, form: WireForm) -> Value {
        let mut role = json!({"id": self.role_id, "superuser": self.superuser});
        let mut authentication = json!({"type": self.authentication.kind});
        if let Some(source) = self.authentication.source {
            authentication["id"] = source.into();
        }
        let mut body = json!({
            "login": self.login,
            "email": self.email,
            "enabled": self.enabled,
            "authentication": authentication,
        });
        match form {
            WireForm::Guide => {
                body["name"] = json!({"first": self.name.first, "last": self.name.last});
                body["accessAllSites"] = self.all_sites.into();
                body["accessAllAssetGroups"] = self.all_asset_groups.into();
            }
            WireForm::Vendor => {
                body["name"] = self.name.full().into();
                role["allSites"] = self.all_sites.into();
                role["allAssetGroups"] = self.all_asset_groups.into();
            }
        }
        body["role"] = role;
        let mut locale = Map::new();
        for (name, value) in [
            ("default", &self.locale.default),
            ("reports", &self.locale.reports),
        ] {
            if let Some(value) = value {
                locale.insert(name.into(), value.as_str().into());
            }
        }
        if !locale.is_empty() {
            body["locale"] = locale.into();
        }
        if let Some(password) = &self.password {
            body["password"] = password.expose_secret().into();
        }
        if self.password_reset_on_login {
            body["passwordResetOnLogin"] = true.into();
        }
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jdoe() -> NewUser {
        NewUser {
            login: "jdoe".into(),
            name: PersonName {
                first: "Jane".into(),
                last: "Doe".into(),
            },
            email: "jdoe@example.com".into(),
            password: Some("S3cur3!pass".into()),
            password_reset_on_login: false,
            enabled: true,
            role_id: "user".into(),
            superuser: false,
            all_sites: false,
            all_asset_groups: false,
            authentication: Authentication {
                kind: "normal".into(),
                source: None,
            },
            locale: Locale::default(),
        }
    }

    #[test]
    fn access_flags_are_always_sent_where_each_form_has_them() {
        let user = jdoe();
        assert_eq!(
            user.body(WireForm::Guide),
            json!({
                "login": "jdoe", "email": "jdoe@example.com", "enabled": true,
                "password": "S3cur3!pass", "name": {"first": "Jane", "last": "Doe"},
                "authentication": {"type": "normal"}, "role": {"id": "user", "superuser": false},
                "accessAllSites": false, "accessAllAssetGroups": false,
            })
        );
        assert_eq!(
            user.body(WireForm::Vendor),
            json!({
                "login": "jdoe", "email": "jdoe@example.com", "enabled": true,
                "password": "S3cur3!pass", "name": "Jane Doe",
                "authentication": {"type": "normal"},
                "role": {
                    "id": "user", "superuser": false, "allSites": false, "allAssetGroups": false,
                },
            })
        );
    }

    #[test]
    fn everything_that_differs_from_the_usual_is_sent_in_both_forms() {
        let user = NewUser {
            password: None,
            password_reset_on_login: true,
            enabled: false,
            authentication: Authentication {
                kind: "ldap".into(),
                source: Some(7),
            },
            locale: Locale {
                default: Some("de-DE".into()),
                reports: Some("fr-FR".into()),
            },
            ..jdoe()
        };
        for form in [WireForm::Guide, WireForm::Vendor] {
            let body = user.body(form);
            assert_eq!(body["passwordResetOnLogin"], true);
            assert_eq!(body["enabled"], false);
            assert_eq!(body["authentication"], json!({"type": "ldap", "id": 7}));
            let locale = json!({"default": "de-DE", "reports": "fr-FR"});
            assert_eq!(body["locale"], locale);
            assert_eq!(body.get("password"), None);
        }
    }
}
