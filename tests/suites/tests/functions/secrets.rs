//! No secret in any log, error, audit record or outcome; and credentials that change meanwhile.

use std::time::Duration;

use fake_console::{Fault, FaultKind, WireForm};
use harness::Failure;
use serde_json::{Value, json};
use suites::{
    CONSOLE_SECRET, DELIVERED, OWN_LOGIN, PLATFORM_SECRET, World, api_key, credentials, for_each,
    told, with, without,
};

const OWN: &str = "canary-own-p\"ss\\word";
const API_KEY: &str = "canary-api-key";
const NEW: &str = "canary-new-p\"ss\\word";
const OLD: &str = "canary-delivered-before";
const TOKEN: &str = "canary-two-factor";
const UNKNOWN: &str = "canary-unknown-member";

/// A world full of canaries: our own password and token, and a member of a newer console.
fn world(form: WireForm) -> World {
    let world = World::speaking(form);
    {
        let mut state = world.console.state();
        let own = state.user_mut(OWN_LOGIN);
        own.password = OWN.into();
        own.two_factor_token = Some(TOKEN.into());
        let jdoe = state.user_mut("jdoe");
        jdoe.other.insert("apiToken".into(), UNKNOWN.into());
        let nested = json!({"value": UNKNOWN});
        jdoe.other.insert("clientSecret".into(), nested);
    }
    let mut secret = credentials(world.console.url(), OWN);
    secret["token"] = TOKEN.into();
    world.secrets.put(CONSOLE_SECRET, secret);
    world.platform.state().api_keys[0].value = API_KEY.into();
    let secret = api_key(world.platform.url(), API_KEY);
    world.secrets.put(PLATFORM_SECRET, secret);
    world.secrets.put("initial", json!({"password": NEW}));
    world.secrets.put(DELIVERED, json!({"password": OLD}));
    world
}

/// Every spelling in which a canary could come out: as it is, escaped, and as Basic credentials.
fn assert_no_canary(what: &str, text: &str) {
    assert!(!text.contains("canary"), "{what}: {text}");
    // base64 of "svc-soar:canary-own-…", as far as it does not depend on its end.
    assert!(!text.contains("c3ZjLXNvYXI6Y2FuYXJ5"), "{what}: {text}");
}

/// The same, and no password or seed that the console has now.
fn assert_no_secret(what: &str, text: &str, world: &World) {
    assert_no_canary(what, text);
    for user in world.console.state().users.values() {
        let seed = user.two_factor_key.iter();
        for secret in seed.chain([&user.password]).filter(|text| !text.is_empty()) {
            assert!(!text.contains(secret.as_str()), "{what}: {}", user.login);
        }
    }
}

/// Every operation, and what its event says beside the usual.
fn events() -> Vec<(&'static str, Value)> {
    let usual = actions::ALL.iter().map(|entry| entry.operation.spec.name);
    let mut events: Vec<_> = usual.map(|operation| (operation, json!({}))).collect();
    let given = json!({"password": NEW});
    let kept = json!({"password_secret": "initial"});
    for operation in [
        "create-user",
        "provision-user",
        "set-password",
        "unlock-user",
    ] {
        events.extend([(operation, given.clone()), (operation, kept.clone())]);
    }
    let generated = json!({"generate_password": true, "deliver_to": DELIVERED});
    let include = json!({"include": ["sites", "asset_groups", "role", "privileges"]});
    events.extend([("unlock-user", generated), ("get-user", include)]);
    events
}

/// The usual event with another password, if it has another.
fn event(world: &World, operation: &str, more: &Value) -> Value {
    let mut event = world.usual_event(operation);
    if more.get("password").is_some() || more.get("password_secret").is_some() {
        for member in [
            "password",
            "password_secret",
            "generate_password",
            "deliver_to",
            "request_token",
        ] {
            event = without(event, member);
        }
    }
    with(event, more.clone())
}

#[test]
fn no_secret_comes_out_whatever_happens() {
    let faults = [
        (None, ""),
        (Some(FaultKind::EchoBody), "POST"),
        (Some(FaultKind::EchoBody), "PUT"),
        (Some(FaultKind::EchoBody), "GET"),
        (Some(FaultKind::ResetAfter), "POST"),
        (Some(FaultKind::ResetAfter), "PUT"),
        (Some(FaultKind::CutJson), "POST"),
        (Some(FaultKind::CutJson), "GET"),
        (Some(FaultKind::status(401)), "GET"),
    ];
    let events = events();
    let cases = events
        .iter()
        .flat_map(|event| faults.iter().map(move |fault| (event, fault)));
    let cases: Vec<_> = cases.collect();
    for_each(&cases, |((operation, more), (fault, method))| {
        let form = match *method {
            "PUT" => WireForm::Guide,
            _ => WireForm::Vendor,
        };
        let world = world(form);
        let shown = format!("{operation} with {fault:?} on {method}");
        let event = event(&world, operation, more);
        let function = world.allowed_function_with(operation, &[("RAPID7_LOG", "trace")]);
        if let Some(fault) = fault {
            world.push_fault(operation, &Fault::new(fault.clone()).on(method, "/api/"));
        }
        match function.invoke(&event).result {
            Ok(outcome) => assert_no_secret(&shown, &outcome.to_string(), &world),
            Err(error) => {
                assert!(fault.is_some(), "{shown}: {error:?}");
                assert_no_secret(&shown, &error.raw.to_string(), &world);
            }
        }
        assert_no_secret(&shown, &function.logs(), &world);
        world.clear_faults();
    });
}

/// An answer of Secrets Manager that can't be read holds the secret, and stays out of the log.
#[test]
fn no_secret_comes_out_of_a_secret_store_that_misbehaves() {
    for failure in [
        Failure::Cut,
        Failure::Internal,
        Failure::Throttling,
        Failure::AccessDenied,
    ] {
        let world = world(WireForm::Vendor);
        world.secrets.fail_next_with(100, failure);
        let function = world.function_with("get-user", &[("RAPID7_LOG", "trace")]);
        let answer = function.invoke(&json!({"user_id": 4}));
        let error = answer.result.expect_err("no secret");
        assert_no_canary("error", &error.raw.to_string());
        assert_no_canary("log", &function.logs());
    }
}

/// The same of the command line: answers, errors, what `--verbose` says, and the audit file.
#[test]
fn no_secret_comes_out_of_the_command_line() {
    let create = "create-user --login jsmith --name John --email jsmith@example.com --role-id user \
                  --password-secret env:INITIAL";
    for line in [
        create,
        "set-password --login jdoe --password-secret env:INITIAL --yes",
        "unlock-user --login rmartinez --password-secret env:INITIAL",
        "disable-user --login jdoe --yes",
        "get-user --login jdoe",
        "list-users",
    ] {
        for (fault, method) in [
            (None, ""),
            (Some(FaultKind::EchoBody), "POST"),
            (Some(FaultKind::EchoBody), "PUT"),
            (Some(FaultKind::ResetAfter), "PUT"),
            (Some(FaultKind::status(401)), "GET"),
        ] {
            let world = world(WireForm::Vendor);
            let folder = tempfile::tempdir().expect("a folder");
            let audit = folder.path().join("audit.jsonl");
            if let Some(fault) = fault {
                world
                    .console
                    .push_fault(Fault::new(fault).on(method, "/users"));
            }
            let words: Vec<&str> = line.split_whitespace().chain(["--verbose"]).collect();
            let mut command = world.r7user(&words);
            command
                .env("RAPID7_CONSOLE_PASSWORD", OWN)
                .env("RAPID7_CONSOLE_TOKEN", TOKEN)
                .env("INITIAL", NEW)
                .env("RAPID7_AUDIT_FILE", &audit);
            let (_, out, err) = told(&command.output().expect("r7user starts"));
            let audit = std::fs::read_to_string(audit).unwrap_or_default();
            assert_no_canary(line, &[out, err, audit].concat());
            world.console.clear_faults();
        }
    }
}

/// The other side of hiding: what is hidden is still carried through.
#[test]
fn unknown_secret_members_are_kept_but_not_shown() {
    let world = world(WireForm::Guide);
    let outcome = world.outcome("disable-user", json!({"login": "jdoe"}));
    assert_eq!(outcome["state"]["other"]["apiToken"], "[redacted]");
    let state = world.console.state();
    let jdoe = state.user_by_login("jdoe").expect("jdoe").1;
    assert_eq!(jdoe.other["apiToken"], UNKNOWN);
    assert_eq!(jdoe.other["clientSecret"], json!({"value": UNKNOWN}));
}

#[test]
fn secrets_that_can_not_be_used_are_told_by_member_without_content() {
    let world = World::new();
    for (secret, told) in [
        (json!({"username": "canary"}), "`password`: required"),
        (json!("canary"), "expected a JSON object"),
        (
            json!({"url": "https://canary:canary@host", "username": "a", "password": "canary"}),
            "without user name and password",
        ),
        (
            json!({"username": "a", "password": "canary"}),
            "address is missing",
        ),
    ] {
        world.secrets.put(CONSOLE_SECRET, secret);
        let function = world.function("get-user");
        let answer = function.invoke(&json!({"user_id": 4}));
        let error = answer.result.expect_err(told);
        assert_eq!(error.error_type, "Unauthorized", "{}", error.error_message);
        assert!(
            error.error_message.contains(told),
            "{}",
            error.error_message
        );
        assert_no_canary(told, &error.raw.to_string());
        assert_no_canary(told, &function.logs());
    }
}

/// A rotated secret is picked up by a running function, at the price of one refused request.
#[test]
fn a_rotated_password_is_read_again_once_after_a_401() {
    let world = World::new();
    let function = world.function("get-user");
    let event = json!({"user_id": 4});
    function.invoke(&event).result.expect("before the rotation");
    let read = world.secrets.requests();
    world.console.state().user_mut(OWN_LOGIN).password = "rotated-password".into();
    world.secrets.put(
        CONSOLE_SECRET,
        credentials(world.console.url(), "rotated-password"),
    );
    world.console.clear_requests();
    function.invoke(&event).result.expect("after the rotation");
    assert_eq!(world.secrets.requests(), read + 1);
    let answers: Vec<Option<u16>> = world.console.requests().iter().map(|r| r.status).collect();
    assert_eq!(answers, [Some(401), Some(200)]);
    function.invoke(&event).result.expect("once more");
    assert_eq!(world.secrets.requests(), read + 1);
}

/// Rotation between two users: the rules for the pack's own account are those of the one that a run was
/// begun with, so that run ends, and the next one is the other's.
#[test]
fn another_user_in_the_secret_is_for_the_next_run() {
    let world = World::new();
    let function = world.function("disable-user");
    let own = json!({"login": OWN_LOGIN});
    let refused = function.invoke(&own).result.expect_err("its own account");
    assert!(refused.error_message.contains("own-account"), "{refused:?}");
    let mut other = credentials(world.console.url(), "Passw0rd-nxadmin");
    other["username"] = "nxadmin".into();
    world.console.state().user_mut("nxadmin").password = "Passw0rd-nxadmin".into();
    world.console.state().user_mut(OWN_LOGIN).password = "no longer".into();
    world.secrets.put(CONSOLE_SECRET, other);
    let event = json!({"login": "nxadmin"});
    let ended = function.invoke(&event).result.expect_err("another user");
    assert_eq!(ended.error_type, "Unavailable", "{}", ended.error_message);
    let refused = function.invoke(&event).result.expect_err("its own account");
    assert!(refused.error_message.contains("own-account"), "{refused:?}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// Whatever retries a failed invocation must not lock the pack's own account.
#[test]
fn a_refused_password_is_not_sent_again_by_the_next_invocation_either() {
    let world = World::new();
    let function = world.function("get-user");
    world.console.state().user_mut(OWN_LOGIN).password = "changed-by-hand".into();
    let event = json!({"user_id": 4});
    for _ in 0..5 {
        let error = function.invoke(&event).result.expect_err("refused");
        assert_eq!(error.error_type, "Unauthorized", "{}", error.error_message);
    }
    assert_eq!(world.console.state().user_mut(OWN_LOGIN).failed_logins, 1);
    let secret = credentials(world.console.url(), "changed-by-hand");
    world.secrets.put(CONSOLE_SECRET, secret);
    function.invoke(&event).result.expect("with the new secret");
}

#[test]
fn a_secret_is_read_once_for_many_invocations_within_its_ttl() {
    let world = World::new();
    let function = world.function("get-user");
    let read = world.secrets.requests();
    for _ in 0..5 {
        function
            .invoke(&json!({"user_id": 4}))
            .result
            .expect("jdoe");
    }
    assert_eq!(world.secrets.requests(), read);
}

/// A secret that names another console never has its password sent to the old one.
#[test]
fn a_secret_that_moved_to_another_console_is_used_there_and_only_there() {
    for ttl in ["0", "300"] {
        let old = World::new();
        let new = World::new();
        new.console.state().user_mut(OWN_LOGIN).password = "of-the-new-console".into();
        let settings = [("RAPID7_SECRET_TTL_SECONDS", ttl)];
        let function = old.function_with("get-user", &settings);
        let event = json!({"user_id": 4});
        function.invoke(&event).result.expect("the old console");
        let secret = credentials(new.console.url(), "of-the-new-console");
        old.secrets.put(CONSOLE_SECRET, secret);
        if ttl == "300" {
            // Known only once the old console refuses the old password.
            old.console.state().user_mut(OWN_LOGIN).password = "gone".into();
            let error = function.invoke(&event).result.expect_err("refused");
            assert_eq!(error.error_type, "Unauthorized");
        }
        old.console.clear_requests();
        function.invoke(&event).result.expect("the new console");
        assert_eq!(old.requests(), Vec::<String>::new());
        assert!(!new.requests().is_empty());
        let failed = old.console.state().user_mut(OWN_LOGIN).failed_logins;
        assert!(failed <= 1, "{failed}");
    }
}

/// Time spent on secrets is inside the deadline too.
#[test]
fn a_secret_store_that_hangs_ends_in_an_error_before_the_deadline() {
    let world = World::new();
    let settings = [("RAPID7_SECRET_TTL_SECONDS", "0")];
    // The first look at the secret in an invocation, and the one for its run.
    for passed in [0, 1] {
        let function = world.function_with("get-user", &settings);
        world.secrets.pass_next(passed);
        world.secrets.fail_next_with(1, Failure::Hang);
        let limit = Duration::from_secs(2);
        let answer = function.invoke_with_deadline(&json!({"user_id": 4}), limit);
        let error = answer.result.expect_err("hung");
        assert_eq!(error.error_type, "Unavailable", "{}", error.error_message);
        assert!(answer.duration < limit, "{:?}", answer.duration);
    }
}

#[test]
fn an_answer_that_is_too_long_for_a_secret_is_not_read_and_not_asked_for_again() {
    let world = World::new();
    // When it starts, and at the first event.
    world.secrets.fail_next_with(2, Failure::Long);
    let function = world.function("get-user");
    let error = function.invoke(&json!({"user_id": 4})).result;
    let error = error.expect_err("no secret");
    let message = error.error_message;
    assert_eq!(error.error_type, "Unauthorized", "{message}");
    assert!(message.contains("longer than 8 MB"), "{message}");
    assert_eq!(world.secrets.requests(), 2);
}

#[test]
fn an_old_secret_is_read_again_and_an_outage_of_its_store_does_not_stop_a_run() {
    let world = World::new();
    let function = world.function_with("get-user", &[("RAPID7_SECRET_TTL_SECONDS", "0")]);
    let event = json!({"user_id": 4});
    let read = world.secrets.requests();
    function.invoke(&event).result.expect("first");
    assert!(world.secrets.requests() > read);
    world.secrets.fail_next(100);
    function.invoke(&event).result.expect("the store is away");
}

/// An outage is no reason to stop; a secret that can't be used is.
#[test]
fn a_secret_that_became_useless_is_not_used_any_more() {
    let world = World::new();
    let function = world.function_with("get-user", &[("RAPID7_SECRET_TTL_SECONDS", "0")]);
    let event = json!({"user_id": 4});
    function.invoke(&event).result.expect("first");
    world
        .secrets
        .put(CONSOLE_SECRET, json!({"username": "gone"}));
    let error = function.invoke(&event).result.expect_err("useless");
    assert_eq!(error.error_type, "Unauthorized", "{}", error.error_message);
}

#[test]
fn a_secret_that_was_not_there_at_the_start_is_asked_for_again() {
    let world = World::new();
    // Three tries at the start, three more at the first invocation.
    world.secrets.fail_next(6);
    let function = world.function("get-user");
    let event = json!({"user_id": 4});
    let error = function.invoke(&event).result.expect_err("no secret");
    assert_eq!(error.error_type, "Unavailable", "{}", error.error_message);
    assert!(
        error.error_message.contains("Secrets Manager"),
        "{}",
        error.error_message
    );
    function.invoke(&event).result.expect("there again");
}
