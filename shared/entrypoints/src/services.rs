//! From the environment to what a run may use.

use std::sync::Arc;

use actions::{Audit, Error, SecretWriter, Services};
use rapid7::console::Client;
use rapid7::{Options, Trust};

use crate::aws::Chain;
use crate::references::References;
use crate::secrets::{ConsoleCredentials, Store, failure};
use crate::settings::{CredentialsAt, Settings, SettingsError};

pub(crate) fn misconfigured(error: SettingsError) -> Error {
    Error::misconfigured(error.to_string())
}

/// What a run may use, and whether it still may.
pub(crate) struct Prepared {
    pub(crate) services: Services,
    pub(crate) credentials: Arc<ConsoleCredentials>,
}

/// Reads the environment.
pub(crate) fn settings() -> Result<Settings, Error> {
    Settings::from_environment().map_err(misconfigured)
}

/// Makes of the reader of secrets what writes them. Given only where an operation delivers: a binary
/// carries what its operation may use.
pub(crate) type Writer = fn(Arc<References>) -> Arc<dyn SecretWriter>;

/// Reads the secret and opens a connection to the console.
///
/// Where the environment tells the address and whom to trust, the connection is opened while the
/// secret is read; else the secret comes first.
pub(crate) async fn prepare(
    settings: Settings,
    chain: Chain,
    audit: Arc<dyn Audit>,
    writer: Option<Writer>,
) -> Result<Prepared, Error> {
    let store = Arc::new(Store::new(chain));
    let local = chain != Chain::Environment;
    let secrets = References::new(Arc::clone(&store), &settings.credentials, local);
    let secrets = Arc::new(secrets);
    let credentials = Arc::new(ConsoleCredentials::new(
        settings.credentials.clone(),
        store,
        settings.secret_ttl,
    ));
    let client = |url: &str, trust: &Trust| {
        let options = Options {
            trust: trust.clone(),
            ..Options::default()
        };
        Client::new(url, credentials.clone(), None, options)
            .map_err(|error| Error::misconfigured(format!("the console's address: {error}")))
    };
    let (console, trust, secret) = match (&settings.url, &settings.trust) {
        (Some(url), Some(trust)) => {
            let console = client(url, trust)?;
            let (secret, ()) = tokio::join!(credentials.read(), console.warm_up());
            (console, trust.clone(), secret.map_err(failure)?)
        }
        (url, trust) => {
            let secret = credentials.read().await.map_err(failure)?;
            let url = url.clone().or(secret.url.clone());
            let url = url.ok_or_else(|| {
                Error::misconfigured(
                    "the console's address is missing: RAPID7_CONSOLE_URL, or `url` in its secret",
                )
            })?;
            let trust = trust.clone().or(secret.trust.clone()).unwrap_or_default();
            let console = client(&url, &trust)?;
            if let CredentialsAt::SecretsManager(_) = settings.credentials {
                console.warm_up().await;
            }
            (console, trust, secret)
        }
    };
    let console = match settings.form.or(secret.form) {
        Some(form) => console.with_form(form),
        None => console,
    };
    let mut warnings = Vec::new();
    if let Trust::DangerouslyAny = trust {
        warnings.push(
            "TLS verification is off: anybody on the way to the console can read its password"
                .into(),
        );
    }
    let services = Services {
        console,
        policy: settings.policy,
        audit,
        deliveries: writer.map(|writer| writer(Arc::clone(&secrets))),
        secrets,
        warnings,
    };
    Ok(Prepared {
        services,
        credentials,
    })
}
