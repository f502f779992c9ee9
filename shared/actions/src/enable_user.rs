//! `enable-user`: the account can be used again.

use rapid7::console::User;

use crate::action::{Action, Effect, Spec};
use crate::context::Context;
use crate::error::Result;
use crate::input::user_input;
use crate::outcome::Outcome;
use crate::plan::{Change, Plan};

user_input! {
    /// Which account to enable.
    pub struct EnableUserInput {}
}

/// Enables an account and changes nothing else about it. A lock stays: see `unlock-user`.
pub struct EnableUser;

impl Action for EnableUser {
    type Input = EnableUserInput;
    type Output = Outcome;
    const SPEC: Spec = Spec {
        name: "enable-user",
        title: "Enable a disabled account and change nothing else about it",
        effect: Effect::Write,
        example: r#"{"login": "jdoe", "ticket": "HR-77"}"#,
    };

    async fn run(context: &Context, input: EnableUserInput) -> Result<Outcome> {
        let user = context.find_user(&input.selector()?).await?;
        let plan = plan(&user);
        context.apply(Some(user), plan).await
    }
}

fn plan(user: &User) -> Plan {
    let mut plan = Plan::of(Change::replace(user, |edit| edit.set_enabled(true)));
    if user.locked() == Some(true) {
        plan.warnings
            .push("the account is also locked: unlock-user lets the person in".into());
    }
    plan
}
