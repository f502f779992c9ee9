//! `list-authentication-sources`: so that a person can find the ids.

use schemars::JsonSchema;
use serde::Serialize;

use crate::console::context::ConsoleContext;
use crate::console::input::console_input;
use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::spec::{Effect, Spec};

console_input! {
    /// Nothing to choose.
    pub struct ListAuthenticationSourcesInput {}
}

/// One of them.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuthenticationSourceView {
    /// Its number.
    pub id: i64,
    /// The name that the console shows.
    pub name: Option<String>,
    /// `normal`, `admin`, `ldap`, `saml` or `kerberos`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whether passwords live elsewhere.
    pub external: Option<bool>,
}

/// The console's authentication sources: all of them, or an error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuthenticationSourceList {
    /// How many.
    pub count: usize,
    /// In the console's order.
    pub authentication_sources: Vec<AuthenticationSourceView>,
}

/// Lists the console's authentication sources.
pub struct ListAuthenticationSources;

impl Action for ListAuthenticationSources {
    type Input = ListAuthenticationSourcesInput;
    type Output = AuthenticationSourceList;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "list-authentication-sources",
        title: "List where accounts can be authenticated",
        effect: Effect::Read,
        example: "{}",
    };

    async fn run(
        context: &ConsoleContext,
        _input: ListAuthenticationSourcesInput,
    ) -> Result<AuthenticationSourceList> {
        let found = context.console().authentication_sources().await?;
        let authentication_sources = found.into_iter().map(|source| AuthenticationSourceView {
            id: source.id,
            name: source.name,
            kind: source.kind,
            external: source.external,
        });
        let authentication_sources: Vec<AuthenticationSourceView> =
            authentication_sources.collect();
        Ok(AuthenticationSourceList {
            count: authentication_sources.len(),
            authentication_sources,
        })
    }
}
