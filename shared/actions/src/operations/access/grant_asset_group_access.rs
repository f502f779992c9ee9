//! `grant-asset-group-access`: give an account more asset groups.

use rapid7::console::AccessKind;

use crate::console::access::{self, Way};
use crate::console::context::ConsoleContext;
use crate::console::id_or_name::IdOrName;
use crate::console::input::user_input;
use crate::console::outcome::Outcome;
use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::spec::{Effect, Spec};

user_input! {
    /// The account, and the asset groups to give it.
    pub struct GrantAssetGroupAccessInput {
        /// The asset groups to give, each by number or name.
        pub asset_groups: Vec<IdOrName>,
    }
}

/// Gives an account more asset groups. Those that it already has stay. A user with all asset groups is
/// refused, because individual ones have no effect.
pub struct GrantAssetGroupAccess;

impl Action for GrantAssetGroupAccess {
    type Input = GrantAssetGroupAccessInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "grant-asset-group-access",
        title: "Give an account more asset groups",
        effect: Effect::Write,
        example: r#"{"login": "jdoe", "asset_groups": [1, "Laptops"], "ticket": "HR-77"}"#,
    };

    async fn run(context: &ConsoleContext, input: GrantAssetGroupAccessInput) -> Result<Outcome> {
        let selector = input.selector()?;
        access::change(
            context,
            &selector,
            AccessKind::AssetGroups,
            Way::Grant,
            &input.asset_groups,
        )
        .await
    }
}
