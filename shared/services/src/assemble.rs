//! From the settings to what a run may use.

use std::sync::Arc;

use actions::{Audit, Ending, Progress, Services};
use tracing::warn;

use crate::aws::Chain;
use crate::needs::Needs;
use crate::secrets::age::{SecretAge, SecretAges};
use crate::secrets::references::References;
use crate::secrets::store::Store;
use crate::sent::Sent;
use crate::settings::Settings;
use crate::targets::consoles::Consoles;

/// What a run may use. Nothing is read or opened yet: see [`warm_up`].
#[must_use]
pub fn assemble(
    settings: Settings,
    chain: Chain,
    audit: Arc<dyn Audit>,
    needs: Needs,
    progress: Option<Arc<dyn Progress>>,
    sent: &Sent,
) -> Services {
    assemble_with_ages(settings, chain, audit, needs, progress, sent).0
}

/// The same, with the age of the secrets behind it, which is known as they are read.
#[must_use]
pub fn assemble_with_ages(
    settings: Settings,
    chain: Chain,
    audit: Arc<dyn Audit>,
    needs: Needs,
    progress: Option<Arc<dyn Progress>>,
    sent: &Sent,
) -> (Services, SecretAges) {
    let at = settings.journal.as_ref();
    let journal = at.zip(needs.journal).and_then(|(at, of)| of(at, chain));
    let store = Arc::new(Store::new(chain));
    let consoles = settings.consoles.iter().map(|console| &console.credentials);
    let own = consoles.filter_map(|at| at.managed());
    let platform = settings.platform.iter();
    let own = own.chain(platform.filter_map(|platform| platform.credentials.managed()));
    let own = own.map(str::to_owned).collect();
    for warning in settings.warnings() {
        warn!("{warning}");
        if let Some(progress) = &progress {
            progress.warning(&warning);
        }
    }
    let secrets = References::new(Arc::clone(&store), own, needs.local);
    let secrets = Arc::new(secrets.telling(progress.clone()));
    let platform_age = SecretAge::default();
    let platform = needs
        .platform
        .map(|of| of(&settings, Arc::clone(&store), platform_age.clone(), sent));
    let [no_console, _] = settings.missing;
    let consoles = Consoles::new(
        settings.consoles,
        store,
        settings.secret_ttl,
        settings.at_once,
        sent,
        no_console,
    );
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
        journal,
        ending: Ending::default(),
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
