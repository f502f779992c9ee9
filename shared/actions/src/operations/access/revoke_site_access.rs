//! `revoke-site-access`: take sites from an account.

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
    /// The account, and the sites to take away.
    pub struct RevokeSiteAccessInput {
        /// The sites to take away, each by number or name.
        pub sites: Vec<IdOrName>,
    }
}

/// Takes sites from an account. Those that it does not have are skipped. A user with all sites is
/// refused, because individual ones have no effect.
pub struct RevokeSiteAccess;

impl Action for RevokeSiteAccess {
    type Input = RevokeSiteAccessInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "revoke-site-access",
        title: "Take sites from an account",
        effect: Effect::Destructive,
        example: r#"{"login": "jdoe", "sites": [1, "DMZ"], "ticket": "OFF-1042"}"#,
    };
    const QUESTION: &'static str = "Take sites away from {}";

    async fn run(context: &ConsoleContext, input: RevokeSiteAccessInput) -> Result<Outcome> {
        let selector = input.selector()?;
        access::change(
            context,
            &selector,
            AccessKind::Sites,
            Way::Revoke,
            &input.sites,
        )
        .await
    }
}
