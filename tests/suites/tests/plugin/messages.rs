//! Messages that no orchestrator sends: which of two words is meant can't be told.

use harness::{Plugin, PluginOutput};
use serde_json::Value;
use suites::World;
use suites::plugin::action;

/// A message with a member once more, put right behind the brace of the object that has this one.
fn twice(message: &Value, object: &str, member: &str) -> String {
    let text = message.to_string();
    let place = format!("\"{object}\":{{");
    assert_eq!(text.matches(&place).count(), 1, "{text}");
    text.replace(&place, &format!("{place}{member},"))
}

fn told(event: &Value) -> (&str, &Value) {
    let exception = &event["body"]["exception"];
    (exception["cause"].as_str().expect("a cause"), exception)
}

/// By a process, and by the server: told in an event as every other input that is wrong.
#[test]
fn a_member_that_is_there_twice_is_refused_wherever_it_stands() {
    let world = World::new();
    let before = world.console.state().snapshot();
    let input = serde_json::json!({"login": "asmith", "dry_run": true});
    let message = action("disable_user", &world.connection(), &input);
    let server = Plugin::own().serve();
    for (object, member, path) in [
        ("input", "\"login\":\"canary\"", "body.input.login"),
        ("input", "\"dry_run\":false", "body.input.dry_run"),
        ("connection", "\"url\":\"canary\"", "body.connection.url"),
        (
            "credentials",
            "\"username\":\"canary\"",
            "body.connection.credentials.username",
        ),
        ("body", "\"action\":\"disable_user\"", "body.action"),
        ("body", "\"input\":{\"login\":\"canary\"}", "body.input"),
    ] {
        let text = twice(&message, object, member);
        let PluginOutput { code, stdout, .. } = Plugin::own().call(&["run"], text.as_bytes());
        assert_eq!(code, 1, "{stdout}");
        let answer = server.request(
            "POST",
            "/actions/disable_user",
            Some("application/json"),
            text.as_bytes(),
        );
        assert_eq!(answer.status, 400, "{}", answer.text);
        for event in [&stdout, &answer.text] {
            assert!(!event.contains("canary"), "{event}");
            let event: Value = serde_json::from_str(event).expect(event);
            assert_eq!(event["type"], "action_event");
            assert_eq!(event["body"]["status"], "error");
            let (cause, exception) = told(&event);
            let expected = format!("`{path}`: expected once");
            assert!(cause.starts_with(&expected), "{cause}");
            assert!(cause.contains("Nothing was changed"), "{cause}");
            let data = exception["data"].as_str().expect("text");
            assert!(data.contains("\"InvalidInput\""), "{data}");
        }
    }
    assert_eq!(world.requests(), Vec::<String>::new());
    assert_eq!(world.console.state().snapshot(), before);
}

/// A test of a connection, and the task, too.
#[test]
fn every_kind_of_message_is_read_so() {
    let world = World::new();
    let connection = world.connection();
    let task = suites::plugin::task(&connection, &serde_json::json!({}));
    let test = suites::plugin::connection_test(&connection);
    for (message, path, arguments) in [
        (&task, "/tasks/user_changes", &["run"]),
        (&test, "/api/v1/connection/test", &["test"]),
    ] {
        let text = twice(message, "credentials", "\"password\":\"canary\"");
        let output = Plugin::own().call(arguments, text.as_bytes());
        assert_eq!(output.code, 1, "{}", output.stdout);
        let server = Plugin::own().serve();
        let answer = server.request("POST", path, Some("application/json"), text.as_bytes());
        assert_eq!(answer.status, 400, "{}", answer.text);
        for told in [&output.stdout, &answer.text] {
            let expected = "`body.connection.credentials.password`: expected once";
            assert!(
                told.contains(expected) && !told.contains("canary"),
                "{told}"
            );
        }
    }
    assert_eq!(world.requests(), Vec::<String>::new());
}
