//! `list-asset-groups`: so that a person can find the ids.

use schemars::JsonSchema;
use serde::Serialize;

use crate::console::context::ConsoleContext;
use crate::console::input::console_input;
use crate::console::resource_view::ResourceView;
use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::spec::{Effect, Spec};

console_input! {
    /// No input is required.
    pub struct ListAssetGroupsInput {}
}

/// All asset groups of the console. An incomplete list is an error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AssetGroupList {
    /// Number of asset groups.
    pub count: usize,
    /// The asset groups, in the console's order.
    pub asset_groups: Vec<ResourceView>,
}

/// Lists the console's asset groups.
pub struct ListAssetGroups;

impl Action for ListAssetGroups {
    type Input = ListAssetGroupsInput;
    type Output = AssetGroupList;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "list-asset-groups",
        title: "List the asset groups of the console",
        effect: Effect::Read,
        example: "{}",
    };

    async fn run(context: &ConsoleContext, _input: ListAssetGroupsInput) -> Result<AssetGroupList> {
        let found = context.console().asset_groups().await?;
        let asset_groups = found.into_iter().map(ResourceView::from);
        let asset_groups: Vec<ResourceView> = asset_groups.collect();
        Ok(AssetGroupList {
            count: asset_groups.len(),
            asset_groups,
        })
    }
}
