//! Who a person is on two consoles and the platform.

use fake_console::{Fault, FaultKind};
use serde_json::{Value, json};
use suites::{World, api_key};

const RULES: [(&str, &str); 2] = [
    ("RAPID7_IDENTITY_LOGIN_DOMAINS", "example.com"),
    ("RAPID7_IDENTITY_SAME_DOMAINS", "example.com,example.org"),
];

fn surface<'a>(identity: &'a Value, name: &str) -> &'a Value {
    let surfaces = identity["surfaces"].as_array().expect("surfaces");
    let found = surfaces.iter().find(|surface| surface["name"] == name);
    found.expect(name)
}

/// `emea found jdoe; apac absent; …`
fn told(identity: &Value) -> String {
    let surfaces = identity["surfaces"].as_array().expect("surfaces").iter();
    let lines = surfaces.map(|surface| {
        let accounts = surface["accounts"].as_array().expect("accounts").iter();
        let logins = accounts.map(|account| account["subject"]["login"].as_str().expect("a login"));
        let words = [
            surface["name"].as_str().expect("a name"),
            surface["verdict"].as_str().expect("a verdict"),
        ];
        words
            .into_iter()
            .chain(logins)
            .collect::<Vec<_>>()
            .join(" ")
    });
    lines.collect::<Vec<_>>().join("; ")
}

#[test]
fn every_account_of_a_person_is_told_with_what_that_rests_on() {
    let world = World::with_two_consoles();
    let identity = world.outcome("resolve-identity", json!({"email": "JDOE@example.com"}));
    assert_eq!(
        told(&identity),
        "emea found jdoe; apac found jdoe; platform found jdoe@example.com"
    );
    let emea = surface(&identity, "emea");
    assert_eq!(emea["surface"], "console");
    assert_eq!(emea["target"], world.console.url());
    let account = &emea["accounts"][0];
    assert_eq!(account["subject"]["user_id"], 4);
    assert_eq!(account["confidence"], "certain");
    assert_eq!(
        account["reasons"],
        json!(["email jdoe@example.com: the email given"])
    );
    assert_eq!(
        (&account["enabled"], &account["locked"]),
        (&json!(true), &json!(false))
    );
    let platform = surface(&identity, "platform");
    assert_eq!(platform["surface"], "platform");
    assert_eq!(platform["accounts"][0]["status"], "ACTIVE");
    assert_eq!(identity["person"]["emails"], json!(["jdoe@example.com"]));
    assert_eq!(identity["warnings"], json!([]));
}

#[test]
fn a_login_lends_the_address_of_its_account() {
    let world = World::with_two_consoles();
    let second = world.second.as_ref().expect("a second console");
    second.state().user_mut("jdoe").login = "jane.doe".into();
    let identity = world.outcome("resolve-identity", json!({"login": "jdoe"}));
    assert_eq!(
        told(&identity),
        "emea found jdoe; apac found jane.doe; platform found jdoe@example.com"
    );
    let reason = &surface(&identity, "apac")["accounts"][0]["reasons"][0];
    assert_eq!(
        reason,
        "email jdoe@example.com: the email of the account with the login on emea"
    );
}

#[test]
fn several_are_listed_and_none_is_guessed() {
    let world = World::with_two_consoles();
    let identity = world.outcome("resolve-identity", json!({"email": "a.smith@example.com"}));
    assert_eq!(
        told(&identity),
        "emea several asmith asmith2; apac several asmith asmith2; platform found a.smith@example.com"
    );
}

#[test]
fn rules_of_the_deployment_make_it_likely() {
    let world = World::with_two_consoles();
    let event = json!({"email": "soneill@example.org"});
    let plain = world.outcome("resolve-identity", event.clone());
    assert_eq!(
        told(&plain),
        "emea unsure soneill; apac unsure soneill; platform absent"
    );
    let function = world.function_with("resolve-identity", &RULES);
    let ruled = function.invoke(&event).result.expect("resolved");
    assert_eq!(
        told(&ruled),
        "emea found soneill; apac found soneill; platform found SONeill@Example.com"
    );
    assert_eq!(
        surface(&ruled, "emea")["accounts"][0]["confidence"],
        "likely"
    );
}

#[test]
fn a_surface_that_is_down_is_told_and_the_others_too() {
    let world = World::with_two_consoles();
    let maintenance = Fault::new(FaultKind::Html { status: 503 }).times(50);
    world.console.push_fault(maintenance);
    let identity = world.outcome("resolve-identity", json!({"email": "jdoe@example.com"}));
    assert_eq!(
        told(&identity),
        "emea failed; apac found jdoe; platform found jdoe@example.com"
    );
    assert_eq!(surface(&identity, "emea")["error"], "Unavailable");
    let warning = identity["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("emea was not searched"), "{warning}");
    world.console.clear_faults();

    let world = World::with_two_consoles();
    world.secrets.put(
        suites::PLATFORM_SECRET,
        api_key(world.platform.url(), "wrong"),
    );
    let identity = world.outcome("resolve-identity", json!({"login": "jdoe"}));
    assert_eq!(
        told(&identity),
        "emea found jdoe; apac found jdoe; platform failed"
    );
    assert_eq!(surface(&identity, "platform")["error"], "Unauthorized");
}

/// What the console that is down says of the login may make it somebody else's.
#[test]
fn by_login_nobody_is_certain_or_absent_while_a_console_is_not_read() {
    let world = World::with_two_consoles();
    let second = world.second.as_ref().expect("a second console");
    second.state().user_mut("jdoe").email = None;
    let maintenance = Fault::new(FaultKind::Html { status: 503 }).times(50);
    world.console.push_fault(maintenance);
    let identity = world.outcome("resolve-identity", json!({"login": "jdoe"}));
    assert_eq!(
        told(&identity),
        "emea failed; apac unsure jdoe; platform unsure jdoe@example.com"
    );
    let account = &surface(&identity, "apac")["accounts"][0];
    assert_eq!(account["confidence"], "doubtful");
    let why = "the login's owner can't be told while emea is not read";
    for told in [
        &account["reasons"][0],
        &surface(&identity, "platform")["reason"],
        &identity["warnings"][1],
    ] {
        assert!(told.as_str().expect("text").contains(why), "{told}");
    }
    world.console.clear_faults();
}

/// It is the inventory: what something contradicts is listed after what nothing does.
#[test]
fn doubtful_accounts_are_listed_too() {
    let world = World::with_two_consoles();
    let second = world.second.as_ref().expect("a second console");
    second.state().user_mut("nxadmin").login = "jdoe@example.com".into();
    let identity = world.outcome("resolve-identity", json!({"email": "jdoe@example.com"}));
    assert_eq!(
        told(&identity),
        "emea found jdoe; apac found jdoe jdoe@example.com; platform found jdoe@example.com"
    );
    let apac = surface(&identity, "apac");
    assert_eq!(apac["accounts"][0]["confidence"], "certain");
    assert_eq!(apac["accounts"][1]["confidence"], "doubtful");
    let reason = apac["reason"].as_str().expect("a reason");
    assert!(
        reason.contains("doubtful beside it: jdoe@example.com"),
        "{reason}"
    );

    let identity = world.outcome("resolve-identity", json!({"login": "JDOE"}));
    assert_eq!(
        told(&identity),
        "emea unsure jdoe; apac several jdoe@example.com jdoe; platform unsure jdoe@example.com"
    );
}

#[test]
fn blanks_around_an_address_do_not_hide_its_account() {
    let world = World::with_two_consoles();
    world.console.state().user_mut("jdoe").email = Some(" JDoe@example.com ".into());
    let identity = world.outcome("resolve-identity", json!({"email": "jdoe@example.com"}));
    assert_eq!(
        told(&identity),
        "emea found jdoe; apac found jdoe; platform found jdoe@example.com"
    );
}

#[test]
fn where_no_surface_tells_it_is_an_error() {
    let world = World::with_two_consoles();
    let second = world.second.as_ref().expect("a second console");
    for console in [&world.console, second] {
        console.push_fault(Fault::new(FaultKind::Html { status: 503 }).times(50));
    }
    world
        .platform
        .push_fault(Fault::new(FaultKind::status(503)).times(50));
    let (kind, message) = world.failure("resolve-identity", json!({"login": "jdoe"}));
    assert_eq!(kind, "Unavailable", "{message}");
    for name in ["emea: ", "apac: ", "platform: "] {
        assert!(message.contains(name), "{message}");
    }
    for console in [&world.console, second] {
        console.clear_faults();
    }
    world.platform.clear_faults();
}

#[test]
fn each_surface_is_listed_once() {
    let world = World::with_two_consoles();
    let _ = world.outcome("resolve-identity", json!({"email": "jdoe@example.com"}));
    let second = world.second.as_ref().expect("a second console");
    let platform = world.platform.requests();
    for requests in [world.console.requests(), second.requests(), platform] {
        let asked = requests.iter().filter(|r| r.authorized_as.is_some());
        assert_eq!(asked.count(), 1);
    }
}

#[test]
fn exactly_one_name_and_no_rule_that_can_not_be_read() {
    let world = World::new();
    for event in [
        json!({}),
        json!({"login": "a", "email": "b"}),
        json!({"email": ""}),
    ] {
        let (kind, message) = world.failure("resolve-identity", event);
        assert_eq!(kind, "InvalidInput", "{message}");
    }
    for (name, value) in [
        ("RAPID7_IDENTITY_LOGIN_DOMAINS", ""),
        ("RAPID7_IDENTITY_LOGIN_DOMAINS", "example.com,"),
        ("RAPID7_IDENTITY_SAME_DOMAINS", "example.com"),
    ] {
        let function = world.function_with("resolve-identity", &[(name, value)]);
        let error = function.invoke(&json!({"login": "jdoe"})).result;
        let error = error.expect_err("refused");
        assert_eq!(error.error_type, "Unauthorized", "{name}={value}");
        assert!(
            error.error_message.contains(name),
            "{}",
            error.error_message
        );
    }
}
