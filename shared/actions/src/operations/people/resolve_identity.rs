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
    /// Whom to look for.
    pub struct ResolveIdentityInput {
        /// The person's email address; upper and lower case count as the same. Exactly one of
        /// `email`, `login`.
        pub email: Option<String>,
        /// A login name of the person on a console, exactly as there. The accounts that have it tell
        /// the address that the other surfaces are searched for.
        #[schemars(example = &"jdoe")]
        pub login: Option<String>,
    }
}

/// A person's accounts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Identity {
    /// The person.
    pub person: PersonView,
    /// Every console and the platform, as far as they are configured.
    pub surfaces: Vec<SurfaceIdentity>,
    /// What a person should know.
    pub warnings: Vec<String>,
}

/// Finds every account of a person on every console and on the platform, and says what that rests on.
/// Where several accounts fit, all are listed and none is guessed, also those that something contradicts.
/// A login is nobody's for certain as long as a console is not read. A surface that can't be asked is told
/// as failed; the answer is an error only if none could be asked.
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
