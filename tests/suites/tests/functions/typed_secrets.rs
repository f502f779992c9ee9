//! A password is what its owner can type, wherever it comes from.

use serde_json::{Value, json};
use suites::{CONSOLE_SECRET, OWN_PASSWORD, World, credentials, jsmith, with};

const SECRET: &str = "rapid7/new-password";

fn by_reference(reference: &str) -> Value {
    json!({"user_id": 4, "password_secret": reference})
}

#[test]
fn line_breaks_around_a_password_and_a_mark_before_it_are_no_part_of_it() {
    let world = World::new();
    let function = world.function("set-password");
    for (text, reference) in [
        ("Correct-Horse-7\n", SECRET),
        ("\u{feff}Correct-Horse-7\r\n", SECRET),
        ("\u{feff}{\"password\": \"Correct-Horse-7\\n\"}", SECRET),
        (
            "{\"other\": \"Correct-Horse-7\\r\\n\"}",
            "rapid7/new-password#other",
        ),
    ] {
        world.secrets.put_text(SECRET, text);
        world.console.state().user_mut("jdoe").password = "old".into();
        let done = function.invoke(&by_reference(reference)).result;
        done.unwrap_or_else(|error| panic!("{text:?}: {error:?}"));
        let password = world.console.state().user_mut("jdoe").password.clone();
        assert_eq!(password, "Correct-Horse-7", "{text:?}");
    }
    let given = json!({"user_id": 4, "password": "Another-Horse-7\n"});
    function.invoke(&given).result.expect("set");
    let password = world.console.state().user_mut("jdoe").password.clone();
    assert_eq!(password, "Another-Horse-7");
}

#[test]
fn what_nobody_types_is_refused_by_the_name_of_its_source() {
    let world = World::new();
    let set = world.function("set-password");
    let create = world.function("create-user");
    let before = world.console.state().snapshot();
    for text in [
        "canary\ncanary",
        "canary\u{200b}",
        "can\tary",
        "{\"password\": \"canary",
        "{\"password\": \"canary\\u0007\"}",
        "\n",
    ] {
        world.secrets.put_text(SECRET, text);
        let error = set.invoke(&by_reference(SECRET)).result.expect_err(text);
        let message = error.error_message;
        assert!(message.contains(SECRET), "{text:?}: {message}");
        assert!(!message.contains("canary"), "{text:?}: {message}");
    }
    for password in ["canary\ncanary", "canary\u{202e}", "\n", ""] {
        let event = json!({"user_id": 4, "password": password});
        let new = with(
            jsmith(),
            json!({"password": password, "password_secret": null}),
        );
        for error in [set.invoke(&event).result, create.invoke(&new).result] {
            let error = error.expect_err(password);
            assert_eq!(error.error_type, "InvalidInput", "{password:?}");
            let message = error.error_message;
            assert!(
                message.contains("`password`: expected"),
                "{password:?}: {message}"
            );
            assert!(!message.contains("canary"), "{message}");
        }
    }
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(world.console.state().snapshot(), before);
}

/// The pack's own are read by the same rule, and a member that is misspelt says nothing.
#[test]
fn the_packs_own_credentials_are_what_somebody_types_too() {
    let world = World::new();
    let get = || world.invoke("get-user", json!({"user_id": 4})).result;
    let own = credentials(world.console.url(), &format!("{OWN_PASSWORD}\n"));
    world
        .secrets
        .put_text(CONSOLE_SECRET, &format!("\u{feff}{own}"));
    get().expect("read");
    let mut wrong = vec![(
        credentials(world.console.url(), "canary\u{200b}"),
        "`password`: expected",
    )];
    for (name, instead, told) in [
        (
            "certificate_sha256",
            "certificate_sha265",
            "`certificate_sha256`",
        ),
        ("wire_form", "wireForm", "`wire_form`"),
        ("token", "tokn", "`token`"),
    ] {
        let mut secret = credentials(world.console.url(), OWN_PASSWORD);
        secret[instead] = "canary".into();
        assert!(secret.get(name).is_none());
        wrong.push((secret, told));
    }
    for (secret, told) in wrong {
        world.secrets.put(CONSOLE_SECRET, secret);
        let message = get().expect_err(told).error_message;
        assert!(message.contains(told), "{message}");
        assert!(
            message.contains(CONSOLE_SECRET) && !message.contains("canary"),
            "{message}"
        );
    }
    // Others may be somebody else's.
    let mut secret = credentials(world.console.url(), OWN_PASSWORD);
    secret["engine"] = "insightvm".into();
    secret["passwords"] = "also there".into();
    world.secrets.put(CONSOLE_SECRET, secret);
    get().expect("read");
}
