//! `get-user`: one account as it is now.

use rapid7::console::AccessKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::console::context::ConsoleContext;
use crate::console::input::user_input;
use crate::console::role_view::RoleView;
use crate::console::view::UserView;
use crate::core::action::Action;
use crate::core::error::Result;
use crate::core::spec::{Effect, Spec};

/// Additional data to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Include {
    /// Individual sites.
    Sites,
    /// Individual asset groups.
    AssetGroups,
    /// The role, with name, description and privileges.
    Role,
    /// The user's privileges, by the role.
    Privileges,
}

user_input! {
    /// The account to show, and additional data to read.
    pub struct GetUserInput {
        /// Additional data to read. Each takes one more request.
        #[serde(default)]
        pub include: Vec<Include>,
    }
}

/// An account with the requested data.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserDetails {
    /// The account. `sites` and `asset_groups` are there if requested, and empty for a user with all.
    #[serde(flatten)]
    pub user: UserView,
    /// The role, if requested and if the console has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleView>,
    /// The user's privileges, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privileges: Option<Vec<String>>,
}

/// Shows an account.
pub struct GetUser;

impl Action for GetUser {
    type Input = GetUserInput;
    type Output = UserDetails;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "get-user",
        title: "Show an account, with grants, role and privileges on request",
        effect: Effect::Read,
        example: r#"{"login": "jdoe", "include": ["sites", "asset_groups", "role"]}"#,
    };

    async fn run(context: &ConsoleContext, input: GetUserInput) -> Result<UserDetails> {
        let user = context.find_user(&input.selector()?).await?;
        let asked = |what| input.include.contains(&what);
        let grants = async |what, kind| -> Result<_> {
            match asked(what) {
                true => Ok(Some(context.grants(&user, kind).await?.unwrap_or_default())),
                false => Ok(None),
            }
        };
        let role = async {
            if !asked(Include::Role) {
                return Ok(None);
            }
            let roles = context.roles().await?;
            let role = roles
                .iter()
                .find(|role| Some(role.id.as_str()) == user.role_id());
            Ok(role.cloned().map(RoleView::from))
        };
        let privileges = async {
            match asked(Include::Privileges) {
                true => Ok(Some(context.console().privileges(user.id()).await?)),
                false => Ok(None),
            }
        };
        let (sites, asset_groups, role, privileges) = tokio::try_join!(
            grants(Include::Sites, AccessKind::Sites),
            grants(Include::AssetGroups, AccessKind::AssetGroups),
            role,
            privileges,
        )?;
        Ok(UserDetails {
            user: UserView::from(&user).with_grants(sites.as_ref(), asset_groups.as_ref()),
            role,
            privileges,
        })
    }
}
