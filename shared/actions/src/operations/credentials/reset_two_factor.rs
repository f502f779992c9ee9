//! `reset-two-factor`: a new seed for somebody's token, delivered into a secret.

use crate::console::context::ConsoleContext;
use crate::console::input::user_input;
use crate::console::outcome::Outcome;
use crate::console::plan::{Change, Delivery, Plan};
use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::spec::{Effect, Spec};
use crate::core::text::solid;

user_input! {
    /// Whose token to make anew, and where its seed goes.
    pub struct ResetTwoFactorInput {
        /// Name or ARN of an existing secret in Secrets Manager for the new seed. It goes there and
        /// nowhere else.
        pub deliver_to: String,
        /// A text that is the same whenever this very request is repeated, so that the repetition
        /// changes nothing. Retriers pass one; without it, the id of the EventBridge event or of
        /// the run is taken.
        #[schemars(example = &"INC-3")]
        pub request_token: Option<String>,
    }
}

/// Makes the console generate a new seed for a two-factor token. The old token is of no use from
/// then on. The seed is read back, so that what is delivered is what the console has.
pub struct ResetTwoFactor;

impl Action for ResetTwoFactor {
    type Input = ResetTwoFactorInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "reset-two-factor",
        title: "Make a new two-factor seed and deliver it into a secret",
        effect: Effect::Destructive,
        example: r#"{"login": "jdoe", "deliver_to": "rapid7/two-factor/jdoe", "request_token": "INC-3", "ticket": "INC-3"}"#,
    };
    const QUESTION: &'static str = "Make a new two-factor seed for {}";
    const DELIVERS: bool = true;

    async fn run(context: &ConsoleContext, input: ResetTwoFactorInput) -> Result<Outcome> {
        let selector = input.selector()?;
        let texts = [
            ("deliver_to", Some(input.deliver_to.as_str())),
            ("request_token", input.request_token.as_deref()),
        ];
        for (field, text) in texts {
            text.map(|text| solid(field, text)).transpose()?;
        }
        let user = context.find_user(&selector).await?;
        let request = input.request_token.as_deref();
        let delivery = Delivery::new(context, &input.deliver_to, request, user.login(), "")?;
        let plan = Plan {
            delivery: Some(delivery),
            ..Plan::of(Some(Change::ResetTwoFactor(user.id())))
        };
        context.apply(user, plan).await
    }
}
