//! Programs that are killed, or told to end, at each of their requests: run again, once or twice, they end
//! where they would have ended.

use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use fake_console::{Fault, FaultKind, Gate};
use harness::{Function, Moto};
use serde_json::{Value, json};
use suites::{World, for_each, wait_until};
use tempfile::TempDir;

/// What ends a process at once, and what tells it to end.
const SIGNALS: [&str; 3] = ["KILL", "TERM", "HUP"];

/// So many seconds a function has: a lease of one that was killed lasts no longer.
const LIMIT: Duration = Duration::from_secs(4);

/// The table of the functions' journal.
const TABLE: &str = "rapid7-journal";

/// When a program is ended.
struct Point {
    signal: &'static str,
    /// The request that is held at that moment, counted from one.
    request: usize,
    /// Whether it was carried out; else it never is.
    carried_out: bool,
}

impl Point {
    fn all(requests: usize) -> Vec<Self> {
        let mut all = Vec::new();
        for signal in SIGNALS {
            for request in 1..=requests {
                all.extend([true, false].map(|carried_out| Self {
                    signal,
                    request,
                    carried_out,
                }));
            }
        }
        all
    }

    fn shown(&self) -> String {
        let (signal, request, done) = (self.signal, self.request, self.carried_out);
        format!("{signal} at request {request}, carried out: {done}")
    }

    /// Holds the request.
    fn hold(&self, world: &World) -> Gate {
        let gate = Gate::default();
        let held = match self.carried_out {
            true => FaultKind::HoldAfter(gate.clone()),
            false => FaultKind::HoldBefore(gate.clone()),
        };
        let skip = u32::try_from(self.request - 1).expect("few requests");
        world.console.push_fault(Fault::new(held).skip(skip));
        gate
    }

    /// Waits for the request, ends the process, and lets the request go if there is still somebody.
    fn end(&self, pid: u32, gate: &Gate) {
        wait_until(&self.shown(), || gate.reached() == 1);
        let mut kill = Command::new("kill");
        let sent = kill.args([format!("-{}", self.signal), pid.to_string()]);
        assert!(sent.status().expect("kill starts").success());
        if self.signal != "KILL" {
            thread::sleep(Duration::from_millis(50));
            gate.open();
        }
    }
}

/// What a run leads to, and how many requests it sends: `run` is right or says why not.
fn undisturbed(run: impl Fn(&World) -> Result<(), String>) -> (Value, usize) {
    let world = World::new();
    run(&world).expect("nothing happens");
    (world.snapshot(), world.requests().len())
}

/// Runs it again, twice if need be.
fn again(shown: &str, world: &World, end: &Value, run: impl Fn() -> Result<(), String>) {
    world.clear_faults();
    let again = run().or_else(|_| run());
    if let Err(error) = again {
        panic!("{shown}, run again: {error}");
    }
    let different = suites::differing(&world.snapshot(), end);
    assert!(different.is_empty(), "{shown}: {different:#?}");
}

/// The arguments of a run of r7user that changes somebody.
const RUNS: [&[&str]; 2] = [
    &["disable-user", "--login", "jdoe", "--yes"],
    &[
        "set-site-access",
        "--login",
        "jdoe",
        "--sites",
        "5,7",
        "--yes",
    ],
];

fn r7user(world: &World, folder: &TempDir, arguments: &[&str]) -> Command {
    let mut command = world.r7user(arguments);
    command
        .env("XDG_STATE_HOME", folder.path())
        .current_dir(folder.path());
    command
}

fn run_r7user(world: &World, folder: &TempDir, arguments: &[&str]) -> Result<(), String> {
    let ended = r7user(world, folder, arguments)
        .output()
        .expect("r7user starts");
    match ended.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&ended.stderr).into_owned()),
    }
}

#[test]
fn r7user_ends_where_it_would_have_ended_whatever_ended_it_before() {
    for arguments in RUNS {
        let (end, requests) = undisturbed(|world| {
            let folder = tempfile::tempdir().expect("a folder");
            run_r7user(world, &folder, arguments)
        });
        let points = Point::all(requests);
        for_each(&points, |point| {
            let shown = format!("{}: {}", arguments[0], point.shown());
            let world = World::new();
            let folder = tempfile::tempdir().expect("a folder");
            let gate = point.hold(&world);
            let mut command = r7user(&world, &folder, arguments);
            command.stdout(Stdio::null()).stderr(Stdio::null());
            let mut child: Child = command.spawn().expect("r7user starts");
            point.end(child.id(), &gate);
            child.wait().expect("ends");
            again(&shown, &world, &end, || {
                run_r7user(&world, &folder, arguments)
            });
        });
    }
}

/// A table, in which functions keep their journal.
fn table() -> &'static Moto {
    static MOTO: OnceLock<Moto> = OnceLock::new();
    MOTO.get_or_init(|| {
        let moto = Moto::start();
        let table = json!({
            "TableName": TABLE,
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        });
        moto.call("dynamodb", "DynamoDB_20120810.CreateTable", &table);
        moto
    })
}

fn function(world: &World) -> Function {
    let journal = [
        ("RAPID7_JOURNAL_TABLE", TABLE),
        ("AWS_ENDPOINT_URL_DYNAMODB", table().url()),
    ];
    world.function_with("disable-user", &journal)
}

#[test]
fn a_function_ends_where_it_would_have_ended_whatever_ended_it_before() {
    let event = json!({"login": "jdoe"});
    let run = |world: &World| {
        let ended = function(world).invoke(&event).result;
        ended.map(|_| ()).map_err(|error| format!("{error:?}"))
    };
    let (end, requests) = undisturbed(run);
    for_each(&Point::all(requests), |point| {
        let shown = point.shown();
        let world = World::new();
        let gate = point.hold(&world);
        let first = function(&world);
        thread::scope(|scope| {
            let held = scope.spawn(|| first.invoke_with_deadline(&event, LIMIT));
            point.end(first.pid(), &gate);
            let _ = held.join().expect("no panic");
        });
        again(&shown, &world, &end, || run(&world));
    });
}
