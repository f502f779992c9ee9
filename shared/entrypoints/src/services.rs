//! From the environment to what a run may use.

use std::sync::Arc;

use actions::{Audit, Error, Policy, Services};
use rapid7::console::{Client, WireForm};
use rapid7::{CredentialError, Options, Trust};

use crate::aws::Chain;
use crate::references::References;
use crate::secrets::{ConsoleCredentials, Store};
use crate::settings::{CredentialsAt, Settings, SettingsError};

fn misconfigured(error: SettingsError) -> Error {
    Error::misconfigured(error.to_string())
}

fn from_store(error: CredentialError) -> Error {
    if error.retryable {
        Error::unavailable(error.message)
    } else {
        Error::misconfigured(error.message)
    }
}

/// Reads the environment and the secret, and opens a connection to the console.
///
/// Where the environment tells the address and whom to trust, the connection is opened while the
/// secret is read; else the secret comes first.
pub(crate) async fn prepare(chain: Chain, audit: Arc<dyn Audit>) -> Result<Services, Error> {
    let settings = Settings::from_environment().map_err(misconfigured)?;
    let store = Arc::new(Store::new(chain));
    let local = chain != Chain::Environment;
    let secrets = References::new(Arc::clone(&store), &settings.credentials, local);
    let credentials = Arc::new(ConsoleCredentials::new(
        settings.credentials.clone(),
        store,
        settings.secret_ttl,
    ));
    let client = |url: &str, trust: &Trust, form: Option<WireForm>| {
        let options = Options {
            trust: trust.clone(),
            ..Options::default()
        };
        Client::new(url, credentials.clone(), form, options)
            .map_err(|error| Error::misconfigured(format!("the console's address: {error}")))
    };
    let (console, trust) = match (&settings.url, &settings.trust) {
        (Some(url), Some(trust)) => {
            let console = client(url, trust, settings.form)?;
            let (secret, ()) = tokio::join!(credentials.read(), console.warm_up());
            // The connection stands; what the secret says of it has no effect any more.
            secret.map_err(from_store)?;
            (console, trust.clone())
        }
        (url, trust) => {
            let secret = credentials.read().await.map_err(from_store)?;
            let url = url.clone().or(secret.url);
            let url = url.ok_or_else(|| {
                Error::misconfigured(
                    "the console's address is missing: RAPID7_CONSOLE_URL, or `url` in its secret",
                )
            })?;
            let trust = trust.clone().or(secret.trust).unwrap_or_default();
            let console = client(&url, &trust, settings.form.or(secret.form))?;
            if let CredentialsAt::SecretsManager(_) = settings.credentials {
                console.warm_up().await;
            }
            (console, trust)
        }
    };
    let mut warnings = Vec::new();
    if let Trust::DangerouslyAny = trust {
        warnings.push(
            "TLS verification is off: anybody on the way to the console can read its password"
                .into(),
        );
    }
    Ok(Services {
        console,
        policy: Policy {
            allow_privileged_accounts: settings.allow_privileged_accounts,
            ..Policy::default()
        },
        audit,
        secrets: Arc::new(secrets),
        warnings,
    })
}
