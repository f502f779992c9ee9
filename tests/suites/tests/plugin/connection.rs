//! The test of the InsightConnect plugin's connection tells the truth: what is wrong, and what to do.

use std::fs::{self, File};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use fake_console::{FakeConsole, Maintenance, State};
use harness::Plugin;
use serde_json::{Value, json};
use suites::plugin::{action, connection_test};
use suites::{OWN_LOGIN, OWN_PASSWORD, World};

/// Tests a connection that must fail: cause and assistance, the same by every way of asking.
fn failure(connection: &Value) -> (String, String) {
    let plugin = Plugin::own();
    let test = plugin.send("test", &connection_test(connection));
    assert_eq!(test.code, 1, "{}", test.stdout);
    let event = test.event().expect("an event");
    assert_eq!(event["type"], "connection_test");
    let body = &event["body"];
    assert_eq!(body["status"], "error", "{event:#}");
    let error = body["error"].as_str().expect("text");
    assert!(error.starts_with("Connection test failed! "), "{error}");
    let text = |name: &str| body["exception"][name].as_str().expect("text").to_owned();
    assert!(
        !text("cause").is_empty() && !text("assistance").is_empty(),
        "{event:#}"
    );
    (text("cause"), text("assistance"))
}

/// A console behind TLS, with the connection to it but for how it is trusted.
fn behind_tls() -> (FakeConsole, Value) {
    let console = FakeConsole::start(State::realistic());
    let connection = json!({
        "url": console.url(),
        "credentials": {"username": OWN_LOGIN, "password": OWN_PASSWORD},
        "timeout_seconds": 10,
    });
    (console, connection)
}

fn succeeds(connection: &Value) -> Value {
    let test = Plugin::own().send("test", &connection_test(connection));
    let event = test.event().expect("an event");
    assert_eq!(test.code, 0, "{event:#}");
    assert_eq!(event["body"]["output"], json!({"success": true}));
    event
}

#[test]
fn a_connection_that_works_passes_and_the_log_says_what_was_checked() {
    let world = World::new();
    let event = succeeds(&world.connection());
    let log = event["body"]["log"].as_str().expect("a log");
    for check in [
        "reachable: ok",
        "credentials: ok",
        "privilege: ok",
        world.platform.url(),
    ] {
        assert!(log.contains(check), "{check}: {log}");
    }
    assert_eq!(world.writes().len(), 0);
}

#[test]
fn a_wrong_password_fails_and_is_sent_once() {
    let world = World::new();
    let mut connection = world.console_connection();
    connection["credentials"]["password"] = "wrong".into();
    let (cause, assistance) = failure(&connection);
    assert!(cause.starts_with("credentials: "), "{cause}");
    assert!(
        assistance.contains("user name and password"),
        "{assistance}"
    );
    assert_eq!(world.console.state().user_mut(OWN_LOGIN).failed_logins, 1);
}

#[test]
fn an_account_without_the_privilege_fails() {
    let world = World::new();
    world.console.state().user_mut(OWN_LOGIN).role = "user".into();
    world.console.state().user_mut(OWN_LOGIN).superuser = false;
    let (cause, assistance) = failure(&world.console_connection());
    assert!(cause.starts_with("privilege: "), "{cause}");
    assert!(assistance.contains("lobal administrator"), "{assistance}");
}

#[test]
fn a_console_in_maintenance_fails() {
    for maintenance in [
        Maintenance::Status503,
        Maintenance::Html,
        Maintenance::Status401,
    ] {
        let world = World::new();
        world.console.state().maintenance = Some(maintenance);
        let mut connection = world.console_connection();
        connection["timeout_seconds"] = 5.into();
        let (cause, assistance) = failure(&connection);
        assert!(
            format!("{cause} {assistance}").contains("maintenance"),
            "{cause} {assistance}"
        );
    }
}

#[test]
fn a_certificate_that_is_not_trusted_fails_and_ca_and_pin_make_it_trusted() {
    let (console, mut connection) = behind_tls();
    let (cause, assistance) = failure(&connection);
    assert!(cause.starts_with("certificate: "), "{cause}");
    assert!(assistance.contains("fingerprint"), "{assistance}");
    assert_eq!(console.requests().len(), 0);

    connection["certificate_sha256"] = console.certificate_sha256().into();
    succeeds(&connection);
    connection["certificate_sha256"] = "00".repeat(32).into();
    assert!(failure(&connection).0.starts_with("certificate: "));

    connection["certificate_sha256"] = "".into();
    connection["ca_certificate"] = console.certificate_pem().into();
    succeeds(&connection);
    // As a one-line text field makes it.
    connection["ca_certificate"] = console.certificate_pem().replace('\n', " ").into();
    succeeds(&connection);
    let (other, _) = behind_tls();
    connection["ca_certificate"] = other.certificate_pem().into();
    assert!(failure(&connection).0.starts_with("certificate: "));

    connection["ca_certificate"] = "".into();
    connection["ssl_verify"] = false.into();
    let event = succeeds(&connection);
    let log = event["body"]["log"].as_str().expect("a log");
    assert!(log.contains("TLS verification is off"), "{log}");
}

/// An image's own authorities, which a deployment replaces by its own.
#[test]
fn authorities_of_the_image_are_trusted_where_the_connection_names_none() {
    let (console, mut connection) = behind_tls();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("authorities.crt");
    let text = format!("# Ours\n{}", console.certificate_pem());
    std::fs::write(&file, text).expect("written");
    let plugin = Plugin::own().with_env("SSL_CERT_FILE", file.to_str().expect("a path"));
    let code = |connection: &Value| plugin.send("test", &connection_test(connection)).code;
    assert_eq!(code(&connection), 0);
    // What the connection says counts.
    connection["certificate_sha256"] = "00".repeat(32).into();
    assert_eq!(code(&connection), 1);
    let missing = Plugin::own().with_env("SSL_CERT_FILE", "/nowhere/authorities.crt");
    connection["certificate_sha256"] = console.certificate_sha256().into();
    // Not the usual authorities instead: somebody wanted others.
    assert_eq!(missing.send("test", &connection_test(&connection)).code, 1);
}

#[test]
fn a_console_that_is_not_there_fails() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = port.local_addr().expect("an address");
    drop(port);
    let connection = json!({
        "url": format!("http://{address}"),
        "credentials": {"username": "a", "password": "b"},
        "timeout_seconds": 5,
    });
    let (cause, assistance) = failure(&connection);
    assert!(cause.starts_with("reachable: "), "{cause}");
    assert!(!assistance.is_empty());
}

#[test]
fn a_platform_key_that_is_not_known_fails_beside_a_console_that_works() {
    let world = World::new();
    let mut connection = world.connection();
    connection["api_key"]["secretKey"] = "00000000-0000-4000-8000-000000000000".into();
    let (cause, assistance) = failure(&connection);
    assert!(cause.contains("key"), "{cause}");
    assert!(assistance.contains("region"), "{assistance}");
}

#[test]
fn a_connection_that_says_too_little_or_too_much_is_told_by_its_own_members() {
    for (connection, told) in [
        (json!({}), "connection.credentials"),
        (
            json!({"url": "https://console.example.com:3780"}),
            "connection.credentials",
        ),
        (json!({"api_key": {"secretKey": "a"}}), "connection.region"),
        (json!({"region": "eu"}), "connection.api_key"),
        (
            json!({"credentials": {"username": "a", "password": "b"}}),
            "connection.url",
        ),
        (
            json!({
                "url": "console.example.com", "credentials": {"username": "a", "password": "b"},
            }),
            "address",
        ),
    ] {
        let (cause, assistance) = failure(&connection);
        assert!(cause.contains(told), "{told}: {cause}");
        assert!(
            !cause.contains("RAPID7_") && !assistance.contains("RAPID7_"),
            "{cause}"
        );
    }
}

/// What is allowed is a matter of actions, by their own names.
#[test]
fn a_connection_is_tested_whatever_actions_it_allows() {
    let world = World::new();
    let mut connection = world.connection();
    connection["allowed_actions"] = "get_user, user_changes".into();
    succeeds(&connection);
    connection["allowed_actions"] = " ".into();
    assert!(
        failure(&connection)
            .0
            .contains("connection.allowed_actions")
    );
    let files = json!({"consoles": "emea=file:/etc/passwd"});
    assert!(failure(&files).0.contains("connection.consoles"));
}

/// The test of an action is that of the connection, whatever its input; a run does not test.
#[test]
fn the_test_of_an_action_is_that_of_the_connection() {
    let world = World::new();
    let mut connection = world.console_connection();
    let message = action("disable_user", &connection, &json!({}));
    let before = world.console.state().snapshot();
    let answer = Plugin::own().send("test", &message);
    let event = answer.event().expect("an event");
    assert_eq!(
        (answer.code, &event["type"]),
        (0, &json!("action_event")),
        "{event:#}"
    );
    assert!(world.console.state().snapshot() == before);
    connection["credentials"]["password"] = "wrong".into();
    let answer = Plugin::own().send("test", &action("disable_user", &connection, &json!({})));
    assert_eq!(answer.code, 1);
}

#[test]
fn a_member_that_there_is_not_is_told_with_what_was_meant() {
    let world = World::new();
    let mut connection = world.connection();
    connection["protected_login"] = "jdoe".into();
    let (cause, _) = failure(&connection);
    assert!(
        cause.contains("perhaps connection.protected_logins was meant"),
        "{cause}"
    );
    let input = json!({"user_id": 4});
    let run = Plugin::own().send("run", &action("disable_user", &connection, &input));
    assert_eq!(run.code, 1, "{}", run.stdout);
    let mut connection = world.connection();
    connection["protected_logins"] = "[\"jdoe\"]".into();
    let (cause, _) = failure(&connection);
    assert!(cause.contains("connection.protected_logins"), "{cause}");
    let mut connection = world.connection();
    connection["credentials"]["password"] = "canary\u{200b}".into();
    let (cause, _) = failure(&connection);
    assert!(cause.contains("connection.credentials.password"), "{cause}");
    assert_eq!(world.requests(), Vec::<String>::new());
}

/// The plugin's guards are its connection's: one in the environment would be none.
#[test]
fn a_guard_in_the_environment_is_refused() {
    let world = World::new();
    for (name, told) in [
        (
            "RAPID7_PROTECTED_LOGINS",
            "the plugin reads it from its connection",
        ),
        (
            "RAPID7_PROTECTED_LOGIN",
            "perhaps RAPID7_PROTECTED_LOGINS was meant",
        ),
    ] {
        let plugin = Plugin::own().with_env(name, "jdoe");
        let input = json!({"user_id": 4});
        let message = action("disable_user", &world.connection(), &input);
        let run = plugin.send("run", &message);
        assert_eq!(run.code, 1, "{}", run.stderr);
        assert!(run.stderr.contains(told), "{}", run.stderr);
    }
    assert_eq!(world.requests(), Vec::<String>::new());
}

#[test]
fn what_can_not_be_written_is_an_error_and_a_reader_may_hang_up() {
    let world = World::new();
    let message = action("disable_user", &world.connection(), &json!({"user_id": 4}));
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("message.json");
    fs::write(&file, message.to_string()).expect("written");
    let run = |arguments: &[&str], output: Stdio| {
        let mut command = Command::new(harness::binary("insightconnect-plugin"));
        let input = File::open(&file).expect("a message");
        command
            .args(arguments)
            .env_clear()
            .stdin(input)
            .stdout(output);
        suites::told(&command.output().expect("the plugin starts"))
    };
    for arguments in [
        &["run"][..],
        &["info"],
        &["sample", "get_user"],
        &["--help"],
        &["--version"],
        &[],
    ] {
        let full = File::create("/dev/full").expect("a device");
        let (code, _, err) = run(arguments, full.into());
        assert_eq!(code, 1, "{arguments:?}: {err}");
        assert!(err.contains("No space left"), "{arguments:?}: {err}");
        assert_eq!(
            err.contains("the step is done"),
            arguments == ["run"],
            "{err}"
        );
        // A pipe whose reader is gone.
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let (code, _, err) = run(arguments, writer.into());
        assert_eq!(code, 0, "{arguments:?}: {err}");
        assert!(!err.contains("panicked"), "{err}");
    }
    assert!(!world.console.state().user_mut("jdoe").enabled);
}
