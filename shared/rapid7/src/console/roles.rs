//! What a console offers to choose from.

use serde::Deserialize;

/// A role. Ids vary by console (seen in the field), so they are read, never assumed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Role {
    /// The id, e.g. `user`.
    pub id: String,
    /// The name that the console shows.
    pub name: Option<String>,
    /// What the role is for.
    pub description: Option<String>,
    /// What it allows, if the console tells. Names outside the documented list occur (seen in the
    /// field).
    pub privileges: Option<Vec<String>>,
}

impl Role {
    fn has(&self, privileges: &[&str]) -> bool {
        self.privileges
            .iter()
            .flatten()
            .any(|mine| privileges.contains(&mine.as_str()))
    }

    /// Whether the role makes its users global administrators. A role whose privileges are not told
    /// might.
    #[must_use]
    pub fn may_be_global_administrator(&self) -> bool {
        self.privileges.is_none() || self.has(&["all-permissions"])
    }

    /// Whether the role certainly makes its users global administrators.
    #[must_use]
    pub fn is_global_administrator(&self) -> bool {
        self.has(&["all-permissions"])
    }

    /// Whether the role gives its users every site, whatever their flag says (seen in the field).
    #[must_use]
    pub fn gives_all_sites(&self) -> bool {
        self.has(&["all-permissions", "manage-sites", "manage-tags"])
    }

    /// Whether the role gives its users every asset group (seen in the field).
    #[must_use]
    pub fn gives_all_asset_groups(&self) -> bool {
        self.has(&["all-permissions", "manage-dynamic-asset-groups"])
    }
}

/// Where a console's users may be authenticated.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AuthenticationSource {
    /// Its number.
    pub id: i64,
    /// The name that the console shows.
    pub name: Option<String>,
    /// `normal`, `admin`, `ldap`, `saml` or `kerberos` (vendor API file).
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whether passwords live elsewhere.
    pub external: Option<bool>,
}
