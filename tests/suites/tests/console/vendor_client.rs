//! The fake console against a client that this project did not write: one generated from the
//! vendor's API file.

use std::fs;
use std::process::Command;

use fake_console::{FakeConsole, State, UserRecord};
use harness::{python, workspace_root};
use serde_json::{Value, json};
use suites::{OWN_LOGIN, OWN_PASSWORD, told};

/// In the vendor's form, and where the API file is narrower than the field, as the file has it.
fn by_the_file() -> State {
    let mut state = State::realistic();
    state.error_status_as_string = true;
    // The client takes no privilege that the file does not list.
    let auditor = state.roles.get_mut("auditor").expect("a role");
    auditor
        .privileges
        .retain(|privilege| privilege != "view-audit-trail");
    state.user_mut("tokafor").two_factor_token = Some("123456".into());
    state
}

#[test]
fn a_client_made_from_the_vendors_api_file_can_do_all_it_knows_of_users() {
    let console = FakeConsole::start(by_the_file());
    let mut expected = console.state().users.clone();
    let folder = tempfile::tempdir().expect("a folder");
    let certificate = folder.path().join("console.pem");
    fs::write(&certificate, console.certificate_pem()).expect("the certificate can be written");

    let python = python();
    assert!(
        python.is_file(),
        "{} is absent: run `cargo xtask test`, which installs it",
        python.display()
    );
    let output = Command::new(&python)
        // Isolated: with the packages of its environment and no others.
        .arg("-I")
        .arg(workspace_root().join("tests/python/vendor_client.py"))
        .env("CONSOLE_URL", console.url())
        .env("CONSOLE_CA_FILE", &certificate)
        .env("CONSOLE_USERNAME", OWN_LOGIN)
        .env("CONSOLE_PASSWORD", OWN_PASSWORD)
        .output()
        .expect("Python starts");
    let (status, stdout, stderr) = told(&output);
    assert_eq!(status, 0, "{stdout}{stderr}");

    let lines: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let (methods, steps) = lines.split_last().expect("lines");
    assert!(
        steps.iter().all(|line| line["step"].is_string()),
        "{stdout}"
    );
    assert_eq!(methods["left_out"], json!([]));
    // 32 of users, 4 of the users of a site.
    let carried_out = methods["carried_out"].as_array().expect("a list");
    assert_eq!(carried_out.len(), 36, "{methods}");

    let state = console.state();
    let id = |login: &str| by_the_file().user_by_login(login).expect(login).0;
    let mut change = |login: &str, edit: fn(&mut UserRecord)| {
        edit(expected.get_mut(&id(login)).expect(login));
    };
    change("nxadmin", |user| user.failed_logins = 1);
    change("rmartinez", |user| {
        user.locked = false;
        user.failed_logins = 0;
    });
    change("audit1", |user| {
        user.role = "user".into();
        user.email = None;
        user.all_sites = false;
        user.asset_groups.clear();
        user.password_reset_on_login = false;
    });
    expected.remove(&id("ext.pentest"));
    let mut john = UserRecord::new("jsmith", "N3w-password", "user");
    john.first = "John".into();
    john.last = "Smith".into();
    john.email = Some("j@example.com".into());
    john.sites = [3].into();
    john.asset_groups = [3].into();
    john.two_factor_key = Some("JBSWY3DPEHPK3PXP".into());
    expected.insert(16, john);
    assert_eq!(state.users, expected);
    assert!(!state.roles.contains_key("auditor"));
    assert_eq!(state.roles.len(), by_the_file().roles.len() - 1);
}
