//! Files and streams that r7user reads and writes: devices that never end, disks that are full, and words that are
//! there twice.

use std::fs::{self, File};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use suites::{told, with_stdin};

use crate::cli::{Cli, run};

const LEAVERS: &str =
    "email,login,ticket\ntokafor@example.com,,OFF-1\n,jdoe,\nohaddad@example.com,,\n";

fn with_leavers() -> Cli {
    let cli = Cli::new();
    fs::write(cli.path("leavers.csv"), LEAVERS).expect("written");
    cli
}

fn pipe(cli: &Cli) -> String {
    let path = cli.path("pipe");
    let made = Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo starts").success());
    path.to_str().expect("utf-8").to_owned()
}

fn error(text: &str) -> Value {
    let error: Value = serde_json::from_str(text).unwrap_or_else(|_| panic!("{text}"));
    error["error"].clone()
}

/// What is told, and that nothing was asked or done.
#[track_caller]
fn assert_refused(cli: &Cli, told: (i32, String, String), words: &[&str]) {
    let (code, out, err) = told;
    assert_eq!((code, out.as_str()), (64, ""), "{err}");
    let error = error(&err);
    assert_eq!(error["kind"], "InvalidInput", "{err}");
    let message = error["message"].as_str().expect("a message");
    for word in words {
        assert!(message.contains(word), "{message}");
    }
    assert!(!err.contains("canary"), "{err}");
    assert_eq!(cli.world.requests(), Vec::<String>::new());
}

#[test]
fn what_is_to_be_kept_is_kept_in_a_regular_file() {
    let cli = with_leavers();
    let pipe = pipe(&cli);
    let offboard = ["offboard-users", "--people-file", "leavers.csv", "--yes"];
    for path in ["/dev/full", "/dev/zero", "/dev/null", &pipe, "."] {
        for more in [&[][..], &["--resume"]] {
            let arguments = [&offboard[..], &["--report", path], more].concat();
            assert_refused(&cli, cli.run(&arguments), &["`--report`", path]);
        }
        let arguments = ["disable-user", "--user-id", "4", "--yes"];
        let arguments = [&arguments[..], &["--audit-file", path]].concat();
        assert_refused(&cli, cli.run(&arguments), &["`--audit-file`", path]);
    }
}

#[test]
fn what_never_ends_is_read_to_a_limit() {
    let cli = Cli::new();
    let arguments = ["offboard-users", "--people-file", "/dev/zero", "--yes"];
    let words = ["`--people-file`", "/dev/zero", "more than 64 MB"];
    assert_refused(&cli, cli.run(&arguments), &words);
    let endless = || Stdio::from(File::open("/dev/zero").expect("a device"));
    let mut command = cli.command(&["restore-user", "--record-file", "-", "--yes"]);
    let words = ["`--record-file`", "standard input", "more than 64 MB"];
    assert_refused(&cli, run(command.stdin(endless())), &words);
    let mut command = cli.command(&["set-password", "--user-id=4", "--password-stdin", "--yes"]);
    let words = ["`(standard input)`", "can't be read"];
    assert_refused(&cli, run(command.stdin(endless())), &words);
    // Neither is a secret.
    let mut command = cli.command(&["get-user", "--user-id", "4"]);
    for name in ["URL", "USERNAME", "PASSWORD"] {
        command.env_remove(format!("RAPID7_CONSOLE_{name}"));
    }
    command.env("RAPID7_CONSOLE_SECRET_FILE", "/dev/zero");
    let (code, _, err) = run(&mut command);
    assert_eq!(code, 77, "{err}");
    assert!(err.contains("more than 1 MB"), "{err}");
}

/// A pipe is as good as a file to read from.
#[test]
fn a_list_may_come_through_a_pipe_that_has_a_name() {
    let cli = with_leavers();
    let pipe = pipe(&cli);
    let mut writer = Command::new("cp")
        .arg(cli.path("leavers.csv"))
        .arg(&pipe)
        .spawn()
        .expect("cp starts");
    let (code, _, err) = cli.run(&["offboard-users", "--people-file", &pipe, "--yes"]);
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(writer.wait().expect("ends").success());
    assert!(!cli.world.console.state().user_mut("jdoe").enabled);
}

/// As on a disk that is full: the report has room for a part of a row, the audit file for all of them.
#[test]
fn a_report_that_can_not_be_written_stops_the_list_and_says_what_was_done() {
    let cli = with_leavers();
    fs::write(cli.path("report.jsonl"), "\n".repeat(200 * 1024 - 400)).expect("written");
    let arguments = [
        "offboard-users",
        "--people-file",
        "leavers.csv",
        "--report",
        "report.jsonl",
        "--yes",
    ];
    let r7user = cli.command(&arguments);
    let mut command = Command::new("bash");
    command
        .args(["-c", "trap '' XFSZ; ulimit -f 200; exec \"$0\" \"$@\""])
        .arg(r7user.get_program())
        .args(r7user.get_args())
        .env_clear()
        .current_dir(cli.path(""));
    for (name, value) in r7user.get_envs() {
        command.env(name, value.expect("a value"));
    }
    let (code, out, err) = run(&mut command);
    assert_eq!(code, 69, "{err}");
    let error = error(&err);
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report, error["details"]);
    assert_eq!(error["kind"], "Unavailable");
    let message = error["message"].as_str().expect("a message");
    assert!(
        message.contains("report.jsonl can't be written"),
        "{message}"
    );
    let done = error["details"]["summary"]["done"].as_u64();
    let mut state = cli.world.console.state();
    let logins = ["tokafor", "jdoe", "ohaddad"].into_iter();
    let disabled = logins.filter(|login| !state.user_mut(login).enabled);
    assert_eq!(Some(disabled.count() as u64), done, "{err}");
    assert!(done > Some(0), "{err}");
    let changed = error["changed"].as_array().expect("what was changed");
    assert!(!changed.is_empty(), "{err}");
}

/// As spreadsheets write them, and what is no text in UTF-8 is told by its name.
#[test]
fn a_table_is_read_as_spreadsheets_write_it() {
    let offboard = ["offboard-users", "--people-file", "leavers.csv", "--yes"];
    for text in [
        "\u{feff}sep=;\r\nName;E-Mail;Login\r\n;;\r\nOkafor, T;TOkafor@example.com;tokafor\r\n;;\r\n",
        "name\te-mail\r\n\r\nOkafor\ttokafor@example.com\r\n\r\n",
    ] {
        let cli = Cli::new();
        fs::write(cli.path("leavers.csv"), text).expect("written");
        let (code, out, err) = cli.run(&offboard);
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        assert!(
            out.contains("columns of the list that were not read: "),
            "{out}"
        );
        assert!(!cli.world.console.state().user_mut("tokafor").enabled);
    }
    let cli = Cli::new();
    let units = "email\r\ncanary@example.com\r\n".encode_utf16();
    let utf_16: Vec<u8> = units.flat_map(u16::to_le_bytes).collect();
    let marked = [&[0xff, 0xfe], &utf_16[..]].concat();
    for (bytes, words) in [
        (&marked[..], &["UTF-16", "CSV UTF-8"][..]),
        (&utf_16, &["UTF-16", "CSV UTF-8"]),
        (
            b"email,name\ncanary@example.com,Jos\xe9\n",
            &["Latin-1", "CSV UTF-8"],
        ),
        (b"email,name\r\n\r\ncanary,x\r\n", &["people_text, line 3"]),
    ] {
        fs::write(cli.path("leavers.csv"), bytes).expect("written");
        let (code, out, err) = cli.run(&offboard);
        assert_eq!((code, out.as_str()), (64, ""), "{err}");
        for word in words {
            assert!(err.contains(word), "{word}: {err}");
        }
        assert!(!err.contains("canary"), "{err}");
        assert_eq!(cli.world.writes(), Vec::<String>::new());
    }
}

fn full() -> Stdio {
    Stdio::from(File::create("/dev/full").expect("a device"))
}

/// Whoever reads the exit code alone must not take it for an answer.
#[test]
fn an_answer_that_can_not_be_written_is_told_with_what_was_done() {
    let cli = Cli::new();
    let disable = ["disable-user", "--user-id", "4", "--yes"];
    for (arguments, done) in [
        (&disable[..], true),
        (&disable, false),
        (&["list-users"], false),
        (&["list-users", "--json-lines"], false),
        (&["list-roles", "--json-lines"], false),
    ] {
        let (code, _, err) = run(cli.command(arguments).stdout(full()));
        assert_eq!(code, 69, "{arguments:?}: {err}");
        let error = error(&err);
        let message = error["message"].as_str().expect("a message");
        assert!(
            message.contains("No space left"),
            "{arguments:?}: {message}"
        );
        let changed = error["changed"].as_array().expect("what was changed");
        assert_eq!(!changed.is_empty(), done, "{arguments:?}: {err}");
        assert!(done || !cli.world.console.state().user_mut("jdoe").enabled);
    }
    let (code, _, err) = run(cli.command(&["completions", "bash"]).stdout(full()));
    assert_eq!(code, 69, "{err}");
}

/// A reader that has seen enough, such as `head`.
#[test]
fn a_reader_that_hangs_up_makes_no_failure_of_a_run_that_is_done() {
    let cli = Cli::new();
    let mut command = cli.command(&["disable-user", "--user-id", "4", "--yes"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("r7user starts");
    drop(child.stdout.take());
    let (code, _, err) = told(&child.wait_with_output().expect("ends"));
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(!cli.world.console.state().user_mut("jdoe").enabled);
}

/// What is said on the way must not end a run in the middle.
#[test]
fn a_run_goes_on_where_nothing_can_be_said() {
    let cli = Cli::new();
    let mut command = cli.command(&["disable-user", "--user-id", "4", "--yes", "--verbose"]);
    command.env("RAPID7_DANGEROUSLY_SKIP_TLS_VERIFICATION", "true");
    let (code, out, _) = run(command.stderr(full()));
    assert_eq!(code, 0, "{out}");
    let outcome: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(outcome["changed"], true);
    let sites = cli.world.console.state().user_mut("jdoe").sites.clone();
    assert_eq!(sites, [1, 2, 4].into());
    let mut command = cli.command(&["get-user", "--login", "nobody"]);
    assert_eq!(run(command.stderr(full())).0, 67);
}

#[test]
fn a_member_that_is_there_twice_in_a_file_is_refused() {
    let cli = Cli::new();
    let record = r#"{"audit": "before", "target": "canary", "record": {"state": {"user": {"id": 4, "login": "jdoe", "login": "canary"}}}}"#;
    let people = r#"[{"login": "jdoe"}, {"login": "asmith", "login": "canary"}]"#;
    let lines = "{\"login\": \"jdoe\"}\n{\"login\": \"asmith\", \"login\": \"canary\"}\n";
    let restore = ["restore-user", "--yes", "--record-file"];
    let offboard = ["offboard-users", "--yes", "--people-file"];
    for (arguments, text, member) in [
        (restore, record, "`record.record.state.user.login`"),
        (offboard, people, "`people[1].login`"),
        (offboard, lines, "`--people-file`, line 2.login"),
    ] {
        fs::write(cli.path("file"), text).expect("written");
        let told_by_file = cli.run(&[&arguments[..], &["file"]].concat());
        let words = [member, "expected once"];
        assert_refused(&cli, told_by_file, &words);
        let mut command = cli.command(&[&arguments[..], &["-"]].concat());
        assert_refused(&cli, told(&with_stdin(&mut command, text)), &words);
    }
    assert_eq!(
        cli.world.console.state().user_mut("jdoe").enabled,
        json!(true)
    );
}
