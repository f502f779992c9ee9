//! `list-users`: every account.

use rapid7::console::User;
use schemars::JsonSchema;
use serde::Serialize;

use crate::console::account_input::AuthenticationType;
use crate::console::choice;
use crate::console::context::{ConsoleContext, only_own_account, without_own_account};
use crate::console::input::console_input;
use crate::console::view::UserView;
use crate::core::action::Action;
use crate::core::context::Progress;
use crate::core::error::{Error, Result};
use crate::core::spec::{Effect, Spec};

console_input! {
    /// Filters. An account must match all of them.
    pub struct ListUsersInput {
        /// Part of the login name; case is ignored.
        #[schemars(example = &"jdoe")]
        pub login: Option<String>,
        /// Part of the email address; case is ignored.
        #[schemars(example = &"@example.com")]
        pub email: Option<String>,
        /// Part of the full name; case is ignored.
        #[schemars(example = &"Doe")]
        pub name: Option<String>,
        /// Role, by id or name.
        pub role_id: Option<String>,
        /// Whether the account may log in.
        pub enabled: Option<bool>,
        /// Whether the account is locked after failed logins.
        #[schemars(example = false)]
        pub locked: Option<bool>,
        /// How the user logs in.
        #[schemars(example = &"normal")]
        pub authentication_type: Option<AuthenticationType>,
    }
}

impl ListUsersInput {
    /// Whether an account is listed. What the console does not tell fits nothing that is asked for.
    fn fits(&self, user: &User, role: Option<&str>) -> bool {
        let contains = |wanted: &Option<String>, text: Option<&str>| match (wanted, text) {
            (None, _) => true,
            (Some(wanted), Some(text)) => text.to_lowercase().contains(&wanted.to_lowercase()),
            (Some(_), None) => false,
        };
        let kind = self.authentication_type.map(AuthenticationType::name);
        contains(&self.login, Some(user.login()))
            && contains(&self.email, user.email())
            && contains(&self.name, user.full_name().as_deref())
            && role.is_none_or(|role| user.role_id() == Some(role))
            && self
                .enabled
                .is_none_or(|enabled| user.enabled() == Some(enabled))
            && self
                .locked
                .is_none_or(|locked| user.locked() == Some(locked))
            && kind.is_none_or(|kind| user.authentication_type() == Some(kind))
    }
}

/// All matching accounts of a console. An incomplete list is an error.
#[derive(Debug, Serialize, JsonSchema)]
pub struct UserList {
    /// Number of accounts.
    pub count: usize,
    /// The accounts, sorted by number.
    pub users: Vec<UserView>,
}

/// Lists accounts. The console has no filter (vendor API file), so the whole list is read.
pub struct ListUsers;

impl Action for ListUsers {
    type Input = ListUsersInput;
    type Output = UserList;
    type Scope = ConsoleContext;
    const SPEC: Spec = Spec {
        name: "list-users",
        title: "List accounts, all or those that match",
        effect: Effect::Read,
        example: r#"{"enabled": true, "role_id": "Asset Owner"}"#,
    };

    async fn run(context: &ConsoleContext, input: ListUsersInput) -> Result<UserList> {
        let role = async {
            match &input.role_id {
                None => Ok(None),
                Some(role) => {
                    let found = choice::role("role_id", role, context.roles().await?)?;
                    Ok(Some(found.id.as_str()))
                }
            }
        };
        if let Some(watcher) = context.run.watcher_of_rows() {
            return stream(context, &input, role.await?, watcher).await;
        }
        let (role, all) = tokio::try_join!(role, context.users())?;
        let users = all.iter().filter(|user| input.fits(user, role));
        let users: Vec<UserView> = users.map(UserView::from).collect();
        if users.is_empty() {
            context.proves_absence(all)?;
        }
        Ok(UserList {
            count: users.len(),
            users,
        })
    }
}

/// Hands over each account as it comes. As for a list, it must have our own account in it.
async fn stream(
    context: &ConsoleContext,
    input: &ListUsersInput,
    role: Option<&str>,
    watcher: &dyn Progress,
) -> Result<UserList> {
    let own = context.policy().own_login.to_lowercase();
    let (mut count, mut seen_own, mut seen_others, mut unkept) = (0, false, false, None);
    let all = context.console().each_user(|user| {
        match user.login().to_lowercase() == own {
            true => seen_own = true,
            false => seen_others = true,
        }
        if unkept.is_none() && input.fits(&user, role) {
            count += 1;
            let row = serde_json::to_string(&UserView::from(&user)).map_err(|e| e.to_string());
            unkept = row.and_then(|row| watcher.row(&row)).err();
        }
    });
    let all = all.await?;
    if let Some(why) = unkept {
        return Err(Error::unavailable(format!(
            "a row could not be handed over: {why}"
        )));
    }
    if !seen_own {
        return Err(without_own_account(all));
    }
    if count == 0 && !seen_others {
        return Err(only_own_account());
    }
    Ok(UserList {
        count,
        users: Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::console::testing::user;

    #[test]
    fn an_account_must_fit_everything_and_what_is_not_told_does_not() {
        let jdoe = user(json!({
            "email": "JDoe@example.com", "enabled": true, "role": {"id": "user"},
            "authentication": {"type": "ldap"},
        }));
        let fits = |input: Value| {
            let input: ListUsersInput = crate::core::input::parse(input).expect("an input");
            let role = input.role_id.clone();
            input.fits(&jdoe, role.as_deref())
        };
        for yes in [
            json!({}),
            json!({"login": "DO", "email": "jdoe@", "name": "jane d", "enabled": true}),
            json!({"role_id": "user", "authentication_type": "ldap"}),
        ] {
            assert!(fits(yes.clone()), "{yes}");
        }
        for no in [
            json!({"login": "zz"}),
            json!({"email": "zz"}),
            json!({"name": "zz"}),
            json!({"role_id": "auditor"}),
            json!({"enabled": false}),
            json!({"locked": false}),
            json!({"locked": true}),
            json!({"authentication_type": "saml"}),
            json!({"login": "jdoe", "enabled": false}),
        ] {
            assert!(!fits(no.clone()), "{no}");
        }
    }
}
