//! Generated secrets on their way into Secrets Manager.
//!
//! A delivery is a version of a secret that has the caller's token as its id. Once it is promoted it
//! carries a label of its own that says so. `AWSCURRENT` alone would not tell: Secrets Manager gives
//! that to the first version of a secret at once, and takes it away with the next delivery.
//!
//! A secret has room for twenty labels (AWS's quotas), so only the newest of ours stay.

use std::time::{SystemTime, UNIX_EPOCH};

use actions::Staged;
use aws_sdk_secretsmanager::Client;
use rapid7::{BoxFuture, CredentialError, CredentialErrorKind};
use secrecy::{ExposeSecret as _, SecretString};

use super::failure::{GET, PUT, explain, permanent};
use super::versions::{self, CURRENT, PENDING, Stuck, Versions, later};
use crate::aws::{code, failed};

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
        kind: CredentialErrorKind::Passing,
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

/// Moves the labels of a delivery.
async fn relabel(
    manager: &Client,
    secret: &str,
    token: &str,
    step: Step<'_>,
) -> Result<(), CredentialError> {
    let attempt = |versions| Box::pin(attempt(versions, secret, token, step)) as BoxFuture<'_, _>;
    versions::relabel(manager, secret, attempt).await
}

async fn attempt(
    versions: Versions<'_>,
    secret: &str,
    token: &str,
    step: Step<'_>,
) -> Result<(), Stuck> {
    let request = match step {
        Step::Claim => return versions.give(PENDING, token).await,
        Step::Confirm { request } => request,
    };
    if was_delivered(&versions, request) {
        return Ok(());
    }
    // Secrets Manager makes a first version current by itself.
    let first = versions.has(token, CURRENT) && versions.holder(PENDING).is_none();
    if !versions.has(token, PENDING) && !first {
        return Err(Stuck::Refused(later(
            secret,
            "another delivery into it began meanwhile, and which of the two values is in force is \
             not known",
        )));
    }
    versions.give(CURRENT, token).await?;
    versions.take(PENDING, token).await?;
    // Our own label last: until it is there, another run does the rest.
    mark(&versions, request).await
}

/// What to do with the labels of a delivery.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step<'a> {
    /// Make its version the one that is pending.
    Claim,
    /// Make its version the current one, unless another is pending by now.
    Confirm { request: &'a str },
}

fn was_delivered(versions: &Versions<'_>, version: &str) -> bool {
    let labels = versions.labels_of(version);
    labels.iter().any(|label| says_delivered(label, version))
}

/// Labels a version as delivered, and forgets the oldest of those that are.
async fn mark(versions: &Versions<'_>, version: &str) -> Result<(), Stuck> {
    if was_delivered(versions, version) {
        return Ok(());
    }
    let ours = versions.labels();
    let mut ours: Vec<(&String, &String)> = ours
        .filter(|(label, _)| label.starts_with(DELIVERED))
        .collect();
    ours.sort();
    let too_many = (ours.len() + 1).saturating_sub(REMEMBERED);
    for (label, id) in ours.into_iter().take(too_many) {
        versions.take(label, id).await?;
    }
    versions.give(&delivered_label(version), version).await
}

#[cfg(test)]
mod tests;
