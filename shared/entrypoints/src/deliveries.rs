//! Generated secrets on their way into Secrets Manager.
//!
//! A delivery is a version of a secret that has the caller's token as its id. Once it is promoted it
//! carries a label of its own that says so. `AWSCURRENT` alone would not tell: Secrets Manager gives
//! that to the first version of a secret at once, and takes it away with the next delivery.
//!
//! A secret has room for twenty labels (AWS's quotas), so only the newest of ours stay.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use actions::Staged;
use aws_sdk_secretsmanager::Client;
use rapid7::CredentialError;
use secrecy::{ExposeSecret as _, SecretString};

use crate::secrets::{DESCRIBE, Failed, GET, MOVE_LABEL, PUT, code, explain, failed, permanent};

const CURRENT: &str = "AWSCURRENT";
const PENDING: &str = "AWSPENDING";

/// What our labels begin with; the time in milliseconds and the token follow, so that they sort by age.
const DELIVERED: &str = "delivered-";
/// How many of our labels stay.
const REMEMBERED: usize = 8;

fn delivered_label(token: &str) -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let milliseconds = since.unwrap_or_default().as_millis();
    format!("{DELIVERED}{milliseconds:015}-{token}")
}

fn says_delivered(label: &str, token: &str) -> bool {
    label.starts_with(DELIVERED) && label.ends_with(token)
}

/// Keeps `text` as the version `token`, or finds what an earlier run kept there.
pub(crate) async fn stage(
    manager: &Client,
    secret: &str,
    token: &str,
    text: SecretString,
) -> Result<Staged, CredentialError> {
    if let Some(kept) = kept(manager, secret, token).await? {
        if !kept.delivered {
            // Another delivery may have begun since: from here on, this is the later one.
            relabel(manager, secret, token, Step::Claim).await?;
        }
        return Ok(kept);
    }
    let put = manager
        .put_secret_value()
        .secret_id(secret)
        .client_request_token(token)
        .secret_string(text.expose_secret())
        .version_stages(PENDING)
        .send()
        .await;
    let Err(error) = put.map_err(failed) else {
        return Ok(Staged {
            text,
            delivered: false,
        });
    };
    if code(&error) != Some("ResourceExistsException") {
        return Err(explain(secret, PUT, &error));
    }
    // Another run with the same token was faster: its text is the one.
    let kept = kept(manager, secret, token).await?;
    kept.ok_or_else(|| CredentialError {
        message: format!("Secrets Manager does not give the version of {secret:?} that it has"),
        retryable: true,
    })
}

/// The version `token`, if there is one.
async fn kept(
    manager: &Client,
    secret: &str,
    token: &str,
) -> Result<Option<Staged>, CredentialError> {
    let asked = manager.get_secret_value().secret_id(secret);
    let answer = match asked.version_id(token).send().await.map_err(failed) {
        Ok(answer) => answer,
        // Neither the version nor, perhaps, the secret: writing it will tell.
        Err(error) if code(&error) == Some("ResourceNotFoundException") => return Ok(None),
        Err(error) => return Err(explain(secret, GET, &error)),
    };
    let labels = answer.version_stages.unwrap_or_default();
    // Promoted once, even if another one is current by now: a late repetition must not bring its value
    // back, as long as it is remembered.
    let delivered = labels.iter().any(|label| says_delivered(label, token));
    let text = answer.secret_string;
    let text =
        text.ok_or_else(|| permanent(format!("a version of the secret {secret:?} has no text")))?;
    Ok(Some(Staged {
        text: text.into(),
        delivered,
    }))
}

/// Makes the version `token` the current one, and remembers `request` as delivered: the same version,
/// or the one that held its place. What is done already is not done again.
pub(crate) async fn promote(
    manager: &Client,
    secret: &str,
    token: &str,
    request: &str,
) -> Result<(), CredentialError> {
    relabel(manager, secret, token, Step::Confirm { request }).await
}

/// Why labels could not be moved.
enum Stuck {
    /// A request failed.
    Failed(&'static str, Box<Failed>),
    /// Another delivery into the secret began after this one.
    Superseded,
}

/// Labels may be moved between the look and the move, by another delivery or a rotation; and a move
/// whose answer was lost is refused when it is sent again. Another look tells.
async fn relabel(
    manager: &Client,
    secret: &str,
    token: &str,
    step: Step<'_>,
) -> Result<(), CredentialError> {
    let later = |what: &str| CredentialError {
        message: format!("the labels of the secret {secret:?} could not be moved: {what}"),
        retryable: true,
    };
    for _ in 0..3 {
        match attempt(manager, secret, token, step).await {
            Ok(()) => return Ok(()),
            Err(Stuck::Superseded) => {
                return Err(later(
                    "another delivery into it began meanwhile, and which of the two values is in \
                     force is not known",
                ));
            }
            Err(Stuck::Failed(_, error)) if code(&error) == Some("InvalidParameterException") => {}
            Err(Stuck::Failed(request, error)) => return Err(explain(secret, request, &error)),
        }
    }
    Err(later("something else moves them too"))
}

/// What to do with the labels of a delivery.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step<'a> {
    /// Make its version the one that is pending.
    Claim,
    /// Make its version the current one, unless another is pending by now.
    Confirm { request: &'a str },
}

async fn attempt(manager: &Client, secret: &str, token: &str, step: Step<'_>) -> Result<(), Stuck> {
    let versions = Versions::read(manager, secret).await?;
    let request = match step {
        Step::Claim => return versions.give(PENDING, token).await,
        Step::Confirm { request } => request,
    };
    if versions.was_delivered(request) {
        return Ok(());
    }
    // Secrets Manager makes a first version current by itself.
    let first = versions.has(token, CURRENT) && versions.holder(PENDING).is_none();
    if !versions.has(token, PENDING) && !first {
        return Err(Stuck::Superseded);
    }
    versions.give(CURRENT, token).await?;
    versions.take(PENDING, token).await?;
    // Our own label last: until it is there, another run does the rest.
    versions.mark(request).await
}

/// The versions of a secret that have labels.
struct Versions<'a> {
    manager: &'a Client,
    secret: &'a str,
    labels: HashMap<String, Vec<String>>,
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
        })
    }

    fn has(&self, version: &str, wanted: &str) -> bool {
        let labels = self.labels.get(version).map(Vec::as_slice);
        labels
            .unwrap_or_default()
            .iter()
            .any(|label| label == wanted)
    }

    fn holder(&self, label: &str) -> Option<&String> {
        self.labels.keys().find(|version| self.has(version, label))
    }

    /// Moves a label to a version.
    async fn give(&self, label: &str, version: &str) -> Result<(), Stuck> {
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

    fn was_delivered(&self, version: &str) -> bool {
        let labels = self.labels.get(version).into_iter().flatten();
        labels
            .into_iter()
            .any(|label| says_delivered(label, version))
    }

    /// Takes a label from a version.
    async fn take(&self, label: &str, version: &str) -> Result<(), Stuck> {
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

    /// Labels a version as delivered, and forgets the oldest of those that are.
    async fn mark(&self, version: &str) -> Result<(), Stuck> {
        if self.was_delivered(version) {
            return Ok(());
        }
        let all = self.labels.iter();
        let ours = all.flat_map(|(id, labels)| labels.iter().map(move |label| (label, id)));
        let mut ours: Vec<(&String, &String)> = ours
            .filter(|(label, _)| label.starts_with(DELIVERED))
            .collect();
        ours.sort();
        let too_many = (ours.len() + 1).saturating_sub(REMEMBERED);
        for (label, id) in ours.into_iter().take(too_many) {
            self.take(label, id).await?;
        }
        self.give(&delivered_label(version), version).await
    }
}

#[cfg(test)]
mod tests;
