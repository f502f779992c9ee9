//! A fault at each request of each step, then the steps again.

use std::thread;
use std::time::Duration;

use fake_console::{Fault, FaultKind, Maintenance};
use harness::Failure;
use suites::{CONSOLE_SECRET, OWN_LOGIN, OWN_PASSWORD, World, for_each};

use super::{Rotation, STEPS, failed_logins, own, rotator, world};

/// Goes on as Secrets Manager does: from the first step, until all are done.
fn finish(rotation: &Rotation<'_>, what: &str) {
    let function = rotator(rotation.world);
    let mut told = Vec::new();
    for _ in 0..4 {
        match rotation.all(&function) {
            Ok(()) => {
                rotation.assert_done(what);
                let logs = function.logs();
                assert!(!logs.contains(&rotation.new_password()), "{what}: the log");
                assert!(!logs.contains(OWN_PASSWORD), "{what}: the log");
                return;
            }
            Err(error) => told.push(error.error_message),
        }
        assert!(!own(rotation.world).locked, "{what}: {told:#?}");
    }
    panic!("{what}: not done: {told:#?}");
}

/// A person logs in and lets the rotation go on.
fn lifted(world: &World) {
    world.console.state().user_mut(OWN_LOGIN).failed_logins = 0;
    world
        .secrets
        .relabel(CONSOLE_SECRET, "rotation-stopped", None);
}

/// The steps before this one.
fn before<'a>(rotation: &Rotation<'a>, step: &str) -> harness::Function {
    let function = rotator(rotation.world);
    for earlier in STEPS.iter().take_while(|other| **other != step) {
        rotation.step(&function, earlier).expect(earlier);
    }
    function
}

#[test]
fn a_fault_of_secrets_manager_at_any_request_is_made_up_for() {
    let mut cases = Vec::new();
    for step in STEPS {
        for passed in 0..10 {
            // The client tries three times: once, it makes up for it; three times, the step fails.
            for (failure, times) in [
                (Failure::Internal, 3),
                (Failure::Lost, 1),
                (Failure::Lost, 3),
                (Failure::Cut, 3),
                (Failure::AccessDenied, 1),
            ] {
                cases.push((step, passed, failure, times));
            }
        }
    }
    for_each(&cases, |(step, passed, failure, times)| {
        let world = world();
        let what = format!("{failure:?} {times} times after {passed} requests of {step}");
        let rotation = Rotation::begin(&world);
        let function = before(&rotation, step);
        world.secrets.pass_next(*passed);
        world.secrets.fail_next_with(*times, *failure);
        let failed = rotation.step(&function, step);
        if let Err(error) = failed {
            let message = error.error_message;
            assert!(message.contains(CONSOLE_SECRET), "{what}: {message}");
            assert!(!message.contains(&own(&world).password), "{what}");
        }
        finish(&rotation, &what);
        assert!(failed_logins(&world) <= 1, "{what}");
    });
}

#[test]
fn a_fault_of_the_console_at_any_request_is_made_up_for() {
    let mut cases = Vec::new();
    for step in ["setSecret", "testSecret"] {
        for passed in 0..8 {
            for kind in [
                FaultKind::status(500),
                FaultKind::status(503),
                FaultKind::status(403),
                FaultKind::status(429),
                FaultKind::Html { status: 200 },
                FaultKind::Html { status: 503 },
                FaultKind::StatusAfter { status: 502 },
                FaultKind::StatusAfter { status: 503 },
                FaultKind::HtmlAfter,
                FaultKind::BadJson,
                FaultKind::CutBody,
                FaultKind::ResetBefore,
                FaultKind::ResetAfter,
                FaultKind::EchoBody,
            ] {
                cases.push((step, passed, kind));
            }
        }
        cases.push((step, 3, FaultKind::Hang));
        cases.push((step, 3, FaultKind::HangAfter));
    }
    for_each(&cases, |(step, passed, kind)| {
        for times in [1, 2] {
            let world = world();
            let what = format!("{kind:?} {times} times after {passed} requests of {step}");
            let rotation = Rotation::begin(&world);
            let function = before(&rotation, step);
            let fault = Fault::new(kind.clone()).skip(*passed).times(times);
            world.console.push_fault(fault);
            if let Err(error) = rotation.step(&function, step) {
                let message = error.error_message;
                assert!(message.contains(CONSOLE_SECRET), "{what}: {message}");
                assert!(
                    !message.contains(&rotation.new_password()),
                    "{what}: {message}"
                );
                assert!(!message.contains(OWN_PASSWORD), "{what}: {message}");
            }
            assert!(failed_logins(&world) <= 1, "{what}");
            // One fault is made up for. Of several logins without an answer each may have been refused: that
            // may stop, and then a person lets it go on.
            if times > 1 {
                for _ in 0..4 {
                    let _ = rotation.all(&function);
                }
                assert!(
                    failed_logins(&world) <= 2,
                    "{what}: {}",
                    failed_logins(&world)
                );
                assert!(!own(&world).locked, "{what}");
                lifted(&world);
            }
            world.console.clear_faults();
            finish(&rotation, &what);
            assert!(times > 1 || failed_logins(&world) <= 1, "{what}");
        }
    });
}

/// The process ends while a request is on its way, to either of them.
#[test]
fn a_run_that_is_killed_anywhere_is_finished_by_another_one() {
    let mut cases = Vec::new();
    for step in STEPS {
        cases.extend((0..8).map(|passed| (step, passed, None)));
    }
    for passed in 0..6 {
        for kind in [FaultKind::Hang, FaultKind::HangAfter] {
            cases.push(("setSecret", passed, Some(kind.clone())));
        }
    }
    cases.push(("testSecret", 0, Some(FaultKind::Hang)));
    for_each(&cases, |(step, passed, kind)| {
        let world = world();
        let what = format!("killed after {passed} requests of {step}, {kind:?}");
        let rotation = Rotation::begin(&world);
        let function = before(&rotation, step);
        let requests = || match kind {
            Some(_) => world.console.requests().len(),
            None => world.secrets.requests(),
        };
        let there = requests() + *passed as usize;
        match kind {
            Some(kind) => {
                let fault = Fault::new(kind.clone()).skip(*passed);
                world.console.push_fault(fault);
            }
            None => {
                world.secrets.pass_next(*passed as usize);
                world.secrets.fail_next_with(1, Failure::Hang);
            }
        }
        thread::scope(|scope| {
            let run = scope.spawn(|| rotation.step(&function, step));
            while requests() <= there && !run.is_finished() {
                thread::sleep(Duration::from_millis(2));
            }
            thread::sleep(Duration::from_millis(5));
            function.kill();
            let _ = run.join().expect("ended");
        });
        world.console.clear_faults();
        finish(&rotation, &what);
        assert!(failed_logins(&world) <= 1, "{what}");
    });
}

/// Killed again and again while it looks which password is in force: it stops rather than lock the account.
#[test]
fn a_run_that_is_killed_while_it_looks_fails_at_two_logins_at_most() {
    let world = world();
    let rotation = Rotation::begin(&world);
    drop(before(&rotation, "setSecret"));
    // As after a PUT that never arrived.
    let version = rotation.version.as_str();
    world
        .secrets
        .relabel(CONSOLE_SECRET, "rotation-sent", Some(version));
    for _ in 0..5 {
        let function = rotator(&world);
        // The new password is refused; the process ends while the old one is tried.
        world.console.clear_requests();
        world
            .console
            .push_fault(Fault::new(FaultKind::Hang).skip(1));
        thread::scope(|scope| {
            let run = scope.spawn(|| rotation.step(&function, "setSecret"));
            while world.console.requests().len() < 2 && !run.is_finished() {
                thread::sleep(Duration::from_millis(2));
            }
            function.kill();
            run.join().expect("ended").expect_err("killed or stopped");
        });
        world.console.clear_faults();
        assert!(own(&world).failed_logins <= 2);
    }
    assert!(!own(&world).locked);
    lifted(&world);
    finish(&rotation, "killed while it looked");
}

/// A proxy before the console gives up on each answer, while the console refuses the new password and counts.
#[test]
fn a_refusal_that_a_proxy_swallows_is_not_repeated() {
    for status in [502, 504] {
        let world = world();
        let rotation = Rotation::begin(&world);
        let function = before(&rotation, "setSecret");
        let version = rotation.version.as_str();
        world
            .secrets
            .relabel(CONSOLE_SECRET, "rotation-sent", Some(version));
        let swallows = Fault::new(FaultKind::StatusAfter { status });
        world.console.push_fault(swallows.times(10_000));
        for _ in 0..5 {
            rotation
                .step(&function, "setSecret")
                .expect_err("swallowed");
            assert!(own(&world).failed_logins <= 2, "{status}");
        }
        let told = rotation.step(&function, "setSecret").expect_err("stopped");
        assert!(told.error_message.contains("or got no answer"), "{told:?}");
        world.console.clear_faults();
        lifted(&world);
        finish(&rotation, "without the proxy");
    }
}

/// The new password is not in force, and the console goes down before the current one is tried, each time.
#[test]
fn an_outage_after_a_refused_login_does_not_lead_to_another_one_each_time() {
    for kind in [
        FaultKind::status(503),
        FaultKind::ResetBefore,
        FaultKind::ResetAfter,
    ] {
        let world = world();
        let rotation = Rotation::begin(&world);
        let function = before(&rotation, "setSecret");
        let version = rotation.version.as_str();
        world
            .secrets
            .relabel(CONSOLE_SECRET, "rotation-sent", Some(version));
        for _ in 0..5 {
            world.console.clear_requests();
            let down = Fault::new(kind.clone()).skip(1).times(10_000);
            world.console.push_fault(down);
            rotation.step(&function, "setSecret").expect_err("down");
            world.console.clear_faults();
            assert!(own(&world).failed_logins <= 2, "{kind:?}");
        }
        lifted(&world);
        finish(&rotation, "after the outage");
    }
}

/// An outage of any kind that begins at any request: no storm, and once it is over all goes on.
#[test]
fn maintenance_that_begins_in_the_middle_leads_to_no_storm() {
    let mut cases = Vec::new();
    for kind in [
        Maintenance::Status503,
        Maintenance::Status401,
        Maintenance::Html,
    ] {
        cases.extend((0..6).map(|passed| (kind, passed)));
    }
    for_each(&cases, |(kind, passed)| {
        let world = world();
        let what = format!("{kind:?} after {passed}");
        let rotation = Rotation::begin(&world);
        let function = before(&rotation, "setSecret");
        let (begins, kind) = (*passed, *kind);
        let change = FaultKind::change_after(move |state| state.maintenance = Some(kind));
        match begins {
            0 => world.console.state().maintenance = Some(kind),
            passed => {
                // Without a method such a fault waits for a write.
                let get = Fault::new(change.clone())
                    .on("GET", "/users")
                    .skip(passed - 1);
                world.console.push_fault(get);
                if passed > 3 {
                    world
                        .console
                        .push_fault(Fault::new(change).on("PUT", "/password"));
                }
            }
        }
        for _ in 0..3 {
            let _ = rotation.all(&function);
        }
        assert!(
            failed_logins(&world) <= 2,
            "{what}: {}",
            failed_logins(&world)
        );
        assert!(!own(&world).locked, "{what}");
        world.console.clear_faults();
        world.console.state().maintenance = None;
        // Only what may have been a refusal stops it.
        if kind == Maintenance::Status401 {
            lifted(&world);
        }
        finish(&rotation, &what);
    });
}

/// The current password is not in force, and whatever is to note that a login was refused fails or is killed.
#[test]
fn what_ends_a_run_after_a_refused_login_does_not_lead_to_a_storm() {
    for step in ["setSecret", "testSecret"] {
        for killed in [true, false] {
            let world = world();
            let rotation = Rotation::begin(&world);
            drop(before(&rotation, step));
            world.console.state().user_mut(OWN_LOGIN).password = "changed-by-hand".into();
            world.console.clear_requests();
            for _ in 0..5 {
                let function = rotator(&world);
                let refused = failed_logins(&world);
                thread::scope(|scope| {
                    let run = scope.spawn(|| rotation.step(&function, step));
                    while failed_logins(&world) == refused && !run.is_finished() {
                        thread::sleep(Duration::from_millis(1));
                    }
                    match killed {
                        true => function.kill(),
                        false => world.secrets.fail_next_with(20, Failure::AccessDenied),
                    }
                    run.join().expect("ended").expect_err("refused");
                });
                world.secrets.stop_failing();
            }
            assert!(failed_logins(&world) <= 2, "{step}, killed: {killed}");
            assert!(!own(&world).locked);
        }
    }
}

/// Without the permission to note it, no login is sent that may be refused.
#[test]
fn a_role_that_may_not_move_labels_sends_no_login() {
    let world = world();
    let rotation = Rotation::begin(&world);
    let function = before(&rotation, "setSecret");
    world.console.clear_requests();
    for _ in 0..4 {
        world
            .secrets
            .fail_on("UpdateSecretVersionStage", 1, Failure::AccessDenied);
        let error = rotation.step(&function, "setSecret");
        let error = error.expect_err("no permission").error_message;
        assert!(
            error.contains("secretsmanager:UpdateSecretVersionStage"),
            "{error}"
        );
        assert_eq!(world.requests(), Vec::<String>::new());
    }
    finish(&rotation, "with the permission");
}
