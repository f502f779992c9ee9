//! `list-users`: every account.

use schemars::JsonSchema;
use serde::Serialize;

use crate::action::{Action, Effect, Spec};
use crate::context::Context;
use crate::error::Result;
use crate::input::input;
use crate::view::UserView;

input! {
    /// Nothing to choose.
    pub struct ListUsersInput {}
}

/// Every account of a console: all of them, or an error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserList {
    /// How many.
    pub count: usize,
    /// The accounts, by number.
    pub users: Vec<UserView>,
}

/// Lists all accounts.
pub struct ListUsers;

impl Action for ListUsers {
    type Input = ListUsersInput;
    type Output = UserList;
    const SPEC: Spec = Spec {
        name: "list-users",
        title: "List all accounts",
        effect: Effect::Read,
        example: "{}",
    };

    async fn run(context: &Context, _input: ListUsersInput) -> Result<UserList> {
        let users = context.users().await?;
        Ok(UserList {
            count: users.len(),
            users: users.iter().map(UserView::from).collect(),
        })
    }
}
