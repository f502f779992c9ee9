//! The Insight Platform of this deployment.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use actions::{Error, Target, Targets};
use rapid7::platform::{Client, OwnKey};
use rapid7::{BoxFuture, Options, RetryPolicy};

use super::slot::{Ready, Slot};
use crate::secrets::age::SecretAge;
use crate::secrets::credentials::CachedCredentials;
use crate::secrets::failure::failure;
use crate::secrets::platform_secret::PlatformSecret;
use crate::secrets::store::Store;
use crate::sent::Sent;
use crate::settings::{
    PlatformSettings, Settings, SettingsError, misconfigured, proxy_of_the_way_out,
};

/// The platform, made ready when it is needed first.
pub(crate) struct PlatformTarget {
    names: Vec<String>,
    settings: Option<PlatformSettings>,
    slot: Slot<PlatformSecret, Client>,
    store: Arc<Store>,
    ttl: Duration,
    age: SecretAge,
    sent: Arc<AtomicU64>,
    missing: SettingsError,
}

impl PlatformTarget {
    pub(crate) fn of(
        settings: &Settings,
        store: Arc<Store>,
        age: SecretAge,
        sent: &Sent,
    ) -> Arc<dyn Targets<Client>> {
        Arc::new(Self {
            names: settings
                .platform
                .iter()
                .map(|_| "platform".into())
                .collect(),
            settings: settings.platform.clone(),
            slot: Slot::default(),
            store,
            ttl: settings.secret_ttl,
            age,
            sent: Arc::clone(&sent.platform),
            missing: settings.missing[1].clone(),
        })
    }

    async fn prepare(&self) -> Result<Ready<PlatformSecret, Client>, Error> {
        let settings = self.settings.as_ref().ok_or_else(|| self.missing())?;
        let at = settings.credentials.clone();
        let credentials = CachedCredentials::new(at, Arc::clone(&self.store), self.ttl);
        let credentials: Arc<CachedCredentials<PlatformSecret>> =
            Arc::new(credentials.with_age(self.age.clone()));
        let secret = credentials.read().await.map_err(failure)?;
        let url = settings.url.clone().or(secret.url);
        let url = url.ok_or_else(|| {
            let place = settings.names.address.as_deref();
            let place = place.unwrap_or("RAPID7_PLATFORM_REGION, or `region` in its secret");
            Error::misconfigured(format!("the platform's region is missing: {place}"))
                .about_settings()
        })?;
        let options = Options {
            trust: settings.trust.clone(),
            proxy: proxy_of_the_way_out().map_err(misconfigured)?,
            retry: RetryPolicy {
                // A whole window of its rate limit (a minute, seen in the field).
                longest_retry_after: Duration::from_secs(65),
                ..RetryPolicy::default()
            },
            names: settings.names.clone(),
            sent: Arc::clone(&self.sent),
            ..Options::default()
        };
        let client = Client::new(&url, credentials.clone(), options).map_err(|error| {
            Error::misconfigured(format!("the platform's address: {error}")).about_settings()
        })?;
        if settings.credentials.managed().is_some() {
            client.warm_up().await;
        }
        let client = client.with_own_key(OwnKey {
            key_type: settings.key_type.or(secret.key_type),
            id: settings.key_id.clone().or(secret.key_id),
        });
        let organization = settings.organization.clone().or(secret.organization);
        let client = client.with_organization(organization);
        Ok(Ready {
            target: Target {
                client,
                warnings: Vec::new(),
            },
            credentials,
        })
    }
}

impl Targets<Client> for PlatformTarget {
    fn names(&self) -> &[String] {
        &self.names
    }

    fn open<'a>(&'a self, _name: &'a str) -> BoxFuture<'a, Result<Target<Client>, Error>> {
        Box::pin(self.slot.open(async || self.prepare().await))
    }

    fn missing(&self) -> Error {
        misconfigured(self.missing.clone())
    }
}
