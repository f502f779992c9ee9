//! The versions of a secret in Secrets Manager and their staging labels, of which each is on one
//! version at a time.

use std::collections::HashMap;

use aws_sdk_secretsmanager::Client;
use rapid7::{BoxFuture, CredentialError, CredentialErrorKind};

use super::failure::{DESCRIBE, MOVE_LABEL, explain};
use crate::aws::{Failed, code, failed};

/// On the version that is in use.
pub const CURRENT: &str = "AWSCURRENT";
/// On the version that is to be in use next.
pub const PENDING: &str = "AWSPENDING";
/// On the version of a rotation: its password may have been sent to the console. Whoever is refused with
/// the current version's password uses this version's.
pub const SENT: &str = "rotation-sent";
/// On the current version: its password is not in force any more, as a login has shown. Whoever reads it
/// uses the version with [`SENT`] at once.
pub const REPLACED: &str = "rotation-replaced";

/// Why labels could not be moved.
pub enum Stuck {
    /// A request failed.
    Failed(&'static str, Box<Failed>),
    /// They must not be.
    Refused(CredentialError),
}

/// The labels of `secret` could not be moved, and may be later.
pub(crate) fn later(secret: &str, what: &str) -> CredentialError {
    CredentialError {
        message: format!("the labels of the secret {secret:?} could not be moved: {what}"),
        kind: CredentialErrorKind::Passing,
    }
}

/// Moves labels, as `attempt` says after a look at them.
///
/// Labels may be moved between the look and the move, by another delivery or a rotation; and a move
/// whose answer was lost is refused when it is sent again. Another look tells.
pub async fn relabel<'a, T>(
    manager: &'a Client,
    secret: &'a str,
    attempt: impl Fn(Versions<'a>) -> BoxFuture<'a, Result<T, Stuck>>,
) -> Result<T, CredentialError> {
    for _ in 0..3 {
        let attempted = match Versions::read(manager, secret).await {
            Ok(versions) => attempt(versions).await,
            Err(stuck) => Err(stuck),
        };
        match attempted {
            Ok(done) => return Ok(done),
            Err(Stuck::Refused(error)) => return Err(error),
            Err(Stuck::Failed(_, error)) if code(&error) == Some("InvalidParameterException") => {}
            Err(Stuck::Failed(request, error)) => return Err(explain(secret, request, &error)),
        }
    }
    Err(later(secret, "something else moves them too"))
}

/// The versions of a secret that have labels.
pub struct Versions<'a> {
    manager: &'a Client,
    secret: &'a str,
    labels: HashMap<String, Vec<String>>,
    /// Whether Secrets Manager rotates it.
    pub rotates: bool,
}

impl<'a> Versions<'a> {
    async fn read(manager: &'a Client, secret: &'a str) -> Result<Self, Stuck> {
        let described = manager.describe_secret().secret_id(secret).send().await;
        let described =
            described.map_err(|error| Stuck::Failed(DESCRIBE, Box::new(failed(error))))?;
        Ok(Self {
            manager,
            secret,
            labels: described.version_ids_to_stages.unwrap_or_default(),
            rotates: described.rotation_enabled.unwrap_or_default(),
        })
    }

    /// Every label with the version that it is on.
    pub fn labels(&self) -> impl Iterator<Item = (&String, &String)> {
        let all = self.labels.iter();
        all.flat_map(|(id, labels)| labels.iter().map(move |label| (label, id)))
    }

    /// The labels of a version.
    pub fn labels_of(&self, version: &str) -> &[String] {
        let labels = self.labels.get(version).map(Vec::as_slice);
        labels.unwrap_or_default()
    }

    /// Whether a version has a label.
    pub fn has(&self, version: &str, wanted: &str) -> bool {
        self.labels_of(version).iter().any(|label| label == wanted)
    }

    /// The version with a label.
    pub fn holder(&self, label: &str) -> Option<&String> {
        self.labels.keys().find(|version| self.has(version, label))
    }

    /// Moves a label to a version.
    pub async fn give(&self, label: &str, version: &str) -> Result<(), Stuck> {
        if self.has(version, label) {
            return Ok(());
        }
        let moved = self
            .manager
            .update_secret_version_stage()
            .secret_id(self.secret)
            .version_stage(label)
            .move_to_version_id(version)
            .set_remove_from_version_id(self.holder(label).cloned())
            .send()
            .await;
        moved
            .map(drop)
            .map_err(|error| Stuck::Failed(MOVE_LABEL, Box::new(failed(error))))
    }

    /// Takes a label from a version.
    pub async fn take(&self, label: &str, version: &str) -> Result<(), Stuck> {
        if !self.has(version, label) {
            return Ok(());
        }
        let request = self.manager.update_secret_version_stage();
        let taken = request
            .secret_id(self.secret)
            .version_stage(label)
            .remove_from_version_id(version)
            .send()
            .await;
        taken
            .map(drop)
            .map_err(|error| Stuck::Failed(MOVE_LABEL, Box::new(failed(error))))
    }
}
