//! `set-site-access`: give an account exactly these sites.

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
    /// The account, and the sites that it should have.
    pub struct SetSiteAccessInput {
        /// The complete list of sites, each by number or name. All others are taken away. An empty list
        /// takes all away.
        pub sites: Vec<IdOrName>,
    }
}

/// Gives an account exactly these sites. Only the differences are sent. An empty list takes all away. A
/// user with all sites is refused, because individual ones have no effect.
pub struct SetSiteAccess;

impl Action for SetSiteAccess {
    type Input = SetSiteAccessInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "set-site-access",
        title: "Give an account exactly these sites",
        effect: Effect::Destructive,
        example: r#"{"login": "jdoe", "sites": [1, "DMZ"], "ticket": "HR-77"}"#,
    };
    const QUESTION: &'static str = "Give exactly these sites to {}";

    async fn run(context: &ConsoleContext, input: SetSiteAccessInput) -> Result<Outcome> {
        let selector = input.selector()?;
        access::change(
            context,
            &selector,
            AccessKind::Sites,
            Way::Set,
            &input.sites,
        )
        .await
    }
}
