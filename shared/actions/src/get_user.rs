//! `get-user`: one account as it is now.

use crate::action::{Action, Effect, Spec};
use crate::context::Context;
use crate::error::Result;
use crate::input::user_input;
use crate::view::UserView;

user_input! {
    /// Which account to show.
    pub struct GetUserInput {}
}

/// Shows an account.
pub struct GetUser;

impl Action for GetUser {
    type Input = GetUserInput;
    type Output = UserView;
    const SPEC: Spec = Spec {
        name: "get-user",
        title: "Show an account",
        effect: Effect::Read,
        example: r#"{"user_id": 42}"#,
    };

    async fn run(context: &Context, input: GetUserInput) -> Result<UserView> {
        let user = context.find_user(&input.selector()?).await?;
        Ok(UserView::from(&user))
    }
}
