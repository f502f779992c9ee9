//! `get-asset-group-access`: the asset groups that an account may see.

use rapid7::console::AccessKind;
use schemars::JsonSchema;
use serde::Serialize;

use crate::console::access::{self, Place};
use crate::console::context::ConsoleContext;
use crate::console::input::user_input;
use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::outcome::Subject;
use crate::core::spec::{Effect, Spec};

user_input! {
    /// The account whose asset groups to show.
    pub struct GetAssetGroupAccessInput {}
}

/// The asset groups of an account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AssetGroupAccess {
    /// The account.
    pub subject: Subject,
    /// Whether the user has all asset groups, whatever the list says. Null if the console does not
    /// report it.
    pub all_asset_groups: Option<bool>,
    /// Individual asset groups. Empty for a user with all asset groups.
    pub asset_groups: Vec<Place>,
}

/// Shows the asset groups of an account.
pub struct GetAssetGroupAccess;

impl Action for GetAssetGroupAccess {
    type Input = GetAssetGroupAccessInput;
    type Output = AssetGroupAccess;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "get-asset-group-access",
        title: "Show the asset groups of an account",
        effect: Effect::Read,
        example: r#"{"login": "jdoe"}"#,
    };

    async fn run(
        context: &ConsoleContext,
        input: GetAssetGroupAccessInput,
    ) -> Result<AssetGroupAccess> {
        let selector = input.selector()?;
        let (user, asset_groups) =
            access::show(context, &selector, AccessKind::AssetGroups).await?;
        Ok(AssetGroupAccess {
            subject: context.subject(&user),
            all_asset_groups: user.all_asset_groups(),
            asset_groups,
        })
    }
}
