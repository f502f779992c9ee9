//! Sending writes: a write that may or may not have been carried out is looked at before anything is
//! sent again.

use rapid7::console::{NewUser, UserId};
use tracing::{info, warn};

use crate::context::Context;
use crate::diff::{FieldChange, changes};
use crate::error::{Changed, Error, ErrorKind, Result};
use crate::lookup::{Selector, pick};
use crate::plan::{Change, Snapshot};
use crate::verify::{conflict, known};

/// What a look at the console says of a write without a good answer.
enum Look {
    Done,
    NotDone,
    /// Neither as before nor as intended: what differs from the intention.
    Neither(Vec<FieldChange>),
}

impl Context {
    /// Sends one write to an account that exists. If its answer is lost, looks whether it was
    /// carried out, and sends it at most once more.
    pub(crate) async fn carry_out(
        &self,
        change: &Change,
        before: &Snapshot,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let mut sent_before = false;
        loop {
            let Err(error) = self.send(change).await else {
                return Ok(());
            };
            if !error.may_have_been_carried_out() {
                let mut refused = self.refused_write(change, error).await;
                if sent_before {
                    // The first one may still arrive.
                    refused.changed = Changed::Unknown;
                }
                return Err(refused);
            }
            warn!(%error, "a write without a good answer: looking");
            let broke_on_the_way = matches!(error.status, None | Some(502 | 504));
            match self.look(change, before).await {
                Ok(Look::Done) => {
                    warnings.push(format!(
                        "an answer was lost ({error}); reading back shows that it was carried out"
                    ));
                    return Ok(());
                }
                // It may still be under way: another look later is worth more than another write.
                Ok(Look::NotDone) if error.timed_out() => return Err(indeterminate(error)),
                Ok(Look::NotDone) if sent_before || !broke_on_the_way => {
                    let mut failed = Error::from(error);
                    failed.message.push_str("; the account reads as before");
                    return Err(failed.changed(Changed::Nothing));
                }
                Ok(Look::NotDone) => sent_before = true,
                Ok(Look::Neither(found)) => {
                    return Err(conflict(&found).changed(Changed::Unknown));
                }
                Err(look) => {
                    warn!(error = %look, "looking failed");
                    return Err(indeterminate(error));
                }
            }
        }
    }

    /// Sends a change. Of a new account, the answer is its number, if the console told it.
    async fn send(&self, change: &Change) -> rapid7::Result<Option<UserId>> {
        let console = self.console();
        match change {
            Change::CreateUser(new) => return console.create_user(new).await,
            Change::ReplaceUser {
                user, replacement, ..
            } => console.update_user(*user, replacement).await,
            Change::UnlockUser(user) => console.unlock_user(*user).await,
        }
        .map(|()| None)
    }

    async fn look(&self, change: &Change, before: &Snapshot) -> Result<Look> {
        let user = self.user(before.user.id()).await?;
        Ok(match change {
            Change::ReplaceUser { replacement, .. } => {
                let now = user.replacement();
                let left = known(changes(replacement.members(), now.members()));
                let as_before = before.user.replacement();
                if left.is_empty() {
                    Look::Done
                } else if known(changes(as_before.members(), now.members())).is_empty() {
                    Look::NotDone
                } else {
                    Look::Neither(left)
                }
            }
            Change::UnlockUser(_) if user.locked() == Some(false) => Look::Done,
            Change::UnlockUser(_) | Change::CreateUser(_) => Look::NotDone,
        })
    }

    /// Creates an account and returns its number. A lost answer is never followed by a second POST:
    /// the login is looked up instead.
    pub(crate) async fn create(&self, new: &NewUser, warnings: &mut Vec<String>) -> Result<UserId> {
        let error = match self.console().create_user(new).await {
            Ok(Some(id)) => return Ok(id),
            Ok(None) => None,
            Err(error) if error.may_have_been_carried_out() => Some(error),
            Err(error) => {
                let change = Change::CreateUser(Box::new(new.clone()));
                return Err(self.refused_write(&change, error).await);
            }
        };
        info!("looking up the login of a new account whose number is not known");
        let users = match self.console().users().await {
            Ok(users) => users,
            Err(look) => {
                warn!(error = %look, "looking failed");
                return Err(indeterminate(error.unwrap_or(look)));
            }
        };
        match (pick(&users, &Selector::Login(new.login.clone())), error) {
            (Ok(user), error) => {
                if let Some(error) = error {
                    warnings.push(format!(
                        "an answer was lost ({error}); the login was looked up, and the account \
                         was created"
                    ));
                }
                Ok(user.id())
            }
            (Err(_), Some(error)) if error.status == Some(503) => {
                let mut failed = Error::from(error);
                failed.message.push_str("; no account has this login");
                Err(failed.changed(Changed::Nothing))
            }
            (Err(_), Some(error)) => Err(indeterminate(error)),
            (Err(_), None) => Err(Error::new(
                ErrorKind::Unexpected,
                "the console said that it created the account, and no account has its login",
            )
            .changed(Changed::Unknown)
            .next("look for the account in the console")),
        }
    }

    /// A write that was not carried out, told in its own terms. 404 also means "not allowed": only a
    /// caller who may list users knows that the account is gone.
    async fn refused_write(&self, change: &Change, error: rapid7::Error) -> Error {
        if error.kind == rapid7::ErrorKind::NotFound
            && self.console().can_list_users().await.is_err()
        {
            return Error::from(error);
        }
        refused_write(change, error)
    }
}

fn indeterminate(error: rapid7::Error) -> Error {
    let mut failed = Error::from(error);
    failed.kind = ErrorKind::Indeterminate;
    failed
        .changed(Changed::Unknown)
        .next("run it again: it reads first and does only what is left")
}

fn refused_write(change: &Change, error: rapid7::Error) -> Error {
    use rapid7::ErrorKind as Wire;
    let kind = match (change, error.kind) {
        (Change::CreateUser(_), Wire::Rejected) => ErrorKind::InvalidInput,
        (_, Wire::Rejected) => ErrorKind::Refused,
        (_, Wire::NotFound) => ErrorKind::Conflict,
        _ => return Error::from(error),
    };
    let next = match (change, error.kind) {
        (_, Wire::NotFound) => "run it again: the account was there a moment ago".to_owned(),
        (Change::CreateUser(_), _) => "correct what the console complains of".into(),
        // The vendor API file calls it required; clients in the field leave it out.
        (Change::ReplaceUser { .. }, _) if error.message.to_lowercase().contains("password") => {
            "this console insists on a password in every update, so an account can't be changed \
             without setting a new one: change it in the console"
                .into()
        }
        _ => "change the account in the console, and report what it said".into(),
    };
    let mut failed = Error::from(error).next(next);
    failed.kind = kind;
    failed
}
