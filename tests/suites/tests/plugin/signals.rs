//! A step that is told to end by a signal, at every one of its requests.

use std::io::Write as _;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use fake_console::{Fault, FaultKind, Gate};
use harness::{Plugin, binary};
use serde_json::{Value, json};
use suites::plugin::action;
use suites::{World, for_each, with_disabled};

fn start(message: &Value) -> Child {
    let mut command = Command::new(binary("insightconnect-plugin"));
    command.arg("run").env_clear();
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().expect("the plugin starts");
    let mut stdin = child.stdin.take().expect("standard input");
    stdin
        .write_all(message.to_string().as_bytes())
        .expect("sent");
    child
}

fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill")
        .args([format!("-{name}"), pid.to_string()])
        .status();
    assert!(sent.expect("kill starts").success());
}

fn wait_for(gate: &Gate) {
    while gate.reached() == 0 {
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_step_that_is_told_to_end_at_any_request_is_finished_or_not_begun() {
    let step = |world: &World| {
        let input = json!({"login": "jdoe"});
        action("disable_user", &world.console_connection(), &input)
    };
    let undisturbed = World::new();
    assert_eq!(Plugin::own().send("run", &step(&undisturbed)).code, 0);
    let requests = undisturbed.requests();
    let put = requests
        .iter()
        .position(|line| line == "PUT /api/3/users/4");
    let put = put.expect("a PUT");
    let mut cases = Vec::new();
    for (name, code) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        cases.extend((0..requests.len()).map(|request| (name, code, request)));
    }
    for_each(&cases, |(name, code, request)| {
        let shown = format!("SIG{name} at request {request}");
        let world = World::new();
        let before = world.console.state().snapshot();
        let gate = Gate::default();
        let held = Fault::new(FaultKind::HoldAfter(gate.clone()));
        let skip = u32::try_from(*request).expect("few requests");
        world.console.push_fault(held.skip(skip));
        let child = start(&step(&world));
        wait_for(&gate);
        signal(child.id(), name);
        let begun = *request >= put;
        if begun {
            thread::sleep(Duration::from_millis(50));
            gate.open();
        }
        let output = child.wait_with_output().expect("ends");
        gate.open();
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let event: Value = serde_json::from_str(out.trim_end()).expect(&shown);
        let now = world.console.state().snapshot();
        if begun {
            assert_eq!(output.status.code(), Some(0), "{shown}: {event:#}");
            assert_eq!(now, with_disabled(before, 4), "{shown}");
        } else {
            assert_eq!(output.status.code(), Some(*code), "{shown}: {event:#}");
            assert_eq!(now, before, "{shown}");
            let told = format!("interrupted by SIG{name} before this was begun");
            assert!(event.to_string().contains(&told), "{shown}: {event:#}");
        }
    });
}

/// Its patience is over in the middle of a write: what that dropped is given back all the same.
#[test]
fn a_server_that_is_told_to_end_finishes_writes_that_have_begun() {
    for name in ["TERM", "INT", "HUP"] {
        let world = World::new();
        let before = world.console.state().snapshot();
        let gate = Gate::default();
        let held = Fault::new(FaultKind::HoldAfter(gate.clone()));
        world.console.push_fault(held.on("PUT", "/users/4"));
        let mut server = Plugin::own().serve_with(&["--graceful_timeout", "0"]);
        let message = action("disable_user", &world.connection(), &json!({"user_id": 4}));
        thread::scope(|scope| {
            let step = || {
                let answer =
                    std::panic::AssertUnwindSafe(|| server.post("/actions/disable_user", &message));
                // The server may have gone before its answer was read.
                _ = std::panic::catch_unwind(answer);
            };
            let step = scope.spawn(step);
            wait_for(&gate);
            signal(server.pid(), name);
            thread::sleep(Duration::from_millis(200));
            gate.open();
            step.join().expect("ended");
        });
        server.wait();
        let now = world.console.state().snapshot();
        assert_eq!(now, with_disabled(before, 4), "{name}: {}", server.logs());
    }
}
