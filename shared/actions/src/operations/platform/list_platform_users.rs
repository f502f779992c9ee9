//! `list-platform-users`: every account of the Insight Platform.

use rapid7::platform::{User, UserFilter, VmUser};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::core::action::Action;
use crate::core::error::{Error, Result};
use crate::core::input::input;
use crate::core::spec::{Effect, Spec};
use crate::platform::context::PlatformContext;
use crate::platform::lookup::{empty, proves_something};
use crate::platform::view::PlatformUserView;

/// One of the platform's two user lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlatformListing {
    /// The accounts of the organization (`GET /account/api/1/users`, seen in the field).
    #[default]
    Accounts,
    /// The users of cloud InsightVM, with numbers and logins of their own (`GET /vm/v4/users`; the
    /// guide is the only public source).
    Insightvm,
}

/// Status of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum PlatformStatus {
    /// In use.
    #[serde(rename = "ACTIVE")]
    Active,
    /// Kept, but can't be used.
    #[serde(rename = "DISABLED")]
    Disabled,
    /// Invited, not yet accepted.
    #[serde(rename = "PENDING")]
    Pending,
}

impl PlatformStatus {
    fn name(self) -> &'static str {
        match self {
            Self::Active => "ACTIVE",
            Self::Disabled => "DISABLED",
            Self::Pending => "PENDING",
        }
    }
}

input! {
    /// Filters. An account must match all of them.
    pub struct ListPlatformUsersInput {
        /// The list to read: the organization's accounts, or the users of cloud InsightVM.
        #[serde(default)]
        #[schemars(example = &"accounts")]
        pub listing: PlatformListing,
        /// Status of the account.
        pub status: Option<PlatformStatus>,
        /// Whether the user is a platform administrator.
        pub platform_admin: Option<bool>,
        /// Part of the email address; case is ignored.
        #[schemars(example = &"@example.com")]
        pub email: Option<String>,
        /// Part of the first name; case is ignored.
        #[schemars(example = &"Jane")]
        pub first_name: Option<String>,
        /// Part of the last name; case is ignored.
        #[schemars(example = &"Doe")]
        pub last_name: Option<String>,
        /// Whether the user logs in through an identity provider.
        #[schemars(example = false)]
        pub federated: Option<bool>,
        /// Whether the user has never logged in.
        #[schemars(example = false)]
        pub never_used: Option<bool>,
    }
}

fn contains(wanted: &Option<String>, text: Option<&str>) -> bool {
    match (wanted, text) {
        (None, _) => true,
        (Some(wanted), Some(text)) => text.to_lowercase().contains(&wanted.to_lowercase()),
        (Some(_), None) => false,
    }
}

impl ListPlatformUsersInput {
    /// What the platform narrows the list to by itself: what it can't compare loosely.
    fn filter(&self) -> UserFilter {
        UserFilter {
            status: self.status.map(|status| status.name().to_owned()),
            platform_admin: self.platform_admin,
            ..UserFilter::default()
        }
    }

    /// Whether an account is listed. What the platform does not tell fits nothing that is asked for.
    fn fits(&self, user: &User) -> bool {
        let same = |wanted: Option<bool>, told: Option<bool>| wanted.is_none() || wanted == told;
        let status = self.status.map(PlatformStatus::name);
        status.is_none_or(|status| user.status() == Some(status))
            && same(self.platform_admin, user.platform_admin())
            && same(self.federated, user.federated())
            && same(self.never_used, user.never_used())
            && contains(&self.email, Some(user.email()))
            && contains(&self.first_name, user.first_name())
            && contains(&self.last_name, user.last_name())
    }

    /// Only the email address is told in both lists.
    fn check_listing(&self) -> Result<()> {
        let other = [
            ("status", self.status.is_some()),
            ("platform_admin", self.platform_admin.is_some()),
            ("first_name", self.first_name.is_some()),
            ("last_name", self.last_name.is_some()),
            ("federated", self.federated.is_some()),
            ("never_used", self.never_used.is_some()),
        ];
        match other.iter().find(|(_, given)| *given) {
            Some((field, _)) if self.listing == PlatformListing::Insightvm => {
                Err(Error::invalid_input(
                    field,
                    "only goes with the listing of accounts: that of InsightVM does not tell it",
                ))
            }
            _ => Ok(()),
        }
    }
}

/// A user of cloud InsightVM.
#[derive(Debug, Serialize, JsonSchema)]
pub struct InsightvmUserView {
    /// Number in cloud InsightVM.
    pub id: i64,
    /// The login name.
    pub login: Option<String>,
    /// The email address.
    pub email: Option<String>,
}

impl From<VmUser> for InsightvmUserView {
    fn from(user: VmUser) -> Self {
        Self {
            id: user.id,
            login: user.login,
            email: user.email,
        }
    }
}

/// All matching users of the platform. An incomplete list is an error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct PlatformUserList {
    /// Number of users.
    pub count: usize,
    /// The accounts, in the platform's order. Absent in the listing of cloud InsightVM users.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<Vec<PlatformUserView>>,
    /// The users of cloud InsightVM, if requested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub insightvm_users: Option<Vec<InsightvmUserView>>,
}

/// Lists accounts of the platform. How the platform compares texts is unknown, so names and email
/// addresses are compared here.
pub struct ListPlatformUsers;

impl Action for ListPlatformUsers {
    type Input = ListPlatformUsersInput;
    type Output = PlatformUserList;
    type Scope = PlatformContext;
    const SPEC: Spec = Spec {
        name: "list-platform-users",
        title: "List Insight Platform accounts, all or those that match",
        effect: Effect::Read,
        example: r#"{"status": "ACTIVE", "platform_admin": true}"#,
    };

    async fn run(
        context: &PlatformContext,
        input: ListPlatformUsersInput,
    ) -> Result<PlatformUserList> {
        input.check_listing()?;
        let platform = context.platform();
        if input.listing == PlatformListing::Insightvm {
            let users = platform.vm_users().await?;
            if users.is_empty() {
                return Err(empty());
            }
            let users = users.into_iter();
            let users = users.filter(|user| contains(&input.email, user.email.as_deref()));
            let users: Vec<InsightvmUserView> = users.map(Into::into).collect();
            return Ok(PlatformUserList {
                count: users.len(),
                users: None,
                insightvm_users: Some(users),
            });
        }
        let users = platform.users(&input.filter()).await?;
        let users = users.iter().filter(|user| input.fits(user));
        let users: Vec<PlatformUserView> = users.map(PlatformUserView::from).collect();
        if users.is_empty() {
            // Nobody fits: of a key that sees nobody at all, that would be no answer.
            proves_something(context.users().await?)?;
        }
        Ok(PlatformUserList {
            count: users.len(),
            users: Some(users),
            insightvm_users: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::platform::testing::user;

    #[test]
    fn an_account_must_fit_everything_and_what_is_not_told_does_not() {
        let jdoe = user(json!({"email": "JDoe@example.com", "last_login": null}));
        let fits = |input: Value| {
            let input: ListPlatformUsersInput = crate::core::input::parse(input).expect("an input");
            input.fits(&jdoe)
        };
        for yes in [
            json!({}),
            json!({"status": "ACTIVE", "platform_admin": false, "never_used": true}),
            json!({"email": "jdoe@", "first_name": "jan", "last_name": "DOE"}),
        ] {
            assert!(fits(yes.clone()), "{yes}");
        }
        for no in [
            json!({"status": "DISABLED"}),
            json!({"platform_admin": true}),
            json!({"federated": false}),
            json!({"federated": true}),
            json!({"never_used": false}),
            json!({"email": "xjdoe"}),
            json!({"first_name": "zz"}),
            json!({"last_name": "zz"}),
        ] {
            assert!(!fits(no.clone()), "{no}");
        }
    }
}
