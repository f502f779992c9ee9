//! What is refused whatever the caller says. A refusal names its rule and how to lift it.
//!
//! Every plan for an account that exists passes [`Policy::check`] in `apply`, and every one for a new
//! account [`Policy::check_new`], a dry run's too: an operation can't forget a guard. What a guard looks
//! at was read in this very run.

use rapid7::console::{Role, User};

use crate::console::context::ConsoleContext;
use crate::console::plan::{Change, Plan, Snapshot};
use crate::console::view::{SAML, is_local};
use crate::core::error::Result;
use crate::core::lease::Held;
use crate::core::policy::{Policy, refuse};

/// What the guards have to know of the console beyond the account itself; read only where a plan
/// makes it matter.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) roles: Option<Vec<Role>>,
    pub(crate) users: Option<Vec<User>>,
}

impl Facts {
    /// Whether a user is, or can't be told from, a global administrator or superuser.
    fn may_be_privileged(&self, user: &User) -> bool {
        user.may_be_superuser() || self.role_may_be_privileged(user)
    }

    fn role_may_be_privileged(&self, user: &User) -> bool {
        if let Some(privileges) = user.privileges() {
            return privileges.contains(&"all-permissions");
        }
        let roles = self.roles.iter().flatten();
        let role = roles
            .clone()
            .find(|role| Some(role.id.as_str()) == user.role_id());
        role.is_none_or(Role::may_be_global_administrator)
    }

    /// Whether a user's role certainly allows everything.
    fn is_privileged_by_role(&self, user: &User) -> bool {
        let role = self.roles.iter().flatten();
        let mut role = role.filter(|role| Some(role.id.as_str()) == user.role_id());
        match user.privileges() {
            Some(privileges) => privileges.contains(&"all-permissions"),
            None => role.any(Role::is_global_administrator),
        }
    }

    /// Whether a user can certainly do everything, now.
    fn is_usable_administrator(&self, user: &User) -> bool {
        let privileged = self.is_privileged_by_role(user) || user.superuser() == Some(true);
        privileged && user.enabled() == Some(true) && user.locked() != Some(true)
    }
}

impl ConsoleContext {
    /// What the guards have to know for this plan. Who may take an administrator away gets the administrators'
    /// lease, from before they are read: of two runs at once, the second one sees what the first one left.
    pub(crate) async fn facts(&self, user: &User, plan: &Plan) -> Result<(Facts, Option<Held>)> {
        let mut facts = Facts::default();
        if !plan.touches_privilege(user) {
            return Ok((facts, None));
        }
        let intended = plan.intended(user);
        if user.privileges().is_none() || intended.privileges().is_none() {
            facts.roles = Some(self.roles().await?.to_vec());
        }
        if plan.may_end_administrator(user) && facts.may_be_privileged(user) {
            facts.roles = Some(self.roles().await?.to_vec());
            let held = self.hold_administrators(user, plan).await?;
            // With the lease they are read now: whoever had it before may have taken others away.
            let users = match &held {
                Some(held) if held.keeps() => self.staying_now().await,
                _ => self.staying().await,
            };
            return match (users, held) {
                (Ok(users), held) => {
                    facts.users = Some(users);
                    Ok((facts, held))
                }
                (Err(error), Some(held)) => {
                    held.end(self.run.deadline, true).await;
                    Err(error)
                }
                (Err(error), None) => Err(error),
            };
        }
        Ok((facts, None))
    }
}

/// Whether two states of an account are let in by the same proof: the same login at the same source, or the same
/// email address by SAML. The two local stores are one: a console moves an account between them with its role.
fn logs_in_alike(user: &User, after: &User) -> bool {
    let local = is_local(user) && is_local(after) && after.role_id() != user.role_id();
    let saml = |user: &User| user.authentication_type() == Some(SAML);
    after.login() == user.login()
        && (local || after.authentication_type() == user.authentication_type())
        && (local || after.authentication_source() == user.authentication_source())
        && (!saml(user) && !saml(after) || after.email() == user.email())
}

impl Plan {
    /// Whether it may let somebody else in as the account: by another password or seed, or because
    /// another login or source decides who that is.
    fn takes_over(&self, user: &User) -> bool {
        let takes = |change: &Change| {
            matches!(change, Change::ResetTwoFactor(_)) || change.password().is_some()
        };
        let after = self.intended(user);
        self.changes.iter().any(takes) && !self.lets_nobody_in(&after)
            || !logs_in_alike(user, &after)
    }

    /// Whether a new password or seed is of no use to anybody: nobody has it, and the account is
    /// disabled. Both are needed. A password that the caller gave is known to the caller, who may wait
    /// until the account is enabled again; and on an enabled account a new seed may be the step that
    /// makes a stolen password enough.
    fn lets_nobody_in(&self, after: &User) -> bool {
        self.thrown_away && self.delivery.is_none() && after.enabled() == Some(false)
    }

    /// Whether the account may be an enabled administrator before and none after.
    fn may_end_administrator(&self, user: &User) -> bool {
        let after = self.intended(user);
        self.deletes()
            || after.enabled() != user.enabled() && after.enabled() != Some(true)
            || after.role_id() != user.role_id()
            || after.superuser() != user.superuser()
            || !logs_in_alike(user, &after)
    }

    /// Whether privileges matter to what it does.
    fn touches_privilege(&self, user: &User) -> bool {
        self.takes_over(user) || self.may_end_administrator(user)
    }

    /// How many accounts and grants it changes.
    pub(crate) fn size(&self) -> usize {
        let grants = self.access().map(|a| a.give.len() + a.take.len());
        let account = self
            .changes
            .iter()
            .any(|change| !matches!(change, Change::SetAccess(_)));
        usize::from(account) + grants.sum::<usize>()
    }
}

impl Policy {
    /// Refuses a plan for an account that exists.
    ///
    /// # Errors
    /// `Refused`, with the rule and how to lift it.
    pub(crate) fn check(&self, before: &Snapshot, plan: &Plan, facts: &Facts) -> Result<()> {
        if plan.changes.is_empty() {
            return Ok(());
        }
        let user = &before.user;
        self.check_protected_user(user)?;
        if self.is_own(user) {
            self.check_own(user, plan)?;
        }
        if plan.deletes() && !self.allow_deletion {
            return Err(refuse(
                "deletion",
                "this deployment does not delete accounts: it can't be undone, and takes the \
                 account's history with it",
                "use disable-user, or set the policy allow_deletion",
            ));
        }
        let after = plan.intended(user);
        if !logs_in_alike(user, &after) {
            self.check_protected_user(&after)?;
        }
        self.check_privilege(user, &after, plan, facts)?;
        check_last_administrator(&self.own_login, user, &after, plan, facts)?;
        self.check_size(plan)
    }

    /// By SAML, the email address is what lets somebody in.
    fn check_protected_user(&self, user: &User) -> Result<()> {
        self.check_protected(user.login())?;
        match user.email() {
            Some(email) if user.authentication_type() == Some(SAML) => self.check_protected(email),
            _ => Ok(()),
        }
    }

    /// Logins are compared without regard to case: too careful is better here.
    fn is_own(&self, user: &User) -> bool {
        user.login().to_lowercase() == self.own_login.to_lowercase()
    }

    /// Refuses what would lock the pack itself out.
    fn check_own(&self, user: &User, plan: &Plan) -> Result<()> {
        let after = plan.intended(user);
        let kept = after.enabled() == user.enabled()
            && after.login() == user.login()
            && after.role_id() == user.role_id()
            && after.superuser() == user.superuser()
            && after.authentication_type() == user.authentication_type()
            && after.authentication_source() == user.authentication_source();
        let reset = |change: &Change| matches!(change, Change::ResetTwoFactor(_));
        let password = plan
            .changes
            .iter()
            .any(|change| change.password().is_some());
        if plan.deletes()
            || plan.changes.iter().any(reset)
            || (!kept && after.enabled() != Some(true))
        {
            return Err(refuse(
                "own-account",
                "this is the account that the pack itself logs in with; the console could not be \
                 reached afterwards",
                "give the pack another account first",
            ));
        }
        if !kept {
            return Err(refuse(
                "own-account",
                "this is the account that the pack itself logs in with; it might lose access, or \
                 the login that its secret names",
                "give the pack another account first",
            ));
        }
        if password && !self.allow_own_password {
            return Err(refuse(
                "own-account",
                "this is the account that the pack itself logs in with; unless its secret gets the \
                 new password too, every later run is a failed login and locks it",
                "set the policy allow_own_password, and see to the secret",
            ));
        }
        Ok(())
    }

    /// Refuses to make somebody able to do everything, or to let somebody in as one who is.
    fn check_privilege(&self, user: &User, after: &User, plan: &Plan, facts: &Facts) -> Result<()> {
        if self.allow_privileged_accounts || !plan.touches_privilege(user) || plan.deletes() {
            return Ok(());
        }
        let superuser = after.may_be_superuser() && user.superuser() != Some(true);
        let role = after.role_id() != user.role_id()
            && facts.role_may_be_privileged(after)
            && !facts.is_privileged_by_role(user);
        // Local global administrators authenticate with `admin` (seen in the field).
        let admin = after.authentication_type() == Some("admin")
            && user.authentication_type() != Some("admin");
        let raised = superuser || role || admin;
        if raised {
            return Err(refuse(
                "privileged-accounts",
                "this would make the account a global administrator or superuser, or cannot be told \
                 from that",
                "do it by hand, or set the policy allow_privileged_accounts",
            ));
        }
        if plan.takes_over(user)
            && !self.is_own(user)
            && facts.may_be_privileged(user)
            && facts.may_be_privileged(after)
        {
            return Err(refuse(
                "privileged-accounts",
                "this would let somebody in as a global administrator or superuser, or as one who \
                 cannot be told from them",
                "do it by hand, or set the policy allow_privileged_accounts",
            ));
        }
        Ok(())
    }

    /// Refuses a plan for a new account. Whether it may do everything is known where it is planned:
    /// [`Self::may_create_privileged`].
    ///
    /// # Errors
    /// `Refused`, with the rule and how to lift it.
    pub(crate) fn check_new(&self, logins: &[&str], plan: &Plan) -> Result<()> {
        for login in logins {
            self.check_protected(login)?;
        }
        self.check_size(plan)
    }

    /// Refuses to create somebody who may, or might, do everything.
    ///
    /// # Errors
    /// `Refused` unless the policy allows it.
    pub(crate) fn may_create_privileged(&self, privileged: bool) -> Result<()> {
        if privileged && !self.allow_privileged_accounts {
            return Err(refuse(
                "privileged-accounts",
                "this would create a global administrator or superuser, or cannot be told from one",
                "create it by hand, or set the policy allow_privileged_accounts",
            ));
        }
        Ok(())
    }

    /// Refuses to change more at once than the deployment allows.
    ///
    /// # Errors
    /// `Refused`, with both numbers.
    pub(crate) fn check_size(&self, plan: &Plan) -> Result<()> {
        self.check_count(plan.size())
    }
}

/// Refuses to take the last administrator but the pack itself, which nobody can log in as, away.
pub(crate) fn check_last_administrator(
    own_login: &str,
    user: &User,
    after: &User,
    plan: &Plan,
    facts: &Facts,
) -> Result<()> {
    let Some(users) = facts
        .users
        .as_ref()
        .filter(|_| plan.may_end_administrator(user))
    else {
        return Ok(());
    };
    let stays =
        !plan.deletes() && logs_in_alike(user, after) && facts.is_usable_administrator(after);
    let was = user.enabled() != Some(false) && facts.may_be_privileged(user);
    let own = own_login.to_lowercase();
    let other = |other: &&User| {
        other.id() != user.id()
            && other.login().to_lowercase() != own
            && facts.is_usable_administrator(other)
    };
    if stays || !was || users.iter().any(|user| other(&user)) {
        return Ok(());
    }
    Err(refuse(
        "last-administrator",
        "this is the last enabled global administrator besides the pack's own account",
        "make somebody else a global administrator first",
    ))
}

#[cfg(test)]
mod tests;
