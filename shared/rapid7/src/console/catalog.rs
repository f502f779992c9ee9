//! What users are given access to.

use serde::Deserialize;

/// A site or an asset group.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct NamedResource {
    /// Its number.
    pub id: i64,
    /// The name that the console shows.
    pub name: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// `agent`, `dynamic` or `static` (vendor API file).
    #[serde(rename = "type")]
    pub kind: Option<String>,
}
