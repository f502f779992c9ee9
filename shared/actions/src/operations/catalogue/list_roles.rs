//! `list-roles`: so that a person can find the ids.

use schemars::JsonSchema;
use serde::Serialize;

use crate::console::context::ConsoleContext;
use crate::console::input::console_input;
use crate::console::role_view::RoleView;
use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::spec::{Effect, Spec};

console_input! {
    /// No input is required.
    pub struct ListRolesInput {}
}

/// All roles of the console. An incomplete list is an error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RoleList {
    /// Number of roles.
    pub count: usize,
    /// The roles, in the console's order.
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
