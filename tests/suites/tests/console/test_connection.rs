//! Whether the console can be worked with; and if not, which check fails and what to do about it.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::time::Duration;

use fake_console::{CertificateForm, FakeConsole, Front, Maintenance, State, WireForm};
use serde_json::{Value, json};
use suites::{CONSOLE_SECRET, OWN_LOGIN, OWN_PASSWORD, World, credentials};

const CHECKS: [&str; 5] = [
    "reachable",
    "certificate",
    "credentials",
    "privilege",
    "wire form",
];

/// The verdicts of a report, in order.
fn verdicts(report: &Value) -> Vec<(String, String)> {
    let checks = report["checks"].as_array().expect("checks");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let verdicts = checks.iter();
    verdicts
        .map(|check| (text(&check["check"]), text(&check["verdict"])))
        .collect()
}

/// The error's type and message, with little time for trying again.
fn failure(world: &World, settings: &[(&str, &str)]) -> (String, String) {
    let function = world.function_with("test-connection", settings);
    let limit = Duration::from_secs(3);
    let answer = function.invoke_with_deadline(&json!({}), limit);
    let error = answer.result.expect_err("connected");
    (error.error_type, error.error_message)
}

/// The check that fails is named first, those before it passed, and those after it were not tried.
#[track_caller]
fn assert_fails_at(check: &str, message: &str) {
    let failed = CHECKS
        .iter()
        .position(|name| *name == check)
        .expect("a check");
    let named = format!("{check}: ");
    assert!(message.starts_with(&named), "{message}");
    for (index, name) in CHECKS.iter().enumerate() {
        let told = match index.cmp(&failed) {
            std::cmp::Ordering::Less => format!("; {name}: ok"),
            std::cmp::Ordering::Equal => continue,
            std::cmp::Ordering::Greater => format!("; {name}: not tried"),
        };
        assert!(message.contains(&told), "{message}");
    }
    assert!(message.contains("Nothing was changed. Next: "), "{message}");
}

#[test]
fn everything_is_well_in_both_wire_forms_and_costs_one_request() {
    for (form, told) in [
        (WireForm::Vendor, "the vendor API file's"),
        (WireForm::Guide, "the public guide's"),
    ] {
        let world = World::speaking(form);
        let before = world.console.state().snapshot();
        let report = world.outcome("test-connection", json!({}));
        let well = CHECKS.map(|name| (name.to_owned(), "ok".to_owned()));
        assert_eq!(verdicts(&report), well);
        assert_eq!(report["target"], world.console.url());
        assert_eq!(report["login"], OWN_LOGIN);
        assert_eq!(
            report["checks"][2]["detail"],
            "the console lets svc-soar (user 1) in"
        );
        assert_eq!(report["checks"][4]["detail"], told);
        assert_eq!(world.requests().len(), 1);
        assert!(world.console.state().snapshot() == before);
    }
}

#[test]
fn a_wrong_password_is_told_and_sent_exactly_once() {
    let world = World::new();
    let wrong = credentials(world.console.url(), "wrong");
    world.secrets.put(CONSOLE_SECRET, wrong);
    let (kind, message) = failure(&world, &[]);
    assert_eq!(kind, "Unauthorized", "{message}");
    assert_fails_at("credentials", &message);
    assert!(
        message.contains("check user name and password"),
        "{message}"
    );
    assert!(
        message.contains("failed logins lock the account"),
        "{message}"
    );
    let failed = world.console.state().user_mut(OWN_LOGIN).failed_logins;
    assert_eq!(failed, 1);
}

/// Two invocations of one process, too.
#[test]
fn a_wrong_password_is_not_sent_again_by_the_next_invocation() {
    let world = World::new();
    let wrong = credentials(world.console.url(), "wrong");
    world.secrets.put(CONSOLE_SECRET, wrong);
    let function = world.function("test-connection");
    for _ in 0..4 {
        let error = function.invoke(&json!({})).result.expect_err("wrong");
        assert_eq!(error.error_type, "Unauthorized", "{}", error.error_message);
    }
    let failed = world.console.state().user_mut(OWN_LOGIN).failed_logins;
    assert_eq!(failed, 1);
}

#[test]
fn an_account_that_is_locked_or_disabled_fails_at_the_credentials() {
    type Edit = fn(&mut State);
    let edits: [Edit; 2] = [
        |state| state.user_mut(OWN_LOGIN).locked = true,
        |state| state.user_mut(OWN_LOGIN).enabled = false,
    ];
    for edit in edits {
        let world = World::new();
        edit(&mut world.console.state());
        let (kind, message) = failure(&world, &[]);
        assert_eq!(kind, "Unauthorized", "{message}");
        assert_fails_at("credentials", &message);
        assert!(message.contains("locked or disabled"), "{message}");
    }
}

#[test]
fn maintenance_is_told_in_each_of_its_three_ways() {
    for (maintenance, kind, check, next) in [
        (
            Maintenance::Status503,
            "Unavailable",
            "reachable",
            "out of maintenance",
        ),
        (
            Maintenance::Status401,
            "Unauthorized",
            "credentials",
            "in maintenance, which can look the same",
        ),
        (Maintenance::Html, "Unavailable", "reachable", "maintenance"),
    ] {
        let world = World::new();
        world.console.state().maintenance = Some(maintenance);
        let (found, message) = failure(&world, &[]);
        assert_eq!(found, kind, "{maintenance:?}: {message}");
        assert_fails_at(check, &message);
        assert!(message.contains(next), "{maintenance:?}: {message}");
        world.console.state().maintenance = None;
        let report = world.outcome("test-connection", json!({}));
        assert_eq!(verdicts(&report).len(), 5);
    }
}

fn over_tls() -> World {
    World::with(FakeConsole::start(State::realistic()))
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_told_and_nothing_is_sent() {
    let world = over_tls();
    let own = world.console.certificate_sha256();
    let pin = "RAPID7_CONSOLE_CERTIFICATE_SHA256";
    let wrong = "00".repeat(32);
    for settings in [vec![], vec![(pin, wrong.as_str())]] {
        let (kind, message) = failure(&world, &settings);
        assert_eq!(kind, "Refused", "{message}");
        assert_fails_at("certificate", &message);
        assert!(message.contains("trust it by pin or CA"), "{message}");
    }
    assert_eq!(world.requests(), Vec::<String>::new());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("console.pem");
    std::fs::write(&file, world.console.certificate_pem()).expect("a certificate");
    let file = file.to_str().expect("a path");
    for trust in [(pin, own.as_str()), ("RAPID7_CONSOLE_CA_FILE", file)] {
        let function = world.function_with("test-connection", &[trust]);
        let report = function.invoke(&json!({})).result.expect("trusted");
        assert_eq!(verdicts(&report)[1].1, "ok");
    }
}

/// The way out is to compare it with the console's own.
#[test]
fn the_fingerprint_of_a_certificate_that_nobody_vouches_for_is_told() {
    let world = over_tls();
    let (_, message) = failure(&world, &[]);
    let told = message.to_lowercase().replace(':', "");
    assert!(
        told.contains(&world.console.certificate_sha256()),
        "{message}"
    );
}

/// A console's certificate in a file of its own.
fn ca_file(world: &World) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("console.pem");
    std::fs::write(&file, world.console.certificate_pem()).expect("a certificate");
    let file = file.to_str().expect("a path").to_owned();
    (folder, file)
}

/// As curl takes it: an authority's own with its host in the subject is what `openssl req -x509` makes.
#[test]
fn a_console_s_own_certificate_is_trusted_as_a_ca_file_or_by_pin_whatever_it_looks_like() {
    for form in [CertificateForm::Authority, CertificateForm::Version1] {
        let world = World::with(FakeConsole::start_showing(State::realistic(), form));
        let (kind, message) = failure(&world, &[]);
        assert_eq!(kind, "Refused", "{form:?}: {message}");
        assert_fails_at("certificate", &message);
        let (_folder, file) = ca_file(&world);
        let pin = world.console.certificate_sha256();
        // As openssl prints it.
        let line = format!("sha256 Fingerprint={pin}");
        for trust in [
            ("RAPID7_CONSOLE_CA_FILE", file.as_str()),
            ("RAPID7_CONSOLE_CERTIFICATE_SHA256", &pin),
            ("RAPID7_CONSOLE_CERTIFICATE_SHA256", &line),
            ("RAPID7_DANGEROUSLY_SKIP_TLS_VERIFICATION", "true"),
        ] {
            let function = world.function_with("test-connection", &[trust]);
            let report = function.invoke(&json!({})).result;
            let report = report.unwrap_or_else(|error| panic!("{form:?} {trust:?}: {error:?}"));
            assert_eq!(verdicts(&report)[2].1, "ok");
        }
    }
}

/// In words, and with the way out.
#[test]
fn why_a_certificate_is_not_trusted_is_told_without_names_of_rust() {
    for (form, trusted, told) in [
        (CertificateForm::ExpiredAuthority, true, "it has expired"),
        (
            CertificateForm::AuthorityElsewhere,
            true,
            "it is not one for 127.0.0.1",
        ),
        (
            CertificateForm::Authority,
            false,
            "it is an authority's own",
        ),
        (CertificateForm::Version1, false, "it is of X.509 version 1"),
        (
            CertificateForm::Usual,
            false,
            "it is not signed by the authority that it names",
        ),
    ] {
        let world = World::with(FakeConsole::start_showing(State::realistic(), form));
        let other = over_tls();
        let (_folder, file) = ca_file(if trusted { &world } else { &other });
        let (kind, message) = failure(&world, &[("RAPID7_CONSOLE_CA_FILE", &file)]);
        assert_eq!(kind, "Refused", "{form:?}: {message}");
        assert_fails_at("certificate", &message);
        assert!(message.contains(told), "{form:?}: {message}");
        for word in ["CaUsed", "Other(", "UnsupportedCert", "Context"] {
            assert!(!message.contains(word), "{form:?}: {message}");
        }
        let pin = message.to_lowercase().replace(':', "");
        assert!(
            pin.contains(&world.console.certificate_sha256()),
            "{message}"
        );
    }
}

/// Somebody who answers the first bytes of a handshake with these, and hangs up.
fn answers_a_handshake_with(bytes: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("https://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let _ = stream.read(&mut [0; 8192]);
            let _ = stream.write_all(bytes);
        }
    });
    url
}

#[test]
fn a_server_that_speaks_no_tls_of_today_is_told_and_not_to_be_tried_again() {
    for (bytes, told) in [
        // Fatal alerts: protocol_version, handshake_failure.
        (b"\x15\x03\x02\x00\x02\x02\x46".as_slice(), "older than 1.2"),
        (b"\x15\x03\x03\x00\x02\x02\x28", "cipher in common"),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "speaks no TLS"),
    ] {
        let world = World::new();
        let url = answers_a_handshake_with(bytes);
        let secret = credentials(&url, OWN_PASSWORD);
        world.secrets.put(CONSOLE_SECRET, secret);
        let (kind, message) = failure(&world, &[]);
        assert_eq!(kind, "Refused", "{message}");
        assert_fails_at("reachable", &message);
        assert!(message.contains(told), "{message}");
        assert!(message.contains("TLS 1.2 with ECDHE"), "{message}");
    }
}

#[test]
fn a_port_at_which_nobody_listens_is_told() {
    let world = World::new();
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", free.local_addr().expect("an address"));
    drop(free);
    world
        .secrets
        .put(CONSOLE_SECRET, credentials(&url, OWN_PASSWORD));
    let (kind, message) = failure(&world, &[]);
    assert_eq!(kind, "Unavailable", "{message}");
    assert_fails_at("reachable", &message);
    assert!(message.contains("check address and port"), "{message}");
}

#[test]
fn a_host_that_there_is_not_is_told() {
    let world = World::new();
    let url = "https://console.invalid:3780";
    world
        .secrets
        .put(CONSOLE_SECRET, credentials(url, OWN_PASSWORD));
    let (kind, message) = failure(&world, &[]);
    assert_eq!(kind, "Unavailable", "{message}");
    assert_fails_at("reachable", &message);
}

/// Somebody who answers, and is no console.
#[test]
fn an_address_of_something_else_is_told() {
    let world = World::new();
    for body in [json!({"hello": "world"}), json!([])] {
        let url = suites::serve(move |_| suites::answer("200 OK", &body));
        world
            .secrets
            .put(CONSOLE_SECRET, credentials(&url, OWN_PASSWORD));
        let (kind, message) = failure(&world, &[]);
        assert_ne!(kind, "Unauthorized", "{message}");
        assert_fails_at("reachable", &message);
    }
}

/// What answered is told as what it is, and never taken for a console that let somebody in.
#[test]
fn what_stands_in_front_or_in_place_of_a_console_is_told() {
    for (front, told) in [
        (
            Front::WebServer,
            "answered 404 with an HTML page titled \"404 Not Found\"",
        ),
        (
            Front::Gateway,
            "answered 403 with an HTML page titled \"Access Denied\"",
        ),
        (Front::Nothing, "answered 404 with nothing"),
        (
            Front::OtherApi,
            "answered 404 with JSON that is not the API's",
        ),
        (Front::PlainText, "answered with plain text"),
        (Front::Gzip, "gzip that was not asked for"),
        (
            Front::Redirect,
            "answered 302, a redirect to https://sso.example.com/login",
        ),
    ] {
        let world = World::new();
        world.console.state().front = Some(front);
        let (kind, message) = failure(&world, &[]);
        assert_eq!(kind, "Unexpected", "{front:?}: {message}");
        assert_fails_at("reachable", &message);
        assert!(message.contains(told), "{front:?}: {message}");
        assert!(message.contains("what stands between"), "{message}");
        assert!(!message.contains("canary"), "{message}");
        assert_eq!(world.requests().len(), 1, "{front:?}");
    }
}

#[test]
fn a_byte_order_mark_in_front_of_answers_does_not_matter() {
    let world = World::new();
    world.console.state().front = Some(Front::ByteOrderMark);
    let report = world.outcome("test-connection", json!({}));
    assert_eq!(verdicts(&report)[3].1, "ok");
    let outcome = world.outcome("disable-user", json!({"login": "jdoe"}));
    assert_eq!(outcome["changed"], true);
}

/// Others than global administrators get 404 for what they may not see.
#[test]
fn an_account_that_is_no_global_administrator_fails_at_its_privilege() {
    for role in ["user", "security-manager", "site-admin", "system-admin"] {
        let world = World::new();
        {
            let mut state = world.console.state();
            let own = state.user_mut(OWN_LOGIN);
            own.role = role.into();
            own.superuser = false;
        }
        let (kind, message) = failure(&world, &[]);
        assert_eq!(kind, "Unauthorized", "{role}: {message}");
        assert_fails_at("privilege", &message);
        let next = "make the pack's account a global administrator";
        assert!(message.contains(next), "{role}: {message}");
        // A superuser may do everything, whatever the role.
        world.console.state().user_mut(OWN_LOGIN).superuser = true;
        let report = world.outcome("test-connection", json!({}));
        assert_eq!(verdicts(&report)[3].1, "ok", "{role}");
    }
}

/// The list of somebody else's console, or of part of one.
#[test]
fn a_list_that_lacks_the_account_that_asked_fails_at_its_privilege() {
    let page = json!({"number": 0, "size": 500, "totalPages": 1, "totalResources": 1});
    let body = json!({"resources": [{"id": 4, "login": "jdoe"}], "page": page});
    let url = suites::serve(move |_| suites::answer("200 OK", &body));
    let world = World::new();
    world
        .secrets
        .put(CONSOLE_SECRET, credentials(&url, OWN_PASSWORD));
    let (kind, message) = failure(&world, &[]);
    assert_eq!(kind, "Unauthorized", "{message}");
    assert_fails_at("privilege", &message);
    assert!(message.contains("lacks \"svc-soar\""), "{message}");
}

#[test]
fn a_token_is_needed_where_the_account_has_two_factors() {
    let world = World::new();
    world.console.state().user_mut(OWN_LOGIN).two_factor_token = Some("123456".into());
    let (_, message) = failure(&world, &[]);
    assert_fails_at("credentials", &message);
    let mut secret = credentials(world.console.url(), OWN_PASSWORD);
    secret["token"] = "123456".into();
    world.secrets.put(CONSOLE_SECRET, secret);
    let report = world.outcome("test-connection", json!({}));
    assert_eq!(verdicts(&report)[2].1, "ok");
}
