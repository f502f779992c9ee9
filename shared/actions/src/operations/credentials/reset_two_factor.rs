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
    /// The account, and the secret that receives the new seed.
    pub struct ResetTwoFactorInput {
        /// Name or ARN of an existing secret in AWS Secrets Manager that receives the new seed. The
        /// seed goes nowhere else.
        pub deliver_to: String,
        /// Idempotency token: a retry with the same token changes nothing. Callers that retry should
        /// set it. Default: the id of the EventBridge event or of the run.
        #[schemars(example = &"INC-3")]
        pub request_token: Option<String>,
    }
}

/// Makes the console generate a new two-factor seed. The old token stops working at once. The seed is
/// read back, so the secret gets exactly what the console has.
pub struct ResetTwoFactor;

impl Action for ResetTwoFactor {
    type Input = ResetTwoFactorInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "reset-two-factor",
        title: "Generate a new two-factor seed and put it into a secret",
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
