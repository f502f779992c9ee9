//! Every operation as an action of the InsightConnect plugin: the program itself, over the contract's
//! messages, does what the function does.

use actions::{ALL, Effect};
use harness::Plugin;
use serde_json::{Value, json};
use suites::plugin::action;
use suites::{CONSOLE_SECRET, DELIVERED, OWN_PASSWORD, World};

fn snake(name: &str) -> String {
    name.replace('-', "_")
}

/// The plugin where deliveries go to the stand-in for Secrets Manager.
fn plugin(world: &World) -> Plugin {
    let environment = world.secrets.env();
    let with = |plugin: Plugin, (name, value): &(&str, &str)| plugin.with_env(name, value);
    environment.iter().fold(Plugin::own(), with)
}

fn allowed(world: &World) -> Value {
    let mut connection = world.connection();
    connection["allow_deletion"] = true.into();
    connection
}

/// Runs an action that must succeed: its output.
fn output(plugin: &Plugin, name: &str, connection: &Value, input: &Value) -> Value {
    let answer = plugin.send("run", &action(name, connection, input));
    let event = answer
        .event()
        .unwrap_or_else(|| panic!("{name}: {}", answer.stderr));
    assert_eq!(answer.code, 0, "{name}: {event:#}");
    assert_eq!(event["type"], "action_event");
    assert_eq!(event["version"], "v1");
    assert_eq!(event["body"]["status"], "ok", "{event:#}");
    event["body"]["output"].clone()
}

/// An outcome as a plugin may tell it: no null anywhere but in what is told as it was written.
fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| !["other", "record"].contains(&name.as_str()) && has_null(value)),
        _ => false,
    }
}

/// What the plugin checks of its own output holds for every operation: it would answer with an error.
#[test]
fn every_operation_is_an_action_with_the_same_effect_and_changes_once() {
    for entry in ALL {
        let name = entry.operation.spec.name;
        let by_function = World::new();
        let event = by_function.usual_event(name);
        let function = by_function.allowed_function(name);
        let told = function
            .invoke(&event)
            .result
            .unwrap_or_else(|e| panic!("{name}: {e:?}"));

        let world = World::new();
        let plugin = plugin(&world);
        let connection = allowed(&world);
        let mut input = world.usual_event(name);
        // What takes a member away in JSON, null, can't be said by a plugin's types.
        input
            .as_object_mut()
            .expect("an object")
            .retain(|_, value| !value.is_null());
        let output = output(&plugin, &snake(name), &connection, &input);
        assert!(!has_null(&output), "{name}: {output:#}");
        assert_eq!(output.get("changed"), told.get("changed"), "{name}");
        let members = told.as_object().expect("an object").iter();
        for (member, _) in members.filter(|(_, value)| !value.is_null()) {
            assert!(
                output.get(member).is_some(),
                "{name}: {member} is missing in {output:#}"
            );
        }
        if entry.operation.spec.effect != Effect::Read {
            let writes = |world: &World| world.writes().len();
            assert_eq!(writes(&world), writes(&by_function), "{name}");
        }
    }
}

#[test]
fn a_dry_run_changes_nothing_and_the_log_holds_the_audit_records_of_a_run() {
    let world = World::new();
    let connection = world.connection();
    let before = world.console.state().snapshot();
    let input = json!({"login": "jdoe", "ticket": "OFF-1042", "dry_run": true});
    let plan = output(&Plugin::own(), "disable_user", &connection, &input);
    assert_eq!(plan["dry_run"], true);
    assert!(world.console.state().snapshot() == before);

    let input = json!({"login": "jdoe", "ticket": "OFF-1042"});
    let answer = Plugin::own().send("run", &action("disable_user", &connection, &input));
    let event = answer.event().expect("an event");
    let log = event["body"]["log"].as_str().expect("a log");
    let records = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let records: Vec<Value> = records.collect();
    let phases: Vec<&Value> = records.iter().map(|record| &record["audit"]).collect();
    assert_eq!(phases, ["before", "after"], "{log}");
    assert_eq!(records[0]["ticket"], "OFF-1042");
    assert_eq!(records[0]["record"]["state"]["user"]["login"], "jdoe");
    // The record restores what was.
    let restored = output(
        &Plugin::own(),
        "restore_user",
        &connection,
        &json!({"record": records[0]}),
    );
    assert_eq!(restored["changed"], true);
    assert!(world.console.state().user_mut("jdoe").enabled);
}

#[test]
fn empty_texts_and_null_are_what_was_left_out() {
    let world = World::new();
    let input = json!({"user_id": 4, "login": "", "email": null, "console": "", "ticket": null});
    let user = output(&Plugin::own(), "get_user", &world.connection(), &input);
    assert_eq!(user["login"], "jdoe");
    let input = json!({"login": "jdoe", "sites": ["1", "DMZ", 3], "dry_run": true});
    let plan = output(
        &Plugin::own(),
        "grant_site_access",
        &world.connection(),
        &input,
    );
    assert_eq!(plan["dry_run"], true);
}

/// A variable that lost its value must not turn a plan into a change, lift a limit, or name another
/// account; nor must a slip in a name.
#[test]
fn what_keeps_a_run_safe_is_never_passed_over() {
    let world = World::new();
    let connection = allowed(&world);
    for (name, input, told) in [
        ("disable_user", json!({"id": 4, "dry_run": ""}), "dry_run"),
        ("disable_user", json!({"id": 4, "dry_run": null}), "dry_run"),
        ("disable_user", json!({"id": 4, "dryRun": true}), "dry_run"),
        (
            "update_user",
            json!({"id": "", "login": "jdoe", "name": "A"}),
            "id",
        ),
        (
            "update_user",
            json!({"id": null, "login": "jdoe", "name": "A"}),
            "id",
        ),
        (
            "delete_user",
            json!({"id": 4, "confirm_login": ""}),
            "confirm_login",
        ),
        (
            "delete_user",
            json!({"id": 4, "confirm_login": null}),
            "confirm_login",
        ),
        (
            "offboard_users",
            json!({"people": [{"email": "jdoe@example.com"}], "max_changes": ""}),
            "max_changes",
        ),
        (
            "update_user",
            json!({"user_id": 4, "locale": "de-DE", "clear": ["locale"]}),
            "locale",
        ),
    ] {
        let answer = Plugin::own().send("run", &action(name, &connection, &input));
        let event = answer.event().expect("an event");
        assert_eq!(answer.code, 1, "{name} {input}: {event:#}");
        let error = event["body"]["error"].as_str().expect("text");
        assert!(error.contains(told), "{name} {input}: {error}");
    }
    assert_eq!(world.writes().len(), 0);
}

/// A number must not become another one on the way.
#[test]
fn a_whole_number_with_a_fraction_of_zero_is_taken_and_one_too_large_refused() {
    let world = World::new();
    let user = output(
        &Plugin::own(),
        "get_user",
        &world.connection(),
        &json!({"user_id": 4.0}),
    );
    assert_eq!(user["login"], "jdoe");
    for number in [
        json!(1e300),
        json!(9_007_199_254_740_992.0),
        json!(u64::MAX),
        json!(-4.0),
    ] {
        let message = action("get_user", &world.connection(), &json!({"user_id": number}));
        let answer = Plugin::own().send("run", &message);
        let body = answer.event().expect("an event")["body"].clone();
        let error = body["error"].as_str().expect("text");
        assert!(error.contains("`user_id`"), "{number}: {error}");
    }
    let asked = world.requests();
    assert!(
        asked.iter().all(|line| line.ends_with("/users/4")),
        "{asked:?}"
    );
}

#[test]
fn a_failure_says_cause_and_assistance_and_ends_with_1() {
    let world = World::new();
    for (name, input, cause, assistance) in [
        (
            "get_user",
            json!({"user_id": 999}),
            "there is no such user",
            "Check the number",
        ),
        (
            "get_user",
            json!({}),
            "expected exactly one, got none",
            "Correct the input",
        ),
        (
            "delete_user",
            json!({"login": "jdoe", "confirm_login": "jdoe"}),
            "rule `deletion`",
            "",
        ),
    ] {
        let answer = Plugin::own().send("run", &action(name, &world.connection(), &input));
        assert_eq!(answer.code, 1, "{}", answer.stdout);
        let body = answer.event().expect("an event")["body"].clone();
        assert_eq!(body["status"], "error");
        assert_eq!(body.get("output"), None);
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let told = text(&body["exception"]["cause"]);
        assert!(
            told.contains(cause) && told.ends_with("Nothing was changed."),
            "{told}"
        );
        let told = text(&body["exception"]["assistance"]);
        assert!(told.contains(assistance), "{told}");
        let data: Value = serde_json::from_str(&text(&body["exception"]["data"])).expect("JSON");
        assert!(
            data["kind"].is_string() && data["retryable"].is_boolean(),
            "{data}"
        );
        let error = text(&body["error"]);
        assert!(
            error.starts_with("An error occurred during plugin execution! "),
            "{error}"
        );
    }
    assert_eq!(world.writes().len(), 0);
}

#[test]
fn inputs_that_are_none_of_the_actions_are_passed_over_and_told_in_the_log() {
    let world = World::new();
    let input = json!({"user_id": 4, "colour": "blue"});
    let answer = Plugin::own().send("run", &action("get_user", &world.connection(), &input));
    assert_eq!(answer.code, 0);
    let event = answer.event().expect("an event");
    assert!(
        event["body"]["log"]
            .as_str()
            .expect("a log")
            .contains("\"colour\""),
        "{event:#}"
    );
}

#[test]
fn no_secret_is_in_any_answer_or_log() {
    let world = World::new();
    let password = "Tr0ub4dor&3-0f-th3-n3w-0n3";
    let mut connection = world.connection();
    connection["allow_privileged_accounts"] = true.into();
    let key = fake_console::ORGANIZATION_KEY;
    for (name, input) in [
        (
            "set_password",
            json!({"login": "jdoe", "password": password}),
        ),
        (
            "set_password",
            json!({"login": "nobody", "password": password}),
        ),
        (
            "set_password",
            json!({"login": "jdoe", "password": [password]}),
        ),
        ("list_platform_api_keys", json!({"all": true})),
        ("get_platform_user", json!({"email": "nobody@example.com"})),
    ] {
        let plugin = Plugin::own();
        let message = action(name, &connection, &input);
        for arguments in [&["run"][..], &["--debug", "run"], &["test"]] {
            let answer = plugin.call(arguments, message.to_string().as_bytes());
            for secret in [password, OWN_PASSWORD, key] {
                assert!(!answer.stdout.contains(secret), "{name}: {}", answer.stdout);
                assert!(!answer.stderr.contains(secret), "{name}: {}", answer.stderr);
            }
        }
    }
}

#[test]
fn a_connection_can_name_secrets_instead() {
    let world = World::new();
    let plugin = plugin(&world);
    let connection =
        json!({"console_secret": CONSOLE_SECRET, "platform_secret": suites::PLATFORM_SECRET});
    let user = output(&plugin, "get_user", &connection, &json!({"login": "jdoe"}));
    assert_eq!(user["user_id"], 4);
    let input = json!({"login": "jdoe", "generate_password": true, "deliver_to": DELIVERED});
    assert_eq!(
        output(&plugin, "set_password", &connection, &input)["changed"],
        true
    );
    assert_ne!(world.secrets.versions(DELIVERED).len(), 1);
}

#[test]
fn a_connection_decides_what_is_allowed() {
    let world = World::new();
    let mut connection = world.connection();
    connection["allowed_actions"] = "get_user, unlock_user".into();
    let answer = Plugin::own().send(
        "run",
        &action("disable_user", &connection, &json!({"user_id": 4})),
    );
    let cause = answer.event().expect("an event")["body"]["exception"]["cause"].clone();
    assert!(
        cause
            .as_str()
            .is_some_and(|cause| cause.contains("rule `operations`")),
        "{cause}"
    );
    connection["allowed_actions"] = "get_user,unlock_usr".into();
    let answer = Plugin::own().send(
        "run",
        &action("get_user", &connection, &json!({"user_id": 4})),
    );
    let cause = answer.event().expect("an event")["body"]["exception"]["cause"].clone();
    assert!(
        cause
            .as_str()
            .is_some_and(|cause| cause.contains("connection.allowed_actions")),
        "{cause}"
    );
}

/// A workflow wires one step's output into the next one's input.
#[test]
fn the_record_of_a_step_is_what_the_next_one_restores_from() {
    for (action, restore, input) in [
        ("disable_user", "restore_user", json!({"login": "jdoe"})),
        (
            "suspend_platform_user",
            "restore_platform_user",
            json!({"email": "jdoe@example.com"}),
        ),
    ] {
        let world = World::new();
        let plugin = plugin(&world);
        let connection = allowed(&world);
        let before = world.snapshot();
        let done = output(&plugin, action, &connection, &input);
        let record = json!({"record": done["record"]});
        let restored = output(&plugin, restore, &connection, &record);
        assert_eq!(restored["changed"], true, "{restored:#}");
        let after = world.snapshot();
        // API keys of the platform are gone for good.
        for (id, user) in before.as_object().expect("accounts") {
            if let Some(now) = after.get(id) {
                assert_eq!(now, user, "{action}: {id}");
            }
        }
        let dry = json!({"record": done["record"], "dry_run": true});
        let dry = output(&plugin, restore, &connection, &dry);
        assert!(dry.get("record").is_none(), "{dry:#}");
    }
}
