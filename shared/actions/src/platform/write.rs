//! Sending writes to the platform: what became of one that got no plain success, only a look tells.

use rapid7::platform::{NewUser, User, UserFilter, UserId};
use tracing::{info, warn};

use super::context::PlatformContext;
use super::new_user;
use super::plan::PlatformChange;
use crate::core::error::wire::{indeterminate, not_looked_at, refused_look};
use crate::core::error::{Changed, Error, ErrorKind, Result};
use crate::core::sending::{Failed, Sendings, carried_out_all_the_same, taken};
use crate::core::text::same_email;

impl PlatformContext {
    /// Sends one write to an account that exists. Whatever else than a plain success is answered, looks
    /// whether it was carried out, unless it never left, and sends it at most once more: giving and taking
    /// the same twice changes once.
    pub(super) async fn carry_out(
        &self,
        user: &UserId,
        change: &PlatformChange,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let mut sendings = Sendings::default();
        loop {
            let Err(error) = self.send(user, change).await else {
                return Ok(());
            };
            match sendings.add(&error) {
                Failed::NeverLeft => return Err(refused_write(change, error)),
                Failed::CanNotLook => return Err(not_looked_at(error)),
                Failed::Look => warn!(%error, "a write without a plain success: looking"),
            }
            let mut done = self.is_done(user, change).await;
            if matches!(done, Ok(false))
                && sendings.may_send_again(&error)
                && self.platform().waits_for(&error).await
            {
                // Somebody else may have been at it while the platform wanted nothing to be sent.
                if error.retry_after.is_some() {
                    done = self.is_done(user, change).await;
                }
                if matches!(done, Ok(false)) {
                    sendings.send_again();
                    continue;
                }
            }
            return match done {
                Ok(true) => {
                    // What is to go and is gone is done, whoever did it.
                    let gone = error.kind == rapid7::ErrorKind::NotFound
                        && !matches!(change, PlatformChange::GrantProduct(_))
                        && !sendings.is_again();
                    warnings.push(match gone {
                        true => {
                            format!(
                                "somebody else did this at the same moment: {}",
                                change.to_line()
                            )
                        }
                        false => carried_out_all_the_same(&error, &sendings),
                    });
                    Ok(())
                }
                Ok(false) if error.was_refused() => {
                    Err(refused_write(change, error).changed(sendings.changed()))
                }
                // It may still be under way.
                Ok(false) if error.timed_out() => Err(indeterminate(error)),
                Ok(false) => {
                    let mut failed = Error::from(error);
                    failed.message.push_str("; the account reads as before");
                    Err(failed.changed(sendings.changed()))
                }
                Err(look) => {
                    warn!(error = %look, "looking failed");
                    Err(not_seen(change, error, look))
                }
            };
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
    async fn look_up(&self, email: &str) -> rapid7::Result<Option<User>> {
        let users = self.platform().users(&UserFilter::default()).await?;
        let mut users = users.into_iter();
        Ok(users.find(|user| same_email(user.email(), email)))
    }

    /// Creates an account and returns its id. Whatever else than a plain success is answered is never
    /// followed by a second POST: the email address is looked up instead.
    pub(super) async fn create(&self, new: &NewUser, warnings: &mut Vec<String>) -> Result<UserId> {
        let change = PlatformChange::CreateUser(Box::new(new.clone()));
        let mut sendings = Sendings::default();
        let error = match self.platform().create_user(new).await {
            Ok(Some(id)) => return Ok(id),
            Ok(None) => None,
            Err(error) => match sendings.add(&error) {
                Failed::NeverLeft => return Err(refused_write(&change, error)),
                Failed::CanNotLook => return Err(not_looked_at(error)),
                Failed::Look => Some(error),
            },
        };
        info!("looking up the email address of a new account whose id is not known");
        let found = match self.look_up(&new.email).await {
            Ok(found) => found,
            Err(look) => {
                warn!(error = %look, "looking failed");
                return Err(match error {
                    Some(error) => not_seen(&change, error, look.into()),
                    None => indeterminate(look),
                });
            }
        };
        match (found, error) {
            (Some(user), Some(error)) if error.was_refused() => {
                let (found, _) = new_user::differences(new, &user);
                Err(taken(&error, "email", &found))
            }
            (Some(user), error) => {
                if let Some(error) = error {
                    warnings.push(format!(
                        "an answer was lost ({error}); the email address was looked up, and the \
                         account was created"
                    ));
                }
                Ok(user.id().clone())
            }
            (None, Some(error)) if error.was_refused() => Err(refused_write(&change, error)),
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

/// A write of which not even looking told whether it was carried out. What the platform does not show any
/// more, or not to this key, is what is to be put right; otherwise running it again tells.
fn not_seen(change: &PlatformChange, error: rapid7::Error, look: Error) -> Error {
    use rapid7::ErrorKind as Wire;
    match error.kind {
        _ if look.is_failed_login() => refused_look(&error, look),
        Wire::Forbidden | Wire::NotFound => refused_write(change, error).changed(Changed::Unknown),
        _ => indeterminate(error),
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
            "correct what the platform complains of; an organization with single sign-on takes nobody who \
             is added by hand: there, add the person at the identity provider",
        ),
        (PlatformChange::CreateUser(_), Wire::Forbidden) => (
            ErrorKind::Unauthorized,
            "make sure that the key is an organization key; if it is, the organization may have single \
             sign-on, and takes nobody who is added by hand then: add the person at the identity provider",
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
