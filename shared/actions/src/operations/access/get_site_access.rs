//! `get-site-access`: the sites that an account may see.

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
    /// Whose sites to show.
    pub struct GetSiteAccessInput {}
}

/// What sites an account may see.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SiteAccess {
    /// Whose they are.
    pub subject: Subject,
    /// Whether the user has every one, whatever the list says; null if the console does not tell.
    pub all_sites: Option<bool>,
    /// The sites given one by one. Empty for a user with all.
    pub sites: Vec<Place>,
}

/// Shows the sites that an account may see.
pub struct GetSiteAccess;

impl Action for GetSiteAccess {
    type Input = GetSiteAccessInput;
    type Output = SiteAccess;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "get-site-access",
        title: "Show the sites of an account",
        effect: Effect::Read,
        example: r#"{"login": "jdoe"}"#,
    };

    async fn run(context: &ConsoleContext, input: GetSiteAccessInput) -> Result<SiteAccess> {
        let selector = input.selector()?;
        let (user, sites) = access::show(context, &selector, AccessKind::Sites).await?;
        Ok(SiteAccess {
            subject: context.subject(&user),
            all_sites: user.all_sites(),
            sites,
        })
    }
}
