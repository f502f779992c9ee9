//! The real binaries over a Runtime API: envelopes, logs, and whom to trust.

use fake_console::{FakeConsole, State};
use harness::{Function, SecretsManager, binary};
use serde_json::{Value, json};
use suites::{CONSOLE_SECRET, OWN_PASSWORD, World, credentials, jsmith};

#[test]
fn an_eventbridge_event_is_opened() {
    let world = World::new();
    let event = json!({
        "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": "Employee left", "source": "hr.example", "account": "123456789012",
        "time": "2026-11-23T08:00:00Z", "region": "eu-west-1", "resources": [],
        "detail": {"email": "jdoe@example.com", "ticket": "OFF-1042"},
    });
    let function = world.function("disable-user");
    let answer = function.invoke(&event);
    assert_eq!(answer.result.expect("done")["changed"], true);
    let logs = function.logs();
    assert!(logs.contains("event from hr.example"), "{logs}");
    // Events arrive at least once.
    let again = function.invoke(&event).result.expect("again");
    assert_eq!(again["changed"], false);
}

#[test]
fn logs_are_json_with_operation_request_id_and_ticket() {
    let world = World::new();
    let function = world.function("disable-user");
    let event = json!({"login": "jdoe", "ticket": "OFF-1042"});
    let answer = function.invoke(&event);
    answer.result.expect("done");
    let failed = function.invoke(&json!({"login": "nobody", "ticket": "OFF-1043"}));
    failed.result.expect_err("nobody");
    let logs = function.logs();
    let lines: Vec<Value> = logs
        .lines()
        .map(|line| serde_json::from_str(line).expect(line))
        .collect();
    let done = lines.iter().find(|line| line["message"] == "done");
    let done = done.expect("a line for the run");
    assert_eq!(done["level"], "INFO");
    assert_eq!(done["operation"], "disable-user");
    assert_eq!(done["request_id"], answer.request_id.as_str());
    assert_eq!(done["ticket"], "OFF-1042");
    assert_eq!(done["changed"], true);
    assert_eq!(done["requests"], 13);
    let lost = lines.iter().find(|line| line["message"] == "failed");
    let lost = lost.expect("a line for the failure");
    assert_eq!(lost["kind"], "NotFound");
    assert_eq!(lost["request_id"], failed.request_id.as_str());
    assert_eq!(lost["ticket"], "OFF-1043");
    // Lines in between belong to their run.
    let between = lines.iter().find(|line| line["span"].is_object());
    let between = between.expect("lines inside the run");
    assert_eq!(between["span"]["request_id"], answer.request_id.as_str());
}

/// Consoles ship with a self-signed certificate: nothing is sent to one that is not trusted.
#[test]
fn a_certificate_is_believed_by_pin_by_ca_or_by_name_and_not_otherwise() {
    let console = FakeConsole::start(State::realistic());
    let pin = console.certificate_sha256();
    let other_pin = "00".repeat(32);
    let folder = tempfile::tempdir().expect("a folder");
    let written = |name: &str, pem: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, pem).expect("written");
        file.to_str().expect("utf-8").to_owned()
    };
    let ca_file = written("ca.pem", console.certificate_pem());
    let other = FakeConsole::start(State::realistic());
    let other_ca = written("other.pem", other.certificate_pem());
    let secrets = SecretsManager::start();
    secrets.put(CONSOLE_SECRET, credentials(console.url(), OWN_PASSWORD));
    let run = |name: &str, value: &str| {
        let mut environment = secrets.env();
        environment.push(("RAPID7_CONSOLE_SECRET", CONSOLE_SECRET));
        environment.push((name, value));
        let function = Function::start(&binary("disable-user"), &environment);
        function.invoke(&json!({"user_id": 4})).result
    };
    let unknown = run("UNUSED", "").expect_err("unknown issuer");
    assert_eq!(unknown.error_type, "Refused", "{}", unknown.error_message);
    assert!(
        unknown.error_message.contains("self-signed"),
        "{}",
        unknown.error_message
    );
    let wrong = run("RAPID7_CONSOLE_CERTIFICATE_SHA256", &other_pin).expect_err("wrong pin");
    assert_eq!(wrong.error_type, "Refused");
    let shown = wrong.error_message.replace(':', "").to_lowercase();
    assert!(shown.contains(&pin), "{}", wrong.error_message);
    let stranger = run("RAPID7_CONSOLE_CA_FILE", &other_ca).expect_err("another authority");
    assert_eq!(stranger.error_type, "Refused", "{}", stranger.error_message);
    assert_eq!(console.requests().len(), 0);

    let both = format!("{other_pin},{pin}");
    for (name, value) in [
        ("RAPID7_CONSOLE_CERTIFICATE_SHA256", pin.as_str()),
        ("RAPID7_CONSOLE_CERTIFICATE_SHA256", both.as_str()),
        ("RAPID7_CONSOLE_CA_FILE", ca_file.as_str()),
    ] {
        let outcome = run(name, value).expect(name);
        assert_eq!(outcome["warnings"], json!([]));
    }
    let outcome = run("RAPID7_DANGEROUSLY_SKIP_TLS_VERIFICATION", "true").expect("any");
    let warning = outcome["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("TLS verification is off"), "{warning}");

    for member in ["certificate_sha256", "ca_pem"] {
        let mut secret = credentials(console.url(), OWN_PASSWORD);
        secret[member] = match member {
            "ca_pem" => console.certificate_pem().into(),
            _ => pin.clone().into(),
        };
        secrets.put(CONSOLE_SECRET, secret);
        run("UNUSED", "").expect(member);
    }
}

/// The connection is opened during init, and used.
#[test]
fn the_first_request_finds_its_connection_open() {
    let world = World::new();
    let function = world.function("get-user");
    let opened = world.console.requests();
    assert_eq!(opened.len(), 1);
    assert_eq!(opened[0].authorized_as, None);
    function
        .invoke(&json!({"user_id": 4}))
        .result
        .expect("jdoe");
    let requests = world.console.requests();
    assert_eq!(requests.len(), 2);
    assert_eq!(requests[1].connection, opened[0].connection);
}

/// Before the secret is there, where the environment tells address and trust.
#[test]
fn the_connection_is_opened_early_over_tls_too() {
    let console = FakeConsole::start(State::realistic());
    let (url, pin) = (console.url().to_owned(), console.certificate_sha256());
    let world = World::with(console);
    let settings = [
        ("RAPID7_CONSOLE_URL", url.as_str()),
        ("RAPID7_CONSOLE_CERTIFICATE_SHA256", pin.as_str()),
    ];
    let function = world.function_with("get-user", &settings);
    let opened = world.console.requests();
    assert_eq!(opened.len(), 1);
    let answer = function.invoke(&json!({"user_id": 4}));
    answer.result.expect("jdoe");
    let requests = world.console.requests();
    assert_eq!(requests[1].connection, opened[0].connection);
}

#[test]
fn a_deployment_without_settings_says_which() {
    let world = World::new();
    let function = Function::start(&binary("get-user"), &world.secrets.env());
    let error = function
        .invoke(&json!({"user_id": 4}))
        .result
        .expect_err("no settings");
    assert_eq!(error.error_type, "Unauthorized");
    assert!(
        error.error_message.contains("RAPID7_CONSOLE_SECRET"),
        "{}",
        error.error_message
    );
}

/// Reading is no excuse: the warning comes each time.
#[test]
fn every_run_warns_where_verification_is_off() {
    let console = FakeConsole::start(State::realistic());
    let world = World::with(console);
    let off = [("RAPID7_DANGEROUSLY_SKIP_TLS_VERIFICATION", "true")];
    let function = world.function_with("get-user", &off);
    for _ in 0..2 {
        let answer = function.invoke(&json!({"user_id": 4}));
        answer.result.expect("jdoe");
        assert!(
            answer.logs.contains("TLS verification is off"),
            "{}",
            answer.logs
        );
    }
    let mut command = world.r7user(&["get-user", "--user-id", "4"]);
    command.env(off[0].0, off[0].1);
    let (code, _, err) = suites::told(&command.output().expect("r7user starts"));
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("TLS verification is off"), "{err}");
}

/// A wire form that is set counts, wherever it is set: this console would answer the other one.
#[test]
fn a_wire_form_is_set_by_the_environment_or_the_secret() {
    let event = jsmith();
    let posted_as_guide = |world: &World, more: &[(&str, &str)]| {
        world.console.clear_requests();
        let function = world.function_with("create-user", more);
        let _ = function.invoke(&event);
        let requests = world.console.requests();
        let post = requests.iter().find(|request| request.method == "POST");
        let body = post.and_then(|post| post.body.clone()).expect("a POST");
        body["name"].is_object()
    };
    assert!(!posted_as_guide(&World::new(), &[]));
    let set = [("RAPID7_CONSOLE_WIRE_FORM", "guide")];
    assert!(posted_as_guide(&World::new(), &set));
    let world = World::new();
    let mut secret = credentials(world.console.url(), OWN_PASSWORD);
    secret["wire_form"] = "guide".into();
    world.secrets.put(CONSOLE_SECRET, secret);
    assert!(posted_as_guide(&world, &[]));
    // Also where the connection is opened before the secret is there.
    let at_once = [
        ("RAPID7_CONSOLE_URL", world.console.url()),
        ("RAPID7_DANGEROUSLY_SKIP_TLS_VERIFICATION", "true"),
    ];
    assert!(posted_as_guide(&world, &at_once));
}

#[test]
fn the_environment_is_believed_before_the_secret() {
    let console = FakeConsole::start(State::realistic());
    let (url, pin) = (console.url().to_owned(), console.certificate_sha256());
    let world = World::with(console);
    let mut elsewhere = credentials("https://127.0.0.1:1", OWN_PASSWORD);
    elsewhere["certificate_sha256"] = pin.clone().into();
    let mut distrusting = credentials(&url, OWN_PASSWORD);
    distrusting["certificate_sha256"] = "00".repeat(32).into();
    for (secret, name, value) in [
        (elsewhere, "RAPID7_CONSOLE_URL", &url),
        (distrusting, "RAPID7_CONSOLE_CERTIFICATE_SHA256", &pin),
    ] {
        world.secrets.put(CONSOLE_SECRET, secret);
        let function = world.function_with("get-user", &[(name, value)]);
        let answer = function.invoke(&json!({"user_id": 4}));
        answer.result.expect(name);
    }
}

/// A console is on the inside; a proxy would see its traffic.
#[test]
fn proxies_of_the_environment_are_not_used() {
    let world = World::new();
    let proxies =
        ["HTTP_PROXY", "http_proxy", "ALL_PROXY"].map(|name| (name, "http://127.0.0.1:9"));
    let function = world.function_with("get-user", &proxies);
    let answer = function.invoke(&json!({"user_id": 4}));
    answer.result.expect("jdoe");
}

#[test]
fn a_ca_bundle_for_aws_that_can_not_be_read_is_told_by_the_setting() {
    let world = World::new();
    let missing = [("AWS_CA_BUNDLE", "/nowhere.pem")];
    let function = world.function_with("get-user", &missing);
    let error = function
        .invoke(&json!({"user_id": 4}))
        .result
        .expect_err("no bundle");
    assert!(
        error.error_message.contains("AWS_CA_BUNDLE"),
        "{}",
        error.error_message
    );
}
