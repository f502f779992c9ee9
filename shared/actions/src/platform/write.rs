//! Sending writes to the platform: one that may or may not have been carried out is looked at before
//! anything is sent again.

use rapid7::platform::{NewUser, UserFilter, UserId};
use tracing::{info, warn};

use super::context::PlatformContext;
use super::plan::PlatformChange;
use crate::core::error::wire::{indeterminate, unseen};
use crate::core::error::{Changed, Error, ErrorKind, Result};
use crate::core::text::same_email;

impl PlatformContext {
    /// Sends one write to an account that exists. If its answer is lost, looks whether it was carried
    /// out, and sends it at most once more: giving and taking the same twice changes once.
    pub(super) async fn carry_out(
        &self,
        user: &UserId,
        change: &PlatformChange,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let mut sent_before = false;
        loop {
            let Err(error) = self.send(user, change).await else {
                return Ok(());
            };
            if !error.may_have_been_carried_out() {
                // What is to go and is gone is done, whoever did it.
                let gone = error.kind == rapid7::ErrorKind::NotFound
                    && !matches!(change, PlatformChange::GrantProduct(_));
                let unknown = |error: Error| match sent_before {
                    true => error.changed(Changed::Unknown),
                    false => error,
                };
                if gone && self.is_done(user, change).await.map_err(unknown)? {
                    if !sent_before {
                        warnings.push(format!(
                            "somebody else did this at the same moment: {}",
                            change.to_line()
                        ));
                    }
                    return Ok(());
                }
                let mut refused = refused_write(change, error);
                if sent_before {
                    // The first one may still arrive.
                    refused.changed = Changed::Unknown;
                }
                return Err(refused);
            }
            warn!(%error, "a write without a good answer: looking");
            let broke_on_the_way = matches!(error.status, None | Some(502 | 504));
            match self.is_done(user, change).await {
                Ok(true) => {
                    warnings.push(format!(
                        "an answer was lost ({error}); reading back shows that it was carried out"
                    ));
                    return Ok(());
                }
                // It may still be under way: another look later is worth more than another write.
                Ok(false) if error.timed_out() => return Err(indeterminate(error)),
                Ok(false) if sent_before || !broke_on_the_way => {
                    let mut failed = Error::from(error);
                    failed.message.push_str("; the account reads as before");
                    // What broke on the way may still arrive.
                    return Err(failed.changed(match sent_before {
                        true => Changed::Unknown,
                        false => Changed::Nothing,
                    }));
                }
                Ok(false) => sent_before = true,
                Err(look) => {
                    warn!(error = %look, "looking failed");
                    return Err(unseen(error, look));
                }
            }
        }
    }

    async fn send(&self, user: &UserId, change: &PlatformChange) -> rapid7::Result<()> {
        let platform = self.platform();
        match change {
            // Never from here: `create` does not send it twice.
            PlatformChange::CreateUser(_) => Ok(()),
            PlatformChange::GrantProduct(product) => {
                platform.grant_product(user, product.token()).await
            }
            PlatformChange::RevokeProduct(product) => {
                platform.revoke_product(user, product.token()).await
            }
            PlatformChange::DeleteApiKey(key) => platform.delete_api_key(key.id()).await,
            PlatformChange::DeleteUser(user) => platform.delete_user(user).await,
        }
    }

    /// Whether a look at the platform shows what a write intends.
    async fn is_done(&self, user: &UserId, change: &PlatformChange) -> Result<bool> {
        let platform = self.platform();
        Ok(match change {
            PlatformChange::CreateUser(new) => self.look_up(&new.email).await?.is_some(),
            PlatformChange::GrantProduct(product) => {
                let products = platform.product_access(user).await?;
                products.iter().any(|one| one.token() == product.token())
            }
            PlatformChange::RevokeProduct(product) => {
                let products = platform.product_access(user).await?;
                products.iter().all(|one| one.token() != product.token())
            }
            PlatformChange::DeleteApiKey(key) => {
                let keys = self.read_api_keys().await?;
                keys.iter().all(|one| one.id() != key.id())
            }
            PlatformChange::DeleteUser(user) => self.is_gone(user).await?,
        })
    }

    /// Who has an email address by now, in a list that is read now.
    async fn look_up(&self, email: &str) -> rapid7::Result<Option<UserId>> {
        let users = self.platform().users(&UserFilter::default()).await?;
        let mut users = users.iter();
        let found = users.find(|user| same_email(user.email(), email));
        Ok(found.map(|user| user.id().clone()))
    }

    /// Creates an account and returns its id. A lost answer is never followed by a second POST: the
    /// email address is looked up instead.
    pub(super) async fn create(&self, new: &NewUser, warnings: &mut Vec<String>) -> Result<UserId> {
        let error = match self.platform().create_user(new).await {
            Ok(Some(id)) => return Ok(id),
            Ok(None) => None,
            Err(error) if error.may_have_been_carried_out() => Some(error),
            Err(error) => {
                let change = PlatformChange::CreateUser(Box::new(new.clone()));
                return Err(refused_write(&change, error));
            }
        };
        info!("looking up the email address of a new account whose id is not known");
        let found = match self.look_up(&new.email).await {
            Ok(found) => found,
            Err(look) => {
                warn!(error = %look, "looking failed");
                return Err(match error {
                    Some(error) => unseen(error, look),
                    None => indeterminate(look),
                });
            }
        };
        match (found, error) {
            (Some(id), error) => {
                if let Some(error) = error {
                    warnings.push(format!(
                        "an answer was lost ({error}); the email address was looked up, and the \
                         account was created"
                    ));
                }
                Ok(id)
            }
            (None, Some(error)) if error.status == Some(503) => {
                let mut failed = Error::from(error);
                failed.message.push_str("; no account has this email");
                Err(failed.changed(Changed::Nothing))
            }
            (None, Some(error)) => Err(indeterminate(error)),
            (None, None) => Err(Error::new(
                ErrorKind::Unexpected,
                "the platform said that it created the account, and no account has its email",
            )
            .changed(Changed::Unknown)
            .next("look for the account in the platform")),
        }
    }
}

/// A write that was not carried out, told in its own terms.
fn refused_write(change: &PlatformChange, error: rapid7::Error) -> Error {
    use rapid7::ErrorKind as Wire;
    let (kind, next) = match (change, error.kind) {
        (PlatformChange::CreateUser(_), Wire::Rejected) if error.status == Some(409) => (
            ErrorKind::Conflict,
            "run it again: nobody had this email a moment ago",
        ),
        (PlatformChange::CreateUser(_), Wire::Rejected) => (
            ErrorKind::InvalidInput,
            "correct what the platform complains of",
        ),
        (_, Wire::Rejected) => (
            ErrorKind::Refused,
            "change the account in the platform, and report what it said",
        ),
        (PlatformChange::GrantProduct(_), Wire::NotFound) => (
            ErrorKind::Refused,
            "check whether the organization still has this product, and the platform this user",
        ),
        (_, Wire::NotFound) => (
            ErrorKind::Conflict,
            "run it again: it was there a moment ago",
        ),
        _ => return Error::from(error),
    };
    let mut failed = Error::from(error).next(next);
    failed.kind = kind;
    if !matches!(change, PlatformChange::CreateUser(_)) {
        failed.message = format!("{}: {}", change.to_line(), failed.message);
    }
    failed
}
