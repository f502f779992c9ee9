//! `list-roles`: so that a person can find the ids.

use rapid7::console::Role;
use schemars::JsonSchema;
use serde::Serialize;

use crate::console::context::ConsoleContext;
use crate::core::action::{Action, Effect, Spec};
use crate::core::error::Result;
use crate::core::input::console_input;

console_input! {
    /// Nothing to choose.
    pub struct ListRolesInput {}
}

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

/// The console's roles: all of them, or an error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RoleList {
    /// How many.
    pub count: usize,
    /// In the console's order.
    pub roles: Vec<RoleView>,
}

/// Lists the console's roles.
pub struct ListRoles;

impl Action for ListRoles {
    type Input = ListRolesInput;
    type Output = RoleList;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "list-roles",
        title: "List the roles of the console",
        effect: Effect::Read,
        example: "{}",
    };

    async fn run(context: &ConsoleContext, _input: ListRolesInput) -> Result<RoleList> {
        let found = context.console().roles().await?;
        let roles = found.into_iter().map(RoleView::from);
        let roles: Vec<RoleView> = roles.collect();
        Ok(RoleList {
            count: roles.len(),
            roles,
        })
    }
}
