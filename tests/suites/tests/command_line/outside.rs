//! What surrounds r7user: variables, folders, files of secrets, and who reads what it says.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;

use serde_json::Value;
use suites::{told, with_stdin};

use crate::cli::{Cli, run};

const DISABLE: [&str; 4] = ["disable-user", "--user-id", "4", "--yes"];

#[test]
fn a_variable_that_is_misspelt_is_an_error() {
    let cli = Cli::new();
    for arguments in [
        &DISABLE[..],
        &["get-user", "--user-id", "4"],
        &["get-user", "--user-id", "4", "--via-lambda", "acme"],
    ] {
        let mut command = cli.command(arguments);
        command.env("RAPID7_PROTECTED_LOGIN", "jdoe");
        let (code, _, err) = run(&mut command);
        assert_eq!(code, 78, "{err}");
        assert!(
            err.contains("perhaps RAPID7_PROTECTED_LOGINS was meant"),
            "{err}"
        );
    }
    assert_eq!(cli.world.requests(), Vec::<String>::new());
}

#[test]
fn records_go_to_no_folder_that_depends_on_where_it_runs() {
    let cli = Cli::new();
    for home in ["here", "."] {
        let mut command = cli.command(&DISABLE);
        command.env_remove("XDG_STATE_HOME").env("HOME", home);
        let (code, _, err) = run(&mut command);
        assert_eq!(code, 64, "{home:?}: {err}");
        assert!(
            err.contains("`--audit-file`") && err.contains("HOME"),
            "{err}"
        );
        // A relative one counts as none.
        let mut command = cli.command(&DISABLE);
        command.env("XDG_STATE_HOME", home).env("HOME", home);
        assert_eq!(run(&mut command).0, 64, "{home:?}");
    }
    assert_eq!(cli.world.writes(), Vec::<String>::new());
    let mut command = cli.command(&DISABLE);
    command.env("HOME", "here");
    assert_eq!(run(&mut command).0, 0);
}

#[test]
fn a_file_of_secrets_that_others_can_read_is_told() {
    let cli = Cli::new();
    let file = cli.path("console.json");
    let secret = suites::credentials(cli.world.console.url(), suites::OWN_PASSWORD);
    // As some editors save it.
    fs::write(&file, format!("\u{feff}{secret}")).expect("written");
    let password = cli.path("password");
    fs::write(&password, "\u{feff}Correct-Horse-7\r\n").expect("written");
    let reference = format!("file:{}", password.display());
    let set = [
        "set-password",
        "--user-id",
        "4",
        "--yes",
        "--password-secret",
        &reference,
    ];
    for (mode, warnings) in [(0o644, 2), (0o640, 2), (0o600, 0)] {
        for file in [&file, &password] {
            fs::set_permissions(file, fs::Permissions::from_mode(mode)).expect("set");
        }
        let mut command = cli.command(&set);
        for name in ["URL", "USERNAME", "PASSWORD"] {
            command.env_remove(format!("RAPID7_CONSOLE_{name}"));
        }
        command.env("RAPID7_CONSOLE_SECRET_FILE", &file);
        let (code, _, err) = run(&mut command);
        assert_eq!(code, 0, "{err}");
        assert_eq!(
            err.matches("others on this machine may read").count(),
            warnings,
            "{err}"
        );
        let now = cli.world.console.state().user_mut("jdoe").password.clone();
        assert_eq!(now, "Correct-Horse-7");
    }
}

#[test]
fn a_password_on_standard_input_is_one_line() {
    let cli = Cli::new();
    let set = [
        "set-password",
        "--user-id",
        "4",
        "--yes",
        "--password-stdin",
    ];
    for text in ["canary\ncanary\n", "canary\u{200b}\n", "\n", ""] {
        let (code, _, err) = told(&with_stdin(&mut cli.command(&set), text));
        assert_eq!(code, 64, "{text:?}: {err}");
        assert!(
            err.contains("`(standard input)`") && !err.contains("canary"),
            "{err}"
        );
    }
    assert_eq!(cli.world.requests(), Vec::<String>::new());
    let mut command = cli.command(&["get-user", "--user-id", "4"]);
    command.env("RAPID7_CONSOLE_PASSWORD", "canary\ncanary");
    let (code, _, err) = run(&mut command);
    assert_eq!(code, 78, "{err}");
    assert!(
        err.contains("RAPID7_CONSOLE_PASSWORD: expected one line"),
        "{err}"
    );
    let own = format!("{}\n", suites::OWN_PASSWORD);
    command.env("RAPID7_CONSOLE_PASSWORD", own);
    assert_eq!(run(&mut command).0, 0);
}

fn full() -> Stdio {
    Stdio::from(File::create("/dev/full").expect("a device"))
}

/// Help, version and completions come from no run, and are answers all the same.
#[test]
fn what_clap_writes_is_written_or_an_error_and_a_reader_may_hang_up() {
    let cli = Cli::new();
    for arguments in [
        &["--help"][..],
        &["disable-user", "--help"],
        &["--version"],
        &["completions", "bash"],
        &["list-roles"],
        &["list-users", "--json-lines"],
    ] {
        let (code, _, err) = run(cli.command(arguments).stdout(full()));
        assert_eq!(code, 69, "{arguments:?}: {err}");
        assert!(err.contains("No space left"), "{arguments:?}: {err}");
        let mut command = cli.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("r7user starts");
        drop(child.stdout.take());
        let (code, _, err) = told(&child.wait_with_output().expect("ends"));
        assert_eq!((code, err.as_str()), (0, ""), "{arguments:?}");
    }
    // Nobody listens to either.
    for (arguments, code) in [
        (&["--no-such"][..], 64),
        (&["get-user", "--login", "nobody"], 67),
        (&["get-user", "--login", "nobody", "--json"], 67),
    ] {
        let mut command = cli.command(arguments);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("r7user starts");
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(
            child.wait().expect("ends").code(),
            Some(code),
            "{arguments:?}"
        );
        assert_eq!(
            run(cli.command(arguments).stderr(full())).0,
            code,
            "{arguments:?}"
        );
    }
}

/// The report is an answer, although some of it failed.
#[test]
fn a_report_with_failures_goes_to_standard_output() {
    let cli = Cli::new();
    let list = "email\ntokafor@example.com\nnobody@example.com\nJane <jdoe@example.com>\n";
    fs::write(cli.path("leavers.csv"), list).expect("written");
    let offboard = [
        "offboard-users",
        "--people-file",
        "leavers.csv",
        "--yes",
        "--json",
    ];
    let (code, out, err) = cli.run(&offboard);
    assert_eq!(code, 64, "{err}");
    let report: Value = serde_json::from_str(&out).expect("JSON");
    let results = report["rows"].as_array().expect("rows").iter();
    let results: Vec<&str> = results.filter_map(|row| row["result"].as_str()).collect();
    assert_eq!(results, ["done", "absent", "failed"]);
    let error: Value = serde_json::from_str(&err).expect("JSON");
    assert_eq!(error["error"]["kind"], "InvalidInput");
    // One person's, too, and row by row.
    let (code, out, _) = cli.run(&["offboard-user", "--email", "a.smith@example.com", "--yes"]);
    assert_eq!(code, 65);
    let report: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(report["result"], "refused");
    let (_, out, _) = cli.run(&[&offboard[..], &["--json-lines"]].concat());
    let rows: Vec<Value> = out
        .lines()
        .map(|row| serde_json::from_str(row).expect(row))
        .collect();
    assert_eq!(rows.len(), 3, "{out}");
    // Where it can't be written, the error is told all the same.
    let (code, _, err) = run(cli.command(&offboard).stdout(full()));
    assert_eq!(code, 64, "{err}");
    assert!(err.contains("The report could not be written"), "{err}");
}
