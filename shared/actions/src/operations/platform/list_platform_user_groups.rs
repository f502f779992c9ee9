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
    /// No input is required.
    pub struct ListPlatformUserGroupsInput {}
}

/// All user groups. An incomplete list is an error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlatformUserGroupList {
    /// Number of user groups.
    pub count: usize,
    /// The user groups, in the platform's order.
    pub user_groups: Vec<NamedEntryView>,
}

/// Lists the organization's user groups. The platform does not report their members. The format of the
/// platform's answer is unconfirmed.
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
