//! Sending writes: a write that may or may not have been carried out is looked at before anything is
//! sent again.

use rapid7::console::{NewUser, User, UserId};
use secrecy::{ExposeSecret as _, SecretString};
use tracing::{info, warn};

use crate::console::context::ConsoleContext;
use crate::console::lookup::{Selector, pick};
use crate::console::plan::{Change, Snapshot};
use crate::console::verify::{differences, known};
use crate::console::view::is_known;
use crate::core::change::{FieldChange, conflict};
use crate::core::error::wire::indeterminate;
use crate::core::error::{Changed, Error, ErrorKind, Result};

/// What a look at the console says of a write without a good answer.
enum Look {
    Done,
    /// Not done; with the user as it is, if that was read.
    NotDone(Option<Box<User>>),
    /// Neither as before nor as intended: what differs from the intention.
    Neither(Vec<FieldChange>),
}

impl ConsoleContext {
    /// Sends one write to an account that exists. If its answer is lost, looks whether it was
    /// carried out, and sends it at most once more.
    pub(crate) async fn carry_out(
        &self,
        change: &Change,
        before: &Snapshot,
        warnings: &mut Vec<String>,
    ) -> Result<()> {
        let mut sent_before = false;
        let mut change = change.clone();
        loop {
            let Err(error) = self.send(&change).await else {
                return Ok(());
            };
            if !error.may_have_been_carried_out() {
                if let Change::DeleteUser(id) = &change
                    && error.kind == rapid7::ErrorKind::NotFound
                    && self.is_gone(*id).await?
                {
                    warnings.push("somebody else deleted the account at the same moment".into());
                    return Ok(());
                }
                let mut refused = self.refused_write(&change, error).await;
                if sent_before {
                    // The first one may still arrive.
                    refused.changed = Changed::Unknown;
                }
                return Err(refused);
            }
            warn!(%error, "a write without a good answer: looking");
            let broke_on_the_way = matches!(error.status, None | Some(502 | 504));
            match self.look(&change, before).await {
                Ok(Look::Done) => {
                    warnings.push(format!(
                        "an answer was lost ({error}); reading back shows that it was carried out"
                    ));
                    return Ok(());
                }
                // It may still be under way: another look later is worth more than another write.
                Ok(Look::NotDone(_)) if error.timed_out() => return Err(indeterminate(error)),
                // The login with it was refused. Sent again, it would take another login to prove it.
                Ok(Look::NotDone(_)) if matches!(change, Change::SetOwnPassword(..)) => {
                    return Err(indeterminate(error));
                }
                // A password never shows, so reading as before proves nothing.
                Ok(Look::NotDone(_))
                    if (sent_before || !broke_on_the_way) && change.is_hidden_password() =>
                {
                    return Err(indeterminate(error));
                }
                Ok(Look::NotDone(_)) if sent_before || !broke_on_the_way => {
                    let mut failed = Error::from(error);
                    failed.message.push_str("; the account reads as before");
                    // What broke on the way may still arrive.
                    return Err(failed.changed(match sent_before {
                        true => Changed::Unknown,
                        false => Changed::Nothing,
                    }));
                }
                Ok(Look::NotDone(now)) => {
                    sent_before = true;
                    // What a newer console changed by itself since must not be taken back.
                    if let Some(now) = now {
                        change.rebase(&before.user, &now);
                    }
                }
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
            Change::SetOwnPassword(user, password) => console.set_password(*user, password).await,
            Change::DeleteUser(user) => console.delete_user(*user).await,
            Change::ResetTwoFactor(user) => console.reset_two_factor(*user).await,
            // One by one, when everything else is done: `settle`.
            Change::SetAccess(_) => Ok(()),
        }
        .map(|()| None)
    }

    async fn look(&self, change: &Change, before: &Snapshot) -> Result<Look> {
        let id = before.user.id();
        let done = |done| match done {
            true => Look::Done,
            false => Look::NotDone(None),
        };
        match change {
            // The old password may be of no use any more, so there is no other way of asking.
            Change::SetOwnPassword(_, password) => {
                return Ok(done(self.console().logs_in_with(id, password).await?));
            }
            Change::DeleteUser(_) => return Ok(done(self.is_gone(id).await?)),
            _ => {}
        }
        let user = self.user(id).await?;
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

    /// Whether there is no such user, which is proven: 404 also means "not allowed".
    ///
    /// # Errors
    /// When that can't be told.
    pub(crate) async fn is_gone(&self, id: UserId) -> Result<bool> {
        match self.console().user(id).await {
            Ok(_) => Ok(false),
            Err(error) if error.kind == rapid7::ErrorKind::NotFound => {
                self.console().can_list_users().await?;
                Ok(true)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Makes a new seed for the two-factor token and returns it. Whatever the answer, reading it
    /// tells whether it is new: the console keeps one.
    pub(crate) async fn reset_two_factor(&self, id: UserId) -> Result<SecretString> {
        let before = self.console().two_factor_seed(id).await?;
        let sent = self.send(&Change::ResetTwoFactor(id)).await;
        if let Err(error) = sent {
            if !error.may_have_been_carried_out() {
                return Err(self.refused_write(&Change::ResetTwoFactor(id), error).await);
            }
            warn!(%error, "a write without a good answer: looking");
            let Ok(Some(seed)) = self.console().two_factor_seed(id).await else {
                return Err(indeterminate(error));
            };
            return if same(Some(&seed), before.as_ref()) {
                Err(indeterminate(error))
            } else {
                Ok(seed)
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
