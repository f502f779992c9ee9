//! `get-platform-user`: one account of the Insight Platform as it is now.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::spec::{Effect, Spec};
use crate::platform::context::PlatformContext;
use crate::platform::input::platform_user_input;
use crate::platform::snapshot::{PlatformSnapshot, is_of};
use crate::platform::view::PlatformUserView;

/// Additional data to read. No public API returns the roles or groups of a platform user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlatformInclude {
    /// The user's products.
    Products,
    /// The user's API keys, without their values. Needs an organization key.
    ApiKeys,
}

platform_user_input! {
    /// The account to show, and additional data to read.
    pub struct GetPlatformUserInput {
        /// Additional data to read. Each takes one more request.
        #[serde(default)]
        pub include: Vec<PlatformInclude>,
    }
}

/// Shows an account of the platform. The platform's search is loose, so the email address of each
/// result is compared again.
pub struct GetPlatformUser;

impl Action for GetPlatformUser {
    type Input = GetPlatformUserInput;
    type Output = PlatformUserView;
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "get-platform-user",
        title: "Show an Insight Platform account, products and keys on request",
        effect: Effect::Read,
        example: r#"{"email": "jdoe@example.com", "include": ["products", "api_keys"]}"#,
    };

    async fn run(
        context: &PlatformContext,
        input: GetPlatformUserInput,
    ) -> Result<PlatformUserView> {
        let user = context.find_user(&input.selector()?).await?;
        let asked = |what| input.include.contains(&what);
        let products = async {
            match asked(PlatformInclude::Products) {
                true => Ok(Some(context.platform().product_access(user.id()).await?)),
                false => Ok(None),
            }
        };
        let keys = async {
            match asked(PlatformInclude::ApiKeys) {
                true => context.api_keys().await.map(Some),
                false => Ok(None),
            }
        };
        let (products, keys) = tokio::try_join!(products, keys)?;
        let own = |key: &&_| is_of(key, &user);
        let api_keys = keys.map(|keys| keys.iter().filter(own).cloned().collect());
        Ok(PlatformUserView::from(&PlatformSnapshot {
            user,
            products,
            api_keys,
        }))
    }
}
