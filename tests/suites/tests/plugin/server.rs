//! The InsightConnect plugin as a server: many messages at once, a console that hangs, and the end.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use fake_console::{Fault, FaultKind};
use harness::{Answer, Plugin, PluginServer};
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

/// Connects and sends no more than this.
fn begin(server: &PluginServer, sent: &str) -> TcpStream {
    let address = server.url().trim_start_matches("http://");
    let mut socket = TcpStream::connect(address).expect("a connection");
    socket.write_all(sent.as_bytes()).expect("sent");
    socket
}

/// Asks again until the answer has this status.
#[track_caller]
fn ask_until(status: u16, ask: impl Fn() -> Answer) -> Answer {
    let limit = Instant::now() + Duration::from_secs(20);
    loop {
        let answer = ask();
        if answer.status == status {
            return answer;
        }
        assert!(Instant::now() < limit, "{}: {}", answer.status, answer.text);
        thread::sleep(Duration::from_millis(20));
    }
}

/// A plain word to whoever is one too many.
#[track_caller]
fn assert_busy(answer: &Answer) {
    assert_eq!(answer.content_type, "application/json");
    let told = answer.json().expect("JSON");
    let told = told["error"].as_str().expect("an error");
    assert!(told.contains("Nothing was begun"), "{told}");
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

const HEAD: &str = "POST /actions/get_user HTTP/1.1\r\nhost: plugin\r\n";

#[test]
fn a_message_that_is_too_large_is_refused_before_it_is_read() {
    let server = Plugin::own().serve();
    let larger = (16 << 20) + 1;
    let mut socket = begin(
        &server,
        &format!("{HEAD}connection: close\r\ncontent-length: {larger}\r\n\r\n"),
    );
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    assert!(
        answer.contains("The body is larger than 16 MB."),
        "{answer}"
    );
    // One that does not say how long it is, as soon as it is too long.
    let mut socket = begin(
        &server,
        &format!("{HEAD}connection: close\r\ntransfer-encoding: chunked\r\n\r\n"),
    );
    let chunk = format!("100000\r\n{}\r\n", " ".repeat(1 << 20));
    for _ in 0..17 {
        // The answer may come, and the connection end, before all is sent.
        let _ = socket.write_all(chunk.as_bytes());
    }
    let mut first = [0; 13];
    socket.read_exact(&mut first).expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 413 ");
    // By a process as well.
    let long = format!("{}{{}}", " ".repeat(16 << 20));
    let output = Plugin::own().call(&["run"], long.as_bytes());
    assert_eq!((output.code, output.stdout.as_str()), (1, ""));
    assert!(
        output.stderr.contains("more than 16 MB"),
        "{}",
        output.stderr
    );
}

#[test]
fn messages_that_do_not_come_to_an_end_take_no_more_than_their_room() {
    let world = World::new();
    let server = Plugin::own().serve();
    let message = action("get_user", &world.connection(), &json!({"user_id": 4}));
    let ask = || server.post("/actions/get_user", &message);
    assert_eq!(ask().status, 200);
    let largest = 16 << 20;
    let head = format!("{HEAD}content-length: {largest}\r\n\r\n");
    let begun: Vec<TcpStream> = (0..4).map(|_| begin(&server, &head)).collect();
    assert_busy(&ask_until(503, ask));
    // Who asks for no step is served.
    assert_eq!(server.get("/api/v1/status").status, 200);
    drop(begun);
    ask_until(200, ask);
}

#[test]
fn connections_are_bounded_and_one_too_many_is_told_so() {
    let server = Plugin::own().serve();
    let ask = || server.get("/api/v1/status");
    let idle: Vec<TcpStream> = (0..256).map(|_| begin(&server, "")).collect();
    assert_busy(&ask_until(503, ask));
    drop(idle);
    ask_until(200, ask);
}

#[test]
fn steps_are_bounded_and_one_too_many_is_told_so() {
    let world = World::new();
    world
        .console
        .push_fault(Fault::new(FaultKind::Hang).times(1000));
    let server = Plugin::own().serve_with(&["--graceful_timeout", "0"]);
    let message = action("get_user", &world.connection(), &json!({"user_id": 4}));
    let running = |number: u64| {
        ask_until(200, || {
            let answer = server.get("/api/v1/admin/status");
            let active = answer.json().expect("JSON")["active_work"].as_u64();
            let status = if active == Some(number) { 200 } else { 0 };
            Answer { status, ..answer }
        })
    };
    let begun: Vec<TcpStream> = (0..64)
        .map(|_| send(&server, "/actions/get_user", &message))
        .collect();
    running(64);
    let one_more = server.post("/actions/get_user", &message);
    assert_eq!(one_more.status, 503);
    assert_busy(&one_more);
    running(64);
    drop(begun);
    world.console.clear_faults();
}
