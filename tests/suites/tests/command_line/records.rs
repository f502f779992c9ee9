//! The file of audit records, and what nobody sees in names.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use fake_console::{Fault, FaultKind};
use serde_json::{Value, json};

use crate::cli::{Cli, run};

const AUDIT: &str = "rapid7-user-actions/audit.jsonl";

fn lines(cli: &Cli) -> Vec<Option<Value>> {
    let text = fs::read_to_string(cli.path(AUDIT)).expect("records");
    let lines = text.lines().filter(|line| !line.is_empty());
    lines.map(|line| serde_json::from_str(line).ok()).collect()
}

/// The disk is full in the middle of a record, and has room again.
#[test]
fn a_record_that_was_cut_spoils_no_other() {
    let cli = Cli::new();
    let disable = ["disable-user", "--user-id", "4", "--yes"];
    let full = cli.command(&disable);
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 1; exec \"$0\" \"$@\""]);
    command.arg(full.get_program()).args(full.get_args());
    command.current_dir(cli.path("."));
    for (name, value) in full.get_envs() {
        command.env(name, value.expect("a value"));
    }
    let (code, _, err) = run(&mut command);
    assert_eq!(code, 69, "{err}");
    assert!(err.contains("audit record could not be written"), "{err}");
    assert_eq!(cli.world.writes(), Vec::<String>::new());
    assert_eq!(lines(&cli), [None]);

    let (code, _, err) = cli.run(&disable);
    assert_eq!(code, 0, "{err}");
    let records = lines(&cli);
    let phase = |record: &Option<Value>| record.as_ref().map(|record| record["audit"].clone());
    let phases: Vec<_> = records.iter().map(phase).collect();
    assert_eq!(phases, [None, Some(json!("before")), Some(json!("after"))]);

    // The whole file is what the account is restored from; what is broken in it is told.
    let before = cli.world.console.state().user_mut("jdoe").enabled;
    let (code, _, err) = cli.run(&["restore-user", "--record-file", AUDIT, "--yes"]);
    assert_eq!((code, before), (0, false), "{err}");
    assert!(
        err.contains("line 1 can't be read and was passed over"),
        "{err}"
    );
    assert!(cli.world.console.state().user_mut("jdoe").enabled);
}

#[test]
fn a_record_is_taken_however_it_was_kept_and_never_guessed() {
    let cli = Cli::new();
    let (code, _, err) = cli.run(&["disable-user", "--user-id", "4", "--yes"]);
    assert_eq!(code, 0, "{err}");
    let records = cli.audit();
    let texts = [
        records[0].to_string(),
        format!("{:#}", records[0]),
        format!("START\n{}\n{}\nEND\n", records[0], records[1]),
    ];
    let file = cli.path("record");
    let restore = ["restore-user", "--record-file", "record", "--yes"];
    for text in texts {
        cli.world.console.state().user_mut("jdoe").enabled = false;
        fs::write(&file, &text).expect("written");
        let (code, _, err) = cli.run(&restore);
        assert_eq!(code, 0, "{err}: {text}");
        assert!(cli.world.console.state().user_mut("jdoe").enabled, "{text}");
    }
    // The same run twice is one.
    fs::write(&file, format!("{0}\n{0}\n", records[0])).expect("written");
    let (code, _, err) = cli.run(&restore);
    assert_eq!(code, 0, "{err}");
    let mut other = records[0].clone();
    other["request_id"] = "other".into();
    cli.world.clear_requests();
    for (text, told) in [
        (
            format!("{}\n{other}\n", records[0]),
            "there are 2 records: choose one",
        ),
        (records[1].to_string(), "expected a record with"),
        ("nothing".into(), "expected one JSON document"),
    ] {
        fs::write(&file, &text).expect("written");
        let (code, _, err) = cli.run(&restore);
        assert_eq!(code, 64, "{err}");
        assert!(err.contains(told), "{told}: {err}");
    }
    assert_eq!(cli.world.requests(), Vec::<String>::new());
}

#[test]
fn files_that_others_could_read_are_their_owners_alone() {
    let cli = Cli::new();
    fs::create_dir(cli.path("rapid7-user-actions")).expect("a folder");
    fs::write(cli.path("leavers.csv"), "login\njdoe\n").expect("written");
    for name in [AUDIT, "report.jsonl"] {
        fs::write(cli.path(name), "").expect("written");
        let open = fs::Permissions::from_mode(0o664);
        fs::set_permissions(cli.path(name), open).expect("set");
    }
    let (code, _, err) = cli.run(&[
        "offboard-users",
        "--people-file",
        "leavers.csv",
        "--report",
        "report.jsonl",
        "--yes",
    ]);
    assert_eq!(code, 0, "{err}");
    for name in [AUDIT, "report.jsonl"] {
        let metadata = fs::metadata(cli.path(name)).expect(name);
        assert!(metadata.len() > 0, "{name}");
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600, "{name}");
    }
}

/// A table has no place for what is missing from it; whoever reads it must know all the same.
#[test]
fn what_a_table_can_not_say_is_said_beside_it() {
    let cli = Cli::new();
    let down = || Fault::new(FaultKind::status(503)).times(99);
    cli.world.platform.push_fault(down());
    for form in [
        &["access-report", "--format", "csv"][..],
        &["access-report", "--format", "html"],
        &["access-report", "--output", "csv"],
    ] {
        let arguments = [form, &["--timeout", "5"]].concat();
        let (code, out, err) = cli.run(&arguments);
        assert_eq!(code, 0, "{err}");
        assert!(out.contains("jdoe"), "{out}");
        let told = "platform could not be read: its accounts are missing";
        assert!(err.contains(told), "{form:?}: {err}");
    }
    cli.world.clear_faults();
}

/// A name must not show another one than it is, wherever a person reads it.
#[test]
fn what_nobody_sees_in_a_name_is_shown_escaped() {
    let hidden = ['\u{202e}', '\u{200b}', '\u{9b}'];
    let cli = Cli::new();
    let login = "jdoe\u{202e}nimda\u{200b}\u{9b}";
    cli.world.console.state().user_mut("jdoe").login = login.into();
    let shown = r"jdoe\u202enimda\u200b\u009b";
    let (code, out, err) = cli.run(&["get-user", "--user-id", "4"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains(shown) && !out.contains(hidden), "{out}");
    let user: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(user["login"], login);
    let (_, out, _) = cli.run(&["list-users", "--json-lines"]);
    assert!(out.contains(shown) && !out.contains(hidden), "{out}");
    // A terminal's bytes come as characters of Latin-1.
    let raw = "\u{e2}\u{80}\u{ae}";
    let mut terminal = cli.terminal(&["disable-user", "--user-id", "4"]);
    let plan = terminal.exp_string("[y/N] ").expect("the question");
    assert!(plan.contains(shown) && !plan.contains(raw), "{plan}");
    terminal.send_line("no").expect("typed");
    terminal.exp_eof().expect("the end");
    let mut terminal = cli.terminal(&["list-users"]);
    let table = terminal.exp_eof().expect("the table");
    assert!(table.contains(r"\u202e") && !table.contains(raw), "{table}");
    let (code, _, err) = cli.run(&[
        "delete-user",
        "--user-id",
        "4",
        "--confirm-login",
        "x",
        "--yes",
    ]);
    assert_eq!(code, 64, "{err}");
    assert!(!err.contains(hidden), "{err}");
    let (_, page, _) = cli.run(&["access-report", "--format", "html"]);
    assert!(page.contains(shown) && !page.contains(hidden), "the page");
}
