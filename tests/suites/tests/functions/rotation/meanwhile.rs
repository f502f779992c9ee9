//! What else uses the secret while it is rotated.

use fake_console::Maintenance;
use harness::Function;
use serde_json::json;
use suites::{CONSOLE_SECRET, OWN_LOGIN, OWN_PASSWORD, World, credentials};

use super::{Rotation, failed_logins, own, rotator, world};

fn works(function: &Function, when: &str) {
    let answer = function.invoke(&json!({"user_id": 4})).result;
    answer.unwrap_or_else(|error| panic!("{when}: {error:?}"));
}

#[test]
fn functions_keep_working_through_a_rotation() {
    for ttl in ["300", "0"] {
        let world = world();
        let settings = [("RAPID7_SECRET_TTL_SECONDS", ttl)];
        let early = world.function_with("get-user", &settings);
        works(&early, "before");
        let rotation = Rotation::begin(&world);
        let function = rotator(&world);
        rotation.step(&function, "createSecret").expect("created");
        works(&early, "with a pending version that is not in force");
        assert_eq!(failed_logins(&world), 0);
        rotation.step(&function, "setSecret").expect("set");
        // Who has read the current version has the old password: one login of that process is refused, and
        // no more, unless it reads the secret again before that. Who reads it now is told.
        let refused = usize::from(ttl == "300");
        for _ in 0..3 {
            works(&early, "in between");
            assert_eq!(failed_logins(&world), refused, "TTL {ttl}");
        }
        let late = world.function_with("get-user", &settings);
        for _ in 0..3 {
            works(&late, "begun in between");
            assert_eq!(failed_logins(&world), refused, "TTL {ttl}");
        }
        rotation.step(&function, "testSecret").expect("tested");
        rotation.step(&function, "finishSecret").expect("finished");
        for function in [&early, &late] {
            works(function, "after");
        }
        assert_eq!(failed_logins(&world), refused, "TTL {ttl}");
        rotation.assert_done("with functions at work");
        let logs = [early.logs(), late.logs()].concat();
        assert!(!logs.contains(&rotation.new_password()));
        assert!(!logs.contains(OWN_PASSWORD));
    }
}

/// A version of a rotation that has sent it to the console, as somebody left it there.
fn sent(world: &World, secret: &serde_json::Value) {
    let version = world.secrets.rotate(CONSOLE_SECRET);
    let put = json!({
        "SecretId": CONSOLE_SECRET, "ClientRequestToken": version,
        "SecretString": secret.to_string(), "VersionStages": ["AWSPENDING"],
    });
    world.secrets.call("PutSecretValue", &put);
    world
        .secrets
        .relabel(CONSOLE_SECRET, "rotation-sent", Some(&version));
}

/// Current and sent one are tried once each; then nothing for a minute.
#[test]
fn a_password_of_a_rotation_that_is_refused_is_not_sent_again() {
    for ttl in ["300", "0"] {
        let world = world();
        sent(
            &world,
            &credentials(world.console.url(), "pending-P4ssword"),
        );
        world.console.state().user_mut(OWN_LOGIN).password = "changed-by-hand".into();
        let function = world.function_with("get-user", &[("RAPID7_SECRET_TTL_SECONDS", ttl)]);
        for _ in 0..5 {
            let error = function.invoke(&json!({"user_id": 4})).result;
            let error = error.expect_err("refused");
            assert_eq!(error.error_type, "Unauthorized", "{error:?}");
            assert_eq!(failed_logins(&world), 2, "TTL {ttl}");
        }
        assert!(!own(&world).locked);
        // What a person puts in is used at once.
        let secret = credentials(world.console.url(), "changed-by-hand");
        world.secrets.put(CONSOLE_SECRET, secret);
        works(&function, "put right");
    }
}

/// Another account's password, or one for another console, is none of this one's.
#[test]
fn a_version_of_something_else_is_not_used() {
    for (member, value) in [
        ("username", "nxadmin"),
        ("url", "http://127.0.0.1:1"),
        ("wire_form", "guide"),
    ] {
        let world = world();
        let mut secret = credentials(world.console.url(), "pending-P4ssword");
        secret[member] = value.into();
        sent(&world, &secret);
        {
            let mut state = world.console.state();
            state.user_mut(OWN_LOGIN).password = "pending-P4ssword".into();
            state.user_mut("nxadmin").password = "pending-P4ssword".into();
        }
        let function = world.function("get-user");
        for _ in 0..3 {
            let error = function.invoke(&json!({"user_id": 4})).result;
            let error = error.expect_err(member);
            assert_eq!(error.error_type, "Unauthorized", "{member}: {error:?}");
        }
        assert_eq!(failed_logins(&world), 1, "{member}");
        let requests = world.console.requests();
        let asked = requests.iter().filter(|r| r.status.is_some()).count();
        assert!(asked <= 2, "{member}: {requests:?}");
    }
}

/// A password that no rotation has sent to the console is none to try, whatever the current one is refused
/// for: maintenance, too, may answer with 401.
#[test]
fn a_pending_password_that_was_not_sent_is_not_tried() {
    let world = world();
    let rotation = Rotation::begin(&world);
    rotation
        .step(&rotator(&world), "createSecret")
        .expect("created");
    let function = world.function("get-user");
    world.console.state().maintenance = Some(Maintenance::Status401);
    let refused = function.invoke(&json!({"user_id": 4})).result;
    let error = refused.expect_err("maintenance");
    assert_eq!(error.error_type, "Unauthorized", "{error:?}");
    assert_eq!(failed_logins(&world), 1);
}

/// Many processes at the same time, each of which has read the secret before: each is refused once. How
/// many a console bears at once is for whoever deploys them to say (`MaxConcurrency`, a quiet hour).
#[test]
fn each_process_that_has_the_old_password_is_refused_once() {
    const PROCESSES: usize = 4;
    let world = world();
    world.console.state().lockout_after = PROCESSES as u32 + 1;
    let functions: Vec<Function> = (0..PROCESSES)
        .map(|_| world.function_with("get-user", &[("RAPID7_SECRET_TTL_SECONDS", "300")]))
        .collect();
    for function in &functions {
        works(function, "before");
    }
    let rotation = Rotation::begin(&world);
    let function = rotator(&world);
    rotation.step(&function, "createSecret").expect("created");
    rotation.step(&function, "setSecret").expect("set");
    for _ in 0..2 {
        std::thread::scope(|scope| {
            for function in &functions {
                scope.spawn(|| works(function, "all at once"));
            }
        });
        assert_eq!(failed_logins(&world), PROCESSES);
    }
    rotation.step(&function, "testSecret").expect("tested");
    rotation.step(&function, "finishSecret").expect("finished");
    rotation.assert_done("with many at work");
}
