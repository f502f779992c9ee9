//! A function that gets a signal to end, as in a container: what it is working on is finished and answered.

use std::process::Command;
use std::thread;
use std::time::Duration;

use fake_console::{Fault, FaultKind, Gate};
use serde_json::json;
use suites::{World, with_disabled};

#[test]
fn a_function_that_is_told_to_end_finishes_what_it_is_working_on() {
    for name in ["TERM", "INT", "HUP"] {
        let world = World::new();
        let before = world.console.state().snapshot();
        let gate = Gate::default();
        let held = Fault::new(FaultKind::HoldAfter(gate.clone()));
        world.console.push_fault(held.on("PUT", "/users/4"));
        let function = world.function("disable-user");
        thread::scope(|scope| {
            let run = scope.spawn(|| function.invoke(&json!({"user_id": 4})));
            while gate.reached() == 0 {
                thread::sleep(Duration::from_millis(5));
            }
            let mut kill = Command::new("kill");
            let sent = kill.args([format!("-{name}"), function.pid().to_string()]);
            assert!(sent.status().expect("kill starts").success());
            thread::sleep(Duration::from_millis(50));
            gate.open();
            let outcome = run.join().expect("ended").result;
            assert_eq!(outcome.expect(name)["changed"], true);
        });
        let now = world.console.state().snapshot();
        assert_eq!(now, with_disabled(before, 4), "{name}");
        while function.exit_status().is_none() {
            thread::sleep(Duration::from_millis(5));
        }
        assert!(
            function
                .exit_status()
                .is_some_and(|status| status.success())
        );
    }
}
