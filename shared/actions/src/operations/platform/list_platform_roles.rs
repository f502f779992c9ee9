//! `list-platform-roles`: so that a person can find the ids.

use schemars::JsonSchema;
use serde::Serialize;

use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::input::input;
use crate::core::spec::{Effect, Spec};
use crate::platform::catalogue_view::NamedEntryView;
use crate::platform::context::PlatformContext;

input! {
    /// No input is required.
    pub struct ListPlatformRolesInput {}
}

/// All roles of the platform. An incomplete list is an error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlatformRoleList {
    /// Number of roles.
    pub count: usize,
    /// The roles, in the platform's order.
    pub roles: Vec<NamedEntryView>,
}

/// Lists the platform's roles.
pub struct ListPlatformRoles;

impl Action for ListPlatformRoles {
    type Input = ListPlatformRolesInput;
    type Output = PlatformRoleList;
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "list-platform-roles",
        title: "List the roles of the Insight Platform",
        effect: Effect::Read,
        example: "{}",
    };

    async fn run(
        context: &PlatformContext,
        _input: ListPlatformRolesInput,
    ) -> Result<PlatformRoleList> {
        let found = context.platform().roles().await?;
        let roles: Vec<NamedEntryView> = found.iter().map(NamedEntryView::from).collect();
        Ok(PlatformRoleList {
            count: roles.len(),
            roles,
        })
    }
}
