//! `set-password`: a new password, given or made, that nobody gets to see on the way.

use crate::console::context::ConsoleContext;
use crate::console::lookup::line;
use crate::console::outcome::Outcome;
use crate::console::password::{self, password_input};
use crate::core::action::Action;
use crate::core::error::{Error, Result};
use crate::core::spec::{Effect, Spec};

password_input! {
    /// The account, and its new password: exactly one of `password_secret`, `password` and
    /// `generate_password`.
    pub struct SetPasswordInput {}
}

/// Sets a password. The pack's own account gets it through the password endpoint ("users may only
/// change their own password", vendor API file), any other account by an update of the whole user. Only
/// for the pack's own account can it be proven that the new password works.
pub struct SetPassword;

impl Action for SetPassword {
    type Input = SetPasswordInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "set-password",
        title: "Set a given password, or generate one into a secret",
        effect: Effect::Destructive,
        example: r#"{"login": "jdoe", "generate_password": true, "deliver_to": "rapid7/passwords/jdoe", "password_reset_on_login": true, "request_token": "INC-3", "ticket": "INC-3"}"#,
    };
    const QUESTION: &'static str = "Set a new password for {}";
    const DELIVERS: bool = true;

    async fn run(context: &ConsoleContext, input: SetPasswordInput) -> Result<Outcome> {
        let selector = input.selector()?;
        let new = input.new_password();
        if new.is_none() {
            return Err(Error::invalid_input(
                "password_secret",
                "required (or `generate_password`, or `password`)",
            ));
        }
        new.check()?;
        let user = context.find_user(&selector).await?;
        let about = |error: Error| error.about(line(&user));
        let new = new.resolve(context, user.login()).await.map_err(about)?;
        let own_login = &context.policy().own_login;
        let plan = password::plan(&user, own_login, new).map_err(about)?;
        context.apply(user, plan).await
    }
}
