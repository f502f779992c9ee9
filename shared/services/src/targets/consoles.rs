//! The consoles of a deployment.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use actions::{Error, Target, Targets};
use rapid7::console::Client;
use rapid7::{BoxFuture, CredentialSource, Options, RetryPolicy, Trust};

use super::slot::{Ready, Slot};
use crate::secrets::age::SecretAge;
use crate::secrets::console_secret::ConsoleSecret;
use crate::secrets::credentials::CachedCredentials;
use crate::secrets::failure::failure;
use crate::secrets::store::Store;
use crate::secrets::surface_secret::SurfaceSecret as _;
use crate::sent::Sent;
use crate::settings::{ConsoleSettings, SettingsError, misconfigured};

/// The consoles of this deployment, each made ready when it is needed first.
pub(crate) struct Consoles {
    names: Vec<String>,
    settings: Vec<ConsoleSettings>,
    slots: Vec<Slot<ConsoleSecret, Client>>,
    pub(crate) ages: Vec<SecretAge>,
    store: Arc<Store>,
    ttl: Duration,
    at_once: usize,
    sent: Arc<AtomicU64>,
    missing: SettingsError,
}

impl Consoles {
    pub(crate) fn new(
        settings: Vec<ConsoleSettings>,
        store: Arc<Store>,
        ttl: Duration,
        at_once: usize,
        sent: &Sent,
        missing: SettingsError,
    ) -> Self {
        Self {
            names: settings
                .iter()
                .map(|console| console.name.clone())
                .collect(),
            slots: settings.iter().map(|_| Slot::default()).collect(),
            ages: settings.iter().map(|_| SecretAge::default()).collect(),
            settings,
            store,
            ttl,
            at_once,
            sent: Arc::clone(&sent.console),
            missing,
        }
    }
}

impl Targets<Client> for Consoles {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn open<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Target<Client>, Error>> {
        Box::pin(async move {
            let found = self.names.iter().position(|known| known == name);
            let index = found.ok_or_else(|| self.missing())?;
            self.slots[index]
                .open(async || {
                    let (store, age) = (Arc::clone(&self.store), self.ages[index].clone());
                    let settings = &self.settings[index];
                    let mut names = settings.names.clone();
                    if self.names.len() > 1 {
                        names.server = Some(format!("the console {name}"));
                    }
                    let options = Options {
                        at_once: self.at_once,
                        names,
                        sent: Arc::clone(&self.sent),
                        ..Options::default()
                    };
                    prepare(settings, store, self.ttl, age, options).await
                })
                .await
        })
    }

    fn missing(&self) -> Error {
        misconfigured(self.missing.clone())
    }
}

/// Reads the secret and opens a connection to the console.
///
/// Where the environment tells the address and whom to trust, the connection is opened while the
/// secret is read; else the secret comes first.
async fn prepare(
    settings: &ConsoleSettings,
    store: Arc<Store>,
    ttl: Duration,
    age: SecretAge,
    options: Options,
) -> Result<Ready<ConsoleSecret, Client>, Error> {
    let credentials = CachedCredentials::new(settings.credentials.clone(), store, ttl);
    let credentials: Arc<CachedCredentials<ConsoleSecret>> = Arc::new(credentials.with_age(age));
    let client = |url: &str, trust: &Trust| {
        client_of(url, trust, settings, credentials.clone(), options.clone())
    };
    let (console, trust, secret) = match (&settings.url, &settings.trust) {
        (Some(url), Some(trust)) => {
            let console = client(url, trust)?;
            let (secret, ()) = tokio::join!(credentials.read(), console.warm_up());
            (console, trust.clone(), secret.map_err(failure)?)
        }
        _ => {
            let secret = credentials.read().await.map_err(failure)?;
            let (url, trust) = place_of(settings, &secret)?;
            let console = client(&url, &trust)?;
            if settings.credentials.managed().is_some() {
                console.warm_up().await;
            }
            (console, trust, secret)
        }
    };
    Ok(Ready {
        target: target_of(settings, &secret, console, &trust),
        credentials,
    })
}

/// A console with credentials that are not read anew: those of one version of its secret. They are sent
/// although they were refused before: whoever tries the versions of a secret counts failed logins by itself.
///
/// # Errors
/// If neither the settings nor the secret tell where it is, or that is no address.
pub fn console_with(
    settings: &ConsoleSettings,
    secret: &ConsoleSecret,
    retry: RetryPolicy,
) -> Result<Target<Client>, Error> {
    let (url, trust) = place_of(settings, secret)?;
    let credentials = Arc::new(Arc::new(secret.identity().clone()));
    let options = Options {
        retry,
        keeps_refusals: false,
        ..Options::default()
    };
    let console = client_of(&url, &trust, settings, credentials, options)?;
    Ok(target_of(settings, secret, console, &trust))
}

/// The address and whom to trust: the environment's, or else the secret's.
fn place_of(settings: &ConsoleSettings, secret: &ConsoleSecret) -> Result<(String, Trust), Error> {
    let url = settings.url.clone().or(secret.url.clone());
    let url = url.ok_or_else(|| {
        let place = settings.names.address.as_deref();
        let place = place.unwrap_or("RAPID7_CONSOLE_URL, or `url` in its secret");
        Error::misconfigured(format!("the console's address is missing: {place}")).about_settings()
    })?;
    let trust = settings.trust.clone().or(secret.trust.clone());
    Ok((url, trust.unwrap_or_default()))
}

fn client_of(
    url: &str,
    trust: &Trust,
    settings: &ConsoleSettings,
    credentials: Arc<dyn CredentialSource>,
    options: Options,
) -> Result<Client, Error> {
    let options = Options {
        trust: trust.clone(),
        proxy: settings.proxy.clone(),
        ..options
    };
    Client::new(url, credentials, None, options).map_err(|error| {
        let place = match &settings.names.address {
            Some(place) => format!(" ({place})"),
            None => String::new(),
        };
        Error::misconfigured(format!("the console's address{place}: {error}")).about_settings()
    })
}

fn target_of(
    settings: &ConsoleSettings,
    secret: &ConsoleSecret,
    console: Client,
    trust: &Trust,
) -> Target<Client> {
    let client = match settings.form.or(secret.form) {
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
    Target { client, warnings }
}
