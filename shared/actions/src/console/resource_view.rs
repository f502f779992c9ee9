//! A site or an asset group as people and workflows see it.

use rapid7::console::NamedResource;
use schemars::JsonSchema;
use serde::Serialize;

/// A site or an asset group.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResourceView {
    /// Number of the site or asset group.
    pub id: i64,
    /// Name shown in the console.
    pub name: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Type, such as `static` or `dynamic`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}

impl From<NamedResource> for ResourceView {
    fn from(resource: NamedResource) -> Self {
        Self {
            id: resource.id,
            name: resource.name,
            description: resource.description,
            kind: resource.kind,
        }
    }
}
