//! The runbook CLI as a process, with and without a terminal.

use std::time::{Duration, Instant};

use fake_console::{Fault, FaultKind};
use serde_json::{Value, json};
use suites::{jsmith, told, with, with_stdin, without};

use crate::cli::{Cli, interrupted, run};

#[test]
fn answers_to_a_pipe_are_json() {
    let cli = Cli::new();
    let (code, out, err) = cli.run(&["get-user", "--login", "jdoe"]);
    assert_eq!((code, err.as_str()), (0, ""));
    let user: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(user["user_id"], 4);
    let (_, out, _) = cli.run(&["list-users"]);
    let list: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(list["count"], 15);
}

#[test]
fn a_dry_run_writes_nothing_and_a_real_one_leaves_an_audit_record() {
    let cli = Cli::new();
    let disable = ["disable-user", "--login", "jdoe", "--ticket", "OFF-1042"];
    let (code, out, _) = cli.run(&[&disable[..], &["--dry-run"]].concat());
    assert_eq!(code, 0);
    let outcome: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(outcome["dry_run"], true);
    assert_eq!(cli.world.writes(), Vec::<String>::new());
    let (code, out, err) = cli.run(&[&disable[..], &["--yes"]].concat());
    assert_eq!(code, 0, "{err}");
    let outcome: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(outcome["changed"], true);
    let phases: Vec<Value> = cli.audit().iter().map(|r| r["audit"].clone()).collect();
    assert_eq!(phases, ["after", "before", "after"]);
    assert_eq!(cli.audit()[1]["ticket"], "OFF-1042");
}

#[test]
fn what_takes_something_away_is_not_done_where_nobody_can_be_asked() {
    let cli = Cli::new();
    let (code, out, err) = cli.run(&["disable-user", "--login", "jdoe"]);
    assert_eq!((code, out.as_str()), (64, ""));
    assert!(err.contains("`--yes`"), "{err}");
    assert_eq!(cli.world.requests(), Vec::<String>::new());
}

/// To unlock takes nothing away; a new password does.
#[test]
fn a_new_password_is_asked_for_wherever_it_is_set() {
    let cli = Cli::new();
    let unlock = ["unlock-user", "--login", "rmartinez"];
    let (code, _, err) = cli.run(&[&unlock[..], &["--password-secret", "env:NEW"]].concat());
    assert_eq!(code, 64, "{err}");
    assert!(err.contains("`--yes`"), "{err}");
    assert_eq!(cli.world.writes(), Vec::<String>::new());
    let (code, _, err) = cli.run(&unlock);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn a_person_sees_the_plan_and_says_yes() {
    let cli = Cli::new();
    let mut terminal = cli.terminal(&["disable-user", "--email", "jdoe@example.com"]);
    terminal
        .exp_string("Plan for jdoe (user 4)")
        .expect("the plan");
    terminal.exp_string("enabled: true").expect("the change");
    terminal.exp_string("[y/N] ").expect("the question");
    assert_eq!(cli.world.writes(), Vec::<String>::new());
    terminal.send_line("yes").expect("typed");
    terminal
        .exp_string("done, and read back")
        .expect("the outcome");
    terminal.exp_eof().expect("the end");
    assert!(!cli.world.console.state().user_mut("jdoe").enabled);
    // The run is about the account that was shown.
    let requests = cli.world.requests();
    let lists = requests
        .iter()
        .filter(|request| *request == "GET /api/3/users");
    assert_eq!(lists.count(), 1);
}

#[test]
fn a_person_sees_the_plan_of_what_takes_nothing_away_and_is_not_asked() {
    let cli = Cli::new();
    let mut terminal = cli.terminal(&["unlock-user", "--login", "rmartinez"]);
    terminal.exp_string("Plan for rmartinez").expect("the plan");
    terminal
        .exp_string("done, and read back")
        .expect("the outcome");
}

#[test]
fn a_person_is_told_where_nothing_was_left_to_do() {
    let cli = Cli::new();
    let ldap = json!({"authentication_type": "ldap"});
    let event = with(without(jsmith(), "password"), ldap);
    let _ = cli.world.outcome("create-user", event);
    let mut terminal = cli.terminal(&[
        "create-user",
        "--login=jsmith",
        "--first-name=John",
        "--last-name=Smith",
        "--email=jsmith@example.com",
        "--role-id=user",
        "--authentication-type=ldap",
    ]);
    terminal
        .exp_string("nothing was left to do")
        .expect("the outcome");
}

#[test]
fn exit_codes_follow_the_kind_of_error() {
    let cli = Cli::new();
    let fault = |kind: FaultKind, times| {
        cli.world.console.push_fault(Fault::new(kind).times(times));
    };
    let unlock: &[&str] = &["unlock-user", "--login", "ext.pentest"];
    cli.world.console.state().user_mut("ext.pentest").locked = true;
    let code = |arguments: &[&str]| {
        let (code, out, err) = cli.run(arguments);
        assert_eq!(out, "");
        let error: Value = serde_json::from_str(&err).expect(&err);
        let kind = error["error"]["kind"].as_str().expect(&err).to_owned();
        (code, kind)
    };
    let told = |code, kind: &str| (code, kind.to_owned());
    assert_eq!(code(&["get-user"]), told(64, "InvalidInput"));
    assert_eq!(
        code(&["get-user", "--email", "a.smith@example.com"]),
        told(65, "Ambiguous")
    );
    assert_eq!(
        code(&["get-user", "--user-id", "4711"]),
        told(67, "NotFound")
    );
    assert_eq!(code(unlock), told(77, "Refused"));
    fault(FaultKind::status(401), 1);
    assert_eq!(code(&["list-users"]), told(77, "Unauthorized"));
    fault(FaultKind::BadJson, 1);
    assert_eq!(code(&["list-users"]), told(69, "Unavailable"));
    fault(FaultKind::status(400), 1);
    assert_eq!(code(&["list-users"]), told(70, "Unexpected"));
    let limited = FaultKind::Status {
        status: 429,
        retry_after: Some("9999".into()),
        message: String::new(),
    };
    fault(limited, 1);
    assert_eq!(code(&["list-users"]), told(75, "RateLimited"));
    let meanwhile = FaultKind::change_after(|state| {
        state.user_mut("jdoe").role = "auditor".into();
    });
    cli.world
        .console
        .push_fault(Fault::new(meanwhile).on("PUT", "/users/4"));
    let disable = ["disable-user", "--user-id", "4", "--yes"];
    assert_eq!(code(&disable), told(75, "Conflict"));
}

#[test]
fn a_run_ends_after_its_timeout() {
    let cli = Cli::new();
    cli.world.console.push_fault(Fault::new(FaultKind::Hang));
    let started = Instant::now();
    let (code, _, err) = cli.run(&["get-user", "--user-id", "4", "--timeout", "1"]);
    assert_eq!(code, 69, "{err}");
    assert!(started.elapsed() < Duration::from_secs(6), "{err}");
}

#[test]
fn wrong_arguments_are_told_with_what_is_expected() {
    let cli = Cli::new();
    for (arguments, told) in [
        (&["get-user", "--user-id", "x"][..], "--user-id <NUMBER>"),
        (&["get-user", "--usr-id", "4"], "--user-id"),
        (&["disable"], "disable-user"),
        (&["create-user", "--login", "a"], "--email <TEXT>"),
        (&["create-user", "--authentication-type", "ladp"], "ldap"),
    ] {
        let (code, out, err) = cli.run(arguments);
        assert_eq!((code, out.as_str()), (64, ""), "{err}");
        assert!(err.contains(told), "{err}");
    }
    assert_eq!(cli.world.requests(), Vec::<String>::new());
}

/// A password is never an argument, which everybody on the machine can read.
#[test]
fn a_password_comes_by_standard_input_or_from_a_file() {
    let cli = Cli::new();
    let create = |login: &str| {
        let words = format!(
            "create-user --login {login} --name Somebody --email {login}@example.com --role-id user"
        );
        words.split(' ').map(str::to_owned).collect::<Vec<_>>()
    };
    let mut arguments = create("one");
    arguments.push("--password-stdin".into());
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let mut command = cli.command(&words);
    let (code, out, err) = told(&with_stdin(&mut command, "canary-Passw0rd\n"));
    assert_eq!(code, 0, "{err}");
    assert!(
        !out.contains("canary") && !err.contains("canary"),
        "{out}{err}"
    );
    assert_eq!(
        cli.world.console.state().user_mut("one").password,
        "canary-Passw0rd"
    );

    let file = cli.path("password");
    std::fs::write(&file, "canary-from-file\n").expect("written");
    let mut arguments = create("two");
    arguments.extend([
        "--password-secret".into(),
        format!("file:{}", file.display()),
    ]);
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (code, out, err) = cli.run(&words);
    assert_eq!(code, 0, "{err}");
    assert!(!out.contains("canary"), "{out}");
    assert_eq!(
        cli.world.console.state().user_mut("two").password,
        "canary-from-file"
    );
    assert!(!format!("{:?}", cli.audit()).contains("canary"));
}

#[test]
fn credentials_come_from_a_file_too() {
    let cli = Cli::new();
    let file = cli.path("console.json");
    let secret = suites::credentials(cli.world.console.url(), suites::OWN_PASSWORD);
    std::fs::write(&file, secret.to_string()).expect("written");
    let mut command = cli.command(&["get-user", "--user-id", "4"]);
    for name in ["URL", "USERNAME", "PASSWORD"] {
        command.env_remove(format!("RAPID7_CONSOLE_{name}"));
    }
    command.env("RAPID7_CONSOLE_SECRET_FILE", &file);
    let (code, _, err) = run(&mut command);
    assert_eq!(code, 0, "{err}");
}

/// Told before the console is asked: a misspelt name would forbid what it was meant to allow.
#[test]
fn allowed_operations_are_operations() {
    let cli = Cli::new();
    let mut command = cli.command(&["get-user", "--user-id", "4"]);
    command.env("RAPID7_ALLOWED_OPERATIONS", "get-user,unlok-user");
    let (code, _, err) = run(&mut command);
    assert_eq!(code, 78, "{err}");
    let expected = "RAPID7_ALLOWED_OPERATIONS: one of them is not an operation; there are";
    assert!(
        err.contains(expected) && err.contains("unlock-user"),
        "{err}"
    );
    assert!(!err.contains("unlok"), "{err}");
    assert_eq!(cli.world.requests(), Vec::<String>::new());
}

#[test]
fn a_two_factor_token_comes_from_the_environment() {
    let cli = Cli::new();
    let token = "123456".to_owned();
    let own = suites::OWN_LOGIN;
    cli.world.console.state().user_mut(own).two_factor_token = Some(token.clone());
    let mut command = cli.command(&["get-user", "--user-id", "4"]);
    command.env("RAPID7_CONSOLE_TOKEN", token);
    let (code, _, err) = run(&mut command);
    assert_eq!(code, 0, "{err}");
}

#[test]
fn tables_go_to_a_terminal() {
    let cli = Cli::new();
    let mut terminal = cli.terminal(&["list-users"]);
    terminal.exp_string("user_id").expect("a header");
    terminal.exp_string("jdoe@example.com").expect("a row");
    terminal.exp_string("15 in all").expect("a count");
}

#[test]
fn help_has_examples_and_completions_know_the_operations() {
    let cli = Cli::new();
    let (code, out, _) = cli.run(&["--help"]);
    assert_eq!(code, 0);
    assert!(out.contains("Examples:"), "{out}");
    let (code, out, _) = cli.run(&["disable-user", "--help"]);
    assert_eq!(code, 0);
    assert!(
        out.contains("r7user disable-user --login jdoe --ticket OFF-1042"),
        "{out}"
    );
    for shell in ["bash", "zsh", "fish"] {
        let (code, out, _) = cli.run(&["completions", shell]);
        assert_eq!(code, 0);
        for entry in actions::ALL {
            assert!(out.contains(entry.operation.spec.name), "{shell}");
        }
    }
}

#[test]
fn without_a_place_for_audit_records_nothing_is_written() {
    let cli = Cli::new();
    let blocked = cli.path("file");
    std::fs::write(&blocked, "").expect("written");
    let audit = blocked.join("audit.jsonl");
    let audit = audit.to_str().expect("utf-8");
    let arguments = [
        "disable-user",
        "--user-id",
        "4",
        "--yes",
        "--audit-file",
        audit,
    ];
    let (code, _, err) = cli.run(&arguments);
    assert_eq!(code, 69, "{err}");
    let error: Value = serde_json::from_str(&err).expect("JSON");
    assert_eq!(error["error"]["changed"], json!([]));
    assert!(err.contains("audit record could not be written"), "{err}");
    assert_eq!(cli.world.writes(), Vec::<String>::new());
}

/// Stopped in the middle, a run would leave the account without its individual grants.
#[test]
fn an_interrupt_after_the_write_has_begun_lets_it_finish() {
    let cli = Cli::new();
    let slow = FaultKind::Slow(std::time::Duration::from_millis(500));
    cli.world
        .console
        .push_fault(Fault::new(slow).on("PUT", "/users/4"));
    let mut command = cli.command(&["disable-user", "--user-id", "4", "--yes"]);
    let (code, out, err) = interrupted(&mut command, || !cli.world.writes().is_empty());
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("what was begun is finished"), "{err}");
    let outcome: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(outcome["changed"], true);
    let sites = cli.world.console.state().user_mut("jdoe").sites.clone();
    assert_eq!(sites, [1, 2, 4].into());
}
