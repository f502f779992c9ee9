//! What a rotation remembers of itself, as staging labels of the version that is to become current:
//! whatever ends a run, the next one knows how far it may have come.

use actions::{Changed, Error, ErrorKind};
use rapid7::{BoxFuture, CredentialError};

use super::{Rotation, Step};
use crate::secret_versions::{CURRENT, PENDING, Stuck, Versions, relabel};
use crate::secrets::failure;

/// The new password may have been sent to the console.
pub(super) const SENT: &str = "rotation-sent";
/// Which of the two passwords is in force is being tried out, or was when a run ended.
pub(super) const TRYING: &str = "rotation-trying";
/// No login is sent any more: another one might lock the account.
pub(super) const STOPPED: &str = "rotation-stopped";

const ALL: [&str; 3] = [SENT, TRYING, STOPPED];

/// How far a rotation has come.
pub(super) struct Progress {
    /// The version is the current one.
    pub(super) current: bool,
    pub(super) sent: bool,
    pub(super) trying: bool,
    pub(super) stopped: bool,
}

impl Rotation {
    /// The checks of AWS's templates: the secret rotates, and this version is the one to rotate to.
    pub(super) async fn progress(&self) -> Result<Progress, Error> {
        let version = self.version.as_str();
        let looked = self.relabel(|versions| {
            Box::pin(async move {
                let has = |label| versions.has(version, label);
                let progress = Progress {
                    current: has(CURRENT),
                    sent: has(SENT),
                    trying: has(TRYING),
                    stopped: has(STOPPED),
                };
                let is_there = !versions.labels_of(version).is_empty();
                Ok((versions.rotates, is_there, has(PENDING), progress))
            })
        });
        let refused = |message, next| Err(self.error(ErrorKind::Refused, message, next));
        match looked.await? {
            (false, ..) => refused(
                "rotation is not turned on for this secret",
                "turn it on, with this function, and rotate the secret",
            ),
            (_, false, ..) => refused(
                "the secret has no version with this id and a label",
                "rotate the secret, which makes one: this function is for Secrets Manager to call",
            ),
            (_, _, false, progress) if !progress.current => refused(
                "this version is not the pending one: another rotation has begun, or this one was \
                 cancelled",
                "leave it to the rotation that is going on, or rotate the secret",
            ),
            (.., progress) => Ok(progress),
        }
    }

    /// Leaves a mark.
    pub(super) async fn mark(&self, label: &'static str) -> Result<(), Error> {
        let version = self.version.as_str();
        self.relabel(|versions| Box::pin(async move { versions.give(label, version).await }))
            .await
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
        let (step, version) = (step.name(), &self.version);
        let mut error = self.error(
            ErrorKind::Unauthorized,
            format!("{step}: {message}"),
            &format!(
                "look whether the account is locked or disabled, and whether the console is in \
                 maintenance; once that is over, log in as the account by hand, which resets the \
                 console's count, and take the label {STOPPED} from the version {version}: the rotation \
                 goes on by itself, or rotate the secret. If somebody else changed the password, find out \
                 which one is in force and see that the current version has it (if it is that of the \
                 version {version}, move AWSCURRENT there); then take the label AWSPENDING from the \
                 version {version} and rotate again. Until then this rotation sends no login, as \
                 failed ones lock the account"
            ),
        );
        error.changed = Changed::Unknown;
        error
    }
}
