//! The four steps. Each may be cut off anywhere, and is run again from its beginning.
//!
//! A failed login brings the account closer to its lockout, so one that may fail is sent only where a mark
//! tells the next run of it: see [`Rotation::trying`].

use actions::{Changed, Error, ErrorKind, generate_password};
use aws_sdk_secretsmanager::operation::put_secret_value::PutSecretValueError;
use rapid7::{Delivery, Identity as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use services::aws::{code, failed};
use services::secrets::console_secret::ConsoleSecret;
use services::secrets::failure::{PUT, explain};
use services::secrets::surface_secret::SurfaceSecret as _;
use services::secrets::versions::{CURRENT, PENDING, SENT};
use tracing::warn;

use super::marks::Progress;
use super::run::{Rotation, Step, is_failed_login, wire};

/// How long the new password is.
const LENGTH: i64 = 32;

/// The two versions that a rotation is about.
struct Pair {
    current: ConsoleSecret,
    pending: ConsoleSecret,
}

impl Pair {
    fn new_password(&self) -> &SecretString {
        &self.pending.identity().password
    }
}

/// Which password is in force.
enum InForce {
    Pending,
    Current,
}

impl Rotation {
    /// Does one step; what came of it, for people.
    pub(super) async fn step(&self, step: Step) -> Result<&'static str, Error> {
        let progress = self.progress().await?;
        match step {
            // Also what is left of a step that was cut off.
            Step::Finish => {
                self.promote().await?;
                return Ok("the new version is the current one");
            }
            _ if progress.current => {
                return Ok("nothing: the version is the current one already");
            }
            Step::Create => return self.create().await,
            Step::Set | Step::Test if progress.stopped => {
                return Err(self.stopped(
                    "not tried: earlier runs of this rotation were refused logins, or got no answer to them, \
                     and stopped",
                    step,
                ));
            }
            Step::Set | Step::Test => {}
        }
        let (current, pending) = self.versions(progress.sent).await?;
        let again = progress.trying;
        match (step, pending) {
            (Step::Set, Some(pending)) => self.set(&Pair { current, pending }, &progress).await,
            (Step::Set, None) => Err(self.unusable("the pending version has no new password yet")),
            (_, Some(pending)) => {
                let refused = "the console refused the new password, which it took before";
                let works = "the new password works";
                self.test(&pending, again, works, refused, Changed::Unknown)
                    .await
            }
            // So Secrets Manager tries out a rotation that is turned on without a first run
            // (RotateImmediatelyOnUpdate).
            // <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_RotateSecret.html>
            (_, None) => {
                let refused = "the console refused the current password";
                let works = "the current password works; there is no new one";
                self.test(&current, again, works, refused, Changed::Nothing)
                    .await
            }
        }
    }

    async fn create(&self) -> Result<&'static str, Error> {
        let text = self.current().await?;
        let current = self.console_secret(&text)?;
        if self.kept(&current).await? {
            return Ok("nothing: the pending version has a new password already");
        }
        let wrong = |_| self.unusable("the current version is not a JSON object");
        let mut members: Value = serde_json::from_str(text.expose_secret()).map_err(wrong)?;
        let password = generate_password(LENGTH).map_err(|error| self.about(error))?;
        members["password"] = password.expose_secret().into();
        let manager = self.store.manager().await;
        let manager = manager.map_err(|error| self.store_failed(error))?;
        let put = manager
            .put_secret_value()
            .secret_id(&self.secret)
            .client_request_token(&self.version)
            .secret_string(members.to_string())
            .version_stages(PENDING)
            .send()
            .await;
        match put.map_err(failed::<PutSecretValueError>) {
            Ok(_) => Ok("the pending version has a new password"),
            // Another run of this step was faster: its password is the one.
            Err(error)
                if code(&error) == Some("ResourceExistsException")
                    && self.kept(&current).await? =>
            {
                Ok("nothing: the pending version has a new password already")
            }
            Err(error) if code(&error) == Some("ResourceExistsException") => Err(self.unusable(
                "the pending version has the current version's password, and the text of a version \
                 can't be changed",
            )),
            Err(error) => Err(self.store_failed(explain(&self.secret, PUT, &error))),
        }
    }

    async fn set(&self, pair: &Pair, progress: &Progress) -> Result<&'static str, Error> {
        let done = self.put_in_force(pair, progress).await?;
        self.mark_replaced().await?;
        Ok(done)
    }

    async fn put_in_force(&self, pair: &Pair, progress: &Progress) -> Result<&'static str, Error> {
        let password = pair.new_password();
        if progress.sent {
            if let InForce::Pending = self.recover(pair, progress.trying).await? {
                return Ok("nothing: the new password is in force already");
            }
        } else {
            // No login fails here as long as the secret is right; and what a guard refuses leaves no mark.
            let tried = self.set_password(&pair.current, password, true);
            match self.trying(progress.trying, tried).await {
                Ok(_) => {
                    // Of an earlier rotation: together with the next label it would have everybody use a
                    // password that is not in force yet.
                    self.unmark_replaced().await?;
                    self.mark(SENT).await?;
                }
                Err(error) if is_failed_login(&error) => {
                    let refused = "the console refused the current password, and the new one was \
                                   not sent";
                    return Err(self.stop(refused, Changed::Nothing, Step::Set).await);
                }
                Err(error) => return Err(error),
            }
        }
        let Err(error) = self.set_password(&pair.current, password, false).await else {
            return Ok("the new password is in force");
        };
        // What an earlier run sent may still arrive, whatever became of this one.
        let error = self.unanswered(error, !progress.sent).await?;
        warn!(%error, "the new password was sent, and no good answer came: looking");
        if let InForce::Pending = self.recover(pair, false).await? {
            return Ok("the new password is in force, as a login shows");
        }
        // Once more, as the login with the old one has just been let in: later, that would take another
        // look, and with it another failed login.
        match self.set_password(&pair.current, password, false).await {
            Ok(_) => Ok("the new password is in force"),
            Err(error) => Err(to_be_looked_at(self.unanswered(error, false).await?)),
        }
    }

    /// The error of a password that may have been set, and can be looked for now. Everything else ends the
    /// step. `only` tells that no other request for the same password may still be on its way.
    async fn unanswered(&self, error: Error, only: bool) -> Result<Error, Error> {
        if is_failed_login(&error) {
            let refused = format!(
                "the console refused a login in the middle: {}",
                error.message
            );
            return Err(self.stop(&refused, error.changed, Step::Set).await);
        }
        if was_not_sent(&error) {
            if only {
                self.unmark(SENT).await?;
            }
            return Err(self.another_password(error, only));
        }
        if wire(&error).is_some_and(rapid7::Error::timed_out) {
            // It may still arrive: a login now would tell nothing that holds.
            return Err(to_be_looked_at(error));
        }
        Ok(error)
    }

    /// A console that does not like the password won't like it the next time.
    fn another_password(&self, mut error: Error, only: bool) -> Error {
        let disliked = wire(&error)
            .is_some_and(|wire| wire.method != "GET" && matches!(wire.status, Some(400 | 422)));
        if disliked {
            let version = &self.version;
            // It is no input of whoever rotates.
            error.kind = ErrorKind::Refused;
            let labels = match only {
                true => "the label AWSPENDING".to_owned(),
                false => format!(
                    "the labels AWSPENDING and, once nothing that was sent before can still arrive, {SENT}"
                ),
            };
            error.next = Some(format!(
                "look what the console says against the password; to have another one made, take \
                 {labels} from the version {version} and rotate again"
            ));
        }
        error
    }

    /// Finds out which password is in force, after the new one may have been sent. That one comes first,
    /// as it most likely is.
    async fn recover(&self, pair: &Pair, again: bool) -> Result<InForce, Error> {
        match self.trying(again, self.log_in(&pair.pending)).await {
            Ok(()) => return Ok(InForce::Pending),
            Err(error) if is_failed_login(&error) && again => {
                let refused = "the console refused the new password, twice by now";
                return Err(self.stop(refused, Changed::Unknown, Step::Set).await);
            }
            Err(error) if is_failed_login(&error) => {}
            Err(error) => return Err(self.undecided(error)),
        }
        // The mark is there since before the first login, and stays unless this one is let in: whatever
        // comes of it, one was refused.
        match self.log_in(&pair.current).await {
            Ok(()) => {
                self.was_let_in().await?;
                self.unmark_replaced().await?;
                Ok(InForce::Current)
            }
            Err(error) if is_failed_login(&error) => {
                let refused = "the console refused the new password, and the current one too";
                Err(self.stop(refused, Changed::Unknown, Step::Set).await)
            }
            Err(error) => Err(self.undecided(error)),
        }
    }

    fn undecided(&self, mut error: Error) -> Error {
        error.message = format!(
            "which password is in force could not be told: {}",
            error.message
        );
        error.changed = Changed::Unknown;
        error
    }

    /// Uses the console with a version's password, and looks whether it may do what the pack does.
    async fn test(
        &self,
        version: &ConsoleSecret,
        again: bool,
        works: &'static str,
        refused: &str,
        changed: Changed,
    ) -> Result<&'static str, Error> {
        let tested = self.trying(again, self.test_connection(version));
        let report = match tested.await {
            Ok(report) => report,
            Err(error) if is_failed_login(&error) => {
                return Err(self.stop(refused, changed, Step::Test).await);
            }
            Err(error) => return Err(error),
        };
        let checks = report["checks"].as_array().into_iter().flatten();
        let privilege = checks
            .filter(|check| check["check"] == "privilege")
            .find(|check| check["verdict"] != "ok");
        match privilege {
            None => Ok(works),
            Some(check) => {
                let detail = check["detail"].as_str().unwrap_or_default();
                let next =
                    "make the account a global administrator again: the rotation goes on by itself";
                let message = format!("{works}, and the account {detail}");
                Err(self.error(ErrorKind::Unauthorized, message, next))
            }
        }
    }

    /// Whether the pending version has a password already that is not the current one.
    async fn kept(&self, current: &ConsoleSecret) -> Result<bool, Error> {
        Ok(match self.pending().await? {
            Some(text) => {
                let pending = self.console_secret(&text)?;
                self.check(current, &pending, false)?;
                !same_password(current, &pending)
            }
            None => false,
        })
    }

    /// The current version, and the pending one if it has a password of its own.
    async fn versions(&self, sent: bool) -> Result<(ConsoleSecret, Option<ConsoleSecret>), Error> {
        let current = self.console_secret(&self.current().await?)?;
        let Some(pending) = self.pending().await? else {
            return Ok((current, None));
        };
        let pending = self.console_secret(&pending)?;
        self.check(&current, &pending, sent)?;
        let new = !same_password(&current, &pending);
        Ok((current, new.then_some(pending)))
    }

    async fn current(&self) -> Result<SecretString, Error> {
        let missing = || self.unusable("the secret has no current version with a text");
        self.text(CURRENT, None).await?.ok_or_else(missing)
    }

    async fn pending(&self) -> Result<Option<SecretString>, Error> {
        self.text(PENDING, Some(&self.version)).await
    }

    async fn text(
        &self,
        label: &str,
        version: Option<&str>,
    ) -> Result<Option<SecretString>, Error> {
        let read = self.store.labelled(&self.secret, label, version).await;
        let read = read.map_err(|error| self.store_failed(error))?;
        Ok(read.map(|secret| secret.text))
    }

    fn console_secret(&self, text: &SecretString) -> Result<ConsoleSecret, Error> {
        let secret = ConsoleSecret::parse(&self.secret, text);
        let secret = secret.map_err(|error| self.store_failed(error))?;
        if secret.identity().token.is_some() {
            return Err(self.unusable(
                "it holds a two-factor `token`: a rotation takes several logins, and no token that is \
                 written down holds for all of them",
            ));
        }
        Ok(secret)
    }

    /// Refuses a pending version that is about another account or another console. Its password may be in
    /// force all the same, if it was sent.
    fn check(
        &self,
        current: &ConsoleSecret,
        pending: &ConsoleSecret,
        sent: bool,
    ) -> Result<(), Error> {
        let what = if !current.identity().is_same_account(pending.identity()) {
            "the pending version has another `username` than the current one: only the password of one \
             account is rotated"
        } else if current.place() != pending.place() {
            "the pending version names another address, certificate or wire form than the current one: \
             its password is not sent there"
        } else {
            return Ok(());
        };
        let mut error = self.unusable(what);
        if sent {
            let version = &self.version;
            error.changed = Changed::Unknown;
            error.next = Some(format!(
                "the password of the version {version} was sent and may be in force: find out which one \
                 is; see that the current version has it, with everything else as it is to be; then take \
                 the labels AWSPENDING and {SENT} from the version {version}, and rotate again"
            ));
        }
        Err(error)
    }

    fn unusable(&self, what: &str) -> Error {
        let next =
            "correct the secret, take the label AWSPENDING from this version, and rotate again";
        self.error(ErrorKind::Refused, what, next)
    }
}

fn same_password(a: &ConsoleSecret, b: &ConsoleSecret) -> bool {
    let password = |secret: &ConsoleSecret| secret.identity().password.clone();
    password(a).expose_secret() == password(b).expose_secret()
}

/// The mark stays, so that the next run looks before it sends anything.
fn to_be_looked_at(mut error: Error) -> Error {
    error.kind = ErrorKind::Indeterminate;
    error.next = Some("run the step again: it looks which password is in force".into());
    error
}

/// Whether the new password was certainly not taken: it was not sent, or the console said no. A 503 is not
/// believed: a proxy may have said it.
fn was_not_sent(error: &Error) -> bool {
    if error.changed != Changed::Nothing {
        return false;
    }
    match wire(error) {
        None => true,
        Some(wire) => {
            let is_write = wire.method != "GET";
            let refused = wire
                .status
                .is_some_and(|status| (400..500).contains(&status));
            !is_write || refused || wire.delivery == Delivery::NotSent
        }
    }
}
