//! The plan that makes an account.

use rapid7::console::{NewUser, Role, User};

use crate::console::account_input::{AccountInput, AuthenticationType};
use crate::console::context::ConsoleContext;
use crate::console::lookup::{line, list};
use crate::console::new_account::differences;
use crate::console::plan::{Change, Plan};
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::policy::Policy;
use crate::core::text::same_email;

/// What has to be known of the console to make an account.
pub(crate) struct Known<'a> {
    wanted: NewUser,
    users: &'a [User],
    pub(crate) roles: &'a [Role],
    /// The account with that login.
    pub(crate) existing: Option<User>,
}

impl<'a> Known<'a> {
    /// Checks an input, and reads what it takes to plan it.
    pub(crate) async fn read(context: &'a ConsoleContext, account: &AccountInput) -> Result<Self> {
        account.check_password()?;
        let mut wanted = account.wanted()?;
        let kind = account.authentication_type.name();
        let source = account.authentication_source_id.as_ref();
        wanted.authentication.source = context.source(source, kind).await?;
        let users = context.users().await?;
        let existing = users.iter().find(|user| user.login() == wanted.login);
        let existing = async {
            match existing {
                Some(existing) => context.user(existing.id()).await.map(Some),
                None => Ok(None),
            }
        };
        let (roles, existing) = tokio::try_join!(context.roles(), existing)?;
        Ok(Self {
            wanted,
            users,
            roles,
            existing,
        })
    }

    /// The plan: a new account, or nothing if it is there already and the same.
    pub(crate) fn plan(&self, account: &AccountInput, policy: &Policy) -> Result<Plan> {
        let wanted = self.wanted.clone();
        match &self.existing {
            Some(existing) => plan_for_existing(account, wanted, existing, self.roles),
            None => plan(account, wanted, self.users, self.roles, policy),
        }
    }
}

/// A plan that makes an account, with the password that it gets.
pub(crate) async fn with_password(
    mut plan: Plan,
    account: &AccountInput,
    context: &ConsoleContext,
) -> Result<Plan> {
    if let Some(Change::CreateUser(new)) = plan.changes.first_mut() {
        new.password = account.password(context).await?;
    }
    Ok(plan)
}

/// The plan for a login that nobody has.
fn plan(
    input: &AccountInput,
    mut wanted: NewUser,
    users: &[User],
    roles: &[Role],
    policy: &Policy,
) -> Result<Plan> {
    let mut plan = Plan::default();
    input.follow_role(&mut wanted, roles, &mut plan)?;
    let role = roles.iter().find(|role| role.id == wanted.role_id);
    // Local global administrators authenticate with `admin` (seen in the field).
    let privileged = wanted.superuser
        || input.authentication_type == AuthenticationType::Admin
        || role.is_some_and(Role::may_be_global_administrator);
    policy.may_create_privileged(privileged)?;
    let login = wanted.login.to_lowercase();
    if let Some(user) = users.iter().find(|u| u.login().to_lowercase() == login) {
        return Err(Error::new(
            ErrorKind::Refused,
            "a login that differs only in upper and lower case exists",
        )
        .about(line(user))
        .next("use that account, or another login"));
    }
    let same = |user: &&User| {
        let email = user.email();
        email.is_some_and(|email| same_email(email, &wanted.email))
    };
    let twins: Vec<&User> = users.iter().filter(same).collect();
    if !twins.is_empty() {
        let twins = list(&twins);
        plan.warnings
            .push(format!("other accounts have the same email: {twins}"));
    }
    plan.changes.push(Change::CreateUser(Box::new(wanted)));
    Ok(plan)
}

/// An account that is there already: nothing to do if it is the same, an error if it is not.
fn plan_for_existing(
    input: &AccountInput,
    mut wanted: NewUser,
    existing: &User,
    roles: &[Role],
) -> Result<Plan> {
    let mut plan = Plan::default();
    input.follow_role(&mut wanted, roles, &mut plan)?;
    let (differing, untold) = differences(&wanted, existing);
    if !differing.is_empty() {
        let lines: Vec<String> = differing
            .iter()
            .map(|change| {
                let [field, wanted, is] = change.shown();
                format!("{field} is {is}, not {wanted}")
            })
            .collect();
        return Err(Error::new(
            ErrorKind::Refused,
            format!("the account exists and differs: {}", lines.join("; ")),
        )
        .about(line(existing))
        .next("if it is the same person, change the account instead of creating it"));
    }
    if input.authentication_type.is_local() {
        plan.warnings.push(
            "the account exists; its password can't be read, so it was neither compared nor changed"
                .into(),
        );
    }
    plan.warnings.extend(untold);
    Ok(plan)
}

#[cfg(test)]
mod tests;
