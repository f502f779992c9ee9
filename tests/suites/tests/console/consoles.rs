//! Several consoles, each with a name and a secret of its own.

use serde_json::json;
use suites::{World, told};

#[test]
fn an_operation_on_one_of_several_says_which() {
    let world = World::with_two_consoles();
    let function = world.function("disable-user");
    let second = world.second.as_ref().expect("apac");
    let unnamed = function
        .invoke(&json!({"login": "jdoe"}))
        .result
        .expect_err("which?");
    assert_eq!(unnamed.error_type, "InvalidInput");
    assert!(
        unnamed
            .error_message
            .contains("`console`: required, as there are several: emea, apac")
    );
    let wrong = json!({"login": "jdoe", "console": "APAC"});
    let wrong = function.invoke(&wrong).result.expect_err("no such console");
    assert_eq!(wrong.error_type, "InvalidInput");
    assert!(
        wrong.error_message.contains("there are emea, apac"),
        "{}",
        wrong.error_message
    );
    assert!(world.writes().is_empty());
    let named = json!({"login": "jdoe", "console": "apac"});
    let outcome = function.invoke(&named).result.expect("done");
    assert_eq!(outcome["subject"]["target"], second.url());
    assert!(!second.state().user_mut("jdoe").enabled);
    assert!(
        world.console.state().user_mut("jdoe").enabled,
        "emea was not meant"
    );
}

#[test]
fn the_only_console_need_not_be_named_and_may_be() {
    let world = World::new();
    let outcome = world.outcome("get-user", json!({"user_id": 4, "console": "console"}));
    assert_eq!(outcome["login"], "jdoe");
    let (kind, _) = world.failure("get-user", json!({"user_id": 4, "console": "emea"}));
    assert_eq!(kind, "InvalidInput");
}

#[test]
fn a_secret_that_is_missing_stops_only_its_own_console() {
    let world = World::with_two_consoles();
    world.secrets.put("rapid7/apac", json!({"api_key": "0f"}));
    let function = world.function("get-user");
    let emea = json!({"user_id": 4, "console": "emea"});
    assert_eq!(
        function.invoke(&emea).result.expect("a user")["login"],
        "jdoe"
    );
    let apac = json!({"user_id": 4, "console": "apac"});
    let error = function.invoke(&apac).result.expect_err("no password");
    assert_eq!(error.error_type, "Unauthorized");
    assert!(
        error
            .error_message
            .contains("it holds an API key, which is for the Insight Platform")
    );
}

/// Files, on a laptop.
#[test]
fn the_command_line_takes_files_for_secrets() {
    let world = World::with_two_consoles();
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, url: &str| {
        let path = folder.path().join(name);
        let secret = suites::credentials(url, suites::OWN_PASSWORD);
        std::fs::write(&path, secret.to_string()).expect("a file");
        format!("file:{}", path.display())
    };
    let second = world.second.as_ref().expect("apac");
    let consoles = format!(
        "emea={},apac={}",
        file("emea", world.console.url()),
        file("apac", second.url())
    );
    let mut command = world.r7user(&["get-user", "--user-id", "4", "--console", "apac"]);
    for variable in ["URL", "USERNAME", "PASSWORD"] {
        command.env_remove(format!("RAPID7_CONSOLE_{variable}"));
    }
    command.env("RAPID7_CONSOLES", consoles);
    let (code, out, err) = told(&command.output().expect("r7user starts"));
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("jdoe"), "{out}");
    assert!(world.requests().is_empty(), "emea was not meant");
    assert!(!second.requests().is_empty());
}

#[test]
fn several_consoles_and_the_settings_of_one_contradict_each_other() {
    let world = World::new();
    let mut command = world.r7user(&["get-user", "--user-id", "4"]);
    command.env("RAPID7_CONSOLES", "emea=rapid7/emea");
    let (code, _, err) = told(&command.output().expect("r7user starts"));
    assert_eq!(code, 78);
    assert!(err.contains("RAPID7_CONSOLES"), "{err}");
    assert!(world.requests().is_empty());
}
