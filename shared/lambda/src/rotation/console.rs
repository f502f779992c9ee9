//! What a rotation asks of the console: logins with either password, and the change by the operation
//! that everybody uses, so that guards, audit records and proofs are the same.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use actions::{
    Caller, Ending, Error, OnlyTarget, Operation, Run, Services, SetPassword, TestConnection,
    invoke,
};
use rapid7::RetryPolicy;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use services::audit::StandardOutput;
use services::secrets::console_secret::ConsoleSecret;
use services::secrets::references::References;
use services::secrets::surface_secret::SurfaceSecret as _;
use services::settings::{Settings, misconfigured};
use services::targets::consoles::console_with;
use tokio::time::Instant;

use super::run::Rotation;

/// Left of the time for the labels that tell the next run what came of it.
const TO_RELABEL: Duration = Duration::from_secs(3);

/// How often a request is sent.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Times {
    /// Again after what was certainly no refused login.
    Patiently,
    /// Once: a change of the password whose answer tells nothing ends what the login was good for.
    Once,
}

impl Times {
    fn policy(self) -> RetryPolicy {
        let policy = RetryPolicy {
            lost_reads: false,
            ..RetryPolicy::default()
        };
        match self {
            Self::Patiently => policy,
            Self::Once => RetryPolicy {
                retries: 0,
                ..policy
            },
        }
    }
}

impl Rotation {
    fn deadline(&self) -> Instant {
        self.deadline
            .checked_sub(TO_RELABEL)
            .unwrap_or(self.deadline)
    }

    fn settings(&self) -> Result<Settings, Error> {
        Settings::for_console_secret(&self.secret).map_err(misconfigured)
    }

    /// Logs in and asks for the cheapest thing that takes a global administrator.
    pub(super) async fn log_in(&self, secret: &ConsoleSecret) -> Result<(), Error> {
        let target = self.target(secret, Times::Patiently)?;
        let console = target.client.for_run(self.deadline());
        let asked = console.log_in().await;
        asked.map_err(|error| self.about(error.into()))
    }

    fn target(
        &self,
        secret: &ConsoleSecret,
        times: Times,
    ) -> Result<actions::Target<rapid7::console::Client>, Error> {
        let settings = self.settings()?;
        let console = settings.consoles.first();
        let console = console.ok_or_else(|| misconfigured(Settings::no_console()))?;
        let mut target = console_with(console, secret, times.policy())?;
        // Which password is in force is tried here, where failed logins are counted across processes.
        target.client = target.client.trying_no_password();
        Ok(target)
    }

    /// Sets the password by `set-password`, as the account itself; a dry run reads, plans and asks
    /// the guards.
    pub(super) async fn set_password(
        &self,
        secret: &ConsoleSecret,
        password: &SecretString,
        dry_run: bool,
    ) -> Result<Value, Error> {
        let times = match dry_run {
            true => Times::Patiently,
            false => Times::Once,
        };
        let input = json!({
            "login": secret.identity().username,
            "password": password.expose_secret(),
            "dry_run": dry_run,
        });
        self.invoke(Operation::of::<SetPassword>(), secret, times, input)
            .await
    }

    /// Looks at the console by `test-connection`.
    pub(super) async fn test_connection(&self, secret: &ConsoleSecret) -> Result<Value, Error> {
        let operation = Operation::of::<TestConnection>();
        self.invoke(operation, secret, Times::Patiently, json!({}))
            .await
    }

    async fn invoke(
        &self,
        operation: Operation,
        secret: &ConsoleSecret,
        times: Times,
        input: Value,
    ) -> Result<Value, Error> {
        let mut policy = self.settings()?.policy;
        // To rotate the password is what this function is deployed for, and all that it does.
        policy.allow_own_password = true;
        policy.operations = Some(BTreeSet::from([operation.spec.name.to_owned()]));
        let target = self.target(secret, times)?;
        let own = vec![self.secret.clone()];
        let services = Services {
            consoles: Arc::new(OnlyTarget::of("console", target)),
            platform: None,
            policy,
            audit: Arc::new(StandardOutput),
            secrets: Arc::new(References::new(Arc::clone(&self.store), own, false)),
            deliveries: None,
            progress: None,
            // A step is finished once it has begun.
            journal: None,
            ending: Ending::default(),
        };
        let run = Run {
            services,
            caller: Caller {
                request_id: self.request_id.clone(),
                requested_by: Some("Secrets Manager rotation".into()),
                ..Caller::default()
            },
            deadline: self.deadline(),
        };
        invoke(operation, run, input)
            .await
            .map_err(|error| self.about(error))
    }
}
