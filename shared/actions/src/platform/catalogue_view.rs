//! What the platform offers to choose from, as people and workflows see it.

use rapid7::platform::{NamedEntry, Product};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use super::view::text;

/// A product and its organization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "ListedProduct")]
pub struct ListedProductView {
    /// Product code, such as `IVM`.
    pub product_code: Option<String>,
    /// Product name (unconfirmed).
    pub product_name: Option<String>,
    /// Token that identifies the product. Not a secret.
    pub product_token: String,
    /// The organization's name.
    pub organization_name: Option<String>,
    /// The organization's UUID.
    pub organization_id: Option<String>,
}

/// A role or a user group.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "NamedEntry")]
pub struct NamedEntryView {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Members unknown to this pack, as the platform returned them.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub other: Map<String, Value>,
}

impl From<&Product> for ListedProductView {
    fn from(product: &Product) -> Self {
        let (organization_id, organization_name) = product.organization();
        Self {
            product_code: text(product.code()),
            product_name: text(product.name()),
            product_token: product.token().to_string(),
            organization_name: text(organization_name),
            organization_id: text(organization_id),
        }
    }
}

impl From<&NamedEntry> for NamedEntryView {
    fn from(entry: &NamedEntry) -> Self {
        let shown = ["description", "id", "name"];
        let other = entry.members().iter();
        let other = other.filter(|(name, _)| !shown.contains(&name.as_str()));
        let other = other.map(|(name, value)| (name.clone(), value.clone()));
        let other = rapid7::redact_secret_members(&Value::Object(other.collect()));
        Self {
            id: entry.id().to_owned(),
            name: text(entry.name()),
            description: text(entry.description()),
            other: match other {
                Value::Object(other) => other,
                _ => Map::new(),
            },
        }
    }
}
