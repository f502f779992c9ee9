//! `resolve-identity`: a person's accounts on every surface.

use schemars::JsonSchema;
use serde::Serialize;

use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::input::input;
use crate::core::spec::{Effect, Spec};
use crate::person::account::Person;
use crate::person::listing::{
    PersonView, Presence, SurfaceIdentity, check_sight, listings, resolve,
};
use crate::person::surfaces::Surfaces;

input! {
    /// The person to find.
    pub struct ResolveIdentityInput {
        /// The person's email address; case is ignored. Exactly one of `email`, `login`.
        pub email: Option<String>,
        /// The person's login on a console, exactly as spelled there. The email address of the accounts
        /// with this login is used to search the other surfaces.
        #[schemars(example = &"jdoe")]
        pub login: Option<String>,
    }
}

/// A person's accounts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Identity {
    /// The person.
    pub person: PersonView,
    /// Every configured console, and the platform if it is configured.
    pub surfaces: Vec<SurfaceIdentity>,
    /// Warnings for a person.
    pub warnings: Vec<String>,
}

/// Finds all accounts of a person on every console and on the platform, with the reasons for each. If
/// several accounts match, all are listed and none is guessed; those with a contradiction are listed,
/// too. While a console can't be read, no match by login is certain. A surface that can't be read is
/// reported as failed. The answer is an error only if no surface could be read.
pub struct ResolveIdentity;

impl Action for ResolveIdentity {
    type Input = ResolveIdentityInput;
    type Output = Identity;
    type Scope = Surfaces;
    const SPEC: Spec = Spec {
        name: "resolve-identity",
        title: "Find a person's accounts on every surface",
        effect: Effect::Read,
        example: r#"{"email": "jdoe@example.com"}"#,
    };

    async fn run(surfaces: &Surfaces, input: ResolveIdentityInput) -> Result<Identity> {
        let person = Person::from_members(input.login.as_deref(), input.email.as_deref())?;
        let listings = listings(surfaces, true).await;
        check_sight(&listings)?;
        let resolved = resolve(surfaces.rules(), &person, &listings);
        let mut warnings = Vec::new();
        for surface in &resolved.on {
            if surface.verdict == Presence::Failed {
                warnings.push(format!(
                    "{} was not searched: {}",
                    surface.name, surface.reason
                ));
            }
        }
        warnings.extend(resolved.untold);
        Ok(Identity {
            person: resolved.person,
            surfaces: resolved.on,
            warnings,
        })
    }
}
