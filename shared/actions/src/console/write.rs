//! Sending writes: what became of one that got no plain success, only a look at the account tells.

use rapid7::console::{AccessKind, NewUser, User, UserId};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::{info, warn};

use crate::console::context::ConsoleContext;
use crate::console::lookup::{Selector, pick};
use crate::console::new_account;
use crate::console::plan::{Change, Snapshot};
use crate::console::verify::{differences, known};
use crate::console::view::is_known;
use crate::core::change::{FieldChange, conflict};
use crate::core::error::wire::{indeterminate, not_looked_at, refused_look};
use crate::core::error::{Changed, Error, ErrorKind, Result};
use crate::core::sending::{Failed, Sendings, carried_out_all_the_same, taken};

/// What a look at the console says of a write that got no plain success.
enum Look {
    Done,
    /// Not done; with the user as it is, if that was read.
    NotDone(Option<Box<User>>),
    /// Neither as before nor as intended: what differs from the intention.
    Neither(Vec<FieldChange>),
    /// There is no such account any more, which is proven.
    Gone,
    /// It may be done: what there is to see is as before, and would be so too if it were.
    Hidden,
}

impl ConsoleContext {
    /// Sends one write to an account that exists. Whatever else than a plain success is answered, looks
    /// whether it was carried out, unless it never left, and sends it at most once more.
    pub(crate) async fn carry_out(
        &self,
        change: &Change,
        before: &Snapshot,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let mut sendings = Sendings::default();
        let mut change = change.clone();
        loop {
            let Err(error) = self.send(&change).await else {
                return Ok(());
            };
            match sendings.add(&error) {
                Failed::NeverLeft => return Err(self.refused_write(&change, error).await),
                Failed::CanNotLook => return Err(not_looked_at(error)),
                Failed::Look => warn!(%error, "a write without a plain success: looking"),
            }
            let mut look = self.look(&change, before, &sendings, &error).await;
            let is_own_password = matches!(change, Change::SetOwnPassword(..));
            // The login with it was refused. Sent again, it would take another login to prove it.
            if matches!(look, Ok(Look::NotDone(_)))
                && !is_own_password
                && sendings.may_send_again(&error)
                && self.console().waits_for(&error).await
            {
                // Somebody else may have been at it while the console wanted nothing to be sent.
                if error.retry_after.is_some() {
                    look = self.look(&change, before, &sendings, &error).await;
                }
                if let Ok(Look::NotDone(now)) = look {
                    sendings.send_again();
                    // What a newer console changed by itself since must not be taken back.
                    if let Some(now) = now {
                        change.rebase(&before.user, &now);
                    }
                    continue;
                }
            }
            return match look {
                Ok(Look::Done) => {
                    let gone = matches!(change, Change::DeleteUser(_))
                        && error.kind == rapid7::ErrorKind::NotFound
                        && !sendings.is_again();
                    warnings.push(match gone {
                        true => "somebody else deleted the account at the same moment".into(),
                        false => carried_out_all_the_same(&error, &sendings),
                    });
                    Ok(())
                }
                Ok(Look::NotDone(_) | Look::Gone) if error.was_refused() => {
                    let refused = self.refused_write(&change, error).await;
                    Err(refused.changed(sendings.changed()))
                }
                Ok(Look::NotDone(_))
                    if !error.timed_out() && !is_own_password && !change.is_hidden_password() =>
                {
                    let mut failed = Error::from(error);
                    failed.message.push_str("; the account reads as before");
                    Err(failed.changed(sendings.changed()))
                }
                // What got no answer in time may still be under way, and a password never shows: that the
                // pack's own new one was refused does not tell that the old one is in force.
                Ok(Look::NotDone(_) | Look::Gone | Look::Hidden) => Err(indeterminate(error)),
                Ok(Look::Neither(found)) => {
                    let mut failed = conflict(&found).changed(Changed::Unknown);
                    failed.message = format!("{}; {error}", failed.message);
                    Err(failed)
                }
                Err(look) => {
                    warn!(error = %look, "looking failed");
                    Err(self.not_seen(&change, error, look).await)
                }
            };
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
            Change::SetOwnPassword(user, password) => console.set_password(*user, password).await,
            Change::DeleteUser(user) => console.delete_user(*user).await,
            Change::ResetTwoFactor(user) => console.reset_two_factor(*user).await,
            // One by one, when everything else is done: `settle`.
            Change::SetAccess(_) => Ok(()),
        }
        .map(|()| None)
    }

    async fn look(
        &self,
        change: &Change,
        before: &Snapshot,
        sendings: &Sendings,
        error: &rapid7::Error,
    ) -> Result<Look> {
        let id = before.user.id();
        let done = |done| match done {
            true => Look::Done,
            false => Look::NotDone(None),
        };
        match change {
            Change::SetOwnPassword(_, password) => {
                // Where the console said no, the old password is in force, most likely, and asking with it
                // is no failed login.
                if error.was_refused() {
                    self.user(id).await?;
                    return Ok(Look::NotDone(None));
                }
                // Otherwise the old one may be of no use any more, so there is no other way of asking.
                return Ok(done(self.console().logs_in_with(id, password).await?));
            }
            Change::DeleteUser(_) => return Ok(done(self.is_gone(id).await?)),
            _ => {}
        }
        let user = match self.console().user(id).await {
            Err(error) if error.kind == rapid7::ErrorKind::NotFound => {
                if self.is_gone(id).await? {
                    return Ok(Look::Gone);
                }
                self.console().user(id).await?
            }
            read => read?,
        };
        Ok(match change {
            Change::ReplaceUser {
                replacement,
                fields,
                ..
            } => {
                let now = user.replacement();
                let differing = differences(replacement, &now);
                let planned = |change: &FieldChange| fields.iter().any(|f| f.field == change.field);
                // Of what this pack does not know, only what was to change tells something.
                let left: Vec<FieldChange> = differing
                    .into_iter()
                    .filter(|change| is_known(&change.field) || planned(change))
                    .collect();
                let as_before = differences(&before.user.replacement(), &now);
                let as_before = known(as_before).is_empty();
                // A password is never told: where nothing else differs, nothing shows.
                if left.is_empty() && !(as_before && change.is_hidden_password()) {
                    Look::Done
                } else if as_before && self.may_be_hidden(change, before, sendings, error).await {
                    Look::Hidden
                } else if as_before {
                    Look::NotDone(Some(Box::new(user)))
                } else {
                    Look::Neither(known(left))
                }
            }
            Change::UnlockUser(_) if user.locked() == Some(false) => Look::Done,
            _ => Look::NotDone(None),
        })
    }

    /// Whether a replacement may have been carried out although the account reads as before: where it sets a
    /// password, which never shows. A refusal is believed as long as the account has not lost the grants that
    /// a replacement costs it.
    async fn may_be_hidden(
        &self,
        change: &Change,
        before: &Snapshot,
        sendings: &Sendings,
        error: &rapid7::Error,
    ) -> bool {
        if !change.is_hidden_password() || sendings.may_send_again(error) {
            return false;
        }
        if !error.was_refused() || sendings.is_again() {
            return true;
        }
        for kind in [AccessKind::Sites, AccessKind::AssetGroups] {
            let Some(had) = before.grants(kind).filter(|had| !had.is_empty()) else {
                continue;
            };
            let now = self.console().access(before.user.id(), kind).await;
            if !now.is_ok_and(|now| had.is_subset(&now)) {
                return true;
            }
        }
        false
    }

    /// A write of which not even looking told whether it was carried out. Where the console does not show
    /// the account any more, that is what is to be put right; otherwise running it again tells.
    async fn not_seen(&self, change: &Change, error: rapid7::Error, look: Error) -> Error {
        use rapid7::ErrorKind as Wire;
        match error.kind {
            _ if look.is_failed_login() => refused_look(&error, look),
            Wire::Forbidden | Wire::NotFound => {
                let refused = self.refused_write(change, error).await;
                refused.changed(Changed::Unknown)
            }
            _ => indeterminate(error),
        }
    }

    /// Whether there is no such user, which is proven: 404, and a list that was read just now and lacks it.
    /// 404 alone also means "not allowed", and what stands between may have answered it.
    ///
    /// # Errors
    /// When that can't be told.
    pub(crate) async fn is_gone(&self, id: UserId) -> Result<bool> {
        match self.console().user(id).await {
            Ok(_) => Ok(false),
            Err(error) if error.kind == rapid7::ErrorKind::NotFound => {
                let users = self.list().await?;
                self.proves_absence(&users)?;
                Ok(users.iter().all(|user| user.id() != id))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a new seed for the two-factor token and returns it. Whatever the answer, reading it
    /// tells whether it is new: the console keeps one.
    pub(crate) async fn reset_two_factor(&self, id: UserId) -> Result<SecretString> {
        let before = self.console().two_factor_seed(id).await?;
        let change = Change::ResetTwoFactor(id);
        if let Err(error) = self.send(&change).await {
            match Sendings::default().add(&error) {
                Failed::NeverLeft => return Err(self.refused_write(&change, error).await),
                Failed::CanNotLook => return Err(not_looked_at(error)),
                Failed::Look => warn!(%error, "a write without a plain success: looking"),
            }
            return match self.console().two_factor_seed(id).await {
                Ok(Some(seed)) if !same(Some(&seed), before.as_ref()) => Ok(seed),
                Ok(now) if error.was_refused() && same(now.as_ref(), before.as_ref()) => {
                    let refused = self.refused_write(&change, error).await;
                    // That there is none is told by 404, which what stands between tells, too.
                    Err(match now {
                        Some(_) => refused,
                        None => refused.changed(Changed::Unknown),
                    })
                }
                Ok(_) => Err(indeterminate(error)),
                Err(look) => Err(self.not_seen(&change, error, look.into()).await),
            };
        }
        match self.console().two_factor_seed(id).await {
            Ok(Some(seed)) if !same(Some(&seed), before.as_ref()) => Ok(seed),
            Ok(_) => Err(Error::new(
                ErrorKind::Conflict,
                "the console said that it made a new seed, and reads as before",
            )
            .changed(Changed::Unknown)
            .next("look at the account in the console, then run it again")),
            Err(error) => Err(indeterminate(error)),
        }
    }

    /// Creates an account and returns its number. Whatever else than a plain success is answered is never
    /// followed by a second POST: the login is looked up instead.
    pub(crate) async fn create(&self, new: &NewUser, warnings: &mut Vec<String>) -> Result<UserId> {
        let change = Change::CreateUser(Box::new(new.clone()));
        let mut sendings = Sendings::default();
        let error = match self.console().create_user(new).await {
            Ok(Some(id)) => return Ok(id),
            Ok(None) => None,
            Err(error) => match sendings.add(&error) {
                Failed::NeverLeft => return Err(self.refused_write(&change, error).await),
                Failed::CanNotLook => return Err(not_looked_at(error)),
                Failed::Look => Some(error),
            },
        };
        info!("looking up the login of a new account whose number is not known");
        let users = match self.console().users().await {
            Ok(users) => users,
            Err(look) => {
                warn!(error = %look, "looking failed");
                return Err(match error {
                    Some(error) => self.not_seen(&change, error, look.into()).await,
                    None => indeterminate(look),
                });
            }
        };
        match (pick(&users, &Selector::Login(new.login.clone())), error) {
            (Ok(user), Some(error)) if error.was_refused() => {
                let (found, _) = new_account::differences(new, user);
                Err(taken(&error, "login", &found))
            }
            (Ok(user), error) => {
                if let Some(error) = error {
                    warnings.push(format!(
                        "an answer was lost ({error}); the login was looked up, and the account \
                         was created"
                    ));
                }
                Ok(user.id())
            }
            (Err(_), Some(error)) if error.was_refused() => {
                Err(self.refused_write(&change, error).await)
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
    pub(crate) async fn refused_write(&self, change: &Change, error: rapid7::Error) -> Error {
        if error.kind == rapid7::ErrorKind::NotFound
            && self.console().can_list_users().await.is_err()
        {
            return Error::from(error);
        }
        refused_write(change, error)
    }
}

fn same(a: Option<&SecretString>, b: Option<&SecretString>) -> bool {
    let text = |secret: Option<&SecretString>| secret.map(|s| s.expose_secret().to_owned());
    text(a) == text(b)
}

fn refused_write(change: &Change, error: rapid7::Error) -> Error {
    use rapid7::ErrorKind as Wire;
    let kind = match (change, error.kind) {
        (Change::CreateUser(_), Wire::Rejected) => ErrorKind::InvalidInput,
        (change, Wire::Rejected) if change.unseen().is_some() => ErrorKind::InvalidInput,
        (_, Wire::Rejected) => ErrorKind::Refused,
        (_, Wire::NotFound) => ErrorKind::Conflict,
        _ => return Error::from(error),
    };
    let next = match (change, error.kind) {
        (_, Wire::NotFound) => "run it again: the account was there a moment ago".to_owned(),
        (Change::CreateUser(_), _) => "correct what the console complains of".into(),
        (change, _) if change.unseen().is_some() => "choose a password that the console's policy \
                                                     allows (a generated one: with another \
                                                     request_token), and read what else it complains of"
            .into(),
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
