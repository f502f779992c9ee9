//! Where cases are run: a console, a platform, secrets, and what a process is made of.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actions::{Caller, Ending, Journal, OnlyTarget, Policy, Run, SecretWriter, Services};
use fake_console::{FakeConsole, FakePlatform, LoggedRequest, PlatformState, State};
use rapid7::{ApiKey, Credentials, Options, RetryPolicy, console, platform};
use serde_json::{Value, json};
use services::journal::Memory;
use suites::example::{self, entry};
use suites::props::Props;
use suites::{OWN_LOGIN, with};
use tokio::time::Instant;

use crate::case::{Setting, Start};
use crate::event::Second;
use crate::operations::{OTHER, OTHER_EMAIL, prepare, prepare_platform};
use crate::secret::Secret;
use crate::snapshot::Snapshot;

/// What every secret in a case begins with.
pub(crate) const CANARY: &str = "c4nary";

/// A console and a platform that cases use one after the other.
pub(crate) struct Stage {
    console: FakeConsole,
    platform: FakePlatform,
    at_first: (State, PlatformState),
}

/// One case on a stage.
pub(crate) struct Scene<'a> {
    pub(crate) console: &'a FakeConsole,
    pub(crate) platform: &'a FakePlatform,
    pub(crate) setting: Setting,
    /// What the operation is sent.
    pub(crate) input: Value,
    pub(crate) props: Arc<Props>,
    secret: Secret<Credentials>,
    key: Secret<ApiKey>,
    journal: Option<Arc<dyn Journal>>,
    number: u64,
}

/// What one process has.
#[derive(Clone)]
pub(crate) struct Process {
    services: Services,
    limit: Duration,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let console = FakeConsole::start_http(State::realistic());
        let platform = FakePlatform::start_http(PlatformState::realistic());
        let at_first = (console.state().clone(), platform.state().clone());
        Self {
            console,
            platform,
            at_first,
        }
    }

    /// Makes it what it is at the start of a case. No password of it was ever used before.
    pub(crate) fn set(&self, setting: Setting, journal: bool) -> Scene<'_> {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let (console, platform) = (&self.console, &self.platform);
        console.clear_faults();
        platform.clear_faults();
        {
            let mut state = console.state();
            *state = self.at_first.0.clone();
            prepare(&mut state, setting);
        }
        {
            let mut state = platform.state();
            *state = self.at_first.1.clone();
            prepare_platform(&mut state, setting);
        }
        let spec = entry(setting.operation).operation.spec;
        let scene = Scene {
            console,
            platform,
            setting,
            input: example::event(spec, console, platform),
            props: Arc::new(Props::holding(&format!("{CANARY}-initial-1"))),
            secret: Secret::new(credentials("")),
            key: Secret::new(ApiKey("".into())),
            journal: journal.then(|| Arc::new(Memory::default()) as _),
            number,
        };
        scene.put_right("first");
        scene.forget_requests();
        scene
    }
}

fn credentials(password: &str) -> Credentials {
    Credentials {
        username: OWN_LOGIN.into(),
        password: password.into(),
        token: None,
    }
}

impl Scene<'_> {
    /// A password, or key, that nobody has used yet.
    pub(crate) fn new_password(&self, what: &str) -> String {
        format!("{CANARY}-{}-{what}", self.number)
    }

    /// A person unlocks the own account, gives it a new password and a new key, and puts them into the secrets.
    pub(crate) fn put_right(&self, what: &str) {
        let password = self.new_password(what);
        set_password(&mut self.console.state(), &password);
        set_key(&mut self.platform.state(), &password);
        self.secret.put(credentials(&password));
        self.key.put(ApiKey(password.into()));
    }

    /// A process that asks with what the secrets hold.
    pub(crate) fn process(&self, request_timeout: Duration, limit: Duration) -> Process {
        let options = Options {
            request_timeout,
            retry: RetryPolicy {
                retries: 2,
                first_wait: Duration::from_millis(1),
                longest_wait: Duration::from_millis(4),
                ..RetryPolicy::default()
            },
            ..Options::default()
        };
        let console = console::Client::new(
            self.console.url(),
            Arc::new(self.secret.clone()),
            None,
            options.clone(),
        );
        let platform =
            platform::Client::new(self.platform.url(), Arc::new(self.key.clone()), options);
        let services = Services {
            consoles: Arc::new(OnlyTarget::new("console", console.expect("an address"))),
            platform: Some(Arc::new(OnlyTarget::new(
                "platform",
                platform.expect("an address"),
            ))),
            policy: Policy {
                allow_deletion: true,
                allow_privileged_accounts: self.setting.start == Start::Administrator,
                ..Policy::default()
            },
            audit: Arc::<Props>::clone(&self.props),
            secrets: Arc::<Props>::clone(&self.props),
            deliveries: Some(Arc::<Props>::clone(&self.props) as Arc<dyn SecretWriter>),
            progress: None,
            journal: self.journal.clone(),
            ending: Ending::default(),
        };
        Process { services, limit }
    }

    /// What is there.
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot::of(self.console, self.platform)
    }

    /// A snapshot with marks for what is another each time.
    pub(crate) fn marked(&self, snapshot: Snapshot) -> Snapshot {
        let delivered = self.props.delivered();
        snapshot.marked(&delivered, &self.console.state())
    }

    /// The accounts of the other administrator.
    pub(crate) fn other(&self) -> BTreeSet<String> {
        let console = self.console.state();
        let console = console.user_by_login(OTHER);
        let console = console.map(|(id, _)| format!("console user {id}"));
        let platform = self.platform.state();
        let platform = platform.user_by_email(OTHER_EMAIL);
        let platform = platform.map(|user| format!("platform user {}", user.id));
        console.into_iter().chain(platform).collect()
    }

    /// Whether there is an administrator but for the pack's own: on the console, and on the platform.
    pub(crate) fn administrators(&self) -> [bool; 2] {
        let console = self.console.state();
        let is_one = |user: &fake_console::UserRecord| {
            let role = console.roles.get(&user.role);
            let all = |role: &fake_console::Role| {
                role.privileges.iter().any(|one| one == "all-permissions")
            };
            let may = user.superuser || role.is_some_and(all);
            may && user.enabled && !user.locked && user.login != OWN_LOGIN
        };
        let on_console = console.users.values().any(is_one);
        let platform = self.platform.state();
        let mut users = platform.users.iter();
        let on_platform = users
            .any(|user| user.platform_admin && user.status == fake_console::UserStatus::Active);
        [on_console, on_platform]
    }

    /// The requests with credentials, of the console and of the platform.
    pub(crate) fn requests(&self) -> [Vec<LoggedRequest>; 2] {
        let known = |mut requests: Vec<LoggedRequest>| {
            requests.retain(|request| request.method != "HEAD");
            requests
        };
        [
            known(self.console.requests()),
            known(self.platform.requests()),
        ]
    }

    pub(crate) fn forget_requests(&self) {
        self.console.clear_requests();
        self.platform.clear_requests();
    }

    pub(crate) fn clear_faults(&self) {
        self.console.clear_faults();
        self.platform.clear_faults();
    }

    /// What somebody else runs.
    pub(crate) fn second(&self, second: Second, platform: bool) -> (&'static str, Value) {
        match (second, platform) {
            (Second::Same, _) => {
                let input = with(self.input.clone(), json!({"ticket": "SECOND-1"}));
                (self.setting.operation, input)
            }
            (Second::DisableOther, false) => ("disable-user", json!({"login": OTHER})),
            (Second::DeleteOther, false) => (
                "delete-user",
                json!({"login": OTHER, "confirm_login": OTHER}),
            ),
            (Second::DisableOther, true) => {
                ("suspend-platform-user", json!({"email": OTHER_EMAIL}))
            }
            (Second::DeleteOther, true) => (
                "delete-platform-user",
                json!({"email": OTHER_EMAIL, "confirm_email": OTHER_EMAIL}),
            ),
        }
    }
}

/// The pack's own account gets another password.
pub(crate) fn set_password(state: &mut State, password: &str) {
    let own = state.user_mut(OWN_LOGIN);
    own.password = password.to_owned();
    own.locked = false;
    own.failed_logins = 0;
}

/// The pack's own key gets another value.
pub(crate) fn set_key(state: &mut PlatformState, value: &str) {
    let mut keys = state.api_keys.iter_mut();
    if let Some(own) = keys.find(|key| key.user_id.is_none()) {
        own.value = value.to_owned();
    }
}

impl Process {
    /// Runs an operation once.
    pub(crate) async fn run(
        &self,
        operation: &str,
        request_id: String,
        input: Value,
    ) -> actions::Result<Value> {
        let run = Run {
            services: self.services.clone(),
            caller: Caller {
                request_id,
                ..Caller::default()
            },
            deadline: Instant::now() + self.limit,
        };
        actions::invoke(entry(operation).operation, run, input).await
    }
}
