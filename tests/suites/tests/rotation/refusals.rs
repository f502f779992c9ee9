//! What is refused, and what stops until a person has looked.

use fake_console::Maintenance;
use serde_json::json;
use suites::{CONSOLE_SECRET, OWN_LOGIN, OWN_PASSWORD, World, credentials, with, without};

use super::{Rotation, STEPS, failed_logins, own, rotator, world};

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
        assert!(failed_logins(&world) <= most + 1, "{case}");
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
