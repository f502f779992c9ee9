//! The Insight Platform from the runbook CLI, with a terminal.

use serde_json::Value;
use suites::platform::JDOE;

use crate::cli::Cli;

/// All that a command says.
fn shows(cli: &Cli, arguments: &[&str]) -> String {
    cli.terminal(arguments).exp_eof().expect("the end")
}

#[test]
fn accounts_are_tables() {
    let cli = Cli::new();
    let list = shows(&cli, &["list-platform-users", "--status", "ACTIVE"]);
    for told in ["email", "platform_admin", "xjdoe@example.com", "10 in all"] {
        assert!(list.contains(told), "{told}: {list}");
    }
    assert!(!list.contains("federated"), "{list}");
    let user = shows(
        &cli,
        &[
            "get-platform-user",
            "--email",
            JDOE,
            "--include",
            "products",
        ],
    );
    for told in ["Jane", "America/New_York", "InsightIDR", "product_token"] {
        assert!(user.contains(told), "{told}: {user}");
    }
    let keys = shows(&cli, &["list-platform-api-keys"]);
    for told in ["jdoe laptop", "USER", JDOE, "key_id"] {
        assert!(keys.contains(told), "{told}: {keys}");
    }
    let report = shows(&cli, &["test-platform-connection"]);
    assert!(report.contains("requests are left"), "{report}");
    let listing = shows(&cli, &["list-platform-users", "--listing", "insightvm"]);
    assert!(listing.contains("asmith2"), "{listing}");
}

#[test]
fn a_person_sees_what_is_taken_and_says_yes() {
    let cli = Cli::new();
    let mut terminal = cli.terminal(&["suspend-platform-user", "--email", JDOE]);
    for told in [
        "Plan for jdoe@example.com (user ",
        "delete the API key",
        "jdoe laptop",
        "take away access to the product IVM",
        "the account itself stays",
        "[y/N] ",
    ] {
        terminal.exp_string(told).expect(told);
    }
    assert_eq!(cli.world.writes(), Vec::<String>::new());
    terminal.send_line("yes").expect("typed");
    terminal
        .exp_string("done, and read back")
        .expect("the outcome");
    terminal.exp_eof().expect("the end");
    assert_eq!(cli.world.writes().len(), 3);
    // The run is about the account that was shown.
    let requests = cli.world.requests();
    let lists = requests.iter().filter(|line| line.ends_with("/users"));
    assert_eq!(lists.count(), 1, "{requests:?}");
}

/// The record that the command line leaves is one that restoring takes.
#[test]
fn what_was_suspended_comes_back_from_the_audit_file() {
    let cli = Cli::new();
    let (code, _, err) = cli.run(&["suspend-platform-user", "--email", JDOE, "--yes"]);
    assert_eq!(code, 0, "{err}");
    let audit = cli.path("rapid7-user-actions/audit.jsonl");
    let audit = std::fs::read_to_string(audit).expect("records");
    let record = audit.lines().next().expect("a record");
    let file = cli.path("record.json");
    std::fs::write(&file, record).expect("written");
    let file = file.to_str().expect("utf-8");
    let (code, out, err) = cli.run(&["restore-platform-user", "--record-file", file]);
    assert_eq!(code, 0, "{err}");
    let outcome: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(outcome["changed"], true);
    let products = outcome["state"]["products"].as_array().expect("products");
    assert_eq!(products.len(), 2);
}
