//! A role as people and workflows see it.

use rapid7::console::Role;
use schemars::JsonSchema;
use serde::Serialize;

/// A role.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RoleView {
    /// Id of the role, as in `role_id` of an account.
    pub id: String,
    /// Name shown in the console.
    pub name: Option<String>,
    /// Description.
    pub description: Option<String>,
    /// Privileges of the role. Null if the console does not report them.
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
