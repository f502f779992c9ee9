//! The pack's own API key: of the wrong type, of another region, sent to the wrong server, and never
//! shown to anybody.

use fake_console::{Fault, FaultKind, ORGANIZATION_KEY, USER_KEY};
use serde_json::{Value, json};
use suites::platform::{JDOE, jsmith, operations, writing};
use suites::{
    CONSOLE_SECRET, OWN_LOGIN, OWN_PASSWORD, PLATFORM_SECRET, World, answer, api_key, serve, with,
};

const USER: (&str, &str) = ("RAPID7_PLATFORM_KEY_TYPE", "user");
const ORGANIZATION: (&str, &str) = ("RAPID7_PLATFORM_KEY_TYPE", "organization");

fn with_key(key: &str) -> World {
    let world = World::new();
    let secret = api_key(world.platform.url(), key);
    world.secrets.put(PLATFORM_SECRET, secret);
    world
}

fn unauthorized(world: &World, settings: &[(&str, &str)], operation: &str) -> String {
    let event = world.usual_event(operation);
    let function = world.allowed_function_with(operation, settings);
    let error = function.invoke(&event).result.expect_err(operation);
    let message = error.error_message;
    assert_eq!(error.error_type, "Unauthorized", "{operation}: {message}");
    assert!(
        message.contains("Nothing was changed"),
        "{operation}: {message}"
    );
    message
}

#[test]
fn a_key_that_is_declared_a_persons_sends_nothing_for_an_operation_that_writes() {
    for operation in writing() {
        let world = with_key(USER_KEY);
        let message = unauthorized(&world, &[USER], operation);
        assert!(message.contains("is a user key"), "{operation}: {message}");
        assert!(message.contains("make an organization key"), "{message}");
        assert_eq!(world.requests(), Vec::<String>::new(), "{operation}");
    }
    // The secret may say so too.
    let world = World::new();
    let secret = with(
        api_key(world.platform.url(), USER_KEY),
        json!({"key_type": "user"}),
    );
    world.secrets.put(PLATFORM_SECRET, secret);
    let message = unauthorized(&world, &[], "suspend-platform-user");
    assert!(message.contains("is a user key"), "{message}");
    let list = world.outcome("list-platform-users", json!({}));
    assert_eq!(list["count"], 12);
}

#[test]
fn a_users_key_that_nobody_declared_is_found_out_before_anything_is_written() {
    for operation in writing() {
        let world = with_key(USER_KEY);
        let before = world.snapshot();
        let message = unauthorized(&world, &[], operation);
        assert!(
            message.contains("this is a user key, it seems"),
            "{operation}: {message}"
        );
        assert!(message.contains("make an organization key"), "{message}");
        assert_eq!(world.writes(), Vec::<String>::new(), "{operation}");
        assert_eq!(world.snapshot(), before, "{operation}");
    }
}

/// Its owner may say that it is an organization's: no canary then, and the write itself tells.
#[test]
fn a_key_that_is_declared_an_organizations_is_believed_until_the_platform_says_otherwise() {
    let world = World::new();
    let function = world.function_with("create-platform-user", &[ORGANIZATION]);
    function.invoke(&jsmith()).result.expect("created");
    let canary = world.requests().iter().any(|r| r.ends_with("/api-keys"));
    assert!(!canary, "{:?}", world.requests());

    let world = with_key(USER_KEY);
    let message = unauthorized(&world, &[ORGANIZATION], "create-platform-user");
    assert!(
        message.contains("this is a user key, it seems"),
        "{message}"
    );
    assert_eq!(world.writes(), ["POST /account/api/1/users"]);
}

/// That the canary itself is not understood proves nothing: the write tells.
#[test]
fn a_canary_that_is_not_offered_does_not_stop_a_write() {
    let world = World::new();
    let gone = Fault::new(FaultKind::status(404)).on("GET", "/api-keys");
    world.platform.push_fault(gone);
    let outcome = world.outcome("create-platform-user", jsmith());
    assert_eq!(outcome["changed"], true);
}

#[test]
fn a_user_key_reads_what_it_may() {
    let world = with_key(USER_KEY);
    let own = json!({"email": "mkowalska@example.com", "include": ["products"]});
    let user = world.outcome("get-platform-user", own);
    assert_eq!(user["platform_admin"], true);
    let others = json!({"email": JDOE, "include": ["products"]});
    let (kind, message) = world.failure("get-platform-user", others);
    assert_eq!(kind, "Unauthorized", "{message}");
    assert!(
        message.contains("this is a user key, it seems"),
        "{message}"
    );
}

#[test]
fn a_key_of_another_region_is_told_with_the_address_and_never_sent_twice() {
    for operation in operations() {
        let world = with_key("0000-of-another-region");
        let function = world.allowed_function(operation);
        let event = world.usual_event(operation);
        let error = function.invoke(&event).result.expect_err(operation);
        let message = error.error_message;
        assert_eq!(error.error_type, "Unauthorized", "{operation}: {message}");
        let told = format!("{} does not know this API key", world.platform.url());
        assert!(message.contains(&told), "{operation}: {message}");
        assert!(message.contains("a key belongs to one region"), "{message}");
        let sent = world.platform.requests();
        let sent: Vec<_> = sent.iter().filter(|r| r.status == Some(401)).collect();
        let mut lines: Vec<_> = sent.iter().map(|r| (&r.path, &r.query)).collect();
        lines.dedup();
        assert_eq!(lines.len(), sent.len(), "{operation}: {sent:?}");
        assert_eq!(world.writes(), Vec::<String>::new());
    }
}

/// The guide calls these the most common failure.
#[test]
fn the_two_surfaces_are_not_taken_for_each_other() {
    // An API key to a console.
    let world = World::new();
    let secret = api_key(world.console.url(), ORGANIZATION_KEY);
    world.secrets.put(PLATFORM_SECRET, secret);
    for operation in ["get-platform-user", "suspend-platform-user"] {
        let (_, message) = world.failure(operation, json!({"email": JDOE}));
        let told = "check that the address is the Insight Platform's";
        assert!(message.contains(told), "{operation}: {message}");
    }
    // The same where it asks for a password.
    let basic = serve(|_| {
        let refused = answer("401 Unauthorized", &json!({"message": "no"}));
        refused.replacen(
            "\r\n",
            "\r\nwww-authenticate: Basic realm=\"console\"\r\n",
            1,
        )
    });
    let secret = api_key(&basic, ORGANIZATION_KEY);
    world.secrets.put(PLATFORM_SECRET, secret);
    let message = unauthorized(&world, &[], "suspend-platform-user");
    assert!(message.contains("it looks like a console"), "{message}");
    // A password to the platform.
    let world = World::new();
    let secret = suites::credentials(world.platform.url(), OWN_PASSWORD);
    world.secrets.put(CONSOLE_SECRET, secret);
    let (kind, message) = world.failure("disable-user", json!({"user_id": 4}));
    assert_eq!(kind, "Unauthorized", "{message}");
    assert!(
        message.contains("this looks like the Insight Platform"),
        "{message}"
    );

    // By the address or the secret alone, nothing is sent.
    let world = World::new();
    let platform = "https://us.api.insight.rapid7.com";
    for (secret, value, operation, tells) in [
        (
            CONSOLE_SECRET,
            suites::credentials(platform, OWN_PASSWORD),
            "get-user",
            "this is the Insight Platform's address",
        ),
        (
            PLATFORM_SECRET,
            api_key("https://console.example.com:3780", ORGANIZATION_KEY),
            "get-platform-user",
            "this is a console's address",
        ),
        (
            PLATFORM_SECRET,
            json!({"username": OWN_LOGIN, "password": "canary", "region": "eu"}),
            "get-platform-user",
            "it holds a password, which is for a console",
        ),
        (
            CONSOLE_SECRET,
            json!({"api_key": "canary", "url": world.console.url()}),
            "get-user",
            "API key",
        ),
    ] {
        world.secrets.put(secret, value);
        let event = world.usual_event(operation);
        let (kind, message) = world.failure(operation, event);
        assert_eq!(kind, "Unauthorized", "{message}");
        assert!(message.contains(tells), "{message}");
        assert!(!message.contains("canary"), "{message}");
    }
    assert_eq!(world.requests(), Vec::<String>::new());
}

/// Not even where a server repeats what it was sent.
#[test]
fn the_own_key_never_comes_out() {
    const KEY: &str = "canary-0a1b2c3d-of-the-pack";
    for operation in operations() {
        for method in ["GET", "POST", "PATCH", "DELETE"] {
            let world = World::new();
            world.platform.state().api_keys[0].value = KEY.into();
            let secret = api_key(world.platform.url(), KEY);
            world.secrets.put(PLATFORM_SECRET, secret);
            let echo = FaultKind::Status {
                status: 400,
                retry_after: None,
                message: format!("the key {KEY} may not"),
            };
            world.platform.push_fault(Fault::new(echo).on(method, "/"));
            let log = [("RAPID7_LOG", "trace")];
            let function = world.allowed_function_with(operation, &log);
            let event = world.usual_event(operation);
            let said = match function.invoke(&event).result {
                Ok(outcome) => outcome.to_string(),
                Err(error) => error.raw.to_string(),
            };
            assert!(!said.contains("canary"), "{operation}: {said}");
            let logs = function.logs();
            assert!(!logs.contains("canary"), "{operation}: {logs}");
            world.clear_faults();
        }
    }
}

/// Nor a key that the platform tells, against all that is known of it.
#[test]
fn members_named_like_secrets_are_hidden_in_answers_and_records() {
    for operation in operations() {
        let world = World::new();
        {
            let mut state = world.platform.state();
            let other = &mut state.user_mut(JDOE).other;
            other.insert("apiToken".into(), "canary".into());
            other.insert("session".into(), json!({"password": "canary"}));
        }
        let function = world.allowed_function(operation);
        let event = world.usual_event(operation);
        let answer = function.invoke(&event).result.expect(operation);
        assert!(
            !answer.to_string().contains("canary"),
            "{operation}: {answer}"
        );
        assert!(!function.logs().contains("canary"), "{operation}");
    }
}

#[test]
fn a_connection_that_works_is_told_check_by_check() {
    let world = World::new();
    let report = world.outcome("test-platform-connection", json!({}));
    let checks = report["checks"].as_array().expect("checks");
    let verdicts: Vec<(&str, &str)> = checks
        .iter()
        .map(|check| {
            let text = |name: &str| check[name].as_str().expect(name);
            (text("check"), text("verdict"))
        })
        .collect();
    assert_eq!(
        verdicts,
        [
            ("region", "ok"),
            ("certificate", "ok"),
            ("key", "ok"),
            ("users", "ok"),
            ("key type", "ok"),
            ("rate limit", "ok"),
        ]
    );
    assert_eq!(report["target"], world.platform.url());
    let limit = checks[5]["detail"].as_str().expect("a detail");
    assert!(limit.contains("of 50 requests are left"), "{limit}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn each_way_of_not_working_has_its_own_next_step() {
    let key_type = |world: &World, settings: &[(&str, &str)]| -> Value {
        let function = world.function_with("test-platform-connection", settings);
        let report = function.invoke(&json!({})).result.expect("it reads");
        report["checks"][4].clone()
    };
    for settings in [&[][..], &[USER], &[ORGANIZATION]] {
        let check = key_type(&with_key(USER_KEY), settings);
        assert_eq!(check["verdict"], "warning", "{check}");
        assert!(
            check["detail"].as_str().expect("text").contains("user key"),
            "{check}"
        );
        let next = check["next"].as_str().expect("a step");
        assert!(next.contains("make an organization key"), "{next}");
    }

    let message = |world: &World| {
        let (kind, message) = world.failure("test-platform-connection", json!({}));
        (kind, message)
    };
    let (kind, text) = message(&with_key("another"));
    assert_eq!(kind, "Unauthorized", "{text}");
    assert!(text.starts_with("key: GET /validate"), "{text}");
    assert!(
        text.contains("region: ok; certificate: ok; users: not tried"),
        "{text}"
    );

    let world = World::new();
    let secret = api_key("http://127.0.0.1:9", ORGANIZATION_KEY);
    world.secrets.put(PLATFORM_SECRET, secret);
    let (kind, text) = message(&world);
    assert_eq!(kind, "Unavailable", "{text}");
    assert!(
        text.contains("check the region, and that the network"),
        "{text}"
    );

    let world = World::new();
    let page = Fault::new(FaultKind::Html { status: 404 }).on("GET", "/validate");
    world.platform.push_fault(page);
    let (_, text) = message(&world);
    assert!(
        text.contains("check that the address is the Insight Platform's"),
        "{text}"
    );

    // A firewall's page is no word about the key.
    let world = World::new();
    let page = Fault::new(FaultKind::Html { status: 403 }).on("GET", "/validate");
    world.platform.push_fault(page);
    let (kind, text) = message(&world);
    assert_eq!(kind, "Unexpected", "{text}");
    assert!(text.contains("answered 403 with an HTML page"), "{text}");
    assert!(!text.contains("user key"), "{text}");
    assert!(text.contains("a firewall"), "{text}");

    let world = World::new();
    let away = Fault::new(FaultKind::status(500)).on("GET", "/users");
    world.platform.push_fault(away);
    let (kind, text) = message(&world);
    assert_eq!(kind, "Unavailable", "{text}");
    assert!(text.starts_with("users: "), "{text}");
}
