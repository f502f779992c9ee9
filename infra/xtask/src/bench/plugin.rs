//! The InsightConnect plugin beside one on the vendor's runtime whose action does nothing, in one run.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

use comfy_table::Table;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use fake_console::{FakeConsole, State};
use harness::{Plugin, PluginServer, insightconnect_python};
use serde_json::{Value, json};

use super::milliseconds;

/// The plugin's program.
pub(super) const PROGRAM: &str = "insightconnect-plugin";

/// Clients that send one message after another.
const CLIENTS: usize = 8;

/// How long they do.
const LOAD: Duration = Duration::from_secs(5);

/// One of the two, with a message that it answers with `ok`.
struct Side {
    plugin: Plugin,
    path: &'static str,
    message: Value,
    /// The HTTP status of its answer.
    status: u16,
}

#[derive(Default)]
struct Measured {
    start: Vec<Duration>,
    rate: f64,
    peak_mib: f64,
}

/// Measures both in turns, and prints the table.
pub(super) fn measure(starts: u32) {
    if !insightconnect_python().is_file() {
        println!(
            "The plugin was not measured: the vendor's runtime is absent, and `cargo xtask test` \
             installs it."
        );
        return;
    }
    let console = FakeConsole::start(State::realistic());
    let ours = Side {
        plugin: Plugin::own(),
        path: "/actions/get_user",
        message: json!({
            "version": "v1",
            "type": "action_start",
            "body": {
                "action": "get_user",
                "meta": {},
                "connection": {
                    "url": console.url(),
                    "certificate_sha256": console.certificate_sha256(),
                    "credentials": {
                        "username": "svc-soar", "password": "correct horse battery staple",
                    },
                },
                "input": {"user_id": 4},
            },
        }),
        status: 200,
    };
    // The whole way of a message but for the console: the policy refuses the action.
    let mut message = ours.message.clone();
    message["body"]["connection"]["allowed_actions"] = "list_roles".into();
    let refused = Side {
        plugin: Plugin::own(),
        path: ours.path,
        message,
        status: 400,
    };
    let vendor = Side {
        plugin: Plugin::on_vendor_runtime(),
        path: "/actions/echo",
        message: json!({
            "version": "v1",
            "type": "action_start",
            "body": {
                "action": "echo",
                "meta": {},
                "connection": {
                    "url": "https://console.example.com",
                    "credentials": {"username": "a", "password": "bench"},
                    "ssl_verify": true,
                },
                "input": {"text": "hello"},
            },
        }),
        status: 200,
    };
    let (mut their, mut our) = (Measured::default(), Measured::default());
    for _ in 0..starts {
        their.start.push(vendor.start());
        our.start.push(ours.start());
    }
    (their.rate, their.peak_mib) = vendor.load();
    (our.rate, our.peak_mib) = ours.load();
    let (alone, _) = refused.load();
    report(&their, &our, alone);
}

impl Side {
    /// From the start of the process to its end with the answer.
    fn start(&self) -> Duration {
        let started = Instant::now();
        let answer = self.plugin.send("run", &self.message);
        let took = started.elapsed();
        let event = answer.event().unwrap_or_default();
        assert_eq!(
            event["body"]["status"], "ok",
            "{}{}",
            answer.stdout, answer.stderr
        );
        took
    }

    /// Answers a second, and the server's peak memory in MiB with everything that it started.
    fn load(&self) -> (f64, f64) {
        let server = self.plugin.serve();
        let address = server.url().trim_start_matches("http://").to_owned();
        let until = Instant::now() + LOAD;
        let started = Instant::now();
        let answers: usize = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|_| scope.spawn(|| client(self, &address, until)))
                .collect();
            clients
                .into_iter()
                .map(|client| client.join().expect("a client"))
                .sum()
        });
        let rate = answers as f64 / started.elapsed().as_secs_f64();
        (rate, peak_mib(&server))
    }
}

/// Sends the message again and again on one connection, as long as the server keeps it.
fn client(side: &Side, address: &str, until: Instant) -> usize {
    let (path, body) = (side.path, side.message.to_string());
    let request = format!(
        "POST {path} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut connection: Option<BufReader<TcpStream>> = None;
    let mut answers = 0;
    while Instant::now() < until {
        let mut open = connection.take().unwrap_or_else(|| {
            let stream = TcpStream::connect(address).expect("the server listens");
            stream.set_nodelay(true).expect("a socket has the option");
            BufReader::new(stream)
        });
        // The server may have closed it meanwhile: then it is opened again.
        if open.get_mut().write_all(request.as_bytes()).is_err() {
            continue;
        }
        match answer(&mut open, side.status) {
            Some(keep) => {
                answers += 1;
                connection = keep.then_some(open);
            }
            None => continue,
        }
    }
    answers
}

/// Reads one answer, which must have the status: whether the connection stays open.
fn answer(connection: &mut BufReader<TcpStream>, status: u16) -> Option<bool> {
    let mut line = String::new();
    if connection.read_line(&mut line).ok()? == 0 {
        return None;
    }
    assert!(line.contains(&format!(" {status} ")), "{line}");
    let (mut length, mut keep) = (0, true);
    loop {
        line.clear();
        connection.read_line(&mut line).ok()?;
        let header = line.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a length");
        }
        keep &= header != "connection: close";
    }
    let mut body = vec![0; length];
    connection.read_exact(&mut body).ok()?;
    Some(keep)
}

/// The most memory that a server's processes had, in MiB.
fn peak_mib(server: &PluginServer) -> f64 {
    let mut family = vec![server.pid()];
    let mut index = 0;
    while let Some(&pid) = family.get(index) {
        family.extend(children(pid));
        index += 1;
    }
    let peak = |pid: &u32| -> Option<f64> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").trim().parse().ok()
    };
    family.iter().filter_map(peak).sum::<f64>() / 1024.0
}

fn children(pid: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{pid}/task"))
        .into_iter()
        .flatten()
        .flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let lists: Vec<String> = lists.collect();
    let pids = lists.iter().flat_map(|list| list.split_whitespace());
    pids.filter_map(|pid| pid.parse().ok()).collect()
}

fn report(their: &Measured, our: &Measured, alone: f64) {
    let mut table = Table::new();
    table.load_style(UTF8_FULL_CONDENSED).set_header([
        "plugin",
        "vendor's runtime, no-op",
        "ours, get_user",
        "ratio",
        "to reach",
        "",
    ]);
    let mut row = |what: &str, unit: &str, their: f64, our: f64, ratio: f64, least: f64| {
        table.add_row([
            what.to_owned(),
            format!("{their:.1} {unit}"),
            format!("{our:.1} {unit}"),
            format!("{ratio:.1} ×"),
            format!("≥ {least} ×"),
            if ratio >= least { "reached" } else { "missed" }.to_owned(),
        ]);
    };
    let (theirs, ours) = (milliseconds(&their.start), milliseconds(&our.start));
    row(
        "process start → answer",
        "ms",
        theirs,
        ours,
        theirs / ours,
        40.0,
    );
    row(
        "answers a second, 8 clients",
        "/s",
        their.rate,
        our.rate,
        our.rate / their.rate,
        20.0,
    );
    let memory = their.peak_mib / our.peak_mib;
    row(
        "peak memory of the server",
        "MiB",
        their.peak_mib,
        our.peak_mib,
        memory,
        5.0,
    );
    println!("{table}");
    println!(
        "Medians of {} starts; {CLIENTS} clients for {} s. Ours asks a console on this machine each time \
         (TLS, pinned certificate),\nwhich with the clients takes its share of the same cores; the other \
         action asks nobody. Without the console – an action that the policy refuses – ours answers {alone:.0} a \
         second, {:.1} × as many.",
        their.start.len(),
        LOAD.as_secs(),
        alone / their.rate,
    );
}
