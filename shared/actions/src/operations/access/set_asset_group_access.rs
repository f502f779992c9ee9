//! `set-asset-group-access`: give an account exactly these asset groups.

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
    /// The account, and the asset groups that it should have.
    pub struct SetAssetGroupAccessInput {
        /// The complete list of asset groups, each by number or name. All others are taken away. An
        /// empty list takes all away.
        pub asset_groups: Vec<IdOrName>,
    }
}

/// Gives an account exactly these asset groups. Only the differences are sent. An empty list takes all
/// away. A user with all asset groups is refused, because individual ones have no effect.
pub struct SetAssetGroupAccess;

impl Action for SetAssetGroupAccess {
    type Input = SetAssetGroupAccessInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "set-asset-group-access",
        title: "Give an account exactly these asset groups",
        effect: Effect::Destructive,
        example: r#"{"login": "jdoe", "asset_groups": [1, "Laptops"], "ticket": "HR-77"}"#,
    };
    const QUESTION: &'static str = "Give exactly these asset groups to {}";

    async fn run(context: &ConsoleContext, input: SetAssetGroupAccessInput) -> Result<Outcome> {
        let selector = input.selector()?;
        access::change(
            context,
            &selector,
            AccessKind::AssetGroups,
            Way::Set,
            &input.asset_groups,
        )
        .await
    }
}
