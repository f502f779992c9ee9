//! A site or an asset group as people and workflows see it.

use rapid7::console::NamedResource;
use schemars::JsonSchema;
use serde::Serialize;

/// A site or an asset group.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResourceView {
    /// Its number.
    pub id: i64,
    /// The name that the console shows.
    pub name: Option<String>,
    /// What somebody wrote about it.
    pub description: Option<String>,
    /// `static` or `dynamic`, for example.
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
