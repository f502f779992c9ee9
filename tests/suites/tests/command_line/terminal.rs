//! What a person sees in a narrow and in a wide window, with colours and without.

use fake_console::{Fault, FaultKind, UserRecord};
use rexpect::process::WaitStatus;
use rexpect::session::PtySession;
use serde_json::Value;

use crate::cli::{Cli, run, terminal, window};

/// Colours, or none.
const PLAIN: (&str, &str) = ("NO_COLOR", "1");
const COLOURED: (&str, &str) = ("TERM", "xterm-256color");

fn open(cli: &Cli, arguments: &[&str], columns: u16, look: (&str, &str)) -> PtySession {
    let mut command = cli.command(arguments);
    command.env("TERM", "xterm").env(look.0, look.1);
    window(command, columns)
}

/// A screen as text: what differs from run to run by a name, escapes by their letter.
fn screen(cli: &Cli, text: &str) -> String {
    let console = cli.world.console.url();
    let host = console.trim_start_matches("http://");
    // It comes as bytes, each as a character.
    let bytes: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(c).ok()).collect();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.expect("UTF-8");
    let text = text.replace("\r\n", "\n").replace('\r', "");
    let text = text.replace(host, "emea.test:3780").replace('\u{1b}', "␛");
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    for line in &mut lines {
        if let Some(at) = line.find("r7user undo cli-") {
            line.truncate(at + "r7user undo ".len());
            line.push_str("ID");
        }
    }
    lines.join("\n")
}

/// All that is shown, and the exit code.
fn seen(cli: &Cli, arguments: &[&str], columns: u16, look: (&str, &str)) -> (String, i32) {
    let mut session = open(cli, arguments, columns, look);
    let text = session.exp_eof().expect("the end");
    (screen(cli, &text), exit(&session))
}

fn exit(session: &PtySession) -> i32 {
    match session.process().wait() {
        Ok(WaitStatus::Exited(_, code)) => code,
        other => panic!("{other:?}"),
    }
}

fn fits(text: &str, columns: usize) {
    for line in text.lines() {
        assert!(line.chars().count() <= columns, "{line}");
    }
}

#[test]
fn users_in_a_narrow_and_in_a_wide_window() {
    let cli = Cli::new();
    let (narrow, code) = seen(&cli, &["list-users"], 60, PLAIN);
    assert_eq!(code, 0);
    fits(&narrow, 60);
    insta::assert_snapshot!("list-users-60", narrow);
    let (wide, _) = seen(&cli, &["list-users"], 120, PLAIN);
    fits(&wide, 120);
    insta::assert_snapshot!("list-users-120", wide);
    let (coloured, _) = seen(&cli, &["list-users"], 120, COLOURED);
    insta::assert_snapshot!("list-users-120-coloured", coloured);
    assert_eq!(strip(&coloured), wide);
}

fn strip(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('␛') {
        plain.push_str(before);
        rest = after.split_once('m').map_or("", |(_, rest)| rest);
    }
    plain + rest
}

#[test]
fn a_user_and_a_persons_accounts() {
    let cli = Cli::new();
    let (user, _) = seen(&cli, &["get-user", "--login", "jdoe"], 60, PLAIN);
    fits(&user, 60);
    insta::assert_snapshot!("get-user-60", user);
    let sites = ["get-site-access", "--login", "jdoe"];
    insta::assert_snapshot!("get-site-access-60", seen(&cli, &sites, 60, PLAIN).0);
    let who = ["resolve-identity", "--email", "a.smith@example.com"];
    let (who, _) = seen(&cli, &who, 60, PLAIN);
    fits(&who, 60);
    insta::assert_snapshot!("resolve-identity-60", who);
    let (checks, _) = seen(&cli, &["test-connection"], 60, PLAIN);
    insta::assert_snapshot!("test-connection-60", checks);
}

/// The plan, the question with the person's name, and what came of it.
#[test]
fn somebody_is_disabled() {
    for (columns, look, name) in [
        (60, PLAIN, "disable-user-60"),
        (120, PLAIN, "disable-user-120"),
        (120, COLOURED, "disable-user-120-coloured"),
    ] {
        let cli = Cli::new();
        let mut session = open(&cli, &["disable-user", "--login", "jdoe"], columns, look);
        let before = session.exp_string("[y/N] ").expect("the question");
        assert_eq!(cli.world.writes(), Vec::<String>::new());
        session.send_line("y").expect("typed");
        let after = session.exp_eof().expect("the end");
        assert_eq!(exit(&session), 0);
        let text = screen(&cli, &format!("{before}[y/N] y\n{after}"));
        if look == PLAIN {
            fits(&text, columns.into());
        }
        insta::assert_snapshot!(name, text);
        assert!(!cli.world.console.state().user_mut("jdoe").enabled);
    }
}

#[test]
fn no_changes_nothing_and_has_an_exit_code_of_its_own() {
    for answer in ["", "n", "no", "No", " N "] {
        let cli = Cli::new();
        let mut session = open(&cli, &["disable-user", "--login", "jdoe"], 60, PLAIN);
        session.exp_string("[y/N] ").expect("the question");
        session.send_line(answer).expect("typed");
        session.exp_string("nothing was changed").expect("no");
        session.exp_eof().expect("the end");
        assert_eq!(exit(&session), 3, "{answer:?}");
        assert_eq!(cli.world.writes(), Vec::<String>::new(), "{answer:?}");
    }
}

#[test]
fn yes_is_said_in_either_way() {
    for answer in ["y", "Y", "yes", "YES", " Yes "] {
        let cli = Cli::new();
        let mut session = open(&cli, &["disable-user", "--login", "jdoe"], 60, PLAIN);
        session.exp_string("[y/N] ").expect("the question");
        session.send_line(answer).expect("typed");
        session.exp_string("done, and read back").expect("done");
        session.exp_eof().expect("the end");
        assert_eq!(exit(&session), 0, "{answer:?}");
    }
}

/// What is neither is asked again, three times in all.
#[test]
fn anything_else_is_asked_again() {
    let cli = Cli::new();
    let mut session = open(&cli, &["disable-user", "--login", "jdoe"], 60, PLAIN);
    for answer in ["yes please", "\u{e9}", "ja"] {
        session.exp_string("[y/N] ").expect("the question");
        session.send_line(answer).expect("typed");
        session.exp_string("answer y or n").expect("once more");
    }
    session.exp_string("nothing was changed").expect("no");
    session.exp_eof().expect("the end");
    assert_eq!(exit(&session), 3);
    let mut session = open(&cli, &["disable-user", "--login", "jdoe"], 60, PLAIN);
    session.exp_string("[y/N] ").expect("the question");
    session.send_line("what?").expect("typed");
    session.exp_string("[y/N] ").expect("the question again");
    session.send_line("y").expect("typed");
    session.exp_string("done, and read back").expect("done");
    session.exp_eof().expect("the end");
    assert_eq!(exit(&session), 0);
}

#[test]
fn the_inputs_end_is_no_and_so_is_an_interrupt() {
    for (key, code) in [('d', 3), ('c', 130)] {
        let cli = Cli::new();
        let mut session = open(&cli, &["disable-user", "--login", "jdoe"], 60, PLAIN);
        session.exp_string("[y/N] ").expect("the question");
        session.send_control(key).expect("typed");
        session.exp_string("nothing was changed").expect("no");
        session.exp_eof().expect("the end");
        assert_eq!(exit(&session), code, "{key}");
        assert_eq!(cli.world.writes(), Vec::<String>::new(), "{key}");
    }
}

/// A question that goes into a file is none.
#[test]
fn who_does_not_see_the_question_is_not_asked() {
    let cli = Cli::new();
    let text = in_a_shell(&cli, "disable-user --login jdoe", "2>told; cat told");
    assert!(
        text.contains("`--yes`: required where nobody can be asked"),
        "{text}"
    );
    assert_eq!(cli.world.requests(), Vec::<String>::new());
}

/// What a terminal shows of a command line with something behind it.
fn in_a_shell(cli: &Cli, arguments: &str, rest: &str) -> String {
    let mut command = cli.command(&[]);
    command.env("PATH", std::env::var("PATH").unwrap_or_default());
    let program = command.get_program().to_string_lossy().into_owned();
    let mut shell = std::process::Command::new("sh");
    shell
        .arg("-c")
        .arg(format!("'{program}' {arguments} {rest}"))
        .env_clear();
    let told = command
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    shell
        .envs(told.collect::<Vec<_>>())
        .current_dir(cli.path(""));
    let mut session = terminal(shell);
    session.exp_eof().expect("the end")
}

#[test]
fn a_persons_question_tells_which_accounts_and_a_lists_how_many_people() {
    let cli = Cli::new();
    let offboard = ["offboard-user", "--email", "tokafor@example.com"];
    let mut session = open(&cli, &offboard, 120, PLAIN);
    let before = session.exp_string("[y/N] ").expect("the question");
    session.send_line("n").expect("typed");
    let after = session.exp_eof().expect("the end");
    let text = format!("{before}[y/N] n\n{after}");
    insta::assert_snapshot!("offboard-user-120", screen(&cli, &text));

    let few = "email\njdoe@example.com\nnobody@example.com\na.smith@example.com\n";
    std::fs::write(cli.path("few.csv"), few).expect("written");
    let offboard = ["offboard-users", "--people-file", "few.csv"];
    for (columns, name) in [(60, "offboard-users-60"), (120, "offboard-users-120")] {
        let mut session = open(&cli, &offboard, columns, PLAIN);
        let before = session.exp_string("[y/N] ").expect("the question");
        session.send_line("n").expect("typed");
        let after = session.exp_eof().expect("the end");
        let text = screen(&cli, &format!("{before}[y/N] n\n{after}"));
        fits(&text, columns.into());
        insta::assert_snapshot!(name, text);
    }

    let mut list = "email\nnobody@example.com\n".to_owned();
    for n in 0..49 {
        let mut user = UserRecord::new(&format!("leaver{n:02}"), "Passw0rd-leaver", "user");
        user.email = Some(format!("leaver{n:02}@example.com"));
        cli.world.console.state().add_user(user);
        list.push_str(&format!("leaver{n:02}@example.com\n"));
    }
    std::fs::write(cli.path("leavers.csv"), list).expect("written");
    let offboard = [
        "offboard-users",
        "--people-file",
        "leavers.csv",
        "--allow-absent",
    ];
    let mut session = open(&cli, &offboard, 60, PLAIN);
    let text = session.exp_string("[y/N] ").expect("the question");
    assert!(
        text.contains("Offboard 49 of 50 people (49 accounts)?"),
        "{text}"
    );
    assert!(text.lines().count() < 60, "{text}");
    fits(&screen(&cli, &text), 60);
    session.send_line("n").expect("typed");
    session.exp_eof().expect("the end");
    assert_eq!(exit(&session), 3);
    assert_eq!(cli.world.writes(), Vec::<String>::new());
}

#[test]
fn errors_in_a_narrow_and_in_a_wide_window() {
    let cli = Cli::new();
    for (columns, name) in [(60, "errors-60"), (120, "errors-120")] {
        let texts = [
            &["get-user"][..],
            &["get-user", "--user-id", "4711"],
            &["get-user", "--email", "a.smith@example.com"],
            &["set-password", "--login", "jdoe", "--yes"],
            &["disable-user", "--login", "nxadmin"],
            &["get-usr"],
        ];
        let texts = texts.map(|arguments| {
            let (text, code) = seen(&cli, arguments, columns, PLAIN);
            format!("$ r7user {}\n{text}\n[{code}]\n", arguments.join(" "))
        });
        insta::assert_snapshot!(name, texts.join("\n"));
    }
    let (coloured, _) = seen(&cli, &["get-user"], 60, COLOURED);
    insta::assert_snapshot!("error-coloured", coloured);
}

#[test]
fn help_begins_with_the_first_steps() {
    let cli = Cli::new();
    for (columns, name) in [(60, "help-60"), (120, "help-120")] {
        let (text, code) = seen(&cli, &["-h"], columns, PLAIN);
        assert_eq!(code, 0);
        fits(&text, columns.into());
        let first = text.find("First steps:").expect("first steps");
        assert!(text[..first].lines().count() < 10, "{text}");
        insta::assert_snapshot!(name, text);
    }
    let (of_one, _) = seen(&cli, &["get-user", "--help"], 60, PLAIN);
    assert!(
        of_one.contains("`--user-id`") && !of_one.contains("user_id"),
        "{of_one}"
    );
    let place = |heading: &str| of_one.find(heading).expect(heading);
    assert!(
        place("Input:") < place("Options of every command:"),
        "{of_one}"
    );
    let (long, _) = seen(&cli, &["--help"], 80, PLAIN);
    for told in ["RAPID7_CONSOLE_URL", "Examples:", "3 you said no"] {
        assert!(long.contains(told), "{told}: {long}");
    }
}

/// Some terminals tell no width, or a strange one, and some can do nothing at all.
#[test]
fn odd_terminals_get_something_that_can_be_read() {
    let cli = Cli::new();
    for (name, value) in [
        ("COLUMNS", "0"),
        ("COLUMNS", "x"),
        ("COLUMNS", "60"),
        ("TERM", "dumb"),
    ] {
        let mut command = cli.command(&["list-users"]);
        command.env(name, value);
        let mut session = terminal(command);
        let text = session.exp_eof().expect("the end");
        assert!(text.contains("jdoe@example.com"), "{name}={value}: {text}");
        let columns = if value == "60" { 60 } else { 100 };
        fits(&screen(&cli, &text), columns);
    }
    let (dumb, _) = seen(&cli, &["list-users"], 120, ("TERM", "dumb"));
    assert!(!dumb.contains('␛'), "{dumb}");
    let (tiny, _) = seen(&cli, &["list-users"], 5, PLAIN);
    assert!(tiny.lines().any(|line| line.starts_with("jdoe")), "{tiny}");
}

/// Who pipes answers into another program reads errors all the same.
#[test]
fn standard_error_decides_for_itself() {
    let cli = Cli::new();
    let piped = |arguments: &str| in_a_shell(&cli, arguments, "| cat");
    let text = piped("get-user --user-id 4711");
    assert!(text.starts_with("Not found: "), "{text}");
    assert!(text.contains("\nNothing was changed."), "{text}");
    let text = piped("get-user --user-id 4711 --json");
    assert!(
        text.starts_with('{') && text.contains("\"NotFound\""),
        "{text}"
    );
    let text = piped("get-user --user-id 4");
    assert!(text.starts_with('{'), "{text}");
    // Where nobody reads anything, programs do.
    let (code, _, err) = cli.run(&["get-user", "--user-id", "4711"]);
    assert_eq!(code, 67);
    let error: Value = serde_json::from_str(&err).expect(&err);
    assert_eq!(error["error"]["kind"], "NotFound");
    let (_, _, err) = cli.run(&["get-user", "--user-id", "4711", "--output", "csv"]);
    assert!(err.starts_with("Not found: "), "{err}");
}

/// What a command line has wrong is told to programs as everything else is.
#[test]
fn wrong_arguments_are_json_too() {
    let cli = Cli::new();
    for arguments in [
        &["get-usr", "--json"][..],
        &["get-user", "--usr-id", "4", "--output", "json"],
        &["create-user", "--login", "a", "--output=json-lines"],
        &[
            "update-user",
            "--user-id",
            "4",
            "--clear",
            "locale",
            "--locale",
            "de",
            "--json",
        ],
        &["--json"],
        &["list-users", "--json", "--output", "csv"],
    ] {
        let (code, out, err) = cli.run(arguments);
        assert_eq!((code, out.as_str()), (64, ""), "{err}");
        let error: Value = serde_json::from_str(&err).expect(&err);
        assert_eq!(error["error"]["kind"], "InvalidInput", "{err}");
        assert_eq!(error["error"]["changed"], serde_json::json!([]), "{err}");
        let message = error["error"]["message"].as_str().expect("a message");
        assert!(!message.is_empty() && !message.contains('\n'), "{message}");
        assert!(
            error["error"]["next"]
                .as_str()
                .is_some_and(|next| next.contains("--help")),
            "{err}"
        );
    }
    assert_eq!(cli.world.requests(), Vec::<String>::new());
}

/// Flags, never members of JSON, in text and in JSON.
#[test]
fn errors_speak_of_what_was_typed() {
    let cli = Cli::new();
    for (arguments, told) in [
        (&["get-user"][..], "--login, --email or --user-id"),
        (
            &["set-password", "--login", "jdoe", "--yes"],
            "`--password-stdin`",
        ),
        (&["offboard-users", "--yes"], "--people-file"),
        (&["get-platform-user"], "--email or --user-id"),
        (&["resolve-identity"], "--login or --email"),
    ] {
        let (code, _, err) = cli.run(arguments);
        assert_eq!(code, 64, "{err}");
        assert!(err.contains(told), "{told}: {err}");
        for member in [
            "user_id",
            "password_secret",
            "people_text",
            "`password`",
            "`email`",
        ] {
            assert!(!err.contains(member), "{member}: {err}");
        }
    }
}

/// What a file has wrong is told by the flag that named it, and by the place in it.
#[test]
fn errors_in_files_name_the_flag_and_the_place() {
    let cli = Cli::new();
    let offboard = ["offboard-users", "--yes", "--people-file", "people"];
    for (text, told) in [
        (
            "[{\"login\": \"jdoe\"}, {\"login\": 4}]",
            "`--people-file`, `people[1].login`: expected",
        ),
        (
            "{\"login\": \"jdoe\"}\n{",
            "`--people-file`, line 2: expected one JSON object",
        ),
        ("name\njdoe\n", "`--people-file`"),
    ] {
        std::fs::write(cli.path("people"), text).expect("written");
        let (code, _, err) = cli.run(&offboard);
        assert_eq!(code, 64, "{err}");
        assert!(
            err.contains(told) && !err.contains("people_text"),
            "{told}: {err}"
        );
    }
}

#[test]
fn forms_are_chosen_by_name() {
    let cli = Cli::new();
    let (code, out, _) = cli.run(&["list-users", "--output", "table"]);
    assert_eq!(code, 0);
    assert!(out.starts_with("user_id  login"), "{out}");
    assert!(!out.contains('\u{1b}'), "{out}");
    let formula = "=cmd|' /C calc'!A0, \"x\"";
    cli.world.console.state().user_mut("jdoe").first = formula.into();
    cli.world.console.state().user_mut("jdoe").last = String::new();
    let (code, out, _) = cli.run(&["list-users", "--output", "csv"]);
    assert_eq!(code, 0);
    let mut lines = out.lines();
    assert!(
        lines
            .next()
            .is_some_and(|line| line.starts_with("user_id,login,name,email,enabled")),
        "{out}"
    );
    assert_eq!(lines.count(), 15);
    assert!(
        out.contains("4,jdoe,\"'=cmd|' /C calc'!A0, \"\"x\"\"\",jdoe@example.com"),
        "{out}"
    );
    let (_, out, _) = cli.run(&["get-user", "--login", "jdoe", "--output", "tsv"]);
    assert_eq!(out.lines().count(), 2);
    assert!(out.starts_with("user_id\tlogin\t"), "{out}");
    let (_, json, _) = cli.run(&["list-users", "--output", "json"]);
    assert_eq!(json, cli.run(&["list-users", "--json"]).1);
    let (_, lines, _) = cli.run(&["list-users", "--output", "json-lines"]);
    assert_eq!(lines, cli.run(&["list-users", "--json-lines"]).1);
    let disable = [
        "disable-user",
        "--login",
        "jdoe",
        "--yes",
        "--output",
        "csv",
    ];
    let (code, out, err) = cli.run(&disable);
    assert_eq!((code, err.as_str()), (0, ""));
    assert_eq!(out.lines().count(), 2, "{out}");
    for contradiction in [
        ["--json", "--output", "csv"],
        ["--json-lines", "--output", "table"],
    ] {
        let (code, _, err) = cli.run(&[&["list-users"][..], &contradiction].concat());
        assert_eq!(code, 64, "{err}");
    }
}

/// Half done: the report is an answer, in the form of answers, and the error is told beside it.
#[test]
fn a_report_of_what_failed_has_the_form_that_was_asked_for() {
    let cli = Cli::new();
    let down = Fault::new(FaultKind::Html { status: 503 }).times(500);
    cli.world.platform.push_fault(down);
    let offboard = [
        "offboard-user",
        "--email",
        "tokafor@example.com",
        "--yes",
        "--output",
        "csv",
    ];
    let output = run(&mut cli.command(&offboard));
    let (code, out, err) = output;
    assert_eq!(code, 69, "{err}");
    cli.world.platform.clear_faults();
    assert!(out.lines().count() >= 3 && out.contains("console"), "{out}");
    assert!(
        err.starts_with("Unavailable: ") && !err.contains("verdict"),
        "{err}"
    );
}
