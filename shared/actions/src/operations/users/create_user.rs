//! `create-user`: a new account, with nothing left to the console's defaults.

use crate::console::account_input::account_input;
use crate::console::account_plan::{Known, with_password};
use crate::console::context::ConsoleContext;
use crate::console::outcome::Outcome;
use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::spec::{Effect, Spec};

account_input! {
    /// The account to create.
    pub struct CreateUserInput {
        /// Whether the user has all sites. Default: false, or true if the role forces it. Always sent
        /// explicitly.
        #[schemars(example = false)]
        pub all_sites: Option<bool>,
    }
}

/// Creates an account. If the same account already exists, nothing is done. If it differs, the run is
/// an error that lists the differences.
pub struct CreateUser;

impl Action for CreateUser {
    type Input = CreateUserInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "create-user",
        title: "Create an account, with explicit access flags",
        effect: Effect::Write,
        example: r#"{"login": "jsmith", "first_name": "John", "last_name": "Smith", "email": "jsmith@example.com", "role_id": "user", "password_secret": "rapid7/initial-password", "ticket": "HR-77"}"#,
    };

    async fn run(context: &ConsoleContext, input: CreateUserInput) -> Result<Outcome> {
        let account = input.account(input.all_sites);
        let known = Known::read(context, &account).await?;
        let plan = known.plan(&account, context.policy())?;
        match known.existing {
            Some(existing) => context.apply(existing, plan).await,
            None => {
                context
                    .apply_new(with_password(plan, &account, context).await?)
                    .await
            }
        }
    }
}
