//! A user who is named without a flag.

use std::process::Command;

use fake_console::UserRecord;
use serde_json::Value;

use crate::cli::{Cli, run};

/// The exit code, the account that an answer is about, and what was said.
fn told(command: &mut Command) -> (i32, Value, String) {
    let (code, out, err) = run(command);
    let answer: Value = serde_json::from_str(&out).unwrap_or_default();
    let id = match answer["subject"]["user_id"].is_null() {
        true => answer["user_id"].clone(),
        false => answer["subject"]["user_id"].clone(),
    };
    (code, id, err)
}

fn add(cli: &Cli, login: &str, email: Option<&str>) -> i64 {
    let mut user = UserRecord::new(login, "Passw0rd-other", "user");
    user.email = email.map(str::to_owned);
    cli.world.console.state().add_user(user)
}

#[test]
fn a_number_an_address_and_a_login_are_told_apart() {
    let cli = Cli::new();
    let uuid = "067c4624-3a7c-4f42-8045-fee12e8ad7f6";
    for arguments in [
        ["get-user", "jdoe"],
        ["get-user", "jdoe@example.com"],
        ["get-user", "JDOE@example.com"],
        ["get-user", "4"],
    ] {
        let (code, id, err) = told(&mut cli.command(&arguments));
        assert_eq!((code, id), (0, 4.into()), "{arguments:?}: {err}");
    }
    for user in ["jdoe@example.com", uuid] {
        let (code, id, err) = told(&mut cli.command(&["get-platform-user", user]));
        assert_eq!((code, id), (0, uuid.into()), "{user}: {err}");
    }
    let (code, _, err) = told(&mut cli.command(&["get-platform-user", "jdoe"]));
    assert_eq!(code, 64, "{err}");
    assert!(err.contains("`USER`") && err.contains("UUID"), "{err}");
    for user in ["jdoe", "jdoe@example.com"] {
        let (code, _, err) = told(&mut cli.command(&["resolve-identity", user]));
        assert_eq!(code, 0, "{err}");
    }
    let (code, id, err) = told(&mut cli.command(&["disable-user", "jdoe", "--yes"]));
    assert_eq!((code, id), (0, 4.into()), "{err}");
}

/// A login can be in no doubt: nothing more is asked than with a flag. What could be a login, too, costs a list.
#[test]
fn only_what_could_be_two_things_costs_another_list() {
    let cli = Cli::new();
    let requests = |arguments: &[&str]| {
        cli.world.clear_requests();
        let (code, _, err) = cli.run(arguments);
        assert_eq!(code, 0, "{err}");
        cli.world.requests().len()
    };
    let by_login = requests(&["get-user", "--login", "jdoe"]);
    assert_eq!(requests(&["get-user", "jdoe"]), by_login);
    let list = requests(&["list-users"]);
    let by_number = requests(&["get-user", "--user-id", "4"]);
    assert_eq!(requests(&["get-user", "4"]), by_number + list);
    let by_email = requests(&["get-user", "--email", "jdoe@example.com"]);
    assert_eq!(requests(&["get-user", "jdoe@example.com"]), by_email + list);
}

#[test]
fn what_names_two_users_is_an_error_that_says_so() {
    let cli = Cli::new();
    let number = add(&cli, "4", None);
    let address = add(&cli, "jdoe@example.com", None);
    for (user, other, flag) in [
        ("4", number, "--user-id 4 or --login 4"),
        (
            "jdoe@example.com",
            address,
            "--email jdoe@example.com or --login jdoe@example.com",
        ),
    ] {
        for operation in ["get-user", "disable-user"] {
            let (code, _, err) = told(&mut cli.command(&[operation, user, "--yes"]));
            assert_eq!(code, 65, "{err}");
            for part in ["jdoe (user 4)", &format!("(user {other})"), flag] {
                assert!(err.contains(part), "{part}: {err}");
            }
        }
        let (code, id, err) = told(&mut cli.command(&["get-user", "--login", user]));
        assert_eq!((code, id), (0, other.into()), "{err}");
    }
    assert_eq!(cli.world.writes(), Vec::<String>::new());
    // One account with both is no doubt.
    let own = add(&cli, "saml@example.com", Some("SAML@example.com"));
    let (code, id, err) = told(&mut cli.command(&["get-user", "saml@example.com"]));
    assert_eq!((code, id), (0, own.into()), "{err}");
}

/// A login that looks like a number or an address, where nobody has those.
#[test]
fn a_login_that_looks_like_something_else_is_found() {
    let cli = Cli::new();
    for login in ["4711", "kdc@REALM", "EMEA\\jdoe", "042"] {
        let id = add(&cli, login, None);
        let (code, found, err) = told(&mut cli.command(&["get-user", login]));
        assert_eq!((code, found), (0, id.into()), "{login}: {err}");
    }
}

#[test]
fn nobody_is_told_with_what_it_was_taken_for() {
    let cli = Cli::new();
    for (user, taken) in [
        (
            "4711",
            "was taken for a number, and nobody has it as a login either",
        ),
        (
            "nobody@example.com",
            "was taken for an email address, and nobody has it as a login either",
        ),
        ("nobody", "was taken for a login"),
    ] {
        let (code, _, err) = told(&mut cli.command(&["get-user", user]));
        assert_eq!(code, 67, "{err}");
        assert!(err.contains(taken), "{err}");
    }
    for user in ["", " "] {
        let (code, _, err) = told(&mut cli.command(&["get-user", user]));
        assert_eq!(code, 64, "{err}");
    }
    // One way is enough.
    let (code, _, err) = told(&mut cli.command(&["get-user", "jdoe", "--user-id", "4"]));
    assert_eq!(code, 64, "{err}");
    assert!(err.contains("cannot be used with"), "{err}");
}

/// Looking is part of the operation: only its own name has to be allowed, and no rows are printed by it.
#[test]
fn looking_needs_no_permission_of_its_own_and_prints_nothing() {
    let cli = Cli::new();
    let allowed = |operations: &str, arguments: &[&str]| {
        let mut command = cli.command(arguments);
        run(command.env("RAPID7_ALLOWED_OPERATIONS", operations))
    };
    let (code, out, err) = allowed("get-user", &["get-user", "4", "--json-lines"]);
    // The account in a line, and none of those that were looked through.
    assert_eq!((code, out.lines().count()), (0, 1), "{err}");
    assert!(out.contains("\"login\":\"jdoe\""), "{out}");
    let (code, out, err) = allowed("list-users", &["get-user", "4"]);
    assert_eq!((code, out.as_str()), (77, ""), "{err}");
    assert!(err.contains("operations"), "{err}");
}
