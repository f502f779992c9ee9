//! What is refused, and what stops until a person has looked.

use fake_console::{Fault, FaultKind, Maintenance};
use serde_json::json;
use suites::{CONSOLE_SECRET, OWN_LOGIN, OWN_PASSWORD, World, credentials, with, without};

use super::{Rotation, STEPS, failed_logins, labelled, own, rotator, world};

/// What AWS's templates refuse, and what this account can't have rotated.
#[test]
fn what_is_no_rotation_of_this_secret_is_refused_without_a_login() {
    let other = |member: &'static str, value: &'static str| {
        move |world: &World, rotation: &Rotation| {
            let mut secret = credentials(world.console.url(), "another-P4ssword");
            secret[member] = value.into();
            let id = rotation.version.clone();
            let put = json!({
                "SecretId": CONSOLE_SECRET, "ClientRequestToken": id,
                "SecretString": secret.to_string(), "VersionStages": ["AWSPENDING"],
            });
            world.secrets.call("PutSecretValue", &put);
        }
    };
    type Spoil = Box<dyn Fn(&World, &Rotation)>;
    let token = |world: &World, _: &Rotation| {
        let token = json!({"token": "123456"});
        let secret = with(credentials(world.console.url(), OWN_PASSWORD), token);
        world.secrets.put(CONSOLE_SECRET, secret);
    };
    let cases: [(&str, Spoil); 6] = [
        (
            "rotation is not turned on",
            Box::new(|world, _| world.secrets.stop_rotating(CONSOLE_SECRET)),
        ),
        (
            "is not the pending one",
            Box::new(|world, rotation| {
                world.secrets.relabel(CONSOLE_SECRET, "AWSPENDING", None);
                world
                    .secrets
                    .relabel(CONSOLE_SECRET, "mine", Some(&rotation.version));
            }),
        ),
        (
            "no version with this id",
            Box::new(|world, _| world.secrets.relabel(CONSOLE_SECRET, "AWSPENDING", None)),
        ),
        ("another `username`", Box::new(other("username", "nxadmin"))),
        (
            "another address",
            Box::new(other("url", "https://127.0.0.1:1")),
        ),
        ("two-factor `token`", Box::new(token)),
    ];
    for (told, spoil) in cases {
        let world = world();
        let function = rotator(&world);
        let rotation = Rotation::begin(&world);
        spoil(&world, &rotation);
        let before = world.secrets.versions(CONSOLE_SECRET);
        for step in &STEPS[..3] {
            let error = rotation.step(&function, step).expect_err(told);
            assert_eq!(error.error_type, "Refused", "{told}: {error:?}");
            let message = &error.error_message;
            assert!(message.contains(told), "{told}: {message}");
            assert!(message.contains("Nothing was changed"), "{told}: {message}");
            assert!(
                message.contains(CONSOLE_SECRET) && message.contains("Next:"),
                "{message}"
            );
        }
        assert_eq!(world.secrets.versions(CONSOLE_SECRET), before, "{told}");
        assert_eq!(world.requests(), Vec::<String>::new(), "{told}");
    }
    let world = world();
    let function = rotator(&world);
    let rotation = Rotation::begin(&world);
    for (event, member) in [
        (without(rotation.event("setSecret"), "Step"), "`Step`"),
        (rotation.event("deleteSecret"), "`Step`"),
        (
            without(rotation.event("setSecret"), "SecretId"),
            "`SecretId`",
        ),
        (
            without(rotation.event("setSecret"), "ClientRequestToken"),
            "`ClientRequestToken`",
        ),
        (json!("setSecret"), "`Step`"),
    ] {
        let error = function.invoke(&event).result.expect_err(member);
        assert_eq!(error.error_type, "InvalidInput");
        assert!(error.error_message.contains(member), "{error:?}");
    }
}

/// The pending version is put aside by hand, and another rotation takes over: the first one does nothing any
/// more, whatever it is asked.
#[test]
fn a_rotation_that_was_superseded_changes_nothing() {
    let world = world();
    let function = rotator(&world);
    let first = Rotation::begin(&world);
    first.step(&function, "createSecret").expect("created");
    world.secrets.relabel(CONSOLE_SECRET, "AWSPENDING", None);
    world
        .secrets
        .relabel(CONSOLE_SECRET, "put-aside", Some(&first.version));
    let second = Rotation::begin(&world);
    second.step(&function, "createSecret").expect("created");
    for step in STEPS {
        let error = first.step(&function, step).expect_err(step);
        assert_eq!(error.error_type, "Refused", "{step}: {error:?}");
    }
    assert_eq!(own(&world).password, OWN_PASSWORD);
    second.all(&function).expect("rotated");
    second.assert_done("the second");
    assert_eq!(failed_logins(&world), 0);
}

/// A rotation that sent its password is cancelled before it ends: no other one begins while that password may
/// be in force, and everybody is told which version it is of.
#[test]
fn a_password_that_was_sent_is_not_forgotten_by_the_next_rotation() {
    let world = world();
    let function = rotator(&world);
    let first = Rotation::begin(&world);
    first.step(&function, "createSecret").expect("created");
    first.step(&function, "setSecret").expect("set");
    let reader = world.function("get-user");
    // As AWS's guide has it after a cancelled rotation.
    world.secrets.relabel(CONSOLE_SECRET, "AWSPENDING", None);
    for step in STEPS {
        let error = first.step(&function, step).expect_err(step);
        assert_eq!(error.error_type, "Refused", "{step}: {error:?}");
        let told = &error.error_message;
        assert!(told.contains("may be in force"), "{step}: {told}");
    }
    let second = Rotation::begin(&world);
    for step in STEPS {
        let error = second.step(&function, step).expect_err(step);
        assert_eq!(error.error_type, "Refused", "{step}: {error:?}");
        for told in [
            &first.version,
            "may be in force",
            "move the label AWSPENDING",
        ] {
            assert!(error.error_message.contains(told), "{step}: {error:?}");
        }
    }
    assert_eq!(failed_logins(&world), 0);
    // Functions find it all the same, those of the time before and those that begin now.
    for function in [&reader, &world.function("get-user")] {
        let found = function.invoke(&json!({"user_id": 4})).result;
        found.expect("the password that is in force");
    }
    assert_eq!(failed_logins(&world), 0);

    // What the error says.
    let pending = Some(first.version.as_str());
    world.secrets.relabel(CONSOLE_SECRET, "AWSPENDING", pending);
    first.all(&function).expect("goes on");
    first.assert_done("the first, after all");
    assert_eq!(world.writes().len(), 1);
    // And for a password that is known not to be in force.
    let third = Rotation::begin(&world);
    third.step(&function, "createSecret").expect("created");
    let other = Some(second.version.as_str());
    world
        .secrets
        .relabel(CONSOLE_SECRET, "rotation-sent", other);
    third.step(&function, "setSecret").expect_err("refused");
    world.secrets.relabel(CONSOLE_SECRET, "rotation-sent", None);
    third.all(&function).expect("rotated");
    third.assert_done("the third");
    assert_eq!(failed_logins(&world), 0);
}

/// The console is put back to an earlier state after a rotation told that the password was replaced: what it told
/// holds no more, and the next rotation must not have everybody send a password that is not in force yet.
#[test]
fn a_replaced_password_that_is_in_force_again_is_told_no_more() {
    let world = world();
    let function = rotator(&world);
    let reads = |when: &str| {
        let before = failed_logins(&world);
        let read = world.function("get-user").invoke(&json!({"user_id": 4}));
        read.result.expect(when);
        assert_eq!(failed_logins(&world), before, "{when}");
    };
    let lost = || {
        let lost = Fault::new(FaultKind::Hang).on("PUT", "/password");
        world.console.push_fault(lost);
    };
    let first = Rotation::begin(&world);
    first.step(&function, "createSecret").expect("created");
    first.step(&function, "setSecret").expect("set");
    reads("with the new one");
    world.console.state().user_mut(OWN_LOGIN).password = OWN_PASSWORD.into();
    // The same rotation finds out, and can't set it again.
    lost();
    first.step(&function, "setSecret").expect_err("lost");
    reads("with the old one");
    // What the error of the test says to do.
    let error = first.step(&function, "testSecret").expect_err("refused");
    assert!(
        error.error_message.contains("take the label AWSPENDING"),
        "{error:?}"
    );
    for label in ["AWSPENDING", "rotation-sent"] {
        world.secrets.relabel(CONSOLE_SECRET, label, None);
    }
    world.console.state().user_mut(OWN_LOGIN).failed_logins = 0;
    let versions = world.secrets.versions(CONSOLE_SECRET);
    let current = Some(labelled(&versions, "AWSCURRENT").id.as_str());
    world
        .secrets
        .relabel(CONSOLE_SECRET, "rotation-replaced", current);
    // The next one marks its password as sent, and that never arrives.
    let second = Rotation::begin(&world);
    second.step(&function, "createSecret").expect("created");
    lost();
    second.step(&function, "setSecret").expect_err("lost");
    reads("with the old one, still");
    second.all(&function).expect("rotated");
    second.assert_done("the second");
}

/// What the secret says is changed while the new password is in force already.
#[test]
fn a_secret_that_is_edited_in_the_middle_is_told_with_the_password_that_may_be_in_force() {
    let world = world();
    let function = rotator(&world);
    let rotation = Rotation::begin(&world);
    rotation.step(&function, "createSecret").expect("created");
    rotation.step(&function, "setSecret").expect("set");
    let mut secret = credentials(world.console.url(), OWN_PASSWORD);
    secret["wire_form"] = "vendor".into();
    world.secrets.put(CONSOLE_SECRET, secret);
    let error = rotation
        .step(&function, "testSecret")
        .expect_err("another place");
    assert_eq!(error.error_type, "Refused", "{error:?}");
    for told in ["may be in force", "rotation-sent", &rotation.version] {
        assert!(error.error_message.contains(told), "{error:?}");
    }
    assert!(!error.error_message.contains("Nothing was changed"));
    assert_eq!(failed_logins(&world), 0);
}

/// A pending version with the current one's text, which AWS lets nobody change.
#[test]
fn a_pending_version_that_can_not_get_a_password_is_no_outage() {
    let world = world();
    let function = rotator(&world);
    let rotation = Rotation::begin(&world);
    let put = json!({
        "SecretId": CONSOLE_SECRET, "ClientRequestToken": rotation.version,
        "SecretString": credentials(world.console.url(), OWN_PASSWORD).to_string(),
        "VersionStages": ["AWSPENDING"],
    });
    world.secrets.call("PutSecretValue", &put);
    let error = rotation.step(&function, "createSecret");
    let error = error.expect_err("the same password");
    assert_eq!(error.error_type, "Refused", "{error:?}");
    assert!(
        error.error_message.contains("take the label AWSPENDING"),
        "{error:?}"
    );
}

/// Another try would send the same password: the error says how to get another one.
#[test]
fn a_password_that_the_console_does_not_like_is_told_with_the_way_to_another_one() {
    let world = world();
    let function = rotator(&world);
    let rotation = Rotation::begin(&world);
    rotation.step(&function, "createSecret").expect("created");
    let dislikes = Fault::new(FaultKind::status(400)).on("PUT", "/password");
    world.console.push_fault(dislikes.times(10));
    for _ in 0..2 {
        let error = rotation.step(&function, "setSecret");
        let error = error.expect_err("not liked");
        assert_eq!(error.error_type, "Refused", "{error:?}");
        for told in ["take the label AWSPENDING", "Nothing was changed"] {
            assert!(error.error_message.contains(told), "{error:?}");
        }
        assert!(!error.error_message.contains(&rotation.new_password()));
    }
    world.secrets.relabel(CONSOLE_SECRET, "AWSPENDING", None);
    world.console.clear_faults();
    let another = Rotation::begin(&world);
    another.all(&function).expect("another password");
    another.assert_done("another password");
    assert_eq!(failed_logins(&world), 0);
}

/// Whatever repeats a rotation must not lock the account: each way of being refused ends in silence.
#[test]
fn a_refused_login_stops_the_rotation_until_a_person_has_looked() {
    // Neither password, the current one before anything was sent, a console that answers 401 to all, and the
    // new one at the test.
    for (case, most) in [("both", 2), ("current", 1), ("maintenance", 1), ("test", 1)] {
        let world = world();
        let function = rotator(&world);
        let rotation = Rotation::begin(&world);
        rotation.step(&function, "createSecret").expect("created");
        let mut password = OWN_PASSWORD.to_owned();
        let mut step = "setSecret";
        match case {
            "both" => {
                world
                    .secrets
                    .relabel(CONSOLE_SECRET, "rotation-sent", Some(&rotation.version));
            }
            "maintenance" => world.console.state().maintenance = Some(Maintenance::Status401),
            "test" => {
                rotation.step(&function, "setSecret").expect("set");
                password = rotation.new_password();
                step = "testSecret";
            }
            _ => {}
        }
        if case != "maintenance" {
            world.console.state().user_mut(OWN_LOGIN).password = "changed-by-hand".into();
        }
        world.console.clear_requests();
        for repeat in 0..6 {
            let error = rotation.step(&function, step).expect_err(case);
            assert_eq!(error.error_type, "Unauthorized", "{case}: {error:?}");
            for told in [
                CONSOLE_SECRET,
                &rotation.version,
                "rotation-stopped",
                "Next:",
            ] {
                assert!(error.error_message.contains(told), "{case}: {error:?}");
            }
            assert!(!error.error_message.contains(&password), "{case}");
            assert_eq!(failed_logins(&world), most, "{case}, repeat {repeat}");
        }
        assert!(!own(&world).locked, "{case}");
        // The person puts it right, as the error says.
        world.console.state().maintenance = None;
        world.console.clear_faults();
        {
            let mut state = world.console.state();
            let own = state.user_mut(OWN_LOGIN);
            own.password = password;
            // Which one is in force, a login shows, and that resets the count.
            own.failed_logins = 0;
        }
        world
            .secrets
            .relabel(CONSOLE_SECRET, "rotation-stopped", None);
        rotation.all(&function).expect(case);
        rotation.assert_done(case);
        // "both": the new password comes first, and is not in force.
        let more = usize::from(case == "both");
        assert_eq!(failed_logins(&world), most + more, "{case}");
    }
}

/// Secrets Manager runs that step alone when a rotation is turned on that is not to begin at once.
#[test]
fn the_test_without_a_new_password_is_one_of_the_current_one() {
    for same in [false, true] {
        let world = world();
        let function = rotator(&world);
        let rotation = Rotation::begin(&world);
        if same {
            let put = json!({
                "SecretId": CONSOLE_SECRET, "ClientRequestToken": rotation.version,
                "SecretString": credentials(world.console.url(), OWN_PASSWORD).to_string(),
                "VersionStages": ["AWSPENDING"],
            });
            world.secrets.call("PutSecretValue", &put);
        }
        let before = world.secrets.versions(CONSOLE_SECRET);
        let done = rotation.step(&function, "testSecret").expect("tested");
        assert_eq!(
            done["done"],
            "the current password works; there is no new one"
        );
        assert_eq!(world.secrets.versions(CONSOLE_SECRET), before);
        assert_eq!(world.writes(), Vec::<String>::new());
        let error = rotation
            .step(&function, "setSecret")
            .expect_err("no new one");
        assert!(
            error.error_message.contains("no new password yet"),
            "{error:?}"
        );

        // One refused login, and no more of them.
        world.console.state().user_mut(OWN_LOGIN).password = "changed-by-hand".into();
        for _ in 0..3 {
            let error = rotation.step(&function, "testSecret").expect_err("refused");
            assert_eq!(error.error_type, "Unauthorized", "{error:?}");
            assert_eq!(failed_logins(&world), 1);
        }
    }
}
