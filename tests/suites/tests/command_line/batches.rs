//! Lists of people: dry runs, and which accounts are meant.

use std::fs;

use fake_console::UserRecord;
use serde_json::{Value, json};

use crate::cli::Cli;

const OFFBOARD: [&str; 3] = ["offboard-users", "--people-file", "leavers.csv"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&OFFBOARD[..], more].concat()
}

/// Two accounts with one address, of which a person has to choose.
fn with_twins() -> (Cli, i64) {
    let cli = Cli::new();
    let mut twin = UserRecord::new("twin", "Passw0rd-twin", "user");
    twin.email = Some("jdoe@example.com".into());
    let id = cli.world.console.state().add_user(twin);
    (cli, id)
}

fn enabled(cli: &Cli, login: &str) -> bool {
    cli.world.console.state().user_mut(login).enabled
}

#[test]
fn a_dry_run_neither_makes_nor_claims_the_report() {
    let cli = Cli::new();
    fs::write(cli.path("leavers.csv"), "login\njdoe\n").expect("written");
    let report = cli.path("report.jsonl");
    let dry = with(&["--report", "report.jsonl", "--dry-run"]);
    let (code, out, err) = cli.run(&dry);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("\"dry_run\": true") && !report.exists());
    // One that is there is read where it is to be gone on from, and left alone.
    for kept in ["", "{\"person\": 1}\n"] {
        fs::write(&report, kept).expect("written");
        let (code, _, err) = cli.run(&dry);
        assert_eq!(code, 0, "{err}");
        assert_eq!(fs::read_to_string(&report).expect("there"), kept);
    }
    fs::remove_file(&report).expect("removed");
    let (code, _, err) = cli.run(&with(&["--report", "report.jsonl", "--yes"]));
    assert_eq!(code, 0, "{err}");
    let rows = fs::read_to_string(&report).expect("there");
    let (code, out, err) = cli.run(&[&dry[..], &["--resume"]].concat());
    assert_eq!(code, 0, "{err}");
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["summary"]["skipped"], 1, "{answer:#}");
    assert_eq!(fs::read_to_string(&report).expect("there"), rows);
}

#[test]
fn a_list_says_which_accounts_are_meant() {
    let (cli, twin) = with_twins();
    let text = "email,accounts\njdoe@example.com,console:4\n";
    fs::write(cli.path("leavers.csv"), text).expect("written");
    let (code, out, err) = cli.run(&with(&["--yes", "--platform", "keep"]));
    assert_eq!(code, 0, "{err}");
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(answer["summary"]["done"], 1);
    assert!(!enabled(&cli, "jdoe") && enabled(&cli, "twin"));
    let text = format!("email;accounts\njdoe@example.com;\"console:4; console:{twin}\"\n");
    fs::write(cli.path("leavers.csv"), text).expect("written");
    let (code, _, err) = cli.run(&with(&["--yes", "--platform", "keep"]));
    assert_eq!(code, 0, "{err}");
    assert!(!enabled(&cli, "twin"));
    // What names no account, and an account that is not the person's.
    cli.world.clear_requests();
    let text = "email,accounts\njdoe@example.com,console:4\nasmith@example.com,canary\n";
    fs::write(cli.path("leavers.csv"), text).expect("written");
    let (code, _, err) = cli.run(&with(&["--yes"]));
    assert_eq!(code, 64, "{err}");
    assert!(
        err.contains("line 3.accounts") && err.contains("emea:42"),
        "{err}"
    );
    assert!(!err.contains("canary"), "{err}");
    assert_eq!(cli.world.requests(), Vec::<String>::new());
}

#[test]
fn one_person_takes_the_same_accounts_in_the_same_forms() {
    for text in [
        "console:4",
        "surface,user_id\nconsole,4\n",
        "Surface;User ID\r\nconsole;4\r\n",
        "{\"surface\": \"console\", \"user_id\": 4}\n",
        "\u{feff}[{\"surface\": \"console\", \"user_id\": 4}]",
    ] {
        let (cli, _) = with_twins();
        fs::write(cli.path("accounts"), text).expect("written");
        let offboard = [
            "offboard-user",
            "jdoe@example.com",
            "--accounts-file",
            "accounts",
            "--platform",
            "keep",
            "--yes",
        ];
        let (code, _, err) = cli.run(&offboard);
        assert_eq!(code, 0, "{text}: {err}");
        assert!(!enabled(&cli, "jdoe") && enabled(&cli, "twin"), "{text}");
    }
    let (cli, _) = with_twins();
    for (text, told) in [
        ("canary", "`--accounts-file`: expected pairs"),
        (
            "surface,user_id\nconsole,canary\n",
            "`--accounts-file, line 2`",
        ),
        ("[{\"surface\": \"console\"}]", "accounts[0]"),
        (
            &json!([{"surface": "console", "user_id": [1]}]).to_string(),
            "accounts[0].user_id",
        ),
    ] {
        fs::write(cli.path("accounts"), text).expect("written");
        let offboard = [
            "offboard-user",
            "jdoe@example.com",
            "--accounts-file",
            "accounts",
            "--yes",
        ];
        let (code, _, err) = cli.run(&offboard);
        assert_eq!(code, 64, "{err}");
        assert!(
            err.contains(told) && !err.contains("canary"),
            "{told}: {err}"
        );
    }
}
