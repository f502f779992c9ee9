//! One refused login is the last one of the whole server, however many steps want one at once.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use harness::Plugin;
use serde_json::{Value, json};
use suites::plugin::action;
use suites::{OWN_LOGIN, World};

fn refused(world: &World) -> usize {
    let requests = world.console.requests();
    requests.iter().filter(|r| r.status == Some(401)).count()
}

/// Connections to the same console that differ only in how long a step may take.
fn connections(world: &World, password: &str) -> Vec<Value> {
    let connections = (0..8).map(|number| {
        let mut connection = world.console_connection();
        connection["credentials"]["password"] = password.into();
        connection["timeout_seconds"] = (20 + number).into();
        connection
    });
    connections.collect()
}

#[test]
fn eight_steps_at_once_with_a_wrong_password_send_it_once() {
    for (form, differ) in [("one connection", false), ("eight connections", true)] {
        let world = World::new();
        world.console.state().latency = Duration::from_millis(50);
        let connections = connections(&world, "wrong");
        let server = Plugin::own().serve();
        let barrier = Barrier::new(connections.len());
        thread::scope(|scope| {
            for number in 0..connections.len() {
                let connection = &connections[if differ { number } else { 0 }];
                let (server, barrier) = (&server, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    for _ in 0..3 {
                        let input = json!({"login": "jdoe"});
                        let message = action("disable_user", connection, &input);
                        let answer = server.post("/actions/disable_user", &message);
                        let event = answer.json().expect("JSON");
                        let data = event["body"]["exception"]["data"].as_str();
                        let data = data.expect("text");
                        assert!(data.contains("\"Unauthorized\""), "{data}");
                    }
                });
            }
        });
        assert_eq!(refused(&world), 1, "{form}");
    }
}

/// What waits for its turn when a login is refused is not sent any more; what is on its way is one request a
/// step, four at most.
#[test]
fn steps_at_work_when_the_password_changes_send_no_more_than_was_on_its_way() {
    let world = World::new();
    let connections = connections(&world, suites::OWN_PASSWORD);
    let server = Plugin::own().serve();
    world.console.state().latency = Duration::from_millis(20);
    world.console.state().lockout_after = 100;
    thread::scope(|scope| {
        for connection in &connections {
            let server = &server;
            scope.spawn(move || {
                for _ in 0..40 {
                    let input = json!({"login": "jdoe", "include": ["sites", "role"]});
                    let message = action("get_user", connection, &input);
                    let _ = server.post("/actions/get_user", &message);
                }
            });
        }
        thread::sleep(Duration::from_millis(200));
        world.console.state().user_mut(OWN_LOGIN).password = "changed-by-hand".into();
    });
    let refused = refused(&world);
    assert!((1..=4).contains(&refused), "{refused}");
}
