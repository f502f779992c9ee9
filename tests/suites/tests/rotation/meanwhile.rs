//! What else uses the secret while it is rotated.

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
        // The current version has the old password: one login of each process is refused, and no more.
        for _ in 0..3 {
            works(&early, "in between");
            assert_eq!(failed_logins(&world), 1, "TTL {ttl}");
        }
        let late = world.function_with("get-user", &settings);
        for _ in 0..3 {
            works(&late, "begun in between");
            assert_eq!(failed_logins(&world), 2, "TTL {ttl}");
        }
        rotation.step(&function, "testSecret").expect("tested");
        rotation.step(&function, "finishSecret").expect("finished");
        for function in [&early, &late] {
            works(function, "after");
        }
        assert_eq!(failed_logins(&world), 2, "TTL {ttl}");
        rotation.assert_done("with functions at work");
        let logs = [early.logs(), late.logs()].concat();
        assert!(!logs.contains(&rotation.new_password()));
        assert!(!logs.contains(OWN_PASSWORD));
    }
}

/// A pending version of the current secret, as somebody left it there.
fn pending(world: &World, secret: &serde_json::Value) {
    let version = world.secrets.rotate(CONSOLE_SECRET);
    let put = json!({
        "SecretId": CONSOLE_SECRET, "ClientRequestToken": version,
        "SecretString": secret.to_string(), "VersionStages": ["AWSPENDING"],
    });
    world.secrets.call("PutSecretValue", &put);
}

/// Current and pending one are sent once each; then nothing for a minute.
#[test]
fn a_pending_password_that_is_refused_is_not_sent_again() {
    for ttl in ["300", "0"] {
        let world = world();
        pending(
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
fn a_pending_version_of_something_else_is_not_used() {
    for (member, value) in [
        ("username", "nxadmin"),
        ("url", "http://127.0.0.1:1"),
        ("wire_form", "guide"),
    ] {
        let world = world();
        let mut secret = credentials(world.console.url(), "pending-P4ssword");
        secret[member] = value.into();
        pending(&world, &secret);
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
