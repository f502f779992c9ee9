//! Wrong input gets an error that names the field, changes nothing, and repeats no value.

use serde_json::{Value, json};
use suites::World;

#[test]
fn wrong_input_names_the_field_and_sends_nothing() {
    let world = World::new();
    let function = world.function("disable-user");
    let cases: Vec<(Value, &str)> = vec![
        (
            json!({}),
            "`user_id, login, email`: expected exactly one, got none",
        ),
        (
            json!({"login": "a", "email": "b"}),
            "`user_id, login, email`: expected exactly one",
        ),
        (
            json!({"user_id": "canary"}),
            "`user_id`: expected a whole number",
        ),
        (
            json!({"user_id": 1.5}),
            "`user_id`: expected a whole number",
        ),
        (json!({"user_id": 0}), "`user_id`: expected a number from 1"),
        (json!({"login": ""}), "`login`: expected text"),
        (json!({"login": " jdoe"}), "`login`: expected text"),
        (json!({"login": ["canary"]}), "`login`: expected a string"),
        (
            json!({"login": "jdoe", "canary": 1}),
            "`canary`: no such field here; there are user_id",
        ),
        (
            json!({"login": "jdoe", "dry_run": "canary"}),
            "`dry_run`: expected a boolean",
        ),
        (
            json!(["canary"]),
            "`(input)`: expected a JSON object, got a list",
        ),
        (json!(null), "`(input)`: expected a JSON object, got null"),
        (
            json!({"detail-type": "leaver", "source": "hr", "detail": {"logn": "jdoe"}}),
            "`logn`: no such field",
        ),
    ];
    for (event, told) in cases {
        let shown = event.to_string();
        let error = function.invoke(&event).result.expect_err(&shown);
        assert_eq!(error.error_type, "InvalidInput", "{shown}");
        let message = error.error_message;
        assert!(message.contains(told), "{shown}: {message}");
        assert!(message.contains("Nothing was changed"), "{message}");
        if !told.contains("canary") {
            assert!(!message.contains("canary"), "{message}");
        }
    }
    assert_eq!(world.requests(), Vec::<String>::new());
}
