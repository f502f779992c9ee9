//! People off every surface from the command line: plans, progress, reports, and going on from one.

use std::fs;
use std::ops::Deref;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use fake_console::{Fault, FaultKind, UserRecord};
use rexpect::process::WaitStatus;
use serde_json::{Value, json};
use suites::told;

use crate::cli::{Cli, interrupted, run};

const LEAVERS: &str =
    "email,login,ticket\ntokafor@example.com,,OFF-1\n,jdoe,\nohaddad@example.com,,\n";

/// With a list of people who leave.
struct Leavers(Cli);

impl Deref for Leavers {
    type Target = Cli;

    fn deref(&self) -> &Cli {
        &self.0
    }
}

impl Leavers {
    fn new() -> Self {
        let cli = Cli::new();
        fs::write(cli.path("leavers.csv"), LEAVERS).expect("written");
        Self(cli)
    }

    fn report(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.path("report.jsonl")).expect("a report");
        let rows = text.lines().filter(|line| !line.is_empty());
        rows.map(|row| serde_json::from_str(row).unwrap_or_default())
            .collect()
    }

    fn left(&self) -> Vec<&'static str> {
        let mut state = self.world.console.state();
        let logins = ["tokafor", "jdoe", "ohaddad"].into_iter();
        logins
            .filter(|login| state.user_mut(login).enabled)
            .collect()
    }
}

const OFFBOARD: [&str; 5] = [
    "offboard-users",
    "--people-file",
    "leavers.csv",
    "--report",
    "report.jsonl",
];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&OFFBOARD[..], more].concat()
}

#[test]
fn a_list_is_done_and_its_rows_are_kept() {
    let cli = Leavers::new();
    let (code, out, err) = cli.run(&with(&["--yes"]));
    assert_eq!((code, err.as_str()), (0, ""));
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["summary"]["done"], 3);
    assert_eq!(cli.left(), Vec::<&str>::new());
    let rows = cli.report();
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row["result"] == "done"));
    let file = fs::metadata(cli.path("report.jsonl")).expect("a report");
    assert_eq!(file.permissions().mode() & 0o777, 0o600);

    // What is there is not written over, nor mixed up with another run.
    let (code, _, err) = cli.run(&with(&["--yes"]));
    assert_eq!(code, 64, "{err}");
    assert!(err.contains("--resume"), "{err}");
    let (code, out, err) = cli.run(&with(&["--yes", "--resume"]));
    assert_eq!(code, 0, "{err}");
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["summary"]["skipped"], 3);
    let (code, _, _) = cli.run(&["offboard-users", "--people-file", "leavers.csv", "--resume"]);
    assert_eq!(code, 64);
}

#[test]
fn a_list_comes_as_json_and_by_standard_input_too() {
    let json = json!([{"login": "tokafor"}]).to_string();
    let lines = "{\"login\": \"tokafor\"}\n".to_owned();
    for text in [json, lines] {
        let cli = Leavers::new();
        fs::write(cli.path("list"), text).expect("written");
        let mut command = cli.command(&["offboard-users", "--people-file", "-", "--yes"]);
        let file = fs::File::open(cli.path("list")).expect("a list");
        let output = command.stdin(file).output().expect("r7user starts");
        let (code, _, err) = told(&output);
        assert_eq!((code, err.as_str()), (0, ""));
        assert!(!cli.left().contains(&"tokafor"));
    }
}

/// The exit code is the error's; rows are kept all the same.
#[test]
fn who_is_not_done_shows_in_the_exit_code_and_in_the_report() {
    for (line, code, result) in [
        ("a.smith@example.com", 65, "refused"),
        ("typo@example.com", 67, "absent"),
        ("nxadmin@example.com", 77, "refused"),
    ] {
        let cli = Leavers::new();
        fs::write(cli.path("leavers.csv"), format!("{LEAVERS}{line},,\n")).expect("written");
        let (exit, out, err) = cli.run(&with(&["--yes"]));
        assert_eq!(exit, code, "{err}");
        let report: Value = serde_json::from_str(&out).expect("JSON");
        let error: Value = serde_json::from_str(&err).expect("JSON");
        assert_eq!(report, error["error"]["details"]);
        assert_eq!(error["error"]["details"]["summary"]["done"], 3);
        let rows = cli.report();
        let row = rows.iter().find(|row| row["person"]["email"] == line);
        assert_eq!(row.expect("a row")["result"], result, "{line}");
        assert_eq!(rows.len(), 4);
        assert_eq!(cli.left(), Vec::<&str>::new());
    }
}

#[test]
fn a_dry_run_shows_all_and_writes_nothing() {
    let cli = Leavers::new();
    let (code, out, err) = cli.run(&with(&["--dry-run"]));
    assert_eq!((code, err.as_str()), (0, ""));
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["result"], "dry_run");
    assert_eq!(cli.left().len(), 3);
    // Its rows make nobody done.
    let (code, _, err) = cli.run(&with(&["--yes", "--resume"]));
    assert_eq!(code, 0, "{err}");
    assert_eq!(cli.left(), Vec::<&str>::new());
}

/// Killed in the middle of a row, even while it is written.
#[test]
fn a_killed_run_goes_on_from_its_report() {
    for (login, cut) in [("tokafor", false), ("ohaddad", true)] {
        let cli = Leavers::new();
        let path = format!("/users/{}", cli.world.id(login));
        let hang = Fault::new(FaultKind::HangAfter).on("PUT", &path);
        cli.world.console.push_fault(hang);
        let mut command = cli.command(&with(&["--yes"]));
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().expect("r7user starts");
        while !cli.world.console.pending_faults().is_empty() || cli.report_lines() < 2 {
            thread::sleep(Duration::from_millis(5));
        }
        child.kill().expect("killed");
        child.wait().expect("ended");
        cli.world.console.clear_faults();
        if cut {
            let path = cli.path("report.jsonl");
            let text = fs::read_to_string(&path).expect("a report");
            fs::write(&path, &text[..text.len() - 30]).expect("written");
        }
        let (code, out, err) = cli.run(&with(&["--yes", "--resume"]));
        assert_eq!(code, 0, "{err}");
        let answer: Value = serde_json::from_str(&out).expect("JSON");
        let skipped = if cut { 1 } else { 2 };
        assert_eq!(answer["summary"]["skipped"], skipped, "{answer:#}");
        assert_eq!(cli.left(), Vec::<&str>::new());
        let complete = cli.report();
        let mut complete: Vec<&Value> = complete
            .iter()
            .filter(|row| ["done", "already"].contains(&row["result"].as_str().unwrap_or_default()))
            .map(|row| &row["person"])
            .collect();
        complete.sort_by_key(|person| person.to_string());
        complete.dedup();
        assert_eq!(complete.len(), 3, "{complete:#?}");
    }
}

impl Leavers {
    fn report_lines(&self) -> usize {
        let text = fs::read_to_string(self.path("report.jsonl")).unwrap_or_default();
        text.lines().count()
    }
}

/// Nobody else is begun after an interrupt, and who was begun is finished.
#[test]
fn an_interrupt_ends_a_list_between_people() {
    let cli = Leavers::new();
    let mut list = String::from("login\n");
    {
        let mut state = cli.world.console.state();
        state.latency = Duration::from_millis(40);
        for number in 0..30 {
            let login = format!("leaver{number}");
            state.add_user(UserRecord::new(&login, "Passw0rd-leaver", "user"));
            list.push_str(&format!("{login}\n"));
        }
    }
    fs::write(cli.path("leavers.csv"), list).expect("written");
    let mut command = cli.command(&with(&["--yes"]));
    let (code, _, err) = interrupted(&mut command, || cli.report_lines() > 0);
    assert_eq!(code, 130, "{err}");
    assert!(err.contains("interrupted by SIGINT before"), "{err}");
    let rows = cli.report();
    let of = |result: &str| rows.iter().filter(|row| row["result"] == result).count();
    assert!(of("done") > 0 && of("not_begun") > 0, "{rows:#?}");
    let state = cli.world.console.state();
    let disabled = state.users.values().filter(|user| !user.enabled);
    // One of them is the seed's own.
    assert_eq!(disabled.count() - 1, of("done"));
}

#[test]
fn a_person_at_a_terminal_sees_the_plan_the_progress_and_a_table() {
    let cli = Leavers::new();
    cli.world.console.state().latency = Duration::from_millis(30);
    let mut terminal = cli.terminal(&OFFBOARD);
    terminal.exp_string("Plan for 3 people").expect("the plan");
    terminal
        .exp_string("tokafor@example.com")
        .expect("a person");
    terminal
        .exp_string("Offboard 3 of 3 people")
        .expect("how many");
    terminal.exp_string("[y/N] ").expect("the question");
    assert_eq!(cli.report_lines(), 0);
    assert_eq!(cli.left().len(), 3);
    terminal.send_line("yes").expect("typed");
    terminal.exp_string("0 of 3 people").expect("the progress");
    terminal.exp_string("of 3 people").expect("the progress");
    terminal.exp_string("done, and read back").expect("the end");
    terminal.exp_string("3 in all: 3 done").expect("the table");
    terminal.exp_eof().expect("the end");
    assert_eq!(cli.left(), Vec::<&str>::new());
    assert_eq!(cli.report().len(), 3);
}

#[test]
fn where_nobody_watches_there_is_no_progress() {
    let cli = Leavers::new();
    let mut command = cli.command(&with(&["--yes"]));
    command.env("CI", "true").env("TERM", "xterm");
    let (code, _, err) = run(&mut command);
    assert_eq!((code, err.as_str()), (0, ""));
}

#[test]
fn one_person_is_asked_about_and_the_run_is_about_the_accounts_that_were_shown() {
    let cli = Leavers::new();
    let mut terminal = cli.terminal(&["offboard-user", "--email", "tokafor@example.com"]);
    terminal
        .exp_string("Plan for tokafor@example.com")
        .expect("the plan");
    terminal
        .exp_string("console: replace user 5")
        .expect("a step");
    terminal.exp_string("platform: take away").expect("a step");
    terminal.exp_string("[y/N] ").expect("the question");
    assert!(cli.world.writes().is_empty());
    // Somebody else gets the address while the person reads.
    let mut twin = UserRecord::new("twin", "Passw0rd-twin", "user");
    twin.email = Some("tokafor@example.com".into());
    cli.world.console.state().add_user(twin);
    terminal.send_line("yes").expect("typed");
    terminal
        .exp_string("done, and read back")
        .expect("the outcome");
    terminal.exp_eof().expect("the end");
    let enabled = |login: &str| cli.world.console.state().user_mut(login).enabled;
    assert!(!enabled("tokafor") && enabled("twin"));

    let cli = Leavers::new();
    let mut terminal = cli.terminal(&["offboard-user", "--email", "tokafor@example.com"]);
    terminal.exp_string("[y/N] ").expect("the question");
    terminal.send_line("no").expect("typed");
    terminal.exp_string("nothing was changed").expect("the end");
    terminal.exp_eof().expect("the end");
    assert!(cli.world.console.state().user_mut("tokafor").enabled);
}

/// What is down can't be planned; the rest can, and a person decides.
#[test]
fn what_can_not_be_planned_is_told_beside_the_plan() {
    let cli = Leavers::new();
    let down = Fault::new(FaultKind::Html { status: 503 }).times(500);
    cli.world.platform.push_fault(down);
    let mut terminal = cli.terminal(&["offboard-user", "--email", "tokafor@example.com"]);
    terminal
        .exp_string("console: replace user 5")
        .expect("a step");
    terminal
        .exp_string("not in this plan: Unavailable")
        .expect("what is down");
    terminal.exp_string("[y/N] ").expect("the question");
    terminal.send_line("yes").expect("typed");
    terminal
        .exp_string("platform: failed")
        .expect("what is down");
    terminal.exp_string("Already changed").expect("the rest");
    terminal.exp_eof().expect("the end");
    let status = terminal.process().wait();
    assert!(
        matches!(status, Ok(WaitStatus::Exited(_, 69))),
        "{status:?}"
    );
    cli.world.platform.clear_faults();
    assert!(!cli.world.console.state().user_mut("tokafor").enabled);
}

#[test]
fn who_a_person_is_comes_as_a_table() {
    let cli = Leavers::new();
    let mut terminal = cli.terminal(&["resolve-identity", "--email", "a.smith@example.com"]);
    terminal.exp_string("several").expect("a verdict");
    terminal.exp_string("asmith2 (7)").expect("an account");
    terminal.exp_string("found").expect("a verdict");
    terminal.exp_eof().expect("the end");
}
