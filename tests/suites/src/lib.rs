//! What the suites share: a console with people on it, and the real programs pointed at it.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use fake_console::{
    FakeConsole, FakePlatform, Fault, LoggedRequest, ORGANIZATION_KEY, PlatformState, State,
    WireForm,
};
use harness::{Function, Invocation, SecretsManager, binary};
use serde_json::{Value, json};

pub mod answers;
pub mod example;
pub mod gateway;
pub mod platform;
pub mod plugin;
pub mod props;
pub mod trace;

/// The account that the pack uses on the realistic console.
pub const OWN_LOGIN: &str = "svc-soar";
/// Its password.
pub const OWN_PASSWORD: &str = "correct horse battery staple";
/// Where its credentials are kept.
pub const CONSOLE_SECRET: &str = "rapid7/console";
const SECOND_SECRET: &str = "rapid7/apac";
const TWO_CONSOLES: &str = "emea=rapid7/console,apac=rapid7/apac";
/// Where the platform's API key is kept.
pub const PLATFORM_SECRET: &str = "rapid7/platform";
/// Where generated passwords and seeds are delivered to. It holds something old at first.
pub const DELIVERED: &str = "rapid7/delivered";

/// A console, the platform, and a place for secrets. Programs get their credentials from there.
pub struct World {
    /// The console.
    pub console: FakeConsole,
    /// A second console, named `apac`; then the first is `emea`.
    pub second: Option<FakeConsole>,
    /// The Insight Platform.
    pub platform: FakePlatform,
    /// The stand-in for Secrets Manager.
    pub secrets: SecretsManager,
}

impl World {
    /// A console over HTTP with realistic users.
    #[must_use]
    pub fn new() -> Self {
        Self::with(FakeConsole::start_http(State::realistic()))
    }

    /// The same in a wire form.
    #[must_use]
    pub fn speaking(form: WireForm) -> Self {
        let mut state = State::realistic();
        state.form = form;
        Self::with(FakeConsole::start_http(state))
    }

    /// Two consoles, `emea` and `apac`, with the same people.
    #[must_use]
    pub fn with_two_consoles() -> Self {
        let mut world = Self::new();
        let second = FakeConsole::start_http(State::realistic());
        world
            .secrets
            .put(SECOND_SECRET, credentials(second.url(), OWN_PASSWORD));
        world.second = Some(second);
        world
    }

    /// With a console that was started already.
    #[must_use]
    pub fn with(console: FakeConsole) -> Self {
        let secrets = SecretsManager::start();
        let platform = FakePlatform::start_http(PlatformState::realistic());
        secrets.put(CONSOLE_SECRET, credentials(console.url(), OWN_PASSWORD));
        secrets.put(PLATFORM_SECRET, api_key(platform.url(), ORGANIZATION_KEY));
        secrets.put(DELIVERED, json!("old"));
        let initial = json!({"password": example::INITIAL_PASSWORD});
        secrets.put(example::INITIAL_PASSWORD_SECRET, initial);
        Self {
            console,
            second: None,
            platform,
            secrets,
        }
    }

    /// An operation's real binary, started and ready.
    #[must_use]
    pub fn function(&self, operation: &str) -> Function {
        self.function_with(operation, &[])
    }

    /// The same with more environment.
    #[must_use]
    pub fn function_with(&self, operation: &str, more: &[(&str, &str)]) -> Function {
        let mut environment = self.secrets.env();
        match self.second {
            None => environment.push(("RAPID7_CONSOLE_SECRET", CONSOLE_SECRET)),
            Some(_) => environment.push(("RAPID7_CONSOLES", TWO_CONSOLES)),
        }
        environment.push(("RAPID7_PLATFORM_SECRET", PLATFORM_SECRET));
        environment.extend(more);
        let function = Function::start(&binary(operation), &environment);
        function.wait_for_first_next(Duration::from_secs(20));
        function
    }

    /// The same with the policy that its example needs.
    #[must_use]
    pub fn allowed_function(&self, operation: &str) -> Function {
        self.allowed_function_with(operation, &[])
    }

    /// The same with more environment.
    #[must_use]
    pub fn allowed_function_with(&self, operation: &str, more: &[(&str, &str)]) -> Function {
        let deletion: &[_] = match example::deletes(example::entry(operation)) {
            true => &[("RAPID7_ALLOW_DELETION", "true")],
            false => &[],
        };
        self.function_with(operation, &[deletion, more].concat())
    }

    /// The operation's example: what can be changed is changed by it; sent again, it leaves nothing to do.
    ///
    /// # Panics
    /// For an operation that there is not.
    #[must_use]
    pub fn usual_event(&self, operation: &str) -> Value {
        let spec = example::entry(operation).operation.spec;
        example::event(spec, &self.console, &self.platform)
    }

    /// What the current version of the secret for deliveries holds.
    ///
    /// # Panics
    /// If that is no JSON.
    #[must_use]
    pub fn delivered(&self) -> Value {
        let versions = self.secrets.versions(DELIVERED);
        let is_current = |stages: &BTreeSet<String>| stages.contains("AWSCURRENT");
        let current = versions.iter().find(|version| is_current(&version.stages));
        let current = current.expect("a current version");
        serde_json::from_str(&current.text).expect("JSON")
    }

    /// Starts an operation and sends it one event.
    #[must_use]
    pub fn invoke(&self, operation: &str, event: Value) -> Invocation {
        self.function(operation).invoke(&event)
    }

    /// The same, where it must succeed.
    #[must_use]
    pub fn outcome(&self, operation: &str, event: Value) -> Value {
        match self.invoke(operation, event).result {
            Ok(outcome) => outcome,
            Err(error) => panic!("{operation}: {error:?}"),
        }
    }

    /// The same, where it must fail: the `errorType` and the message.
    #[must_use]
    pub fn failure(&self, operation: &str, event: Value) -> (String, String) {
        match self.invoke(operation, event).result {
            Ok(outcome) => panic!("{operation} succeeded: {outcome:#}"),
            Err(error) => (error.error_type, error.error_message),
        }
    }

    /// Refused by a rule, in a dry run too, and nothing written: what was said each time.
    ///
    /// # Panics
    /// If it is not.
    pub fn refused(
        &self,
        rule: &str,
        settings: &[(&str, &str)],
        operation: &str,
        event: &Value,
    ) -> [String; 2] {
        let before = self.snapshot();
        let function = self.function_with(operation, settings);
        let messages = [true, false].map(|dry_run| {
            let event = with(event.clone(), json!({"dry_run": dry_run}));
            let shown = format!("{operation} {event}");
            let error = function.invoke(&event).result.expect_err(&shown);
            let message = error.error_message;
            assert_eq!(error.error_type, "Refused", "{shown}: {message}");
            for told in [&format!("(rule `{rule}`)"), "Nothing was changed", "Next: "] {
                assert!(message.contains(told), "{shown}: {message}");
            }
            message
        });
        assert_eq!(self.writes(), Vec::<String>::new(), "{operation} {event}");
        assert_eq!(self.snapshot(), before, "{operation} {event}");
        messages
    }

    /// Done, and not refused.
    ///
    /// # Panics
    /// If it is not.
    pub fn done(&self, settings: &[(&str, &str)], operation: &str, event: &Value) -> Value {
        let answer = self.function_with(operation, settings).invoke(event);
        let outcome = answer.result;
        let outcome = outcome.unwrap_or_else(|error| panic!("{operation} {event}: {error:?}"));
        assert_eq!(outcome["changed"], true, "{operation} {event}");
        outcome
    }

    /// The user's number.
    #[must_use]
    pub fn id(&self, login: &str) -> i64 {
        let state = self.console.state();
        state.user_by_login(login).expect(login).0
    }

    /// What arrived at the console and at the platform, in order.
    #[must_use]
    pub fn arrived(&self) -> Vec<LoggedRequest> {
        let mut requests = self.console.requests();
        requests.extend(self.platform.requests());
        requests.sort_by_key(|request| request.received);
        requests
    }

    /// Forgets what arrived.
    pub fn clear_requests(&self) {
        self.console.clear_requests();
        self.platform.clear_requests();
    }

    /// Makes something go wrong on each surface that an operation is about.
    pub fn push_fault(&self, operation: &str, fault: &Fault) {
        let entry = example::entry(operation);
        if entry.console {
            self.console.push_fault(fault.clone());
        }
        if entry.platform {
            self.platform.push_fault(platform::fault(fault));
        }
    }

    /// Whatever has not gone wrong yet will not.
    pub fn clear_faults(&self) {
        self.console.clear_faults();
        self.platform.clear_faults();
    }

    /// Everybody on the console by number, and every user and API key of the platform by UUID.
    #[must_use]
    pub fn snapshot(&self) -> Value {
        platform::snapshot(&self.console.state(), &self.platform.state())
    }

    /// The writes that arrived, as `METHOD /path`.
    #[must_use]
    pub fn writes(&self) -> Vec<String> {
        let requests = self.arrived();
        requests
            .iter()
            .filter(|request| request.is_write())
            .map(line)
            .collect()
    }

    /// How often a write arrived.
    #[must_use]
    pub fn times_written(&self, write: &str) -> usize {
        self.writes().iter().filter(|line| *line == write).count()
    }

    /// The requests that arrived with credentials, as `METHOD /path`.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        let requests = self.arrived();
        let authorized = requests.iter().filter(|r| r.authorized_as.is_some());
        authorized.map(line).collect()
    }

    /// The runbook CLI as a process, with credentials in its environment.
    #[must_use]
    pub fn r7user(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary("r7user"));
        command
            .args(arguments)
            .env_clear()
            // Whoever runs this may have profiles.
            .env("XDG_CONFIG_HOME", "/nonexistent")
            .env("RAPID7_CONSOLE_URL", self.console.url())
            .env("RAPID7_CONSOLE_USERNAME", OWN_LOGIN)
            .env("RAPID7_CONSOLE_PASSWORD", OWN_PASSWORD)
            .env("RAPID7_PLATFORM_URL", self.platform.url())
            .env("RAPID7_PLATFORM_API_KEY", ORGANIZATION_KEY)
            .stdin(Stdio::null());
        command
    }
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

/// Tries cases, four at once as most of the time is spent waiting, and goes on where one fails.
///
/// # Panics
/// In the end, if one did.
pub fn for_each<T: Sync>(cases: &[T], test: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let failed = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if catch_unwind(AssertUnwindSafe(|| test(case))).is_err() {
                        failed.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    assert_eq!(failed.into_inner(), 0, "of {} cases", cases.len());
}

/// A request in one line.
#[must_use]
pub fn line(request: &LoggedRequest) -> String {
    format!("{} {}", request.method, request.path)
}

/// What the console's secret holds.
#[must_use]
pub fn credentials(url: &str, password: &str) -> Value {
    json!({"url": url, "username": OWN_LOGIN, "password": password})
}

/// What the platform's secret holds.
#[must_use]
pub fn api_key(url: &str, key: &str) -> Value {
    json!({"url": url, "api_key": key})
}

/// The input for a new account.
#[must_use]
pub fn jsmith() -> Value {
    json!({
        "login": "jsmith", "first_name": "John", "last_name": "Smith",
        "email": "jsmith@example.com", "role_id": "user", "password": "S3cur3!pass",
    })
}

/// An object with more members, or others.
#[must_use]
pub fn with(mut object: Value, more: Value) -> Value {
    let members = object.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    object
}

/// An object without a member.
#[must_use]
pub fn without(mut object: Value, member: &str) -> Value {
    object.as_object_mut().expect("an object").remove(member);
    object
}

/// An outcome without the records of before: these are in the audit already.
///
/// # Panics
/// If it is no object.
#[must_use]
pub fn without_records(outcome: &Value) -> Value {
    let mut outcome = without(outcome.clone(), "record");
    let surfaces = outcome.get_mut("surfaces").and_then(Value::as_array_mut);
    for surface in surfaces.into_iter().flatten() {
        *surface = without(surface.take(), "record");
    }
    outcome
}

/// In which members of which users two snapshots of a console differ, for people.
#[must_use]
pub fn differing(is: &Value, should_be: &Value) -> Vec<String> {
    let users = |snapshot: &Value| snapshot.as_object().expect("users").clone();
    let (is, should_be) = (users(is), users(should_be));
    let mut lines = Vec::new();
    for id in is.keys().chain(should_be.keys()).collect::<BTreeSet<_>>() {
        let (Some(is), Some(should_be)) = (is.get(id), should_be.get(id)) else {
            lines.push(format!("user {id} is in one of them only"));
            continue;
        };
        for (member, should_be) in should_be.as_object().expect("members") {
            let is = &is[member];
            if is != should_be {
                lines.push(format!("{member} of user {id} is {is}, not {should_be}"));
            }
        }
    }
    lines
}

/// The console's whole state with `enabled: false` for one user.
#[must_use]
pub fn with_disabled(mut snapshot: Value, id: i64) -> Value {
    snapshot[id.to_string()]["enabled"] = false.into();
    snapshot
}

/// Runs a program with something on its standard input, to its end.
///
/// # Panics
/// If it does not start.
pub fn with_stdin(command: &mut Command, input: &str) -> Output {
    let piped = command.stdin(Stdio::piped());
    let piped = piped.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("standard input");
    // One that ends without reading closes it.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output().expect("ends")
}

/// A process's exit code, standard output and standard error.
#[must_use]
pub fn told(output: &Output) -> (i32, String, String) {
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&output.stdout).into_owned(),
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

/// The address of a server that gives one kind of answer, made of what it was sent: for answers that
/// no console should give.
pub fn serve(answer: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = [0; 8192];
            let length = stream.read(&mut request).unwrap_or(0);
            let answer = answer(&String::from_utf8_lossy(&request[..length]));
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

/// An answer with a JSON body, as it goes over the wire.
#[must_use]
pub fn answer(status: &str, body: &Value) -> String {
    let body = body.to_string();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// Waits until something has happened elsewhere.
///
/// # Panics
/// If it has not within twenty seconds.
pub fn wait_until(what: &str, reached: impl Fn() -> bool) {
    for _ in 0..4000 {
        if reached() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("{what}: not reached");
}
