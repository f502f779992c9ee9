//! `list-platform-api-keys`: the API keys of the Insight Platform.

use rapid7::platform::ApiKeyInfo;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::input::input;
use crate::core::spec::{Effect, Spec};
use crate::platform::context::PlatformContext;
use crate::platform::lookup::PlatformSelector;
use crate::platform::snapshot::is_of;
use crate::platform::view::ApiKeyView;

/// Kind of API key, by its owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ApiKeyKind {
    /// A person's key.
    User,
    /// The organization's key.
    Organization,
    /// The platform does not report the owner.
    Untold,
}

impl ApiKeyKind {
    fn of(key: &ApiKeyInfo) -> Self {
        if key.is_organization_key() {
            Self::Organization
        } else if key.owner().is_some() {
            Self::User
        } else {
            Self::Untold
        }
    }
}

input! {
    /// Filters. A key must match all of them.
    pub struct ListPlatformApiKeysInput {
        /// Only keys of the person with this UUID.
        #[schemars(example = &"067c4624-3a7c-4f42-8045-fee12e8ad7f6")]
        pub user_id: Option<String>,
        /// Only keys of the person with this complete email address; case is ignored.
        pub email: Option<String>,
        /// Only keys of this kind.
        #[schemars(example = &"user")]
        pub kind: Option<ApiKeyKind>,
    }
}

/// API keys, without their values.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ApiKeyList {
    /// Number of API keys.
    pub count: usize,
    /// The keys, in the platform's order.
    pub api_keys: Vec<ApiKeyView>,
}

/// Lists API keys of people and of the organization. Needs an organization key. The format of the
/// platform's answer is unconfirmed.
pub struct ListPlatformApiKeys;

impl Action for ListPlatformApiKeys {
    type Input = ListPlatformApiKeysInput;
    type Output = ApiKeyList;
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "list-platform-api-keys",
        title: "List Insight Platform API keys, all or those of a person",
        effect: Effect::Read,
        example: r#"{"email": "jdoe@example.com"}"#,
    };

    async fn run(context: &PlatformContext, input: ListPlatformApiKeysInput) -> Result<ApiKeyList> {
        let everybody = input.user_id.is_none() && input.email.is_none();
        let owners = async {
            if everybody {
                return Ok(context.users().await?.to_vec());
            }
            let selector =
                PlatformSelector::from_members(input.user_id.as_deref(), input.email.as_deref())?;
            Ok(vec![context.find_user(&selector).await?])
        };
        let (owners, keys) = tokio::try_join!(owners, context.api_keys())?;
        let fits = |key: &&ApiKeyInfo| {
            (everybody || owners.iter().any(|owner| is_of(key, owner)))
                && input.kind.is_none_or(|kind| ApiKeyKind::of(key) == kind)
        };
        let keys = keys.iter().filter(fits);
        let keys: Vec<ApiKeyView> = keys.map(|key| ApiKeyView::of(key, &owners)).collect();
        Ok(ApiKeyList {
            count: keys.len(),
            api_keys: keys,
        })
    }
}
