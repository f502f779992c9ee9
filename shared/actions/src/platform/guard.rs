//! What is refused on the platform whatever the caller says.
//!
//! Every plan passes [`Policy::check_on_platform`], or for a new account
//! [`Policy::check_new_on_platform`], in `apply`, a dry run's too.

use rapid7::platform::{ApiKeyInfo, KeyType, NewUser, OwnKey, User};

use super::context::PlatformContext;
use super::lookup::local_part;
use super::plan::{PlatformChange, PlatformPlan, key_line};
use super::snapshot::{PlatformSnapshot, is_of};
use crate::core::error::Result;
use crate::core::policy::{Policy, refuse};

/// What the guards have to know of the platform beyond the account itself; read only where a plan makes
/// it matter.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) users: Option<Vec<User>>,
    /// Whether the pack's own key is certainly an organization's: no person's account or key ends it.
    pub(crate) has_organization_key: bool,
}

/// Whether somebody certainly administers the platform, now. Who was invited and never came does not.
fn is_usable_administrator(user: &User) -> bool {
    user.platform_admin() == Some(true) && user.status() == Some("ACTIVE")
}

/// Whether the person may log in as an administrator, or may come to.
pub(crate) fn may_be_administrator(user: &User) -> bool {
    user.platform_admin() != Some(false) && user.status() != Some("DISABLED")
}

impl PlatformPlan {
    /// Whether the person may administer the platform before and not be there to do so after.
    pub(super) fn may_end_administrator(&self, user: &User) -> bool {
        (self.deletes() || self.suspends) && may_be_administrator(user)
    }

    /// The keys that do not work any more once it is carried out.
    fn ends_keys<'a>(
        &'a self,
        before: &'a PlatformSnapshot,
    ) -> impl Iterator<Item = &'a ApiKeyInfo> {
        let all = self.deletes() || self.suspends;
        let owned = before.own_keys().filter(move |_| all);
        self.deleted_keys().chain(owned)
    }

    /// Whether keys end with it, or may.
    fn may_end_keys(&self, before: &PlatformSnapshot) -> bool {
        let unread = self.deletes() && before.api_keys.is_none();
        unread || self.ends_keys(before).next().is_some()
    }

    /// How many accounts, products and keys it changes.
    pub(crate) fn size(&self) -> usize {
        self.changes.len()
    }
}

impl PlatformContext {
    /// What the guards have to know for this plan.
    pub(super) async fn facts(
        &self,
        before: &PlatformSnapshot,
        plan: &PlatformPlan,
    ) -> Result<Facts> {
        let mut facts = Facts::default();
        // Read now, with the administrators' lease.
        if plan.may_end_administrator(&before.user) {
            facts.users = Some(self.staying().await?);
        }
        if plan.deletes() {
            // What is gone is proven by a list that still has the others.
            self.users().await?;
        }
        if plan.may_end_keys(before) {
            facts.has_organization_key = self.has_organization_key().await?;
        }
        Ok(facts)
    }
}

impl Policy {
    /// Refuses a plan for an account of the platform that exists.
    ///
    /// # Errors
    /// `Refused`, with the rule and how to lift it.
    pub(super) fn check_on_platform(
        &self,
        own_key: &OwnKey,
        before: &PlatformSnapshot,
        plan: &PlatformPlan,
        facts: &Facts,
    ) -> Result<()> {
        if plan.changes.is_empty() {
            return Ok(());
        }
        let user = &before.user;
        self.check_protected_email(user.email())?;
        check_own_key(own_key, before, plan, facts)?;
        check_keys(before, plan)?;
        if plan.deletes() && !self.allow_deletion {
            return Err(refuse(
                "deletion",
                "this deployment does not delete accounts: it can't be undone, and takes the \
                 person's API keys with it",
                "use suspend-platform-user, or set the policy allow_deletion",
            ));
        }
        check_last_administrator(user, plan, facts)?;
        self.check_count(plan.size())
    }

    /// Refuses a plan for a new account of the platform.
    ///
    /// # Errors
    /// `Refused`, with the rule and how to lift it.
    pub(super) fn check_new_on_platform(&self, new: &NewUser, plan: &PlatformPlan) -> Result<()> {
        self.check_protected_email(&new.email)?;
        if new.platform_admin != Some(false) && !self.allow_privileged_accounts {
            return Err(refuse(
                "privileged-accounts",
                "this would create an administrator of the platform",
                "create it by hand, or set the policy allow_privileged_accounts",
            ));
        }
        self.check_count(plan.size())
    }

    /// The patterns are for logins, and on the platform the email address is the login; what stands
    /// before its `@` often is the person's login elsewhere.
    fn check_protected_email(&self, email: &str) -> Result<()> {
        self.check_protected(email)?;
        self.check_protected(local_part(email))
    }
}

/// Refuses what would end the key that the pack itself uses, or may.
fn check_own_key(
    own_key: &OwnKey,
    before: &PlatformSnapshot,
    plan: &PlatformPlan,
    facts: &Facts,
) -> Result<()> {
    let declared = own_key.key_type == Some(KeyType::Organization);
    let Some(own) = &own_key.id else {
        if plan.may_end_keys(before) && !declared && !facts.has_organization_key {
            return Err(refuse(
                "own-key",
                "API keys end with this, and it can't be told whether the key that the pack itself \
                 uses is one of them",
                "say which key is in use: `key_id` or `key_type` in the pack's secret",
            ));
        }
        return Ok(());
    };
    if plan.deletes() && before.api_keys.is_none() && !declared {
        return Err(refuse(
            "own-key",
            "the list of API keys could not be read, so it can't be told whether the key that the \
             pack itself uses ends with this account",
            "delete the account by hand, or say that the key is an organization's: `key_type` in \
             the pack's secret",
        ));
    }
    if plan.ends_keys(before).any(|key| key.id() == own) {
        return Err(refuse(
            "own-key",
            "this would end the API key that the pack itself uses; the platform could not be \
             reached afterwards",
            "give the pack another key first, or name the others by key_ids",
        ));
    }
    let ends_person = plan.deletes() || plan.suspends;
    if ends_person && !declared && before.untold_keys().any(|key| key.id() == own) {
        return Err(refuse(
            "own-key",
            "the platform does not tell whose the API key is that the pack itself uses, so it may be \
             this person's",
            "say that it is an organization's: `key_type` in the pack's secret; or give the pack \
             another key first",
        ));
    }
    Ok(())
}

/// Refuses to delete keys that are not certainly the user's.
fn check_keys(before: &PlatformSnapshot, plan: &PlatformPlan) -> Result<()> {
    for key in plan.deleted_keys() {
        if key.is_organization_key() {
            return Err(refuse(
                "organization-keys",
                &format!("{} is the organization's key, nobody's", key_line(key)),
                "delete it by hand, once nothing uses it any more",
            ));
        }
        if !is_of(key, &before.user) {
            return Err(refuse(
                "keys-of-others",
                &format!("{} is not told to be this user's key", key_line(key)),
                "name its owner, or delete it by hand",
            ));
        }
    }
    Ok(())
}

/// Refuses to take the last person who administers the platform away. An API key is no person.
pub(super) fn check_last_administrator(
    user: &User,
    plan: &PlatformPlan,
    facts: &Facts,
) -> Result<()> {
    if !plan.may_end_administrator(user) {
        return Ok(());
    }
    let mut users = facts.users.iter().flatten();
    if users.any(|other| other.id() != user.id() && is_usable_administrator(other)) {
        return Ok(());
    }
    Err(refuse(
        "last-administrator",
        "this is the last active administrator of the platform",
        "make somebody else an administrator of the platform first",
    ))
}

/// What to say where keys end and nobody told which one the pack itself uses.
pub(super) fn unknown_own_key(
    own_key: &OwnKey,
    before: &PlatformSnapshot,
    plan: &PlatformPlan,
) -> Option<String> {
    let known = own_key.id.is_some() || own_key.key_type == Some(KeyType::Organization);
    let ends = plan.may_end_keys(before);
    let creates = matches!(plan.changes.first(), Some(PlatformChange::CreateUser(_)));
    (ends && !known && !creates).then(|| {
        "API keys end with this, and the platform does not tell which one the pack itself uses: \
         configure `key_type` and `key_id` in its secret, so that it never deletes its own"
            .to_owned()
    })
}
