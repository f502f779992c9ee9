//! The InsightConnect plugin's task `user_changes`, run as an orchestrator runs it: again and again,
//! with the state of the last answer.

use fake_console::{Fault, FaultKind};
use harness::Plugin;
use serde_json::{Value, json};
use suites::World;
use suites::plugin::task;

/// Runs the task once: the body of its event.
fn run(world: &World, state: &Value) -> Value {
    run_with(world, state, json!({}))
}

fn run_with(world: &World, state: &Value, input: Value) -> Value {
    let mut message = task(&world.console_connection(), state);
    message["body"]["input"] = input;
    message["body"]["connection"]["timeout_seconds"] = 6.into();
    let answer = Plugin::own().send("run", &message);
    let event = answer
        .event()
        .unwrap_or_else(|| panic!("{}", answer.stderr));
    assert_eq!(answer.code, 0, "{event:#}");
    assert_eq!(event["type"], "task_event");
    assert_eq!(event["body"]["status"], "ok", "{event:#}");
    event["body"].clone()
}

fn told(body: &Value) -> Vec<(String, String)> {
    let changes = body["output"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    changes
        .map(|change| (text(&change["kind"]), text(&change["login"])))
        .collect()
}

#[test]
fn what_changed_between_two_runs_is_told_once() {
    let world = World::new();
    let first = run(&world, &json!({}));
    assert_eq!(told(&first), []);
    assert_eq!(
        (&first["has_more_pages"], &first["status_code"]),
        (&json!(false), &json!(200))
    );
    {
        let mut state = world.console.state();
        state.user_mut("jdoe").enabled = false;
        state.user_mut("rmartinez").locked = false;
        let (id, _) = state.user_by_login("asmith2").expect("an account");
        state.users.remove(&id);
    }
    let second = run(&world, &first["state"]);
    let expected = [
        ("deleted", "asmith2"),
        ("disabled", "jdoe"),
        ("unlocked", "rmartinez"),
    ];
    let expected = expected.map(|(kind, login)| (kind.to_owned(), login.to_owned()));
    assert_eq!(told(&second), expected);
    let jdoe = &second["output"][1];
    assert_eq!(jdoe["user_id"], 4);
    assert_eq!(jdoe["user"]["enabled"], false);
    let third = run(&world, &second["state"]);
    assert_eq!(told(&third), []);
    // What was not kept is told again.
    assert_eq!(told(&run(&world, &first["state"])), expected);
}

#[test]
fn pages_go_on_until_there_are_no_more() {
    let world = World::new();
    let mut state = run(&world, &json!({}))["state"].clone();
    for user in world.console.state().users.values_mut() {
        user.locked = !user.locked && user.login != suites::OWN_LOGIN;
    }
    let (mut changes, mut pages) = (Vec::new(), 0);
    loop {
        let page = run_with(&world, &state, json!({"page_size": 4}));
        let told = told(&page);
        assert!(told.len() <= 4, "{told:?}");
        changes.extend(told);
        pages += 1;
        state = page["state"].clone();
        if page["has_more_pages"] == false {
            break;
        }
    }
    let count = world.console.state().users.len() - 1;
    assert_eq!((changes.len(), pages), (count, count.div_ceil(4)));
    changes.sort();
    changes.dedup();
    assert_eq!(changes.len(), count);
}

/// Nobody is deleted because a privilege is missing, and the state is the one that was given.
#[test]
fn a_failure_is_told_in_the_page_and_loses_nothing() {
    let world = World::new();
    let first = run(&world, &json!({}));
    type Break = fn(&World);
    let breaks: [(Break, u16); 3] = [
        (
            |world| world.console.state().user_mut(suites::OWN_LOGIN).password = "other".into(),
            401,
        ),
        (
            |world| world.console.state().user_mut(suites::OWN_LOGIN).role = "user".into(),
            401,
        ),
        (
            |world| {
                world
                    .console
                    .push_fault(Fault::new(FaultKind::status(503)).times(100))
            },
            503,
        ),
    ];
    for (break_it, status) in breaks {
        let world = World::new();
        let mut state = first["state"].clone();
        state["target"] = world.console.url().into();
        world.console.state().user_mut(suites::OWN_LOGIN).superuser = false;
        break_it(&world);
        let body = run(&world, &state);
        assert_eq!(told(&body), []);
        assert_eq!(body["state"], state);
        assert_eq!(
            (&body["has_more_pages"], &body["status_code"]),
            (&json!(false), &json!(status))
        );
        for member in ["cause", "assistance"] {
            let text = body["exception"][member].as_str().expect("text");
            assert!(!text.is_empty(), "{body:#}");
        }
        world.console.clear_faults();
    }
}

#[test]
fn a_state_of_another_console_is_refused() {
    let world = World::new();
    let mut state = run(&world, &json!({}))["state"].clone();
    state["target"] = "https://other.example.com:3780".into();
    let body = run(&world, &state);
    assert_eq!(
        (&body["status_code"], &body["state"]),
        (&json!(400), &state)
    );
    let cause = body["exception"]["cause"].as_str().expect("text");
    assert!(cause.contains("state"), "{cause}");
}

#[test]
fn it_is_served_over_http_too() {
    let world = World::new();
    let server = Plugin::own().serve();
    let message = task(&world.console_connection(), &json!({}));
    for path in ["/tasks/user_changes", "/api/v1/tasks/user_changes"] {
        let answer = server.post(path, &message);
        let event = answer.json().expect("JSON");
        assert_eq!(
            (answer.status, &event["type"]),
            (200, &json!("task_event")),
            "{event:#}"
        );
        assert!(event["body"]["state"]["users"].is_object());
    }
    assert_eq!(
        server.post("/tasks/user_changes/test", &message).status,
        200
    );
    assert_eq!(
        server.get("/api/v1/tasks").json(),
        Some(json!(["user_changes"]))
    );
}
