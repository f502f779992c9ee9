//! A run that is told to end by a signal, at every one of its requests: what has begun is finished, and
//! nothing else is begun.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use fake_console::{Fault, FaultKind, Gate, UserRecord};
use serde_json::{Value, json};
use suites::{for_each, wait_until, with_disabled, without_records};

use crate::cli::{Cli, signal};

const SIGNALS: [(&str, i32); 3] = [("HUP", 129), ("INT", 130), ("TERM", 143)];

const DISABLE: [&str; 6] = [
    "disable-user",
    "--login",
    "jdoe",
    "--ticket",
    "OFF-1",
    "--yes",
];

fn start(mut command: Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().expect("r7user starts")
}

/// Sends the signal, and reads until the program has said so: it has been taken.
fn told_to_end(child: &mut Child, name: &str) -> BufReader<std::process::ChildStderr> {
    signal(child, name);
    let mut lines = BufReader::new(child.stderr.take().expect("standard error"));
    let mut line = String::new();
    lines.read_line(&mut line).expect("a line");
    assert!(line.contains("nothing else is begun"), "{line}");
    lines
}

fn ended(mut child: Child, mut errors: impl std::io::Read) -> (i32, String, String) {
    let (mut out, mut err) = (String::new(), String::new());
    let mut stdout = child.stdout.take().expect("standard output");
    stdout.read_to_string(&mut out).expect("read");
    errors.read_to_string(&mut err).expect("read");
    let code = child.wait().expect("ends").code().unwrap_or(-1);
    (code, out, err)
}

#[test]
fn a_run_that_is_told_to_end_at_any_request_is_finished_or_not_begun() {
    let undisturbed = Cli::new();
    let (code, _, err) = undisturbed.run(&DISABLE);
    assert_eq!(code, 0, "{err}");
    let requests = undisturbed.world.requests();
    let put = "PUT /api/3/users/4";
    let put = requests.iter().position(|line| line == put).expect("a PUT");
    let mut cases = Vec::new();
    for (name, code) in SIGNALS {
        for request in 0..requests.len() {
            cases.push((name, code, request, true));
            cases.push((name, code, request, false));
        }
    }
    for_each(&cases, |(name, code, request, carried_out)| {
        let shown = format!("SIG{name} at request {request}, carried out: {carried_out}");
        let cli = Cli::new();
        let before = cli.world.console.state().snapshot();
        let gate = Gate::default();
        let held = match carried_out {
            true => FaultKind::HoldAfter(gate.clone()),
            false => FaultKind::HoldBefore(gate.clone()),
        };
        let skip = u32::try_from(*request).expect("few requests");
        cli.world.console.push_fault(Fault::new(held).skip(skip));
        let mut child = start(cli.command(&DISABLE));
        wait_until(&shown, || gate.reached() == 1);
        let errors = told_to_end(&mut child, name);
        let begun = *request >= put;
        // What has not begun does not wait for an answer.
        if begun {
            gate.open();
        }
        let (ended, out, err) = ended(child, errors);
        gate.open();
        let audit = cli.audit();
        let phases: Vec<&Value> = audit.iter().map(|record| &record["audit"]).collect();
        let now = cli.world.console.state().snapshot();
        if begun {
            assert_eq!(ended, 0, "{shown}: {err}");
            assert_eq!(now, with_disabled(before, 4), "{shown}");
            assert_eq!(phases, ["before", "after"], "{shown}");
            let outcome: Value = serde_json::from_str(&out).expect(&shown);
            assert_eq!(audit[1]["record"], without_records(&outcome), "{shown}");
            assert_eq!(outcome["changed"], true, "{shown}");
        } else {
            assert_eq!(ended, *code, "{shown}: {err}");
            assert_eq!(now, before, "{shown}");
            assert_eq!(cli.world.writes(), Vec::<String>::new(), "{shown}");
            assert_eq!(phases, ["after"], "{shown}");
            let error = &audit[0]["record"]["error"];
            assert_eq!(error["kind"], "Unavailable", "{shown}");
            assert_eq!(error["changed"], json!([]), "{shown}");
            let told = format!("interrupted by SIG{name} before this was begun");
            assert!(err.contains(&told), "{shown}: {err}");
        }
    });
}

/// The terminal of a closed session is gone too: there is nobody to tell.
#[test]
fn a_terminal_that_is_closed_does_not_stop_what_has_begun() {
    let cli = Cli::new();
    let before = cli.world.console.state().snapshot();
    let gate = Gate::default();
    let held = Fault::new(FaultKind::HoldAfter(gate.clone()));
    cli.world.console.push_fault(held.on("PUT", "/users/4"));
    let mut child = start(cli.command(&DISABLE));
    wait_until("the PUT", || gate.reached() == 1);
    drop((child.stdout.take(), child.stderr.take()));
    signal(&child, "HUP");
    thread::sleep(Duration::from_millis(50));
    gate.open();
    assert_eq!(child.wait().expect("ends").code(), Some(0));
    assert_eq!(
        cli.world.console.state().snapshot(),
        with_disabled(before, 4)
    );
}

/// `nohup` is how somebody says that a closed terminal is to end nothing.
#[test]
fn a_signal_that_is_ignored_stays_ignored() {
    let cli = Cli::new();
    let gate = Gate::default();
    let held = Fault::new(FaultKind::HoldAfter(gate.clone()));
    cli.world.console.push_fault(held);
    let r7user = cli.command(&DISABLE);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' HUP; exec \"$0\" \"$@\""]);
    command.arg(r7user.get_program()).args(r7user.get_args());
    for (name, value) in r7user.get_envs() {
        command.env(name, value.expect("a value"));
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn().expect("a shell");
    wait_until("the first request", || gate.reached() == 1);
    signal(&child, "HUP");
    thread::sleep(Duration::from_millis(50));
    gate.open();
    let output = child.wait_with_output().expect("ends");
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn a_second_signal_ends_it_at_once_and_says_what_may_be_left() {
    for (name, code) in SIGNALS {
        let cli = Cli::new();
        let gate = Gate::default();
        let held = Fault::new(FaultKind::HoldAfter(gate.clone()));
        cli.world.console.push_fault(held.on("PUT", "/users/4"));
        let mut child = start(cli.command(&DISABLE));
        wait_until(name, || gate.reached() == 1);
        let errors = told_to_end(&mut child, "INT");
        signal(&child, name);
        let (ended, out, err) = ended(child, errors);
        gate.open();
        assert_eq!((ended, out.as_str()), (code, ""), "{err}");
        for told in [
            "may be half done",
            "individual grants",
            "audit.jsonl",
            "restore-user",
        ] {
            assert!(err.contains(told), "{told}: {err}");
        }
        // And so it can be put right.
        let file = "rapid7-user-actions/audit.jsonl";
        let (code, _, err) = cli.run(&["restore-user", "--record-file", file, "--yes"]);
        assert_eq!(code, 0, "{err}");
        let jdoe = cli.world.console.state().user_mut("jdoe").clone();
        assert!(jdoe.enabled && jdoe.sites == [1, 2, 4].into());
    }
}

/// Whoever has begun is finished on every surface; the others are not begun, and another run does them.
#[test]
fn a_list_ends_between_people_and_goes_on_from_its_report() {
    // By default one request of a run is on its way to a console at once.
    for ((name, code), at_once) in SIGNALS.into_iter().zip([1, 4, 1]) {
        let cli = Cli::new();
        let mut list = String::from("login\n");
        for number in 0..12 {
            let login = format!("leaver{number}");
            let mut user = UserRecord::new(&login, "Passw0rd-leaver", "user");
            user.sites = [1, 2].into();
            cli.world.console.state().add_user(user);
            list.push_str(&format!("{login}\n"));
        }
        fs::write(cli.path("leavers.csv"), list).expect("written");
        let gate = Gate::default();
        let held = Fault::new(FaultKind::HoldAfter(gate.clone())).times(12);
        cli.world.console.push_fault(held.on("PUT", "/users/"));
        let run = [
            "offboard-users",
            "--people-file",
            "leavers.csv",
            "--report",
            "report.jsonl",
            "--yes",
        ];
        let mut command = cli.command(&run);
        command.env("RAPID7_CONSOLE_REQUESTS_AT_ONCE", at_once.to_string());
        let mut child = start(command);
        wait_until(name, || gate.reached() == at_once);
        let errors = told_to_end(&mut child, name);
        gate.open();
        let (ended, _, err) = ended(child, errors);
        assert_eq!(ended, code, "{err}");
        let told = format!("interrupted by SIG{name} before");
        assert!(err.contains(&told), "{err}");
        let count = |enabled: bool| {
            let state = cli.world.console.state();
            let users = state.users.values();
            let users = users.filter(|user| user.login.starts_with("leaver"));
            users
                .inspect(|user| assert_eq!(user.sites, [1, 2].into(), "{}", user.login))
                .filter(|user| user.enabled == enabled)
                .count()
        };
        assert!(count(false) >= at_once && count(true) >= 4, "{err}");
        let rows = fs::read_to_string(cli.path("report.jsonl")).expect("a report");
        assert_eq!(
            rows.matches("\"result\":\"done\"").count(),
            count(false),
            "{rows}"
        );
        let (code, _, err) = cli.run(&[&run[..], &["--resume"]].concat());
        assert_eq!(code, 0, "{err}");
        assert_eq!(count(false), 12);
    }
}
