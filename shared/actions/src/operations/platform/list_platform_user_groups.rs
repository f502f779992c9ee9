//! `list-platform-user-groups`: so that a person can find the ids.

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
    pub struct ListPlatformUserGroupsInput {}
}

/// The user groups: all of them, or an error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlatformUserGroupList {
    /// How many.
    pub count: usize,
    /// In the platform's order.
    pub user_groups: Vec<NamedEntryView>,
}

/// Lists the organization's user groups. Who is in one is told nowhere. The shape of the answer is unconfirmed.
pub struct ListPlatformUserGroups;

impl Action for ListPlatformUserGroups {
    type Input = ListPlatformUserGroupsInput;
    type Output = PlatformUserGroupList;
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "list-platform-user-groups",
        title: "List the user groups of the Insight Platform",
        effect: Effect::Read,
        example: "{}",
    };

    async fn run(
        context: &PlatformContext,
        _input: ListPlatformUserGroupsInput,
    ) -> Result<PlatformUserGroupList> {
        let found = context.platform().user_groups().await?;
        let user_groups: Vec<NamedEntryView> = found.iter().map(NamedEntryView::from).collect();
        Ok(PlatformUserGroupList {
            count: user_groups.len(),
            user_groups,
        })
    }
}
