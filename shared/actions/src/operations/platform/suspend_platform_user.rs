//! `suspend-platform-user`: everything that can be taken from a person on the Insight Platform.

use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::outcome::Outcome;
use crate::core::spec::{Effect, Spec};
use crate::platform::context::PlatformContext;
use crate::platform::ending::Ending;
use crate::platform::input::platform_user_input;
use crate::platform::view::PlatformUserView;

platform_user_input! {
    /// The account to suspend.
    pub struct SuspendPlatformUserInput {}
}

/// Takes all product access and all API keys away from a user of the platform. No public API disables
/// an account there, so the account stays, with any rights that no product covers. If the person may
/// still log in as an administrator, or may still have a key, the run takes what it can and ends in an
/// error, never as done. The audit record has what this run found and took. If an earlier run was
/// stopped, the earlier records of the same ticket have what that run took. restore-platform-user gives
/// the products back; API keys can't be restored.
pub struct SuspendPlatformUser;

impl Action for SuspendPlatformUser {
    type Input = SuspendPlatformUserInput;
    type Output = Outcome<PlatformUserView>;
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "suspend-platform-user",
        title: "Take all Insight Platform products and API keys from a person",
        effect: Effect::Destructive,
        example: r#"{"email": "jdoe@example.com", "ticket": "OFF-1042"}"#,
    };
    const QUESTION: &'static str = "Take all products and API keys away from {}";

    async fn run(
        context: &PlatformContext,
        input: SuspendPlatformUserInput,
    ) -> Result<Outcome<PlatformUserView>> {
        let user = context.find_user(&input.selector()?).await?;
        context.end(&user, Ending::Suspend).await
    }
}
