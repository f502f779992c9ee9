//! Roles and user groups.

use serde_json::{Map, Value};

/// A role or a user group, kept as the JSON it was read from. Roles were seen in the field with an id, a name
/// and an organization; the shape of user groups is unconfirmed.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedEntry {
    id: String,
    members: Map<String, Value>,
}

impl NamedEntry {
    /// Reads an entry. `None` without an `id`.
    #[must_use]
    pub fn from_json(json: Value) -> Option<Self> {
        let Value::Object(members) = json else {
            return None;
        };
        let id = match members.get("id")? {
            Value::String(id) if !id.is_empty() => id.clone(),
            Value::Number(id) => id.to_string(),
            _ => return None,
        };
        Some(Self { id, members })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.as_str()
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.text("name")
    }

    /// What it is for.
    #[must_use]
    pub fn description(&self) -> Option<&str> {
        self.text("description")
    }

    /// The JSON that it was read from.
    #[must_use]
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }
}
