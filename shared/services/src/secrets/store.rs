//! Secrets in Secrets Manager, and what it means when one can't be had.

use std::time::SystemTime;

use aws_sdk_secretsmanager::error::{ErrorMetadata, ProvideErrorMetadata, SdkError};
use aws_sdk_secretsmanager::operation::RequestId as _;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use rapid7::CredentialError;
use secrecy::SecretString;
use tokio::sync::OnceCell;
use tracing::warn;

use crate::aws::{Chain, secrets_manager};

/// A secret's text, and the version that it is.
pub struct Secret {
    pub text: SecretString,
    pub version: String,
    /// When Secrets Manager made that version.
    pub created: Option<SystemTime>,
    /// Its staging labels.
    pub labels: Vec<String>,
}

/// Where secrets are read.
pub struct Store {
    chain: Chain,
    manager: OnceCell<aws_sdk_secretsmanager::Client>,
}

impl Store {
    pub fn new(chain: Chain) -> Self {
        Self {
            chain,
            manager: OnceCell::new(),
        }
    }

    /// With a client that was made already.
    #[cfg(test)]
    pub fn of(manager: aws_sdk_secretsmanager::Client) -> Self {
        Self {
            chain: Chain::Environment,
            manager: OnceCell::new_with(Some(manager)),
        }
    }

    /// The client of Secrets Manager, made when it is needed first.
    pub async fn manager(&self) -> Result<&aws_sdk_secretsmanager::Client, CredentialError> {
        let manager = self.manager.get_or_try_init(|| secrets_manager(self.chain));
        manager.await.map_err(permanent)
    }

    pub async fn managed(&self, id: &str) -> Result<Secret, CredentialError> {
        let manager = self.manager().await?;
        let answer = manager.get_secret_value().secret_id(id).send().await;
        let answer = answer.map_err(|error| explain(id, GET, &failed(error)))?;
        secret_in(id, answer)
    }

    /// The version with a label; `version` is the one that it must be, if that is known. None, if there is
    /// no such version, or no text in it yet.
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

/// What a missing secret means for a run.
pub fn failure(error: CredentialError) -> actions::Error {
    if error.retryable {
        actions::Error::unavailable(error.message)
    } else {
        actions::Error::misconfigured(error.message)
    }
}

pub fn permanent(message: impl Into<String>) -> CredentialError {
    CredentialError {
        message: message.into(),
        retryable: false,
    }
}

/// The requests that Secrets Manager is sent, by the name that its permission has too.
pub const GET: &str = "GetSecretValue";
pub const PUT: &str = "PutSecretValue";
pub const DESCRIBE: &str = "DescribeSecret";
pub const MOVE_LABEL: &str = "UpdateSecretVersionStage";

/// A failed request without the type of its operation, so that what follows is compiled once.
pub type Failed = SdkError<ErrorMetadata>;

pub fn failed<E: ProvideErrorMetadata>(error: SdkError<E>) -> Failed {
    error.map_service_error(|error| error.meta().clone())
}

/// Secrets Manager's own name of what went wrong.
pub fn code(error: &Failed) -> Option<&str> {
    error.as_service_error()?.code()
}

/// What went wrong, for people. Never `Debug` or the whole chain of an SDK error, not even in the
/// log: it may hold the answer, and with it the secret.
pub fn explain(id: &str, request: &'static str, error: &Failed) -> CredentialError {
    let status = error.raw_response().map(|answer| answer.status().as_u16());
    let code = code(error);
    let aws_request_id = error.as_service_error().and_then(|e| e.request_id());
    warn!(
        secret = id,
        request, status, code, aws_request_id, "Secrets Manager did not do it"
    );
    let later = |why: &str| CredentialError {
        message: format!("Secrets Manager could not be asked for {id:?}: {why}"),
        retryable: true,
    };
    let code = match (error, code) {
        (_, Some(code)) => code,
        (SdkError::ConstructionFailure(_), _) => {
            return permanent(format!(
                "Secrets Manager could not be asked for {id:?}: no request could be made; are \
                 AWS_REGION and credentials for AWS set?"
            ));
        }
        (SdkError::TimeoutError(_), _) => return later("no answer in time"),
        (SdkError::DispatchFailure(failure), _) if failure.is_timeout() || failure.is_io() => {
            return later("no connection");
        }
        (SdkError::DispatchFailure(_), _) => {
            return permanent(format!(
                "Secrets Manager could not be asked for {id:?}: there are no credentials for AWS"
            ));
        }
        _ => return later("its answer can't be read"),
    };
    let reads = request == GET;
    match code {
        "ResourceNotFoundException" if reads => permanent(format!(
            "Secrets Manager has no secret {id:?} in this region"
        )),
        "ResourceNotFoundException" if request == MOVE_LABEL => permanent(format!(
            "Secrets Manager has no secret {id:?} in this region, or not the version that was \
             staged"
        )),
        // Its key, policy and tags are not ours to choose.
        "ResourceNotFoundException" => permanent(format!(
            "Secrets Manager has no secret {id:?} in this region: create it first, with the key, \
             policy and tags that it is to have"
        )),
        "AccessDeniedException" if request == PUT => permanent(format!(
            "this function may not write the secret {id:?}: allow secretsmanager:{request} on it, \
             and kms:GenerateDataKey and kms:Decrypt on its key if that is not AWS's own"
        )),
        "AccessDeniedException" => {
            let verb = if reads { "read" } else { "use" };
            permanent(format!(
                "this function may not {verb} the secret {id:?}: allow secretsmanager:{request} \
                 on it"
            ))
        }
        "LimitExceededException" => permanent(format!(
            "Secrets Manager keeps no more versions or labels of {id:?}: take the labels from old \
             versions, or deliver into another secret"
        )),
        "DecryptionFailure" => permanent(format!(
            "the secret {id:?} can't be decrypted: check its KMS key"
        )),
        "EncryptionFailure" => permanent(format!(
            "the secret {id:?} can't be encrypted: check its KMS key"
        )),
        "InvalidRequestException" if reads => permanent(format!(
            "Secrets Manager does not give {id:?}: is it scheduled for deletion, or without a value?"
        )),
        "InvalidRequestException" => permanent(format!(
            "Secrets Manager does not change {id:?}: is it scheduled for deletion, or a replica?"
        )),
        "UnrecognizedClientException"
        | "InvalidSignatureException"
        | "ExpiredTokenException"
        | "InvalidParameterException" => permanent(format!(
            "Secrets Manager refused {request} for {id:?}: {code}"
        )),
        code => later(code),
    }
}
