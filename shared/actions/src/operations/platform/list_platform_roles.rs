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
    /// Nothing to choose.
    pub struct ListPlatformRolesInput {}
}

/// The roles: all of them, or an error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlatformRoleList {
    /// How many.
    pub count: usize,
    /// In the platform's order.
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
