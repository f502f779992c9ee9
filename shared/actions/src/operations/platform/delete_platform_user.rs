//! `delete-platform-user`: the account of the Insight Platform is gone for good.

use crate::core::action::Action;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::near::untagged;
use crate::core::outcome::{Outcome, Subject};
use crate::core::spec::{Effect, Spec};
use crate::core::text::{as_address, looks, same_email};
use crate::platform::context::PlatformContext;
use crate::platform::ending::Ending;
use crate::platform::input::platform_user_input;
use crate::platform::lookup::{PlatformSelector, line, proves_something};
use crate::platform::plan::PlatformPlan;
use crate::platform::view::PlatformUserView;

platform_user_input! {
    /// The account to delete.
    pub struct DeletePlatformUserInput {
        /// The account's email address again, exactly. A deleted account can't be restored.
        pub confirm_email: String,
    }
}

/// Deletes an account of the platform, if the policy allows it. The person's API keys and sessions end
/// with it (seen in the field). The deletion is proven: the account can't be read, and is missing from
/// the list. An account that is proven to be gone already counts as done.
pub struct DeletePlatformUser;

impl Action for DeletePlatformUser {
    type Input = DeletePlatformUserInput;
    type Output = Outcome<PlatformUserView>;
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "delete-platform-user",
        title: "Delete an Insight Platform account for good, and prove it",
        effect: Effect::Destructive,
        example: r#"{"email": "jdoe@example.com", "confirm_email": "jdoe@example.com", "ticket": "OFF-1042"}"#,
    };
    const QUESTION: &'static str = "Delete {} for good";

    async fn run(
        context: &PlatformContext,
        input: DeletePlatformUserInput,
    ) -> Result<Outcome<PlatformUserView>> {
        let selector = input.selector()?;
        let confirmed = &as_address("confirm_email", &input.confirm_email)?;
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
    // Another form of an address that is there is no proof that it is gone.
    let is_form =
        |email| looks(email) == looks(confirmed) || untagged(email) == untagged(confirmed);
    if let Some(user) = users.iter().find(|user| is_form(user.email())) {
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
