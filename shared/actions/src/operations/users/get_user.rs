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

/// What to read beside the account itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Include {
    /// The sites given one by one.
    Sites,
    /// The asset groups given one by one.
    AssetGroups,
    /// The role as the console has it.
    Role,
    /// What the user may do by that role.
    Privileges,
}

user_input! {
    /// Which account to show, and how much of it.
    pub struct GetUserInput {
        /// What to read beside the account itself; each is one more request.
        #[serde(default)]
        pub include: Vec<Include>,
    }
}

/// An account with what was asked for.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserDetails {
    /// The account; `sites` and `asset_groups` where they were asked for, empty for a user with all.
    #[serde(flatten)]
    pub user: UserView,
    /// The role, where it was asked for and the console has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleView>,
    /// What the user may do, where it was asked for.
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
        title: "Show an account, with grants, role and privileges if asked",
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
