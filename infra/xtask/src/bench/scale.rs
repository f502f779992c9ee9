//! Long lists and many people, against the least time that the requests can take.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use fake_console::{FakeConsole, State};
use harness::{Function, SecretsManager};
use serde_json::{Value, json};

use super::{SECRET, milliseconds, release, timed};
use crate::package::lambda::Built;

pub(super) const CLI: &str = "r7user";
pub(super) const LIST: &str = "list-users";
pub(super) const OFFBOARD: &str = "offboard-users";

/// The time that a function is given.
const PATIENCE: Duration = Duration::from_secs(120);

/// Users of the console, and of a small one to compare its memory with.
const USERS: usize = 10_000;
const FEW_USERS: usize = 1_000;

/// People who leave.
const LEAVERS: usize = 500;

/// How long the console takes for each request.
const LATENCY: Duration = Duration::from_millis(20);

/// How many requests the client is told to send at once. It sends one by itself: each is a login, and a
/// console locks accounts after a few that fail.
const AT_ONCE: usize = 4;
const TOLD: (&str, &str) = ("RAPID7_CONSOLE_REQUESTS_AT_ONCE", "4");

/// How much longer than the least time is accepted.
const LIMIT: f64 = 1.3;

/// How often each is measured.
const RUNS: usize = 5;

struct Measured {
    what: String,
    requests: usize,
    took: Vec<Duration>,
    peak_kib: Option<u64>,
    /// Whether there is a ratio to reach. A few requests that wait for each other have none.
    compared: bool,
}

/// Measures, and prints a table.
pub(super) fn measure(built: &Built) {
    let listings = [
        list_users_as_they_come(FEW_USERS),
        list_users_as_they_come(USERS),
        list_users(built),
    ];

    let offboarding = offboard_users(built);
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header([
        format!("console at {} ms a request", LATENCY.as_millis()),
        "requests".into(),
        format!("floor, {AT_ONCE} at once"),
        "took (median)".into(),
        "ratio".into(),
        "to reach".into(),
        String::new(),
        "peak memory".into(),
    ]);
    for measured in listings.into_iter().chain([offboarding]) {
        let floor = LATENCY.as_secs_f64() * 1000.0 * measured.requests as f64 / AT_ONCE as f64;
        let took = milliseconds(&measured.took);
        let ratio = took / floor;
        table.add_row([
            measured.what,
            measured.requests.to_string(),
            format!("{floor:.0} ms"),
            format!("{took:.0} ms"),
            format!("{ratio:.2} ×"),
            match measured.compared {
                true => format!("≤ {LIMIT} ×"),
                false => "–".into(),
            },
            match measured.compared {
                true if ratio <= LIMIT => "reached".into(),
                true => "missed".into(),
                false => String::new(),
            },
            measured.peak_kib.map_or("–".into(), |kib| {
                format!("{:.1} MiB", kib as f64 / 1024.0)
            }),
        ]);
    }
    println!("{table}");
}

struct Stage {
    console: FakeConsole,
    secrets: SecretsManager,
}

impl Stage {
    fn new(state: State) -> Self {
        let console = FakeConsole::start_http(state);
        let secrets = SecretsManager::start();
        secrets.put(
            SECRET,
            json!({
                "url": console.url(), "username": "svc-soar",
                "password": "correct horse battery staple",
            }),
        );
        console.state().latency = LATENCY;
        Self { console, secrets }
    }

    fn function(&self, built: &Built, operation: &str) -> Function {
        let mut environment = self.secrets.env();
        environment.push(("RAPID7_CONSOLE_SECRET", SECRET));
        environment.push(("RAPID7_LOG", "warn"));
        environment.push(TOLD);
        let function = Function::start(&built.program(operation), &environment);
        function.wait_for_first_next(PATIENCE);
        function
    }
}

/// A number of a run that did not do its work would be worth nothing.
fn expect(found: &Value, expected: usize) {
    assert_eq!(found.as_u64(), Some(expected as u64), "of a run");
}

fn list_users(built: &Built) -> Measured {
    let stage = Stage::new(State::with_users(USERS));
    let function = stage.function(built, LIST);
    let mut measured = Measured {
        what: format!("list {USERS} users"),
        requests: 0,
        took: Vec::new(),
        peak_kib: None,
        compared: true,
    };
    let users = stage.console.state().users.len();
    for _ in 0..RUNS {
        stage.console.clear_requests();
        let invocation = function.invoke(&json!({}));
        let listed = invocation.result.as_ref().expect("a list");
        expect(&listed["count"], users);
        measured.took.push(timed(&invocation).0);
        measured.requests = stage.console.requests().len();
    }
    measured.peak_kib = function.peak_memory_kib();
    measured
}

/// The command line, which prints each account as it comes: from its first request to its end.
fn list_users_as_they_come(users: usize) -> Measured {
    let stage = Stage::new(State::with_users(users));
    let mut measured = Measured {
        what: format!("r7user list-users --json-lines, {users} users"),
        requests: 0,
        took: Vec::new(),
        peak_kib: None,
        compared: users == USERS,
    };
    for _ in 0..RUNS {
        stage.console.clear_requests();
        let mut r7user = Command::new(release(CLI))
            .args(["list-users", "--json-lines"])
            .env_clear()
            .env("RAPID7_CONSOLE_URL", stage.console.url())
            .env("RAPID7_CONSOLE_USERNAME", "svc-soar")
            .env("RAPID7_CONSOLE_PASSWORD", "correct horse battery staple")
            .env(TOLD.0, TOLD.1)
            .stdout(Stdio::piped())
            .spawn()
            .expect("r7user starts");
        let output = r7user.stdout.take().expect("its output");
        let reader = thread::spawn(|| BufReader::new(output).lines().count());
        while r7user.try_wait().expect("a process").is_none() {
            measured.peak_kib = measured.peak_kib.max(harness::peak_memory_kib(r7user.id()));
            thread::sleep(Duration::from_millis(2));
        }
        let end = Instant::now();
        assert_eq!(reader.join().expect("lines"), users, "of a run");
        let requests = stage.console.requests();
        let first = requests.first().expect("a request").received;
        measured.took.push(end - first);
        measured.requests = requests.len();
    }
    measured
}

fn offboard_users(built: &Built) -> Measured {
    let mut measured = Measured {
        what: format!("offboard {LEAVERS} people"),
        requests: 0,
        took: Vec::new(),
        peak_kib: None,
        compared: true,
    };
    for _ in 0..RUNS {
        let stage = Stage::new(State::with_users(LEAVERS));
        let leavers: Vec<String> = {
            let state = stage.console.state();
            let known = State::realistic();
            let added = state
                .users
                .iter()
                .filter(|(id, _)| !known.users.contains_key(id));
            added.map(|(_, user)| user.login.clone()).collect()
        };
        let people: Vec<Value> = leavers
            .iter()
            .map(|login| json!({ "login": login }))
            .collect();
        let function = stage.function(built, OFFBOARD);
        stage.console.clear_requests();
        let invocation = function.invoke_with_deadline(&json!({ "people": people }), PATIENCE);
        let report = invocation.result.as_ref().expect("a report");
        expect(&report["summary"]["done"], leavers.len());
        measured.what = format!("offboard {} people", leavers.len());
        measured.took.push(timed(&invocation).0);
        measured.requests = stage.console.requests().len();
        measured.peak_kib = function.peak_memory_kib();
    }
    measured
}
