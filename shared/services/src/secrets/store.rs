//! Secrets in Secrets Manager.

use std::time::{Duration, SystemTime};

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::config::Builder;
use aws_sdk_secretsmanager::config::timeout::TimeoutConfig;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use rapid7::CredentialError;
use secrecy::SecretString;
use tokio::sync::OnceCell;

use super::failure::{GET, explain, permanent};
use crate::aws::{Chain, Service, code, failed};

const SECRETS_MANAGER: Service = Service {
    name: "Secrets Manager",
    id: "SECRETS_MANAGER",
};

/// A secret's text, and the version that it is.
pub struct Secret {
    /// The text.
    pub text: SecretString,
    /// The id of its version.
    pub version: String,
    /// When Secrets Manager made that version.
    pub created: Option<SystemTime>,
    /// Its staging labels.
    pub labels: Vec<String>,
}

/// Where secrets are read.
pub struct Store {
    chain: Chain,
    manager: OnceCell<Client>,
}

impl Store {
    /// With this way to AWS. Nothing is read yet.
    #[must_use]
    pub fn new(chain: Chain) -> Self {
        Self {
            chain,
            manager: OnceCell::new(),
        }
    }

    /// With a client that was made already.
    #[cfg(test)]
    pub(crate) fn of(manager: Client) -> Self {
        Self {
            chain: Chain::ENVIRONMENT,
            manager: OnceCell::new_with(Some(manager)),
        }
    }

    /// The client of Secrets Manager, made when it is needed first.
    ///
    /// # Errors
    /// If AWS is set up wrongly.
    pub async fn manager(&self) -> Result<&Client, CredentialError> {
        let manager = self.manager.get_or_try_init(|| client(self.chain));
        manager.await.map_err(permanent)
    }

    /// The current version of a secret.
    ///
    /// # Errors
    /// If it can't be had, now or until somebody does something about it.
    pub async fn managed(&self, id: &str) -> Result<Secret, CredentialError> {
        let manager = self.manager().await?;
        let answer = manager.get_secret_value().secret_id(id).send().await;
        let answer = answer.map_err(|error| explain(id, GET, &failed(error)))?;
        secret_in(id, answer)
    }

    /// The version with a label; `version` is the one that it must be, if that is known. None, if there is
    /// no such version, or no text in it yet.
    ///
    /// # Errors
    /// As [`managed`](Self::managed).
    pub async fn labelled(
        &self,
        id: &str,
        label: &str,
        version: Option<&str>,
    ) -> Result<Option<Secret>, CredentialError> {
        let manager = self.manager().await?;
        let asked = manager
            .get_secret_value()
            .secret_id(id)
            .set_version_id(version.map(str::to_owned))
            .version_stage(label);
        match asked.send().await.map_err(failed) {
            Ok(answer) => secret_in(id, answer).map(Some),
            Err(error) if code(&error) == Some("ResourceNotFoundException") => Ok(None),
            Err(error) => Err(explain(id, GET, &error)),
        }
    }
}

fn secret_in(id: &str, answer: GetSecretValueOutput) -> Result<Secret, CredentialError> {
    let text = answer
        .secret_string
        .ok_or_else(|| permanent(format!("the secret {id:?} holds no text")))?;
    let created = answer.created_date;
    Ok(Secret {
        text: text.into(),
        version: answer.version_id.unwrap_or_default(),
        created: created.and_then(|created| SystemTime::try_from(created).ok()),
        labels: answer.version_stages.unwrap_or_default(),
    })
}

/// A client, or why there can't be one.
async fn client(chain: Chain) -> Result<Client, String> {
    let settings = chain.settings(SECRETS_MANAGER).await?;
    Ok(with_timeouts(Builder::from(&settings)))
}

fn with_timeouts(settings: Builder) -> Client {
    let timeouts = TimeoutConfig::builder()
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build();
    Client::from_conf(settings.timeout_config(timeouts).build())
}

/// A client of a stand-in, which believes any credentials.
#[cfg(test)]
pub(crate) fn client_at(endpoint: &str) -> Client {
    use aws_sdk_secretsmanager::config::{BehaviorVersion, Credentials, Region};

    let settings = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(harness::REGION))
        .credentials_provider(Credentials::new("id", "key", None, None, "tests"))
        .endpoint_url(endpoint)
        .http_client(crate::aws::Http::new().expect("a client"));
    with_timeouts(settings)
}
