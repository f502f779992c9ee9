//! From the environment to what a run may use.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use actions::{Audit, Error, Progress, Scope, SecretWriter, Services, Target, Targets};
use rapid7::console::Client;
use rapid7::{BoxFuture, CredentialSource, Options, RetryPolicy, Trust, platform};
use tokio::sync::Mutex;
use tracing::warn;

use crate::aws::Chain;
use crate::platform_target::PlatformTarget;
use crate::secrets::age::{SecretAge, SecretAges};
use crate::secrets::console_secret::ConsoleSecret;
use crate::secrets::credentials::{CachedCredentials, SurfaceSecret};
use crate::secrets::references::References;
use crate::secrets::store::{Store, failure};
use crate::settings::{ConsoleSettings, Settings, SettingsError};

pub fn misconfigured(error: SettingsError) -> Error {
    Error::misconfigured(error.to_string())
}

/// Reads the environment.
pub fn settings() -> Result<Settings, Error> {
    Settings::from_environment().map_err(misconfigured)
}

/// How many requests this process has sent so far.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// To all consoles.
    pub console: Arc<AtomicU64>,
    pub platform: Arc<AtomicU64>,
}

type Writer = fn(Arc<References>) -> Arc<dyn SecretWriter>;
type Platform = fn(&Settings, Arc<Store>, SecretAge, &Sent) -> Arc<dyn Targets<platform::Client>>;

/// What an operation needs beyond a console. Given only where it does: a binary carries what its
/// operation may use.
#[derive(Clone, Copy)]
pub struct Needs {
    console: bool,
    /// Makes of the reader of secrets what writes them.
    writer: Option<Writer>,
    platform: Option<Platform>,
    /// Whether inputs may refer to files and variables of this machine.
    local: bool,
}

impl Needs {
    /// What one operation needs.
    pub const fn of<A: actions::Action>() -> Self {
        Self {
            console: A::Scope::CONSOLE,
            writer: if A::DELIVERS { Some(writer) } else { None },
            platform: if A::Scope::PLATFORM {
                Some(PlatformTarget::of)
            } else {
                None
            },
            local: false,
        }
    }

    /// What any operation needs, where the caller owns the machine.
    pub const ALL_ON_A_LAPTOP: Self = Self {
        local: true,
        ..Self::EVERYTHING
    };

    /// What any operation needs.
    pub const EVERYTHING: Self = Self {
        console: true,
        writer: Some(writer),
        platform: Some(PlatformTarget::of),
        local: false,
    };
}

fn writer(references: Arc<References>) -> Arc<dyn SecretWriter> {
    references
}

/// What a run may use. Nothing is read or opened yet: see [`warm_up`].
pub fn services(
    settings: Settings,
    chain: Chain,
    audit: Arc<dyn Audit>,
    needs: Needs,
    progress: Option<Arc<dyn Progress>>,
    sent: &Sent,
) -> Services {
    services_with_age(settings, chain, audit, needs, progress, sent).0
}

/// The same, with the age of the secrets behind it, which is known as they are read.
pub fn services_with_age(
    settings: Settings,
    chain: Chain,
    audit: Arc<dyn Audit>,
    needs: Needs,
    progress: Option<Arc<dyn Progress>>,
    sent: &Sent,
) -> (Services, SecretAges) {
    let store = Arc::new(Store::new(chain));
    let consoles = settings.consoles.iter().map(|console| &console.credentials);
    let own = consoles.filter_map(|at| at.managed());
    let platform = settings.platform.iter();
    let own = own.chain(platform.filter_map(|platform| platform.credentials.managed()));
    let own = own.map(str::to_owned).collect();
    let secrets = Arc::new(References::new(Arc::clone(&store), own, needs.local));
    let platform_age = SecretAge::default();
    let platform = needs
        .platform
        .map(|of| of(&settings, Arc::clone(&store), platform_age.clone(), sent));
    let consoles = Consoles::new(settings.consoles, store, settings.secret_ttl, sent);
    let ages = consoles.ages.iter().cloned().chain([platform_age]);
    let ages = SecretAges::of(ages.collect());
    let services = Services {
        platform,
        deliveries: needs.writer.map(|writer| writer(Arc::clone(&secrets))),
        policy: settings.policy,
        consoles: Arc::new(consoles),
        audit,
        secrets,
        progress,
    };
    (services, ages)
}

/// Reads every secret and opens every connection that an operation may need. What fails shows again,
/// with its name, in the run that needs it.
pub async fn warm_up(services: &Services, needs: Needs) {
    let consoles = services.consoles.names().iter().filter(|_| needs.console);
    let consoles = consoles.map(async |name| {
        if let Err(error) = services.consoles.open(name).await {
            warn!(name, %error, "not ready yet");
        }
    });
    let platform = async {
        if let Some(platform) = &services.platform {
            for name in platform.names() {
                if let Err(error) = platform.open(name).await {
                    warn!(name, %error, "not ready yet");
                }
            }
        }
    };
    tokio::join!(futures_util::future::join_all(consoles), platform);
}

/// A target that is ready, and whether it still is.
pub struct Ready<S: SurfaceSecret, C> {
    pub target: Target<C>,
    pub credentials: Arc<CachedCredentials<S>>,
}

impl<S: SurfaceSecret, C: Clone> Ready<S, C> {
    /// What is ready, unless its secret names another place meanwhile.
    pub async fn still(slot: &Option<Self>) -> Option<Target<C>> {
        let ready = slot.as_ref()?;
        if ready.credentials.moved().await {
            return None;
        }
        Some(ready.target.clone())
    }
}

/// The consoles of this deployment, each made ready when it is needed first.
struct Consoles {
    names: Vec<String>,
    settings: Vec<ConsoleSettings>,
    slots: Vec<Mutex<Option<Ready<ConsoleSecret, Client>>>>,
    ages: Vec<SecretAge>,
    store: Arc<Store>,
    ttl: Duration,
    sent: Arc<AtomicU64>,
}

impl Consoles {
    fn new(settings: Vec<ConsoleSettings>, store: Arc<Store>, ttl: Duration, sent: &Sent) -> Self {
        Self {
            names: settings
                .iter()
                .map(|console| console.name.clone())
                .collect(),
            slots: settings.iter().map(|_| Mutex::default()).collect(),
            ages: settings.iter().map(|_| SecretAge::default()).collect(),
            settings,
            store,
            ttl,
            sent: Arc::clone(&sent.console),
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
            let mut slot = self.slots[index].lock().await;
            if let Some(target) = Ready::still(&slot).await {
                return Ok(target);
            }
            *slot = None;
            let (store, age) = (Arc::clone(&self.store), self.ages[index].clone());
            let ready = prepare(&self.settings[index], store, self.ttl, age, &self.sent).await?;
            let target = ready.target.clone();
            *slot = Some(ready);
            Ok(target)
        })
    }

    fn missing(&self) -> Error {
        misconfigured(Settings::no_console())
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
    sent: &Arc<AtomicU64>,
) -> Result<Ready<ConsoleSecret, Client>, Error> {
    let credentials = CachedCredentials::new(settings.credentials.clone(), store, ttl);
    let credentials: Arc<CachedCredentials<ConsoleSecret>> = Arc::new(credentials.with_age(age));
    let client = |url: &str, trust: &Trust| {
        let options = Options {
            sent: Arc::clone(sent),
            ..Options::default()
        };
        client_of(url, trust, credentials.clone(), options)
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

/// A console with credentials that are not read anew: those of one version of its secret.
pub fn console_with(
    settings: &ConsoleSettings,
    secret: &ConsoleSecret,
    retry: RetryPolicy,
) -> Result<Target<Client>, Error> {
    let (url, trust) = place_of(settings, secret)?;
    let credentials = Arc::new(Arc::new(secret.identity().clone()));
    let options = Options {
        retry,
        ..Options::default()
    };
    let console = client_of(&url, &trust, credentials, options)?;
    Ok(target_of(settings, secret, console, &trust))
}

/// The address and whom to trust: the environment's, or else the secret's.
fn place_of(settings: &ConsoleSettings, secret: &ConsoleSecret) -> Result<(String, Trust), Error> {
    let url = settings.url.clone().or(secret.url.clone());
    let url = url.ok_or_else(|| {
        Error::misconfigured(
            "the console's address is missing: RAPID7_CONSOLE_URL, or `url` in its secret",
        )
    })?;
    let trust = settings.trust.clone().or(secret.trust.clone());
    Ok((url, trust.unwrap_or_default()))
}

fn client_of(
    url: &str,
    trust: &Trust,
    credentials: Arc<dyn CredentialSource>,
    options: Options,
) -> Result<Client, Error> {
    let options = Options {
        trust: trust.clone(),
        ..options
    };
    Client::new(url, credentials, None, options)
        .map_err(|error| Error::misconfigured(format!("the console's address: {error}")))
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
