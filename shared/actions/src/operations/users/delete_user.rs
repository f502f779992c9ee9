//! `delete-user`: the account is gone for good, and so is its history.

use rapid7::console::User;

use crate::console::context::ConsoleContext;
use crate::console::input::user_input;
use crate::console::lookup::{Selector, line};
use crate::console::outcome::Outcome;
use crate::console::plan::{Change, Plan};
use crate::core::action::Action;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::near::is_form_of;
use crate::core::outcome::Subject;
use crate::core::spec::{Effect, Spec};
use crate::core::text::as_login;

user_input! {
    /// The account to delete.
    pub struct DeleteUserInput {
        /// The account's login again, exactly. A deleted account can't be restored.
        pub confirm_login: String,
    }
}

/// Deletes an account, if the policy allows it. The deletion is proven: the account can't be read,
/// while a list that only a global administrator gets can be. An account that is proven to be gone
/// already counts as done.
pub struct DeleteUser;

impl Action for DeleteUser {
    type Input = DeleteUserInput;
    type Output = Outcome;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "delete-user",
        title: "Delete an account for good, and prove that it is gone",
        effect: Effect::Destructive,
        example: r#"{"login": "jdoe", "confirm_login": "jdoe", "ticket": "OFF-1042"}"#,
    };
    const QUESTION: &'static str = "Delete {} for good";

    async fn run(context: &ConsoleContext, input: DeleteUserInput) -> Result<Outcome> {
        let selector = input.selector()?;
        let confirmed = &as_login("confirm_login", &input.confirm_login)?;
        let user = match context.find_user(&selector).await {
            Err(error) if error.kind == ErrorKind::NotFound => {
                return gone_already(context, &selector, confirmed, error).await;
            }
            user => user?,
        };
        let plan = plan(&user, confirmed);
        let plan = plan.map_err(|error| error.about(line(&user)))?;
        context.apply(user, plan).await
    }
}

fn plan(user: &User, confirmed: &str) -> Result<Plan> {
    if user.login() != confirmed {
        return Err(Error::invalid_input(
            "confirm_login",
            "expected the login of the very account that is to be deleted",
        ));
    }
    Ok(Plan::of(Some(Change::DeleteUser(user.id()))))
}

/// Nothing is left to do if nobody has the login that was confirmed either: a number or an email
/// address alone may be mistyped, and then somebody else would stay.
async fn gone_already(
    context: &ConsoleContext,
    selector: &Selector,
    confirmed: &str,
    error: Error,
) -> Result<Outcome> {
    if let Selector::Login(login) = selector
        && login != confirmed
    {
        return Err(Error::invalid_input(
            "confirm_login",
            "expected the same login as in `login`",
        ));
    }
    let users = context.users().await?;
    context.proves_absence(users)?;
    // Another form of a name that is there is no proof that it is gone.
    if let Some(user) = users.iter().find(|u| is_form_of(confirmed, u.login())) {
        return Err(error.next(format!("perhaps this was meant: {}", line(user))));
    }
    let all = users.len();
    let subject = Subject {
        surface: "console".into(),
        target: context.console().address().into(),
        user_id: None,
        login: confirmed.into(),
        email: None,
    };
    let plan = Plan {
        warnings: vec![format!(
            "no account has this login among all {all} on the console: it is gone already, or never \
             was there"
        )],
        ..Plan::default()
    };
    Ok(context.nothing_to_do(subject, &plan))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use super::*;
    use crate::console::testing::{plan_text, user};

    #[test]
    fn only_the_confirmed_account_is_deleted() {
        let jdoe = user(json!({}));
        assert_snapshot!(plan_text(plan(&jdoe, "jdoe")), @"delete user 42 for good");
        assert_snapshot!(plan_text(plan(&jdoe, "JDOE")), @"InvalidInput: `confirm_login`: expected the login of the very account that is to be deleted");
    }
}
