//! `grant-site-access`: give an account more sites.

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
    /// The account, and the sites to give it.
    pub struct GrantSiteAccessInput {
        /// The sites to give, each by number or name.
        pub sites: Vec<IdOrName>,
    }
}

/// Gives an account more sites. Those that it already has stay. A user with all sites is refused,
/// because individual ones have no effect.
pub struct GrantSiteAccess;

impl Action for GrantSiteAccess {
    type Input = GrantSiteAccessInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "grant-site-access",
        title: "Give an account more sites",
        effect: Effect::Write,
        example: r#"{"login": "jdoe", "sites": [5, "Data Centre West"], "ticket": "HR-77"}"#,
    };

    async fn run(context: &ConsoleContext, input: GrantSiteAccessInput) -> Result<Outcome> {
        let selector = input.selector()?;
        access::change(
            context,
            &selector,
            AccessKind::Sites,
            Way::Grant,
            &input.sites,
        )
        .await
    }
}
