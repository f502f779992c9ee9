//! Past runs out of the audit file, and taking them back.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::process::{Command, Stdio};

use fake_console::{FakeConsole, Fault, FaultKind, Gate, State};
use serde_json::{Value, json};
use suites::{OWN_PASSWORD, credentials, wait_until};

use crate::cli::{Cli, run, terminal};

const AUDIT: &str = "rapid7-user-actions/audit.jsonl";
const DISABLE: [&str; 4] = ["disable-user", "--login", "jdoe", "--yes"];

/// What a run answers with, which must succeed.
fn done(cli: &Cli, arguments: &[&str]) -> Value {
    let (code, out, err) = cli.run(arguments);
    assert_eq!(code, 0, "{arguments:?}: {err}");
    serde_json::from_str(&out).expect("JSON")
}

/// The error of a run that must fail.
fn failed(cli: &Cli, arguments: &[&str], code: i32) -> String {
    let (ended, out, err) = cli.run(arguments);
    assert_eq!((ended, out.as_str()), (code, ""), "{arguments:?}: {err}");
    err
}

fn history(cli: &Cli, more: &[&str]) -> Vec<Value> {
    let answer = done(cli, &[&["history"], more].concat());
    answer["runs"].as_array().expect("runs").clone()
}

/// The operation and the outcome of each.
fn outcomes(runs: &[Value]) -> Vec<String> {
    let text = |run: &Value, member: &str| run[member].as_str().unwrap_or_default().to_owned();
    let lines = runs.iter().map(|run| {
        let line = ["operation", "login", "outcome", "error"].map(|member| text(run, member));
        line.join(" ").trim_end().to_owned()
    });
    lines.collect()
}

fn id(run: &Value) -> &str {
    run["id"].as_str().expect("an ID")
}

fn enabled(cli: &Cli, login: &str) -> bool {
    cli.world.console.state().user_mut(login).enabled
}

/// Kills a run when the console has carried its replacement out, which cost the account its grants.
fn killed(cli: &Cli, arguments: &[&str]) {
    let gate = Gate::default();
    let held = Fault::new(FaultKind::HoldAfter(gate.clone()));
    cli.world.console.push_fault(held.on("PUT", "/users/4"));
    let mut command = cli.command(arguments);
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().expect("starts");
    wait_until("the PUT", || gate.reached() == 1);
    child.kill().expect("killed");
    child.wait().expect("ended");
    gate.open();
}

#[test]
fn runs_are_told_by_who_did_what_to_whom_and_how_it_ended() {
    let cli = Cli::new();
    let empty = done(&cli, &["history"]);
    assert_eq!((&empty["count"], &empty["runs"]), (&json!(0), &json!([])));
    let mut command = cli.command(&[&DISABLE[..], &["--ticket", "OFF-1"]].concat());
    let (code, _, err) = run(command.env("USER", "oncall"));
    assert_eq!(code, 0, "{err}");
    done(&cli, &DISABLE);
    done(&cli, &["disable-user", "--login", "asmith", "--dry-run"]);
    let refused = Fault::new(FaultKind::status(400)).on("PUT", "/users/");
    cli.world.console.push_fault(refused);
    failed(&cli, &["disable-user", "--login", "asmith", "--yes"], 77);
    failed(&cli, &["disable-user", "--login", "nobody", "--yes"], 67);
    let runs = history(&cli, &[]);
    assert_eq!(
        outcomes(&runs),
        [
            "disable-user  failed NotFound",
            "disable-user asmith failed Refused",
            "disable-user jdoe nothing_to_do",
            "disable-user jdoe done",
        ]
    );
    let first = &runs[3];
    for (member, value) in [
        ("requested_by", json!("oncall")),
        ("ticket", json!("OFF-1")),
        ("target", json!(cli.world.console.url())),
        ("user_id", json!("4")),
        ("changed", json!(true)),
        ("undo", json!({"by": "restore-user"})),
    ] {
        assert_eq!(first[member], value, "{member}");
    }
    assert_eq!(runs[1]["changed"], false);
    assert_eq!(history(&cli, &["--limit", "1"]).len(), 1);
    assert_eq!(history(&cli, &["--login", "JDOE"]).len(), 2);
    assert_eq!(history(&cli, &["--operation", "set-role"]).len(), 0);
    assert_eq!(history(&cli, &["--unfinished"]).len(), 0);
    // Reading leaves no run, and nothing is asked of a console.
    cli.world.clear_requests();
    done(&cli, &["history"]);
    assert_eq!(cli.world.requests(), Vec::<String>::new());
}

#[test]
fn a_person_sees_a_table_with_the_time_of_the_wall() {
    let cli = Cli::new();
    done(&cli, &DISABLE);
    let at = cli.audit()[0]["at"].as_str().expect("a time").to_owned();
    let hour: i32 = at[11..13].parse().expect("an hour");
    let mut command = cli.command(&["history"]);
    // Two hours east, without summer time.
    command.env("TZ", "UTC-2");
    let text = terminal(command).exp_eof().expect("the table");
    let local = format!("{:02}{}", (hour + 2) % 24, &at[13..19]);
    for part in [&local, "disable-user", "jdoe (4)", "done", "1 of 1 in"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}

#[test]
fn a_killed_run_comes_first_until_another_one_has_looked_after_it() {
    let cli = Cli::new();
    killed(&cli, &DISABLE);
    done(
        &cli,
        &["grant-site-access", "--login", "asmith", "--sites", "7"],
    );
    let runs = history(&cli, &[]);
    let expected = [
        "disable-user jdoe unfinished",
        "grant-site-access asmith done",
    ];
    assert_eq!(outcomes(&runs), expected);
    assert_eq!(history(&cli, &["--unfinished"]).len(), 1);
    let text = cli.terminal(&["history"]).exp_eof().expect("the table");
    assert!(
        text.contains("Unfinished: killed, or still running"),
        "{text}"
    );

    // Taking it back gives back first what it had cost.
    let before = State::realistic().snapshot();
    let answer = done(&cli, &["undo", id(&runs[0]), "--yes"]);
    assert_eq!(answer["operation"], "restore-user");
    assert_eq!(cli.world.console.state().snapshot()["4"], before["4"]);
    let runs = history(&cli, &[]);
    let expected = [
        "restore-user jdoe done",
        "grant-site-access asmith done",
        "disable-user jdoe settled",
    ];
    assert_eq!(outcomes(&runs), expected);
    assert_eq!(runs[2]["settled_by"], runs[0]["id"]);
}

#[test]
fn the_last_run_is_taken_back_and_only_once() {
    let cli = Cli::new();
    let before = cli.world.snapshot();
    done(
        &cli,
        &[
            "set-role",
            "--login",
            "jdoe",
            "--role-id",
            "auditor",
            "--yes",
        ],
    );
    let after_first = cli.world.snapshot();
    done(&cli, &DISABLE);
    // Nobody was asked.
    let refused = failed(&cli, &["undo"], 64);
    assert!(refused.contains("--yes"), "{refused}");
    let planned = done(&cli, &["undo", "--dry-run"]);
    assert_eq!(
        (&planned["dry_run"], &planned["changed"]),
        (&json!(true), &json!(false))
    );
    let (code, out, err) = cli.run(&["undo", "--yes", "--ticket", "OOPS-1"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["changed"], true);
    assert_eq!(cli.world.snapshot(), after_first);
    let restored = history(&cli, &["--limit", "1"]);
    assert_eq!(
        (&restored[0]["ticket"], &restored[0]["operation"]),
        (&json!("OOPS-1"), &json!("restore-user"))
    );
    // What was made to take something back is not the last run.
    let again = done(&cli, &["undo", "--yes"]);
    assert_eq!(
        (&again["changed"], &again["plan"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(cli.world.snapshot(), after_first);

    // An older one, by its ID: what came later goes with it, and that is told.
    let runs = history(&cli, &[]);
    let first = runs
        .iter()
        .find(|run| run["operation"] == "set-role")
        .expect("a run");
    let undone = done(&cli, &["undo", id(first), "--yes"]);
    let told = "what these runs did to it since is undone, too: disable-user of jdoe";
    assert!(undone["warnings"].to_string().contains(told), "{undone:#}");
    assert_eq!(cli.world.snapshot(), before);
    // And that by its own.
    let undone = history(&cli, &["--limit", "1"]);
    done(&cli, &["undo", id(&undone[0]), "--yes"]);
    assert_eq!(cli.world.snapshot(), after_first);
}

#[test]
fn a_person_is_told_how_and_asked() {
    let cli = Cli::new();
    let before = cli.world.snapshot();
    let mut session = cli.terminal(&["disable-user", "--login", "jdoe"]);
    session.exp_string("[y/N] ").expect("the question");
    session.send_line("yes").expect("typed");
    let id = session
        .exp_regex("Undo: r7user undo (\\S+)")
        .expect("how")
        .1;
    let id = id.rsplit(' ').next().expect("an ID").to_owned();
    session.exp_eof().expect("the end");
    let mut session = cli.terminal(&["undo", &id]);
    session
        .exp_string("Taking back disable-user of jdoe")
        .expect("which");
    session.exp_string("enabled").expect("the plan");
    session.exp_string("[y/N] ").expect("the question");
    session.send_line("yes").expect("typed");
    session.exp_string("done, and read back").expect("the end");
    session.exp_string("Undo: r7user undo cli-").expect("how");
    session.exp_eof().expect("the end");
    assert_eq!(cli.world.snapshot(), before);
    // With another file, that is part of it; without anything to take back, nothing is told.
    let mut session = cli.terminal(&[
        "disable-user",
        "--login",
        "jdoe",
        "--yes",
        "--audit-file",
        "other file",
    ]);
    session
        .exp_string(" --audit-file 'other file'")
        .expect("how");
    session.exp_eof().expect("the end");
    for arguments in [&DISABLE[..], &["get-user", "--login", "jdoe"]] {
        let text = cli.terminal(arguments).exp_eof().expect("the end");
        assert!(!text.contains("Undo:"), "{text}");
    }
}

#[test]
fn what_no_record_brings_back_is_told_with_what_to_do_instead() {
    let cli = Cli::new();
    let mut state = cli.world.console.state();
    state.user_mut("asmith").locked = true;
    drop(state);
    let mut set = cli.command(&[
        "set-password",
        "--login",
        "jdoe",
        "--password-secret",
        "env:NEW",
        "--yes",
    ]);
    let (code, _, err) = run(set.env("NEW", "Correct-horse-1"));
    assert_eq!(code, 0, "{err}");
    done(&cli, &["unlock-user", "--login", "asmith"]);
    let create = [
        "create-platform-user",
        "--email",
        "new@example.com",
        "--first-name",
        "N",
        "--last-name",
        "N",
    ];
    done(&cli, &create);
    let mut delete = cli.command(&[
        "delete-user",
        "--login",
        "ohaddad",
        "--confirm-login",
        "ohaddad",
        "--yes",
    ]);
    let (code, _, err) = run(delete.env("RAPID7_ALLOW_DELETION", "true"));
    assert_eq!(code, 0, "{err}");
    let runs = history(&cli, &[]);
    assert_eq!(runs.len(), 4);
    cli.world.clear_requests();
    for (run, instead) in runs.iter().zip([
        "provision-user makes another one",
        "suspend-platform-user or delete-platform-user",
        "disable-user keeps somebody out",
        "set-password sets another one",
    ]) {
        assert_eq!(run["outcome"], "done");
        let err = failed(&cli, &["undo", id(run), "--yes"], 77);
        assert!(
            err.contains("can't be taken back") && err.contains(instead),
            "{err}"
        );
    }
    // The newest one is meant, and no older one in its place.
    let err = failed(&cli, &["undo", "--yes"], 77);
    assert!(err.contains("provision-user makes another one"), "{err}");
    let err = failed(&cli, &["undo", "cli-1-1", "--yes"], 67);
    assert!(err.contains("has no run cli-1-1"), "{err}");
    assert_eq!(cli.world.requests(), Vec::<String>::new());
}

#[test]
fn a_person_has_a_run_for_each_account() {
    let cli = Cli::new();
    let before = cli.world.snapshot();
    let answer = done(&cli, &["offboard-user", "tokafor@example.com", "--yes"]);
    let runs = history(&cli, &[]);
    assert_eq!(runs.len(), 2, "{runs:#?}");
    let request = runs[0]["request_id"].as_str().expect("a request");
    let mut ids: Vec<&str> = runs.iter().map(id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [format!("{request}/1"), format!("{request}/2")]);
    let err = failed(&cli, &["undo", request, "--yes"], 65);
    assert!(
        err.contains("is about 2 accounts") && err.contains(ids[1]),
        "{err}"
    );
    for id in &ids {
        done(&cli, &["undo", id, "--yes"]);
    }
    assert_eq!(cli.world.snapshot()["5"], before["5"]);
    // The same from the answer itself, and from the whole file.
    for surface in answer["surfaces"].as_array().expect("surfaces") {
        assert_eq!(surface["record"]["request_id"], request, "{surface:#}");
    }
    done(&cli, &["offboard-user", "tokafor@example.com", "--yes"]);
    fs::write(cli.path("answer.json"), format!("{answer:#}")).expect("written");
    for operation in ["restore-user", "restore-platform-user"] {
        let restored = done(&cli, &[operation, "--record-file", "answer.json", "--yes"]);
        assert_eq!(restored["changed"], true, "{operation}");
    }
    assert_eq!(cli.world.snapshot()["5"], before["5"]);
    for operation in ["restore-user", "restore-platform-user"] {
        let restore = [
            operation,
            "--record-file",
            AUDIT,
            "--request-id",
            request,
            "--yes",
        ];
        let restored = done(&cli, &restore);
        assert_eq!(restored["changed"], false, "{operation}");
    }
}

/// The plan and a question, whatever the operation is that takes it back.
#[test]
fn a_run_on_the_platform_is_not_undone_unasked() {
    let cli = Cli::new();
    let suspend = ["suspend-platform-user", "tokafor@example.com", "--yes"];
    done(&cli, &suspend);
    let after = cli.world.snapshot();
    let err = failed(&cli, &["undo"], 64);
    assert!(err.contains("--yes"), "{err}");
    let mut session = cli.terminal(&["undo"]);
    session
        .exp_string("Give products back to tokafor@example.com")
        .expect("the question");
    session.exp_string("[y/N] ").expect("the question");
    session.send_line("n").expect("typed");
    session.exp_string("nothing was changed").expect("the end");
    session.exp_eof().expect("the end");
    assert_eq!(cli.world.snapshot(), after);
    assert_eq!(done(&cli, &["undo", "--yes"])["changed"], true);
}

/// An offboarding disables first; what its later steps did no record brings back.
#[test]
fn what_an_undo_leaves_as_it_is_it_says() {
    let cli = Cli::new();
    let offboard = [
        "offboard-user",
        "jdoe@example.com",
        "--replace-password",
        "--platform",
        "keep",
        "--yes",
    ];
    done(&cli, &offboard);
    let undone = done(&cli, &["undo", "--yes"]);
    let warnings = undone["warnings"].to_string();
    assert!(
        warnings.contains("not undone: ") && warnings.contains("set-password"),
        "{warnings}"
    );
    assert!(enabled(&cli, "jdoe"));
}

/// What was typed before the question stood there, perhaps for something else, is no answer.
#[test]
fn what_was_typed_before_the_question_is_no_answer() {
    let cli = Cli::new();
    let before = cli.world.snapshot();
    let gate = Gate::default();
    let held = Fault::new(FaultKind::HoldBefore(gate.clone()));
    cli.world.console.push_fault(held.on("GET", "/users"));
    let mut session = cli.terminal(&["disable-user", "--login", "jdoe"]);
    wait_until("the request arrives", || gate.reached() > 0);
    session.send_line("y").expect("typed");
    gate.open();
    session.exp_string("[y/N] ").expect("the question");
    session.send_line("n").expect("typed");
    session.exp_string("nothing was changed").expect("the end");
    session.exp_eof().expect("the end");
    assert_eq!(cli.world.snapshot(), before);
}

#[test]
fn one_of_several_records_is_chosen_by_its_id() {
    let cli = Cli::new();
    for login in ["jdoe", "asmith"] {
        done(&cli, &["disable-user", "--login", login, "--yes"]);
    }
    let runs = history(&cli, &[]);
    let err = failed(&cli, &["restore-user", "--record-file", AUDIT, "--yes"], 64);
    assert!(err.contains("there are 2 records: choose one"), "{err}");
    let command = format!(
        "r7user restore-user --record-file {AUDIT} --request-id {}",
        id(&runs[0])
    );
    for told in [
        "disable-user of jdoe (user 4)",
        "disable-user of asmith",
        &command,
    ] {
        assert!(err.contains(told), "{told}: {err}");
    }
    let unknown = [
        "restore-user",
        "--record-file",
        AUDIT,
        "--request-id",
        "x",
        "--yes",
    ];
    let err = failed(&cli, &unknown, 64);
    assert!(
        err.contains("`--request-id`") && err.contains("no record of x"),
        "{err}"
    );
    let platform = ["restore-platform-user", "--record-file", AUDIT, "--yes"];
    let err = failed(&cli, &platform, 64);
    assert!(err.contains("of an account on a platform"), "{err}");
    let chosen = [
        "restore-user",
        "--record-file",
        AUDIT,
        "--request-id",
        id(&runs[1]),
        "--yes",
    ];
    done(&cli, &chosen);
    assert!(enabled(&cli, "jdoe") && !enabled(&cli, "asmith"));
}

#[test]
fn what_is_broken_in_the_file_is_told_and_passed_over() {
    let cli = Cli::new();
    done(&cli, &DISABLE);
    let path = cli.path(AUDIT);
    let text = fs::read(&path).expect("records");
    // A disk that was full in the middle of a record, and what is no text.
    let cut = [&text[..200], b"\n", &text[..], b"\xff\xfe\n"].concat();
    fs::write(&path, cut).expect("written");
    let (code, out, err) = cli.run(&["history"]);
    assert_eq!(code, 0, "{err}");
    assert!(
        err.contains("can't be read and were passed over; the first is line 1"),
        "{err}"
    );
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["count"], 1);
    let (code, _, err) = cli.run(&["undo", "--yes"]);
    assert_eq!(code, 0, "{err}");
    assert!(enabled(&cli, "jdoe"));
}

/// The newest are shown however many there are, and older ones are found another way.
#[test]
fn of_a_huge_file_the_newest_records_are_read() {
    let cli = Cli::new();
    done(&cli, &DISABLE);
    let path = cli.path(AUDIT);
    let mine = fs::read(&path).expect("records");
    let older = mine.iter().copied().take_while(|byte| *byte != b'\n');
    let older = String::from_utf8(older.collect()).expect("text");
    let older_id = cli.audit()[0]["request_id"]
        .as_str()
        .expect("an ID")
        .to_owned();
    let older = older.replace(&older_id, "cli-9-9") + "\n";
    let mut file = fs::File::create(&path).expect("made");
    let filler = format!(
        "{{\"level\": \"INFO\", \"text\": {:?}}}\n",
        "x".repeat(1 << 20)
    );
    file.write_all(older.as_bytes()).expect("written");
    for _ in 0..17 {
        file.write_all(filler.as_bytes()).expect("written");
    }
    file.write_all(&mine).expect("written");
    let (code, out, err) = cli.run(&["history"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("MB were not read"), "{err}");
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["count"], 1);
    let err = failed(&cli, &["undo", "cli-9-9", "--yes"], 67);
    assert!(
        err.contains("grep -F cli-9-9") && err.contains("--audit-file records.jsonl"),
        "{err}"
    );
    done(&cli, &["undo", "--yes"]);
}

#[test]
fn a_file_that_is_named_must_be_there() {
    let cli = Cli::new();
    for (path, told) in [
        ("missing.jsonl", "can't be read"),
        (".", "can't be used"),
        ("/dev/zero", "can't be used"),
    ] {
        for command in ["history", "undo"] {
            let err = failed(&cli, &[command, "--audit-file", path], 64);
            assert!(err.contains("--audit-file") && err.contains(told), "{err}");
        }
    }
    let err = failed(&cli, &["undo", "--yes"], 67);
    assert!(err.contains("can be taken back"), "{err}");
}

/// r7user with two consoles, `emea` and `apac`, each with the same people.
fn with_two(cli: &Cli, other: &FakeConsole, arguments: &[&str]) -> Command {
    for (name, url) in [("emea", cli.world.console.url()), ("apac", other.url())] {
        let secret = credentials(url, OWN_PASSWORD);
        fs::write(cli.path(name), secret.to_string()).expect("written");
    }
    let mut command = cli.command(arguments);
    for name in ["URL", "USERNAME", "PASSWORD"] {
        command.env_remove(format!("RAPID7_CONSOLE_{name}"));
    }
    command.env("RAPID7_CONSOLES", "emea=file:emea,apac=file:apac");
    command
}

#[test]
fn a_record_finds_its_console_by_the_address() {
    let cli = Cli::new();
    let other = FakeConsole::start_http(State::realistic());
    let disable = [&DISABLE[..], &["--console", "apac"]].concat();
    let (code, _, err) = run(&mut with_two(&cli, &other, &disable));
    assert_eq!(code, 0, "{err}");
    // Told where only the other one is configured.
    let err = failed(&cli, &["undo", "--yes"], 64);
    for told in [other.url(), cli.world.console.url(), "configured"] {
        assert!(err.contains(told), "{told}: {err}");
    }
    assert_eq!(cli.world.console.requests().len(), 0);
    let (code, _, err) = run(&mut with_two(&cli, &other, &["undo", "--yes"]));
    assert_eq!(code, 0, "{err}");
    assert_eq!(other.state().snapshot(), State::realistic().snapshot());
    assert_eq!(cli.world.console.requests().len(), 0);
    let again = ["restore-user", "--record-file", AUDIT, "--request-id"];
    let runs = history(&cli, &["--operation", "disable-user"]);
    let again = [&again[..], &[id(&runs[0]), "--yes"]].concat();
    let (code, _, err) = run(&mut with_two(&cli, &other, &again));
    assert_eq!(code, 0, "{err}");
}

/// The file grows while it is read.
#[test]
fn a_file_that_somebody_adds_to_is_read_all_the_same() {
    let cli = Cli::new();
    done(&cli, &DISABLE);
    let mut file = OpenOptions::new()
        .append(true)
        .open(cli.path(AUDIT))
        .expect("opened");
    file.write_all(br#"{"at": "2026-01-01T00:00:00Z", "audit": "bef"#)
        .expect("written");
    assert_eq!(outcomes(&history(&cli, &[])), ["disable-user jdoe done"]);
}
