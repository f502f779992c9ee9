//! What it means when Secrets Manager does not do what it is asked.

use aws_sdk_secretsmanager::error::SdkError;
use aws_sdk_secretsmanager::operation::RequestId as _;
use rapid7::{CredentialError, CredentialErrorKind};
use tracing::warn;

use crate::aws::{Failed, Trouble, code};

/// What it means for a run.
pub fn failure(error: CredentialError) -> actions::Error {
    match error.kind {
        CredentialErrorKind::Passing => actions::Error::unavailable(error.message),
        CredentialErrorKind::Lasting => actions::Error::misconfigured(error.message),
        CredentialErrorKind::Untrusted => actions::Error::untrusted(error.message),
    }
}

/// An error that stays until a person does something about it.
pub fn permanent(message: impl Into<String>) -> CredentialError {
    CredentialError {
        message: message.into(),
        kind: CredentialErrorKind::Lasting,
    }
}

// The requests that Secrets Manager is sent, by the name that its permission has too.
/// Reads a version.
pub const GET: &str = "GetSecretValue";
/// Makes a version.
pub const PUT: &str = "PutSecretValue";
/// Reads the labels.
pub(crate) const DESCRIBE: &str = "DescribeSecret";
/// Moves a label.
pub(crate) const MOVE_LABEL: &str = "UpdateSecretVersionStage";

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
        kind: CredentialErrorKind::Passing,
    };
    if let Some(trouble) = Trouble::of(error) {
        let message = format!("Secrets Manager could not be asked for {id:?}: {trouble}");
        let kind = match trouble {
            Trouble::TooLong => CredentialErrorKind::Lasting,
            Trouble::Untrusted(_) => CredentialErrorKind::Untrusted,
            Trouble::Proxy { .. } => CredentialErrorKind::Passing,
        };
        return CredentialError { message, kind };
    }
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
