//! The InsightConnect plugin as a server: many messages at once, a console that hangs, and the end.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use fake_console::{Fault, FaultKind};
use harness::{Plugin, PluginServer};
use serde_json::{Value, json};
use suites::World;
use suites::plugin::action;

/// Sends a message and does not wait for the answer.
fn send(server: &PluginServer, path: &str, message: &Value) -> TcpStream {
    let address = server.url().trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).expect("a connection");
    let body = message.to_string();
    let length = body.len();
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: plugin\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    socket.write_all(request.as_bytes()).expect("sent");
    socket
}

fn log(event: &Value) -> &str {
    event["body"]["log"].as_str().expect("a log")
}

/// Each request asks for a user of its own, by a ticket of its own, and some of them fail.
#[test]
fn a_log_holds_exactly_its_own_requests_lines() {
    let world = World::new();
    // Long enough for the requests to overlap.
    world.console.state().latency = Duration::from_millis(20);
    let server = Plugin::own().serve();
    let logins = ["jdoe", "rmartinez", "ext.pentest", "nobody"];
    let barrier = Barrier::new(40);
    thread::scope(|scope| {
        for number in 0..40 {
            let (server, world, barrier) = (&server, &world, &barrier);
            scope.spawn(move || {
                let ticket = format!("OFF-{:04}", 1000 + number);
                let login = logins[number % logins.len()];
                let input = json!({"login": login, "ticket": ticket, "dry_run": true});
                let message = action("disable_user", &world.connection(), &input);
                barrier.wait();
                for _ in 0..4 {
                    let answer = server.post("/actions/disable_user", &message);
                    let event = answer.json().expect("JSON");
                    let lines: Vec<&str> = log(&event).lines().collect();
                    let tickets = lines.iter().filter(|line| line.contains("OFF-"));
                    for line in tickets.clone() {
                        assert!(line.contains(&ticket), "{ticket}: {line}");
                    }
                    assert!(tickets.count() > 0, "{event:#}");
                    let steps = lines
                        .iter()
                        .filter(|line| line.contains("Step name: disable_user"));
                    assert_eq!(steps.count(), 1, "{event:#}");
                    assert_eq!(answer.status, if login == "nobody" { 400 } else { 200 });
                }
            });
        }
    });
}

#[test]
fn a_console_that_hangs_blocks_nothing_else_and_every_call_ends() {
    let hung = World::new();
    hung.console
        .push_fault(Fault::new(FaultKind::Hang).times(1000));
    let well = World::new();
    let server = Plugin::own().serve_with(&["--threads_per_worker", "1"]);
    let mut slow = hung.connection();
    slow["timeout_seconds"] = 5.into();
    thread::scope(|scope| {
        let calls: Vec<_> = (0..16)
            .map(|_| {
                let message = action("get_user", &slow, &json!({"user_id": 4}));
                let server = &server;
                scope.spawn(move || {
                    let started = Instant::now();
                    let answer = server.post("/actions/get_user", &message);
                    (answer, started.elapsed())
                })
            })
            .collect();
        // All of them are on their way.
        let limit = Instant::now() + Duration::from_secs(4);
        while hung.console.requests().is_empty() && Instant::now() < limit {
            thread::sleep(Duration::from_millis(5));
        }
        let message = action("get_user", &well.connection(), &json!({"user_id": 4}));
        for _ in 0..8 {
            assert_eq!(server.post("/actions/get_user", &message).status, 200);
        }
        assert_eq!(
            server.get("/api/v1/status").json(),
            Some(json!({"status": "Ready"}))
        );
        assert!(
            calls.iter().all(|call| !call.is_finished()),
            "the console did not hang"
        );
        for call in calls {
            let (answer, took) = call.join().expect("an answer");
            let event = answer.json().expect("JSON");
            assert_eq!(answer.status, 400, "{event:#}");
            let data = event["body"]["exception"]["data"].as_str().expect("text");
            assert!(data.contains("\"Unavailable\""), "{data}");
            assert!(took < Duration::from_secs(15), "{took:?}");
        }
    });
    hung.console.clear_faults();
}

/// A step that began to write is finished, whoever is still there to hear of it.
#[test]
fn a_caller_that_hangs_up_does_not_stop_a_step_half_way() {
    let world = World::new();
    world.console.state().latency = Duration::from_millis(50);
    // An option of the vendor's server that means nothing here must not hide those behind it.
    let mut server = Plugin::own().serve_with(&["--keep_alive", "5", "--graceful_timeout", "20"]);
    let message = action("disable_user", &world.connection(), &json!({"user_id": 4}));
    let socket = send(&server, "/actions/disable_user", &message);
    let limit = Instant::now() + Duration::from_secs(10);
    while world.requests().is_empty() && Instant::now() < limit {
        thread::sleep(Duration::from_millis(2));
    }
    drop(socket);
    // Not even the end of the server does.
    assert_eq!(server.terminate(), 0, "{}", server.logs());
    let mut state = world.console.state();
    let jdoe = state.user_mut("jdoe");
    assert!(!jdoe.enabled);
    assert!(!jdoe.sites.is_empty(), "the grants were not given back");
}

#[test]
fn a_shutdown_refuses_new_actions_and_a_signal_ends_it_when_all_are_done() {
    let world = World::new();
    world.console.state().latency = Duration::from_millis(300);
    let mut server = Plugin::own().serve();
    let message = action("get_user", &world.connection(), &json!({"user_id": 4}));
    let mut running = send(&server, "/actions/get_user", &message);
    let limit = Instant::now() + Duration::from_secs(10);
    while world.requests().is_empty() && Instant::now() < limit {
        thread::sleep(Duration::from_millis(2));
    }
    assert_eq!(
        server.post("/api/v1/admin/shutdown", &json!({})).status,
        200
    );
    assert_eq!(server.post("/actions/get_user", &message).status, 503);
    assert_eq!(server.get("/api/v1/status").status, 200);
    let code = server.terminate();
    assert_eq!(code, 0, "{}", server.logs());
    let mut answer = String::new();
    running.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}
