//! Which passwords may be set, and what becomes of the pack's own.

use super::*;

/// What the console refuses never becomes current.
#[test]
fn a_generated_password_that_the_console_refuses_is_not_delivered() {
    let world = World::new();
    world.console.state().min_password_length = 64;
    let function = world.function("set-password");
    let event = event("set-password", "jdoe");
    let error = function.invoke(&event).result.expect_err("too short");
    assert_eq!(error.error_type, "InvalidInput", "{}", error.error_message);
    let message = error.error_message;
    assert!(message.contains("Nothing was changed"), "{message}");
    assert!(message.contains("password policy"), "{message}");
    assert_eq!(world.delivered(), "old");
    // The token stands for the password that was made for it.
    let longer = json!({"password_length": 64, "request_token": "INC-4"});
    let longer = with(event, longer);
    let outcome = function.invoke(&longer).result.expect("long enough");
    assert_eq!(outcome["changed"], true);
    assert_eq!(user(&world, "jdoe").password.len(), 64);
}

#[test]
fn a_password_is_taken_from_a_secret() {
    let world = World::new();
    world.secrets.put("plain", json!("n3w-Passphrase"));
    world.secrets.put(
        "object",
        json!({"password": "n3w-Passphrase", "other": "0ther-Passphrase"}),
    );
    for (reference, password) in [
        ("object", "n3w-Passphrase"),
        ("object#other", "0ther-Passphrase"),
        // The whole text.
        ("plain", "\"n3w-Passphrase\""),
    ] {
        for (operation, login) in [("set-password", "jdoe"), ("unlock-user", "rmartinez")] {
            let event = json!({"login": login, "password_secret": reference});
            let outcome = world.outcome(operation, event);
            assert_eq!(outcome["changed"], true);
            assert_eq!(user(&world, login).password, password, "{operation}");
        }
    }
    assert!(!user(&world, "rmartinez").locked);
}

#[test]
fn a_password_that_lives_elsewhere_is_not_set() {
    for operation in ["set-password", "unlock-user"] {
        for (login, kind) in [("lpetrova", "ldap"), ("y.tanaka", "saml")] {
            let world = World::new();
            world.console.state().user_mut(login).locked = true;
            let before = world.console.state().snapshot();
            let (error, message) = world.failure(operation, event(operation, login));
            assert_eq!(error, "Refused", "{message}");
            assert!(message.contains(kind), "{message}");
            assert!(message.contains("Nothing was changed"), "{message}");
            assert_eq!(world.console.state().snapshot(), before);
            assert_eq!(world.delivered(), "old");
        }
    }
}

#[test]
fn nobody_is_let_in_as_an_administrator_unless_that_is_allowed() {
    for (operation, _, member) in DELIVERING {
        let world = World::new();
        world.console.state().user_mut("nxadmin").locked = true;
        let before = user(&world, "nxadmin");
        let event = event(operation, "nxadmin");
        let (error, message) = world.failure(operation, event.clone());
        assert_eq!(error, "Refused", "{message}");
        assert!(message.contains("privileged-accounts"), "{message}");
        assert!(message.contains("allow_privileged_accounts"), "{message}");
        assert_eq!(user(&world, "nxadmin"), before, "{operation}");
        assert_eq!(world.delivered(), "old", "{operation}");
        let allowed = [("RAPID7_ALLOW_PRIVILEGED_ACCOUNTS", "true")];
        let function = world.function_with(operation, &allowed);
        function.invoke(&event).result.expect(operation);
        let _ = delivered(&world, &before, member);
    }
}

/// "Users may only change their own password" (vendor API file): another endpoint, and the pack itself
/// logs in with what it sets.
#[test]
fn the_password_of_the_pack_itself_is_set_only_where_that_is_allowed() {
    let world = World::new();
    let event = event("set-password", OWN_LOGIN);
    let (error, message) = world.failure("set-password", event.clone());
    assert_eq!(error, "Refused", "{message}");
    assert!(message.contains("allow_own_password"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(world.delivered(), "old");

    let before = user(&world, OWN_LOGIN);
    let allowed = [("RAPID7_ALLOW_OWN_PASSWORD", "true")];
    let function = world.function_with("set-password", &allowed);
    // It could not log in any more.
    let reset = with(event.clone(), json!({"password_reset_on_login": true}));
    let error = function.invoke(&reset).result.expect_err("reset");
    let message = error.error_message;
    assert_eq!(error.error_type, "InvalidInput", "{message}");
    assert!(message.contains("`password_reset_on_login`"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());

    let answer = function.invoke(&event);
    let outcome = answer.result.as_ref().expect("set");
    assert_eq!(outcome["changed"], true);
    assert_eq!(world.writes(), ["PUT /api/3/users/1/password"]);
    let warning = outcome["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("the pack's own secret"), "{warning}");
    let value = delivered(&world, &before, "password");
    for secret in [value.as_str(), OWN_PASSWORD] {
        assert!(!told(&answer).contains(secret), "the answer");
        assert!(!function.logs().contains(secret), "the log");
    }
    // With the old one in its secret, no run works; with the new one, all do.
    let read = json!({"user_id": 4});
    let (error, message) = world.failure("get-user", read.clone());
    assert_eq!(error, "Unauthorized", "{message}");
    let secret = credentials(world.console.url(), &value);
    world.secrets.put(CONSOLE_SECRET, secret);
    let _ = world.outcome("get-user", read);
}

/// Whatever fails from there on, another run may be a failed login.
#[test]
fn an_own_password_that_is_set_and_can_not_be_read_back_is_found_out_by_hand() {
    let world = World::new();
    let away = Fault::new(FaultKind::status(500)).on("GET", "/users/1");
    world.console.push_fault(away.skip(1).times(20));
    let allowed = [("RAPID7_ALLOW_OWN_PASSWORD", "true")];
    let function = world.function_with("set-password", &allowed);
    let event = event("set-password", OWN_LOGIN);
    let error = function.invoke(&event).result.expect_err("not read back");
    world.console.clear_faults();
    let message = error.error_message;
    assert_eq!(error.error_type, "Unexpected", "{message}");
    assert!(message.contains("find out by hand"), "{message}");
    assert!(!message.contains("run it again"), "{message}");
    let password = in_console(&world, OWN_LOGIN, "password");
    assert_ne!(password, OWN_PASSWORD);
    assert_eq!(world.delivered()["password"], password);
}

/// Logins of the pack that the console refused.
fn failed_logins(world: &World) -> usize {
    let requests = world.console.requests();
    requests.iter().filter(|r| r.status == Some(401)).count()
}

/// The old password still works, and would prove nothing.
#[test]
fn an_own_password_that_the_console_ignores_is_not_told_as_set() {
    let world = World::new();
    world.console.state().ignores_passwords = true;
    let allowed = [("RAPID7_ALLOW_OWN_PASSWORD", "true")];
    let function = world.function_with("set-password", &allowed);
    let event = event("set-password", OWN_LOGIN);
    let error = function.invoke(&event).result.expect_err("ignored");
    let message = error.error_message;
    assert_eq!(error.error_type, "Unexpected", "{message}");
    for told in [
        "the console said that it took the new password, and refuses a login with it",
        "the old one, which was not tried",
        "is not known",
        "find out by hand",
    ] {
        assert!(message.contains(told), "{told}: {message}");
    }
    assert!(!message.contains("run it again"), "{message}");
    assert_eq!(failed_logins(&world), 1);
    // The last request is the refused one: the old password is not sent any more.
    let last = world.console.requests().pop().expect("a request");
    assert_eq!(last.status, Some(401));
    assert_eq!(world.delivered(), "old");
}

/// An answer that is lost may have been a refusal: no second login is tried.
#[test]
fn an_own_password_fails_at_one_login_at_most() {
    for (answer, ignores) in [
        (FaultKind::ResetAfter, false),
        (FaultKind::ResetBefore, true),
        (FaultKind::StatusAfter { status: 502 }, true),
    ] {
        for write in [true, false] {
            let world = World::new();
            world.console.state().ignores_passwords = ignores;
            let shown = format!("{answer:?} {ignores} {write}");
            let fault = Fault::new(answer.clone());
            world.console.push_fault(match write {
                true => fault.on("PUT", "/users/1/password"),
                false => fault.on("GET", "/users/1").skip(1),
            });
            let allowed = [("RAPID7_ALLOW_OWN_PASSWORD", "true")];
            let function = world.function_with("set-password", &allowed);
            let event = event("set-password", OWN_LOGIN);
            let result = function.invoke(&event).result;
            let in_force = world.console.state().user_mut(OWN_LOGIN).password != OWN_PASSWORD;
            match result {
                Ok(outcome) => assert!(in_force, "{shown}: {outcome}"),
                Err(error) => {
                    let message = error.error_message;
                    assert_eq!(error.error_type, "Unexpected", "{shown}: {message}");
                    assert!(message.contains("find out by hand"), "{shown}: {message}");
                }
            }
            assert!(failed_logins(&world) <= 1, "{shown}");
        }
    }
}

/// A secret store and an audit that work, the store slowly.
struct Slow;

impl actions::Audit for Slow {
    fn write<'a>(&'a self, _: &'a AuditRecord<'a>) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

impl SecretReader for Slow {
    fn read<'a>(&'a self, reference: &'a str) -> BoxFuture<'a, actions::Result<SecretString>> {
        panic!("{reference} is not needed")
    }
}

impl SecretWriter for Slow {
    fn stage<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        text: SecretString,
    ) -> BoxFuture<'a, actions::Result<Staged>> {
        Box::pin(async {
            sleep(Duration::from_secs(3)).await;
            Ok(Staged {
                text,
                delivered: false,
            })
        })
    }

    fn check(&self, _: &str) -> actions::Result<()> {
        Ok(())
    }

    fn promote<'a>(
        &'a self,
        _: &'a str,
        _: &'a str,
        _: &'a str,
    ) -> BoxFuture<'a, actions::Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

/// Time for the write, the reading back and the grants is counted when the write begins.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_store_that_takes_all_the_time_leaves_the_console_as_it_is() {
    let world = World::new();
    let before = world.console.state().snapshot();
    let own = Arc::new(Credentials {
        username: OWN_LOGIN.into(),
        password: OWN_PASSWORD.into(),
        token: None,
    });
    let client = Client::new(world.console.url(), Arc::new(own), None, Options::default());
    let run = Run {
        services: Services {
            consoles: Arc::new(actions::OnlyTarget::new(
                "console",
                client.expect("a client"),
            )),
            platform: None,
            policy: Policy::default(),
            audit: Arc::new(Slow),
            secrets: Arc::new(Slow),
            deliveries: Some(Arc::new(Slow)),
            progress: None,
            journal: None,
            ending: Ending::default(),
        },
        caller: Caller::default(),
        deadline: Instant::now() + Duration::from_millis(4500),
    };
    let mut operations = actions::ALL.iter().map(|entry| entry.operation);
    let set = operations.find(|operation| operation.spec.name == "set-password");
    let event = event("set-password", "jdoe");
    let result = actions::invoke(set.expect("set-password"), run, event).await;
    let message = result.expect_err("no time").to_string();
    assert!(message.contains("less than two seconds"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(world.console.state().snapshot(), before);
}

/// A ticket may ask for more than one thing.
#[test]
fn another_operation_with_the_same_token_is_another_request() {
    let world = World::new();
    let set = event("set-password", "rmartinez");
    assert_eq!(world.outcome("set-password", set)["changed"], true);
    let first = user(&world, "rmartinez").password;
    let unlock = event("unlock-user", "rmartinez");
    assert_eq!(world.outcome("unlock-user", unlock)["changed"], true);
    let now = user(&world, "rmartinez");
    assert!(!now.locked);
    assert_ne!(now.password, first);
    assert_eq!(world.delivered()["password"], now.password);
}
