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
    /// The account whose sites to show.
    pub struct GetSiteAccessInput {}
}

/// The sites of an account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SiteAccess {
    /// The account.
    pub subject: Subject,
    /// Whether the user has all sites, whatever the list says. Null if the console does not report it.
    pub all_sites: Option<bool>,
    /// Individual sites. Empty for a user with all sites.
    pub sites: Vec<Place>,
}

/// Shows the sites of an account.
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
