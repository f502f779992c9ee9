//! Bringing a generated value to whom it is for, through a secret store and past everybody else.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tracing::warn;

use crate::console::context::ConsoleContext;
use crate::console::plan::{Delivery, Plan, Snapshot};
use crate::core::context::{SecretWriter, Staged};
use crate::core::error::{Changed, Error, ErrorKind, Result};
use crate::core::text::solid;

/// Whether there is something left to deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Delivered {
    NotYet,
    /// An earlier run of the same request has done everything.
    Before,
}

/// The member of the delivered secret that says which request it answers.
const REQUEST: &str = "request";
const PASSWORD: &str = "password";
const SEED: &str = "two_factor_seed";

impl Delivery {
    /// A delivery into `secret`. The token is made of what is the same whenever the same request is
    /// repeated, and different for another account, operation or console.
    ///
    /// # Errors
    /// `InvalidInput` for a token or a place without content, or a place that can't be one.
    pub(crate) fn new(
        context: &ConsoleContext,
        secret: &str,
        request: Option<&str>,
        login: &str,
        rules: &str,
    ) -> Result<Self> {
        let secret = &solid("deliver_to", secret)?;
        context.writer()?.check(secret)?;
        let request = request
            .map(|token| solid("request_token", token))
            .transpose()?;
        let caller = &context.run.caller;
        let same = caller.event_id.as_ref().unwrap_or(&caller.request_id);
        let request = request.as_ref().unwrap_or(same);
        let parts = [
            context.run.spec.name,
            context.console().address(),
            login,
            rules,
            request,
        ];
        Ok(Self {
            secret: secret.to_owned(),
            token: digest(&parts),
        })
    }
}

/// 64 hexadecimal digits, which Secrets Manager takes as a token.
fn digest(parts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    let hash = hash.finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The text of a delivered secret.
fn text(
    login: &str,
    target: &str,
    member: &str,
    value: &SecretString,
    token: &str,
) -> SecretString {
    let mut json = json!({"console": target, "login": login, REQUEST: token});
    json[member] = value.expose_secret().into();
    json.to_string().into()
}

fn member(text: &SecretString, member: &str) -> Option<SecretString> {
    let json: Value = serde_json::from_str(text.expose_secret()).ok()?;
    Some(json.get(member)?.as_str()?.into())
}

impl ConsoleContext {
    fn writer(&self) -> Result<&dyn SecretWriter> {
        self.run.services.deliveries.as_deref().ok_or_else(|| {
            Error::new(
                ErrorKind::Unexpected,
                "this operation was started without a place to deliver to",
            )
        })
    }

    /// Stages the new password of a plan before it is set, and takes the one that an earlier run of
    /// the same request staged instead, if there was one.
    pub(crate) async fn stage(&self, login: &str, plan: &mut Plan) -> Result<Delivered> {
        let Some(delivery) = &plan.delivery else {
            return Ok(Delivered::NotYet);
        };
        let target = self.console().address();
        let writer = self.writer()?;
        let place = "the secret to deliver into";
        let change = plan
            .changes
            .iter_mut()
            .find(|change| change.password().is_some());
        let Some((change, password)) = change
            .and_then(|c| Some((c.password()?.clone(), c)))
            .map(|(password, change)| (change, password))
        else {
            // The console makes the seed; that there is a place for it is known before.
            let text = text(
                login,
                target,
                SEED,
                &SecretString::default(),
                &delivery.token,
            );
            let staged = writer.stage(&delivery.secret, &delivery.token, text);
            return Ok(match self.run.in_time(place, staged).await?.delivered {
                true => Delivered::Before,
                false => Delivered::NotYet,
            });
        };
        let text = text(login, target, PASSWORD, &password, &delivery.token);
        let staged = writer.stage(&delivery.secret, &delivery.token, text);
        let Staged { text, delivered } = self.run.in_time(place, staged).await?;
        if delivered {
            return Ok(Delivered::Before);
        }
        let staged = member(&text, PASSWORD).ok_or_else(|| {
            let secret = &delivery.secret;
            Error::new(
                ErrorKind::Unexpected,
                format!("the staged version of the secret {secret:?} has no password in it"),
            )
            .next("look at the secret, or deliver into another")
        })?;
        change.set_password(staged);
        Ok(Delivered::NotYet)
    }

    /// Makes what was delivered current. The console has changed by then: a failure says so.
    pub(crate) async fn deliver(
        &self,
        delivery: &Delivery,
        before: &Snapshot,
        seed: Option<SecretString>,
    ) -> Result<()> {
        let secret = &delivery.secret;
        let mut token = delivery.token.clone();
        let result = async {
            if let Some(seed) = seed {
                let login = before.user.login();
                let target = self.console().address();
                let text = text(login, target, SEED, &seed, &token);
                // Every seed is a version of its own: an earlier one is of no use any more.
                token = digest(&[&token, seed.expose_secret()]);
                let staged = self.writer()?.stage(secret, &token, text);
                self.run
                    .in_time("the secret to deliver into", staged)
                    .await?;
            }
            let writer = self.writer()?;
            let promoted = writer.promote(secret, &token, &delivery.token);
            self.run
                .in_time("the secret to deliver into", promoted)
                .await
        };
        result.await.map_err(|mut error: Error| {
            warn!(%error, "the console is changed, and the secret not yet");
            error.message = format!(
                "the console has the new value, and it could not be delivered into {secret:?}: {}",
                error.message
            );
            error.changed = Changed::Unknown;
            error.next("put right what it names, then run it again")
        })
    }
}
