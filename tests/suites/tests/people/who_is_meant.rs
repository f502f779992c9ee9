//! Whom an input means: what is no address is nobody's, what comes near is a doubt, and only what is proven is
//! told to be absent.

use serde_json::{Value, json};
use suites::World;

/// A world in which somebody has an account that comes near the address `mlane@example.com`.
fn with_account(login: &str, email: Option<&str>) -> World {
    let world = World::new();
    {
        let mut state = world.console.state();
        let user = state.user_mut("jdoe");
        user.login = login.into();
        user.email = email.map(str::to_owned);
    }
    world
}

fn absent_is_fine(entry: Value) -> Value {
    json!({"people": [entry], "allow_absent": true})
}

#[test]
fn what_is_no_address_is_wrong_input_in_every_operation() {
    let world = World::new();
    let before = world.console.state().snapshot();
    for email in [
        "Jane Doe <jdoe@example.com>",
        "mailto:jdoe@example.com",
        "jdoe@example.com, asmith@example.com",
        "jdoe\u{200b}@example.com",
        "jdoe",
        "jdoe@",
    ] {
        for (operation, event) in [
            ("offboard-users", absent_is_fine(json!({"email": email}))),
            (
                "offboard-user",
                json!({"email": email, "allow_absent": true}),
            ),
            ("resolve-identity", json!({"email": email})),
            ("disable-user", json!({"email": email})),
            ("suspend-platform-user", json!({"email": email})),
            ("update-user", json!({"login": "jdoe", "new_email": email})),
        ] {
            let (kind, message) = world.failure(operation, event);
            assert_eq!(kind, "InvalidInput", "{operation} {email}: {message}");
            assert!(
                message.contains("one email address"),
                "{operation} {email}: {message}"
            );
        }
    }
    assert_eq!(world.console.state().snapshot(), before);
}

/// A row that names nobody is told, and keeps nobody else back.
#[test]
fn a_row_that_is_no_address_fails_and_the_others_are_done() {
    let world = World::new();
    let event = json!({
        "people": [{"email": "Jane Doe <jdoe@example.com>"}, {"email": "tokafor@example.com"}],
        "allow_absent": true,
    });
    let (kind, message) = world.failure("offboard-users", event);
    assert_eq!(kind, "InvalidInput", "{message}");
    assert!(message.contains("people[0]"), "{message}");
    let mut state = world.console.state();
    assert!(!state.user_mut("tokafor").enabled && state.user_mut("jdoe").enabled);
}

#[test]
fn what_comes_near_is_a_doubt_and_never_absent() {
    for (login, email) in [
        ("CORP\\mlane", None),
        ("mlane", None),
        ("mlane@CORP.EXAMPLE", None),
        ("maria", Some("mlane+admin@example.com")),
        ("maria", Some("Maria Lane <mlane@example.com>")),
        ("maria", Some("m\u{200b}lane@example.com")),
    ] {
        let world = with_account(login, email);
        let entry = json!({"email": "mlane@example.com"});
        let (kind, message) = world.failure("offboard-users", absent_is_fine(entry.clone()));
        assert_eq!(kind, "Ambiguous", "{login} {email:?}: {message}");
        let found = world.outcome("resolve-identity", entry);
        let console = &found["surfaces"][0];
        assert_eq!(console["verdict"], "unsure", "{console:#}");
        assert_eq!(console["accounts"][0]["confidence"], "doubtful");
        assert_eq!(console["accounts"][0]["subject"]["user_id"], 4);
        assert_eq!(world.writes(), Vec::<String>::new());
        // Whoever says that it is meant is done.
        let event = json!({
            "email": "mlane@example.com", "platform": "keep",
            "accounts": [{"surface": "console", "user_id": 4}],
        });
        assert_eq!(world.outcome("offboard-user", event)["result"], "done");
    }
}

/// The sign for kelvin folds into the letter k, and whoever has it is another account.
#[test]
fn letters_are_compared_as_unicode_puts_them_together_and_no_further() {
    let world = with_account("zoe", Some("Zoe\u{308}@example.com"));
    let event = json!({"email": "zo\u{eb}@example.com"});
    assert_eq!(world.outcome("get-user", event)["user_id"], 4);
    let world = with_account("mike", Some("mi\u{212a}e@example.com"));
    let event = json!({"email": "mike@example.com"});
    let (kind, message) = world.failure("disable-user", event.clone());
    assert_eq!(kind, "NotFound");
    assert!(message.contains("mike (user 4)"), "{message}");
    let (kind, _) = world.failure("offboard-user", event);
    assert_eq!(kind, "Ambiguous");
}

#[test]
fn typing_errors_are_suggested() {
    let world = World::new();
    for (operation, event, told) in [
        ("get-user", json!({"login": "jdeo"}), "jdoe (user 4)"),
        ("get-user", json!({"login": "CORP\\jdoe"}), "jdoe (user 4)"),
        (
            "disable-user",
            json!({"email": "jdoe@exampl.com"}),
            "jdoe (user 4)",
        ),
        (
            "get-platform-user",
            json!({"email": "jdoe@exmaple.com"}),
            "jdoe@example.com (user",
        ),
        (
            "offboard-user",
            json!({"email": "tokafro@example.com"}),
            "tokafor",
        ),
    ] {
        let (kind, message) = world.failure(operation, event.clone());
        assert_eq!(kind, "NotFound", "{event}: {message}");
        assert!(
            message.contains("perhaps") && message.contains(told),
            "{event}: {message}"
        );
    }
    let (_, message) = world.failure("get-user", json!({"login": "somebody-else"}));
    assert!(!message.contains("perhaps"), "{message}");
}

/// A row with both has to be one person's.
#[test]
fn an_email_and_a_login_in_a_row_agree_or_it_is_refused() {
    let world = World::new();
    let text = "login,email,department\n\
                jdoe,tokafor@example.com,Sales\n\
                ohaddad,ohaddad@example.com,Sales\n";
    let (kind, message) = world.failure("offboard-users", json!({"people_text": text}));
    assert_eq!(kind, "InvalidInput", "{message}");
    assert!(message.contains("not one person's"), "{message}");
    let enabled = |login: &str| world.console.state().user_mut(login).enabled;
    assert!(enabled("jdoe") && enabled("tokafor") && !enabled("ohaddad"));
    let text = "login,email,department\njdoe,JDoe@example.com,Sales\n";
    let done = world.outcome("offboard-users", json!({"people_text": text}));
    assert_eq!(done["summary"]["done"], 1);
    let warning = "columns of the list that were not read: department";
    let warnings = done["warnings"].as_array().expect("warnings");
    assert!(warnings.contains(&json!(warning)), "{warnings:?}");
    assert!(!enabled("jdoe"));
}
