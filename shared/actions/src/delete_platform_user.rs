//! `delete-platform-user`: the account of the Insight Platform is gone for good.

use crate::action::{Action, Effect, Spec};
use crate::error::{Error, ErrorKind, Result};
use crate::lookup::{same_email, solid};
use crate::outcome::{Outcome, Subject};
use crate::platform::ending::Ending;
use crate::platform::input::platform_user_input;
use crate::platform::lookup::{line, proves_something};
use crate::platform::plan::key_line;
use crate::platform::{
    PlatformChange, PlatformContext, PlatformPlan, PlatformSelector, PlatformSnapshot,
    PlatformUserView,
};

platform_user_input! {
    /// Which account to delete.
    pub struct DeletePlatformUserInput {
        /// The account's email address once more, exactly: what is deleted can't be given back.
        pub confirm_email: String,
    }
}

/// Deletes an account of the platform, if the policy allows it; the person's API keys and sessions end
/// with it (seen in the field). Gone is proven: by reading it, and a list that lacks it. An account that
/// is proven to be gone already is nothing left to do.
pub struct DeletePlatformUser;

impl Action for DeletePlatformUser {
    type Input = DeletePlatformUserInput;
    type Output = Outcome<PlatformUserView>;
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "delete-platform-user",
        title: "Delete an account of the Insight Platform for good, and prove that it is gone",
        effect: Effect::Destructive,
        example: r#"{"email": "jdoe@example.com", "confirm_email": "jdoe@example.com", "ticket": "OFF-1042"}"#,
    };

    async fn run(
        context: &PlatformContext,
        input: DeletePlatformUserInput,
    ) -> Result<Outcome<PlatformUserView>> {
        let selector = input.selector()?;
        let confirmed = &solid("confirm_email", &input.confirm_email)?;
        let user = match context.find_user(&selector).await {
            Err(error) if error.kind == ErrorKind::NotFound => {
                return gone_already(context, &selector, confirmed, error).await;
            }
            user => user?,
        };
        if user.email() != confirmed {
            return Err(Error::invalid_input(
                "confirm_email",
                "expected the email address of the very account that is to be deleted, as it is \
                 written there",
            )
            .about(line(&user)));
        }
        context.end(&user, Ending::Delete).await
    }
}

/// One step; the keys are told, as they end with it.
pub(crate) fn plan_to_delete(before: &PlatformSnapshot) -> Result<PlatformPlan> {
    let mut plan = PlatformPlan {
        changes: vec![PlatformChange::DeleteUser(before.user.id().clone())],
        ..PlatformPlan::default()
    };
    let keys: Vec<String> = before.own_keys().map(key_line).collect();
    if !keys.is_empty() {
        plan.warnings.push(format!(
            "what uses the person's API keys stops working: {}",
            keys.join(", ")
        ));
    }
    if before.api_keys.is_none() {
        plan.warnings.push(
            "the API keys could not be read, so the person's own, which end with the account, are \
             not listed"
                .into(),
        );
    }
    Ok(plan)
}

/// Nothing is left to do if nobody has the email address that was confirmed either: an id alone may be
/// mistyped, and then somebody else would stay.
async fn gone_already(
    context: &PlatformContext,
    selector: &PlatformSelector,
    confirmed: &str,
    error: Error,
) -> Result<Outcome<PlatformUserView>> {
    if let PlatformSelector::Email(email) = selector
        && !same_email(email, confirmed)
    {
        return Err(Error::invalid_input(
            "confirm_email",
            "expected the same email address as in `email`",
        ));
    }
    let users = context.users().await?;
    proves_something(users)?;
    if let Some(user) = users.iter().find(|u| same_email(u.email(), confirmed)) {
        return Err(error.next(format!("perhaps this was meant: {}", line(user))));
    }
    let subject = Subject {
        surface: "platform".into(),
        target: context.platform().address().into(),
        user_id: None,
        login: confirmed.into(),
        email: Some(confirmed.into()),
    };
    let plan = PlatformPlan {
        warnings: vec![format!(
            "no account has this email among all {} on the platform: it is gone already, or never was \
             there",
            users.len()
        )],
        ..PlatformPlan::default()
    };
    Ok(context.nothing_to_do(subject, &plan))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use serde_json::json;

    use super::*;
    use crate::platform::testing::{jdoe, plan_text, user};

    #[test]
    fn the_keys_that_end_with_the_account_are_told() {
        assert_snapshot!(plan_text(plan_to_delete(&jdoe())), @r"
        delete user 00000000-0000-4000-8000-000000000004 for good, and with it the user's API keys and sessions
        warning: what uses the person's API keys stops working: k1 (key k1)
        ");
    }

    #[test]
    fn an_account_whose_keys_can_not_be_read_is_deleted_all_the_same() {
        let unread = PlatformSnapshot::of_user(user(json!({})));
        assert_snapshot!(plan_text(plan_to_delete(&unread)), @r"
        delete user 00000000-0000-4000-8000-000000000004 for good, and with it the user's API keys and sessions
        warning: the API keys could not be read, so the person's own, which end with the account, are not listed
        ");
    }
}
