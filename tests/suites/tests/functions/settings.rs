//! A setting that is misspelt, or lists what nobody can be called, stops a function: a guard that is none would
//! let everything through.

use serde_json::json;
use suites::World;

/// What a function with these settings answers.
fn told(world: &World, operation: &str, settings: &[(&str, &str)]) -> Result<(), String> {
    let function = world.function_with(operation, settings);
    let event = json!({"user_id": 4});
    let answer = function.invoke(&event).result;
    answer.map(drop).map_err(|error| error.error_message)
}

#[test]
fn a_variable_that_there_is_not_is_an_error_with_what_was_meant() {
    let world = World::new();
    for (name, meant) in [
        ("RAPID7_PROTECTED_LOGIN", "RAPID7_PROTECTED_LOGINS"),
        ("RAPID7_MAX_CHANGE", "RAPID7_MAX_CHANGES"),
        ("RAPID7_ALLOWED_OPERATION", "RAPID7_ALLOWED_OPERATIONS"),
        (
            "RAPID7_CONSOLE_CERTIFICATE_SHA265",
            "RAPID7_CONSOLE_CERTIFICATE_SHA256",
        ),
    ] {
        let message = told(&world, "disable-user", &[(name, "jdoe")]).expect_err(name);
        let words = format!("{name} (perhaps {meant} was meant)");
        assert!(message.contains(&words), "{message}");
    }
    let message = told(&world, "get-user", &[("RAPID7_SOMETHING_ELSE", "x")]);
    assert!(
        message
            .expect_err("unknown")
            .contains("RAPID7_SOMETHING_ELSE")
    );
    assert_eq!(world.requests(), Vec::<String>::new());
}

#[test]
fn a_list_with_another_lists_punctuation_protects_nobody_and_is_refused() {
    let world = World::new();
    for list in [
        "\"jdoe\"",
        "['jdoe']",
        "jdoe;asmith",
        "'jdoe'",
        "jdoe\nasmith",
        "jd\u{200b}oe",
        "\u{201c}jdoe\u{201d}",
        "asmith,{jdoe}",
    ] {
        let settings = [("RAPID7_PROTECTED_LOGINS", list)];
        let message = told(&world, "disable-user", &settings).expect_err(list);
        assert!(
            message.contains("RAPID7_PROTECTED_LOGINS"),
            "{list:?}: {message}"
        );
        assert!(!message.contains("jdoe"), "{list:?}: {message}");
    }
    assert_eq!(world.requests(), Vec::<String>::new());
    let settings = [(
        "RAPID7_PROTECTED_LOGINS",
        "o'neill, CORP\\svc-*,j.doe@example.com",
    )];
    told(&world, "get-user", &settings).expect("names");
}

#[test]
fn settings_that_contradict_each_other_are_told_by_name() {
    let world = World::new();
    for (settings, both) in [
        (
            &[("RAPID7_CONSOLE_SECRET_FILE", "canary")][..],
            "RAPID7_CONSOLE_SECRET and RAPID7_CONSOLE_SECRET_FILE are set",
        ),
        (
            &[("RAPID7_PLATFORM_API_KEY", "canary")],
            "RAPID7_PLATFORM_SECRET and RAPID7_PLATFORM_API_KEY are set",
        ),
        (
            &[
                ("RAPID7_CONSOLE_CA_FILE", "canary"),
                ("RAPID7_DANGEROUSLY_SKIP_TLS_VERIFICATION", "true"),
            ],
            "RAPID7_CONSOLE_CA_FILE and RAPID7_DANGEROUSLY_SKIP_TLS_VERIFICATION are set",
        ),
    ] {
        let message = told(&world, "get-user", settings).expect_err(both);
        assert!(message.contains(both), "{message}");
        assert!(!message.contains("canary"), "{message}");
    }
}

#[test]
fn the_test_of_a_connection_says_who_is_protected_by_name_and_not_there() {
    let world = World::new();
    let list = [("RAPID7_PROTECTED_LOGINS", "NXAdmin,svc-*,nxadmn,ops-*")];
    let function = world.function_with("test-connection", &list);
    let report = function.invoke(&json!({})).result.expect("connected");
    let checks = report["checks"].as_array().expect("checks");
    let check = checks.last().expect("a check");
    assert_eq!(
        (&check["check"], &check["verdict"]),
        (&json!("protected logins"), &json!("warning"))
    );
    let detail = check["detail"].as_str().expect("text");
    assert!(detail.ends_with(": nxadmn, ops-*"), "{detail}");
    let list = [("RAPID7_PROTECTED_LOGINS", "nxadmin")];
    let function = world.function_with("test-connection", &list);
    let report = function.invoke(&json!({})).result.expect("connected");
    assert_eq!(report["checks"][5]["verdict"], "ok");
    assert_eq!(report["checks"].as_array().map(Vec::len), Some(6));
}
