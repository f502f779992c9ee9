//! What a console says of a password, in whatever way it spells it: never told.

use fake_console::{Fault, FaultKind};
use serde_json::json;
use suites::{World, jsmith, with};

const PASSWORD: &str = "canary&<\"'>%+\\ ö1";

/// The password as servers quote it.
fn spellings() -> Vec<String> {
    let each = |spell: fn(char) -> String| PASSWORD.chars().map(spell).collect::<String>();
    let html = |c: char| match c {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#x27;".to_owned(),
        'ö' => "&ouml;".to_owned(),
        c => c.to_string(),
    };
    let address = |c: char| match c {
        c if c.is_ascii_alphanumeric() => c.to_string(),
        ' ' => "+".into(),
        c => c
            .to_string()
            .bytes()
            .map(|byte| format!("%{byte:02x}"))
            .collect(),
    };
    let json = serde_json::to_string(PASSWORD).expect("JSON");
    let json = json.trim_matches('"').to_owned();
    let html_of_json = json
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;");
    vec![
        PASSWORD.into(),
        json,
        html_of_json,
        each(html),
        each(address),
        each(|c| format!("&#{};", u32::from(c))),
        each(|c| format!("&#X{:04X};", u32::from(c))),
        each(|c| format!("\\u{:04x}", u32::from(c))),
    ]
}

#[test]
fn a_password_that_a_console_quotes_is_told_in_no_spelling() {
    for spelling in spellings() {
        let world = World::new();
        let fault = FaultKind::Status {
            status: 400,
            retry_after: None,
            message: format!("The password {spelling} is too weak."),
        };
        world
            .console
            .push_fault(Fault::new(fault).on("POST", "/users"));
        let function = world.function("create-user");
        let event = with(jsmith(), json!({"password": PASSWORD}));
        let error = function.invoke(&event).result.expect_err("refused");
        let message = error.error_message;
        let told = "The password [redacted] is too weak.";
        assert!(message.contains(told), "{spelling}: {message}");
        assert!(!function.logs().contains(&spelling), "{spelling}");
    }
}
