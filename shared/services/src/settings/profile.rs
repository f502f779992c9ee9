//! What a person keeps under a name: the settings of the environment by other names, and secrets apart from them.

use std::collections::BTreeMap;
use std::fmt;

use super::secret_at::SecretAt;
use super::{consoles, journal, known, platform, policy};

/// A profile, wherever it was written.
#[derive(Clone, Default)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Where it was written, for people; nowhere of one that is being typed.
    pub place: String,
    /// What is neither a console's nor the platform's.
    pub values: Values,
    /// The consoles.
    pub consoles: Vec<Surface>,
    /// The platform, if it has one.
    pub platform: Option<Surface>,
}

/// Settings, by the name that each has in the environment.
pub type Values = BTreeMap<&'static str, String>;

/// A console, or the platform.
#[derive(Clone, Default)]
pub struct Surface {
    /// What a console is called.
    pub name: String,
    /// Its settings.
    pub values: Values,
    /// Where its password or API key is kept, unless another setting says that.
    pub secret: Option<SecretAt>,
}

/// What a setting is written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Text.
    Text,
    /// The path of a file or folder.
    Path,
    /// True or false.
    Flag,
    /// A whole number.
    Number,
    /// A list of texts.
    List,
}

/// A setting of a profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// What it is called.
    pub name: &'static str,
    /// What it is called in the environment.
    pub variable: &'static str,
    /// What it is written as.
    pub kind: Kind,
}

const fn key(name: &'static str, variable: &'static str, kind: Kind) -> Key {
    Key {
        name,
        variable,
        kind,
    }
}

/// What a console's password is called: by itself, and with `_file`, `_env` or `_command` behind it.
pub const PASSWORD: &str = "password";

/// The same of the platform's API key.
pub const API_KEY: &str = "api_key";

/// What a console of a profile has. Checks of certificates are not to be turned off for good: that is left to the
/// variable.
pub const CONSOLE_KEYS: &[Key] = &[
    key("url", consoles::URL, Kind::Text),
    key("username", consoles::USERNAME, Kind::Text),
    key("secret", consoles::SECRET, Kind::Text),
    key("secret_file", consoles::SECRET_FILE, Kind::Path),
    key("certificate_sha256", consoles::PINS, Kind::List),
    key("ca_file", consoles::CA_FILE, Kind::Path),
    key("wire_form", consoles::WIRE_FORM, Kind::Text),
    key("proxy", consoles::PROXY, Kind::Text),
];

/// What the platform of a profile has.
pub const PLATFORM_KEYS: &[Key] = &[
    key("region", platform::REGION, Kind::Text),
    key("url", platform::URL, Kind::Text),
    key("secret", platform::SECRET, Kind::Text),
    key("secret_file", platform::SECRET_FILE, Kind::Path),
    key("key_type", platform::KEY_TYPE, Kind::Text),
    key("key_id", platform::KEY_ID, Kind::Text),
    key("organization_id", platform::ORGANIZATION_ID, Kind::Text),
    key("ca_file", platform::CA_FILE, Kind::Path),
];

/// The policy of a profile.
pub const POLICY_KEYS: &[Key] = &[
    key("allow_deletion", policy::ALLOW_DELETION, Kind::Flag),
    key(
        "allow_privileged_accounts",
        policy::ALLOW_PRIVILEGED,
        Kind::Flag,
    ),
    key("allow_own_password", policy::ALLOW_OWN_PASSWORD, Kind::Flag),
    key("protected_logins", policy::PROTECTED_LOGINS, Kind::List),
    key("allowed_operations", policy::ALLOWED_OPERATIONS, Kind::List),
    key("max_changes", policy::MAX_CHANGES, Kind::Number),
    key("identity_login_domains", policy::LOGIN_DOMAINS, Kind::List),
    key("identity_same_domains", policy::SAME_DOMAINS, Kind::List),
];

/// What else a profile has.
pub const GENERAL_KEYS: &[Key] = &[
    key("audit_file", known::AUDIT_FILE, Kind::Path),
    key("via_lambda", known::VIA_LAMBDA, Kind::Text),
    key("journal_folder", journal::FOLDER, Kind::Path),
    key("journal_table", journal::TABLE, Kind::Text),
    key("secret_ttl_seconds", known::SECRET_TTL, Kind::Number),
    key("console_requests_at_once", known::AT_ONCE, Kind::Number),
];

impl Profile {
    /// What people call it.
    #[must_use]
    pub fn called(&self) -> String {
        match self.place.as_str() {
            "" => "what you typed".into(),
            place => format!("the profile {} of {place}", self.name),
        }
    }

    /// Where it wants audit records.
    #[must_use]
    pub fn audit_file(&self) -> Option<&str> {
        self.values.get(known::AUDIT_FILE).map(String::as_str)
    }

    /// The stack whose functions it wants to do everything.
    #[must_use]
    pub fn via_lambda(&self) -> Option<&str> {
        self.values.get(known::VIA_LAMBDA).map(String::as_str)
    }
}

/// An address may hold a proxy's password.
impl fmt::Debug for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Profile")
            .field("name", &self.name)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// The same.
impl fmt::Debug for Surface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Surface")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
