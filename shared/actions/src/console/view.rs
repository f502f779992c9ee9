//! A user as people and workflows see it, the same in both wire forms.

use std::collections::BTreeSet;

use rapid7::console::User;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

/// A user. Members that the console did not report are null.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UserView {
    /// Number on the console.
    pub user_id: i64,
    /// Login name.
    pub login: String,
    /// Full name.
    pub name: Option<String>,
    /// Email address.
    pub email: Option<String>,
    /// Whether the account may log in.
    pub enabled: Option<bool>,
    /// Whether the account is locked after failed logins.
    pub locked: Option<bool>,
    /// Role id.
    pub role_id: Option<String>,
    /// Whether the user is a superuser.
    pub superuser: Option<bool>,
    /// Whether the user has all sites.
    pub all_sites: Option<bool>,
    /// Whether the user has all asset groups.
    pub all_asset_groups: Option<bool>,
    /// How the user logs in: `normal`, `admin`, `ldap`, `saml`, `kerberos`.
    pub authentication_type: Option<String>,
    /// Number of the authentication source.
    pub authentication_source_id: Option<i64>,
    /// Language of the user interface.
    pub locale: Option<String>,
    /// Language of reports.
    pub reports_locale: Option<String>,
    /// Individual sites, if they were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sites: Option<Vec<i64>>,
    /// Individual asset groups, if they were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_groups: Option<Vec<i64>>,
    /// Members unknown to this pack, as the console returned them. They are always kept.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub other: Map<String, Value>,
}

/// Top-level members that the view shows under a name of its own, or that are no news.
const SHOWN: &[&str] = &[
    "accessAllAssetGroups",
    "accessAllSites",
    "authentication",
    "email",
    "enabled",
    "id",
    "links",
    "locale",
    "locked",
    "login",
    "name",
    "role",
];

/// How somebody logs in whom an identity provider lets in: by the email address, upper and lower case apart
/// (vendor's guides to single sign-on).
pub(crate) const SAML: &str = "saml";

/// Whether the console itself keeps the account's password: `admin` for a global administrator's, `normal` for
/// everybody else's (seen in the field).
pub(crate) fn is_local(user: &User) -> bool {
    is_local_type(user.authentication_type())
}

/// The same of a type.
pub(crate) fn is_local_type(kind: Option<&str>) -> bool {
    matches!(kind, Some("normal" | "admin"))
}

/// Whether a top-level member is one that this pack knows.
pub(crate) fn is_shown(name: &str) -> bool {
    SHOWN.contains(&name)
}

/// Whether a dotted path is a member that this pack knows. What a newer console adds inside a known
/// member is as unknown as what it adds beside one.
pub(crate) fn is_known(field: &str) -> bool {
    matches!(
        field,
        "accessAllAssetGroups"
            | "accessAllSites"
            | "authentication.id"
            | "authentication.type"
            | "email"
            | "enabled"
            | "locale.default"
            | "locale.reports"
            | "login"
            | "name"
            | "name.first"
            | "name.last"
            | "role.allAssetGroups"
            | "role.allSites"
            | "role.id"
            | "role.superuser"
    )
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        let other = user.members().iter();
        let other = other.filter(|(name, _)| !SHOWN.contains(&name.as_str()));
        let other = other.map(|(name, value)| (name.clone(), value.clone()));
        let other = rapid7::redact_secret_members(&Value::Object(other.collect()));
        let text = |text: Option<&str>| text.map(str::to_owned);
        Self {
            user_id: user.id().0,
            login: user.login().to_owned(),
            name: user.full_name(),
            email: text(user.email()),
            enabled: user.enabled(),
            locked: user.locked(),
            role_id: text(user.role_id()),
            superuser: user.superuser(),
            all_sites: user.all_sites(),
            all_asset_groups: user.all_asset_groups(),
            authentication_type: text(user.authentication_type()),
            authentication_source_id: user.authentication_source(),
            locale: text(user.locale("default")),
            reports_locale: text(user.locale("reports")),
            sites: None,
            asset_groups: None,
            other: match other {
                Value::Object(members) => members,
                _ => Map::new(),
            },
        }
    }
}

impl UserView {
    /// The view with the individual grants that were read.
    pub(crate) fn with_grants(
        mut self,
        sites: Option<&BTreeSet<i64>>,
        asset_groups: Option<&BTreeSet<i64>>,
    ) -> Self {
        self.sites = sites.map(|ids| ids.iter().copied().collect());
        self.asset_groups = asset_groups.map(|ids| ids.iter().copied().collect());
        self
    }
}
