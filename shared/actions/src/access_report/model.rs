//! Accounts and surfaces, as an access report has them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Kind of surface.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum SurfaceKind {
    /// An InsightVM console.
    Console,
    /// The Insight Platform.
    Platform,
}

impl SurfaceKind {
    /// As in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Console => "console",
            Self::Platform => "platform",
        }
    }
}

/// A surface, with its number of accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SurfaceSummary {
    /// `console` or `platform`.
    pub surface: SurfaceKind,
    /// Its configured name, such as `emea`.
    pub name: String,
    /// Its address.
    pub target: String,
    /// Whether it was read. If not, its accounts are missing from the report.
    pub read: bool,
    /// The reason, if it could not be read.
    pub why_not: Option<String>,
    /// Number of accounts.
    pub accounts: usize,
    /// Number of accounts that are enabled, or not reported as disabled.
    pub enabled: usize,
    /// Number of administrators, enabled or not.
    pub admins: usize,
    /// Number of locked accounts.
    pub locked: usize,
}

impl SurfaceSummary {
    /// A surface that was read, with its accounts counted. Those of other surfaces are passed over.
    #[must_use]
    pub fn read(
        surface: SurfaceKind,
        name: &str,
        target: &str,
        accounts: &[ReportedAccount],
    ) -> Self {
        let here = |account: &&ReportedAccount| account.surface == surface && account.name == name;
        let count = |fits: fn(&ReportedAccount) -> bool| {
            let here = accounts.iter().filter(here);
            here.filter(|account| fits(account)).count()
        };
        Self {
            surface,
            name: name.to_owned(),
            target: target.to_owned(),
            read: true,
            why_not: None,
            accounts: count(|_| true),
            enabled: count(ReportedAccount::counts_as_enabled),
            admins: count(|account| account.admin),
            locked: count(|account| account.locked == Some(true)),
        }
    }

    /// A surface that could not be read.
    #[must_use]
    pub fn not_read(surface: SurfaceKind, name: &str, target: &str, why_not: String) -> Self {
        Self {
            read: false,
            why_not: Some(why_not),
            ..Self::read(surface, name, target, &[])
        }
    }
}

/// What tells one account from every other: kind and name of the surface, and the id there.
pub(super) type Which<'a> = (SurfaceKind, &'a str, &'a str);

/// An account on one surface. Null means that the surface does not report it, or was not asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReportedAccount {
    /// Owner of the account: an email address, the same for all accounts of one person. Null if the
    /// account has none.
    pub person: Option<String>,
    /// `console` or `platform`.
    pub surface: SurfaceKind,
    /// The configured name of the surface.
    pub name: String,
    /// User number or id on the surface.
    pub user_id: String,
    /// Login name; on the platform, the email address.
    pub login: String,
    /// The email address of this account.
    pub email: Option<String>,
    /// The full name.
    pub full_name: Option<String>,
    /// Whether the account may log in.
    pub enabled: Option<bool>,
    /// Whether the account is locked after failed logins.
    pub locked: Option<bool>,
    /// Status of the account, in the platform's word. A console has none.
    pub status: Option<String>,
    /// Role, by name if known.
    pub role: Option<String>,
    /// The account's own permissions, instead of a role. Null if it has a role.
    pub permissions: Option<Vec<String>>,
    /// Whether the user is a superuser of the console, or an administrator of the platform.
    pub superuser: Option<bool>,
    /// Whether the user is an administrator of any kind: global administrator, superuser, or
    /// administrator of the platform.
    pub admin: bool,
    /// Whether the user has all sites.
    pub all_sites: Option<bool>,
    /// Whether the user has all asset groups.
    pub all_asset_groups: Option<bool>,
    /// Individual sites: names if known, otherwise numbers. Null if they were not read.
    pub sites: Option<Vec<String>>,
    /// Individual asset groups: names if known, otherwise numbers. Null if they were not read.
    pub asset_groups: Option<Vec<String>>,
    /// The user's products on the platform. A console has none.
    pub products: Option<Vec<String>>,
    /// Number of API keys of the user.
    pub api_keys: Option<usize>,
    /// How the user logs in.
    pub authentication: Option<String>,
    /// Time of the last login, RFC 3339 in UTC. A console does not report it.
    pub last_login: Option<String>,
    /// Whether nobody has ever logged in to the account. A console does not report it.
    pub never_used: Option<bool>,
}

impl ReportedAccount {
    pub(super) fn which(&self) -> Which<'_> {
        (self.surface, &self.name, &self.user_id)
    }

    /// Whether to treat the account as one that may be used: a review must not pass over what a
    /// surface does not tell.
    pub(super) fn counts_as_enabled(&self) -> bool {
        self.enabled != Some(false)
    }

    /// Whether it may log in and may open nothing: what suspending leaves of an account of the platform.
    pub(super) fn opens_nothing(&self) -> bool {
        let nothing = |products: &Vec<String>| products.is_empty();
        // Products do not cover what an administrator may do.
        self.surface == SurfaceKind::Platform
            && !self.admin
            && self.products.as_ref().is_some_and(nothing)
            && self.api_keys == Some(0)
    }

    /// What the accounts of one person have in common, however their addresses are written.
    pub(super) fn person_key(&self) -> Option<String> {
        key(self.person.as_deref())
    }

    /// The same of the account's own address.
    pub(super) fn email_key(&self) -> Option<String> {
        key(self.email.as_deref())
    }

    /// Whose account it is, for people: a name, else the address.
    pub(super) fn shown_person(&self) -> Option<&str> {
        let told = [&self.full_name, &self.person].into_iter().flatten();
        told.map(String::as_str)
            .find(|text| !text.trim().is_empty())
    }
}

/// How a text is compared: `None` if it is empty.
pub(super) fn key(text: Option<&str>) -> Option<String> {
    let text = text?.trim();
    (!text.is_empty()).then(|| text.to_lowercase())
}
