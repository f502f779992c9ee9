//! `list-sites`: so that a person can find the ids.

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
    pub struct ListSitesInput {}
}

/// All sites of the console. An incomplete list is an error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SiteList {
    /// Number of sites.
    pub count: usize,
    /// The sites, in the console's order.
    pub sites: Vec<ResourceView>,
}

/// Lists the console's sites.
pub struct ListSites;

impl Action for ListSites {
    type Input = ListSitesInput;
    type Output = SiteList;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "list-sites",
        title: "List the sites of the console",
        effect: Effect::Read,
        example: "{}",
    };

    async fn run(context: &ConsoleContext, _input: ListSitesInput) -> Result<SiteList> {
        let found = context.console().sites().await?;
        let sites = found.into_iter().map(ResourceView::from);
        let sites: Vec<ResourceView> = sites.collect();
        Ok(SiteList {
            count: sites.len(),
            sites,
        })
    }
}
