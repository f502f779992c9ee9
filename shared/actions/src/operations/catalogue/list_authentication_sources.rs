//! `list-authentication-sources`: so that a person can find the ids.

use schemars::JsonSchema;
use serde::Serialize;

use crate::console::context::ConsoleContext;
use crate::console::input::console_input;
use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::spec::{Effect, Spec};

console_input! {
    /// No input is required.
    pub struct ListAuthenticationSourcesInput {}
}

/// An authentication source.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuthenticationSourceView {
    /// Number of the authentication source.
    pub id: i64,
    /// Name shown in the console.
    pub name: Option<String>,
    /// Type: `normal`, `admin`, `ldap`, `saml` or `kerberos`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// Whether passwords are kept outside the console.
    pub external: Option<bool>,
}

/// All authentication sources of the console. An incomplete list is an error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuthenticationSourceList {
    /// Number of authentication sources.
    pub count: usize,
    /// The authentication sources, in the console's order.
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
        title: "List the authentication sources of the console",
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
