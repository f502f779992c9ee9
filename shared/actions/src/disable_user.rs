//! `disable-user`: the account can't be used any more; its history and everything else stay.

use rapid7::console::User;

use crate::action::{Action, Effect, Spec};
use crate::context::Context;
use crate::error::Result;
use crate::guard::Policy;
use crate::input::user_input;
use crate::lookup::line;
use crate::outcome::Outcome;
use crate::plan::{Change, Plan};

user_input! {
    /// Which account to disable.
    pub struct DisableUserInput {}
}

/// Disables an account. Everything else about it stays: the whole object goes back as it was read,
/// and individual grants that the console drops on the way are given back.
pub struct DisableUser;

impl Action for DisableUser {
    type Input = DisableUserInput;
    type Output = Outcome;
    const SPEC: Spec = Spec {
        name: "disable-user",
        title: "Disable an account and change nothing else about it",
        effect: Effect::Destructive,
        example: r#"{"login": "jdoe", "ticket": "OFF-1042"}"#,
    };

    async fn run(context: &Context, input: DisableUserInput) -> Result<Outcome> {
        let user = context.find_user(&input.selector()?).await?;
        let plan = plan(&user, context.policy());
        let plan = plan.map_err(|error| error.about(line(&user)))?;
        context.apply(Some(user), plan).await
    }
}

/// An account that is disabled already needs nothing.
fn plan(user: &User, policy: &Policy) -> Result<Plan> {
    policy.not_own_account(user)?;
    Ok(Plan::of(Change::replace(user, |edit| {
        edit.set_enabled(false);
    })))
}
