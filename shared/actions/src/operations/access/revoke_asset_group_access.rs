//! `revoke-asset-group-access`: take asset groups from an account.

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
    /// The account, and the asset groups to take away.
    pub struct RevokeAssetGroupAccessInput {
        /// The asset groups to take away, each by number or name.
        pub asset_groups: Vec<IdOrName>,
    }
}

/// Takes asset groups from an account. Those that it does not have are skipped. A user with all asset
/// groups is refused, because individual ones have no effect.
pub struct RevokeAssetGroupAccess;

impl Action for RevokeAssetGroupAccess {
    type Input = RevokeAssetGroupAccessInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "revoke-asset-group-access",
        title: "Take asset groups from an account",
        effect: Effect::Destructive,
        example: r#"{"login": "jdoe", "asset_groups": ["Payment Systems"], "ticket": "OFF-1042"}"#,
    };
    const QUESTION: &'static str = "Take asset groups away from {}";

    async fn run(context: &ConsoleContext, input: RevokeAssetGroupAccessInput) -> Result<Outcome> {
        let selector = input.selector()?;
        access::change(
            context,
            &selector,
            AccessKind::AssetGroups,
            Way::Revoke,
            &input.asset_groups,
        )
        .await
    }
}
