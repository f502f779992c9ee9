//! A role as people and workflows see it.

use rapid7::console::Role;
use schemars::JsonSchema;
use serde::Serialize;

/// One of them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RoleView {
    /// Its id, which accounts refer to.
    pub id: String,
    /// The name that the console shows.
    pub name: Option<String>,
    /// What somebody wrote about it.
    pub description: Option<String>,
    /// What it allows; null if the console does not tell.
    pub privileges: Option<Vec<String>>,
}

impl From<Role> for RoleView {
    fn from(role: Role) -> Self {
        Self {
            id: role.id,
            name: role.name,
            description: role.description,
            privileges: role.privileges,
        }
    }
}
