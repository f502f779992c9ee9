//! What a rotation remembers of itself, as staging labels of the version that is to become current:
//! whatever ends a run, the next one knows how far it may have come.

use actions::{Changed, Error, ErrorKind};
use rapid7::{BoxFuture, CredentialError};
use services::secrets::failure::failure;
use services::secrets::versions::{CURRENT, PENDING, REPLACED, SENT, Stuck, Versions, relabel};

use super::run::{Rotation, Step, is_failed_login, was_no_login};

/// A login that may be refused is being sent, or was when a run ended.
pub(super) const TRYING: &str = "rotation-trying";
/// No login is sent any more: another one might lock the account.
pub(super) const STOPPED: &str = "rotation-stopped";

const ALL: [&str; 4] = [SENT, TRYING, STOPPED, REPLACED];

/// How far a rotation has come.
pub(super) struct Progress {
    /// The version is the current one.
    pub(super) current: bool,
    pub(super) sent: bool,
    pub(super) trying: bool,
    pub(super) stopped: bool,
}

/// What the labels tell.
struct Look {
    rotates: bool,
    is_there: bool,
    is_pending: bool,
    /// Another version whose password may be in force: its rotation sent it, and never ended.
    sent_by: Option<String>,
    progress: Progress,
}

impl Rotation {
    async fn look(&self) -> Result<Look, Error> {
        let version = self.version.as_str();
        self.relabel(|versions| {
            Box::pin(async move {
                let has = |label| versions.has(version, label);
                let sent_by = versions.holder(SENT).filter(|holder| {
                    // What is current was promoted, and only its labels were not taken away yet.
                    *holder != version && !versions.has(holder, CURRENT)
                });
                Ok(Look {
                    rotates: versions.rotates,
                    is_there: !versions.labels_of(version).is_empty(),
                    is_pending: has(PENDING),
                    sent_by: sent_by.cloned(),
                    progress: Progress {
                        current: has(CURRENT),
                        sent: has(SENT),
                        trying: has(TRYING),
                        stopped: has(STOPPED),
                    },
                })
            })
        })
        .await
    }

    /// The checks of AWS's templates: the secret rotates, and this version is the one to rotate to. And no
    /// other version's password may be in force, which nothing but its own rotation would find.
    pub(super) async fn progress(&self) -> Result<Progress, Error> {
        let refused = |message: &str, next: &str| self.error(ErrorKind::Refused, message, next);
        let look = self.look().await?;
        if !look.rotates {
            return Err(refused(
                "rotation is not turned on for this secret",
                "turn it on, with this function, and rotate the secret",
            ));
        }
        if !look.is_there {
            return Err(refused(
                "the secret has no version with this id and a label",
                "rotate the secret, which makes one: this function is for Secrets Manager to call",
            ));
        }
        if !look.is_pending && !look.progress.current {
            let cancelled = "this version is not the pending one: another rotation has begun, or this \
                             one was cancelled";
            if !look.progress.sent {
                return Err(refused(
                    cancelled,
                    "leave it to the rotation that is going on, or rotate the secret",
                ));
            }
            let version = &self.version;
            let mut error = refused(
                &format!("{cancelled}; its password may be in force, as it was sent"),
                &going_on(version),
            );
            error.changed = Changed::Unknown;
            return Err(error);
        }
        if let Some(other) = look.sent_by {
            let message = format!(
                "the password of the version {other} may be in force: an earlier rotation sent it, and \
                 was not ended. Nothing is sent, as failed logins lock the account"
            );
            return Err(refused(&message, &going_on(&other)));
        }
        Ok(look.progress)
    }

    /// Leaves a mark.
    pub(super) async fn mark(&self, label: &'static str) -> Result<(), Error> {
        let version = self.version.as_str();
        self.relabel(|versions| Box::pin(async move { versions.give(label, version).await }))
            .await
    }

    /// Tells functions that read the current version that its password is not in force any more.
    pub(super) async fn mark_replaced(&self) -> Result<(), Error> {
        self.relabel(|versions| {
            Box::pin(async move {
                match versions.holder(CURRENT) {
                    Some(current) => versions.give(REPLACED, current).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }

    /// The current version's password is in force, as a login has shown.
    pub(super) async fn unmark_replaced(&self) -> Result<(), Error> {
        self.relabel(|versions| {
            Box::pin(async move {
                match versions.holder(REPLACED) {
                    Some(holder) => versions.take(REPLACED, holder).await,
                    None => Ok(()),
                }
            })
        })
        .await
    }

    /// Sends a login that may be refused. A mark tells the next run of it, whatever ends this one: it is there
    /// before the login, and goes once that was let in or was certainly not refused. A run that finds it
    /// (`again`) has one attempt, and marks the rotation as stopped before that.
    pub(super) async fn trying<T>(
        &self,
        again: bool,
        login: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        self.mark(if again { STOPPED } else { TRYING }).await?;
        if again {
            // Whoever takes the other label away allows two attempts anew.
            self.unmark(TRYING).await?;
        }
        match login.await {
            Ok(done) => {
                self.was_let_in().await?;
                Ok(done)
            }
            Err(error) if was_no_login(&error) => {
                if again {
                    self.mark(TRYING).await?;
                    self.unmark(STOPPED).await?;
                } else {
                    self.unmark(TRYING).await?;
                }
                Err(error)
            }
            // A refusal has a text of its own.
            Err(mut error) if again && !is_failed_login(&error) => {
                error.next = Some(self.what_a_person_does());
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// A login was let in, which resets the console's count.
    pub(super) async fn was_let_in(&self) -> Result<(), Error> {
        self.unmark(STOPPED).await?;
        self.unmark(TRYING).await
    }

    /// Takes a mark away.
    pub(super) async fn unmark(&self, label: &'static str) -> Result<(), Error> {
        let version = self.version.as_str();
        self.relabel(|versions| Box::pin(async move { versions.take(label, version).await }))
            .await
    }

    /// Makes the version the current one, and takes away what only a rotation needs.
    pub(super) async fn promote(&self) -> Result<(), Error> {
        let version = self.version.as_str();
        self.relabel(|versions| {
            Box::pin(async move {
                versions.give(CURRENT, version).await?;
                for (label, holder) in versions.labels() {
                    if ALL.contains(&label.as_str()) {
                        versions.take(label, holder).await?;
                    }
                }
                // Last: with it, the rotation ends.
                versions.take(PENDING, version).await
            })
        })
        .await
    }

    async fn relabel<'a, T>(
        &'a self,
        attempt: impl Fn(Versions<'a>) -> BoxFuture<'a, Result<T, Stuck>>,
    ) -> Result<T, Error> {
        let moved = async {
            let manager = self.store.manager().await?;
            relabel(manager, &self.secret, attempt).await
        };
        moved.await.map_err(|error| self.store_failed(error))
    }

    pub(super) fn store_failed(&self, error: CredentialError) -> Error {
        self.about(failure(error))
    }

    /// The console refused a login that should have been let in. Before another one can be sent, a
    /// person looks.
    pub(super) async fn stop(&self, refused: &str, changed: Changed, step: Step) -> Error {
        let stopped = match self.mark(STOPPED).await {
            Ok(()) => self.unmark(TRYING).await,
            Err(error) => Err(error),
        };
        let mut error = self.stopped(refused, step);
        error.changed = changed;
        if let Err(unmarked) = stopped {
            error.message = format!(
                "{}; and the labels that keep the next run from trying again could not be moved: {}",
                error.message, unmarked.message
            );
        }
        error
    }

    /// What a person has to do about a rotation that stopped.
    pub(super) fn stopped(&self, message: &str, step: Step) -> Error {
        let message = format!("{}: {message}", step.name());
        let next = self.what_a_person_does();
        let mut error = self.error(ErrorKind::Unauthorized, message, &next);
        error.changed = Changed::Unknown;
        error
    }

    fn what_a_person_does(&self) -> String {
        let version = &self.version;
        format!(
            "look whether the account is locked or disabled, and whether the console is in maintenance; \
             once that is over, log in as the account by hand, which resets the console's count, and take \
             the label {STOPPED} from the version {version}: the rotation goes on by itself. If somebody \
             else changed the password, find out which one is in force and see that the current version \
             has it (if it is that of the version {version}, move AWSCURRENT there); then take the label \
             AWSPENDING from the version {version}, and {SENT} too, and rotate again. Until then this \
             rotation sends no login, as failed ones lock the account"
        )
    }
}

/// What a person does about a password that may be in force on a version whose rotation was not ended.
fn going_on(version: &str) -> String {
    format!(
        "move the label AWSPENDING to the version {version} and rotate the secret: that rotation goes on \
         and finds out. If you know that its password is not in force, take the label {SENT} from it \
         instead, and rotate again"
    )
}
