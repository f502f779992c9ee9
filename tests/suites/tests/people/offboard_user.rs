//! One person off two consoles and the platform.

use std::thread;
use std::time::Duration;

use fake_console::{Fake, FakeConsole, Fault, FaultKind, PlatformState, State};
use serde_json::{Value, json};
use suites::{OWN_LOGIN, World, api_key, credentials, differing, for_each, with, without_records};

const TOKAFOR: &str = "tokafor@example.com";

fn second(world: &World) -> &FakeConsole {
    world.second.as_ref().expect("a second console")
}

fn consoles(world: &World) -> [&FakeConsole; 2] {
    [&world.console, second(world)]
}

/// All that can be known of all surfaces.
fn snapshots(world: &World) -> [Value; 3] {
    [
        world.console.state().snapshot(),
        second(world).state().snapshot(),
        world.platform.state().snapshot(),
    ]
}

fn verdict<'a>(report: &'a Value, name: &str) -> &'a str {
    let surfaces = report["surfaces"].as_array().expect("surfaces");
    let found = surfaces.iter().find(|surface| surface["name"] == name);
    found.expect(name)["verdict"].as_str().expect("a verdict")
}

fn verdicts(report: &Value) -> [&str; 3] {
    ["emea", "apac", "platform"].map(|name| verdict(report, name))
}

fn products(world: &World, email: &str) -> usize {
    world.platform.state().user_mut(email).products.len()
}

/// A console as it is when the person is gone from it, with all that was given one by one.
fn without_person(state: &State, login: &str, clear: bool) -> Value {
    let mut state = state.clone();
    let user = state.user_mut(login);
    user.enabled = false;
    if clear {
        user.sites.clear();
        user.asset_groups.clear();
    }
    state.snapshot()
}

#[test]
fn one_call_takes_a_person_off_every_surface_and_changes_nothing_else() {
    let world = World::with_two_consoles();
    let expected = consoles(&world).map(|console| without_person(&console.state(), "jdoe", false));
    let before = world.platform.state().snapshot();
    let function = world.function("offboard-user");
    let event = json!({"email": "jdoe@example.com", "ticket": "OFF-1"});
    let done = function.invoke(&event).result.expect("done");
    assert_eq!(done["result"], "done");
    assert_eq!(done["changed"], true);
    assert_eq!(verdicts(&done), ["done", "done", "done"]);
    for (console, expected) in consoles(&world).iter().zip(&expected) {
        let different = differing(&console.state().snapshot(), expected);
        assert!(different.is_empty(), "{different:#?}");
    }
    let state = world.platform.state();
    let jdoe = state.user_by_email("jdoe@example.com").expect("jdoe");
    let (id, none) = (jdoe.id.clone(), jdoe.products.is_empty());
    assert!(none && state.keys_of(&id).is_empty());
    let after = state.snapshot();
    drop(state);
    for (user, was) in before["users"].as_object().expect("users") {
        if *user != id {
            assert_eq!(after["users"][user], *was);
        }
    }
    let plan = done["plan"].to_string();
    for line in ["emea: replace user 4", "apac: replace user 4", "platform: "] {
        assert!(plan.contains(line), "{plan}");
    }

    let again = function.invoke(&event).result.expect("again");
    assert_eq!(again["result"], "already");
    assert_eq!(
        (&again["changed"], &again["plan"]),
        (&json!(false), &json!([]))
    );
    assert_eq!(verdicts(&again), ["already"; 3]);
}

#[test]
fn a_dry_run_plans_on_every_surface_and_writes_on_none() {
    let world = World::with_two_consoles();
    let before = snapshots(&world);
    let options = json!({
        "email": "jdoe@example.com", "clear_sites": true, "clear_asset_groups": true,
        "reset_two_factor": true, "replace_password": true,
    });
    let function = world.function("offboard-user");
    let dry = function.invoke(&with(options.clone(), json!({"dry_run": true})));
    let dry = dry.result.expect("planned");
    assert_eq!(dry["result"], "dry_run");
    assert_eq!(dry["changed"], false);
    assert_eq!(verdicts(&dry), ["planned"; 3]);
    assert_eq!(snapshots(&world), before);
    let writes = consoles(&world).map(|console| console.requests());
    assert!(writes.iter().flatten().all(|request| !request.is_write()));
    assert!(world.platform.requests().iter().all(|r| !r.is_write()));
    let done = function.invoke(&options).result.expect("done");
    assert_eq!(done["plan"], dry["plan"]);
}

#[test]
fn grants_seed_and_password_go_if_that_is_asked_for_and_nobody_gets_to_see_them() {
    let world = World::with_two_consoles();
    let function = world.function_with("offboard-user", &[("RAPID7_LOG", "trace")]);
    let event = json!({
        "login": "jdoe", "platform": "keep", "clear_sites": true, "clear_asset_groups": true,
        "reset_two_factor": true, "replace_password": true,
    });
    let platform = world.platform.state().snapshot();
    let done = function.invoke(&event).result.expect("done");
    assert_eq!(world.platform.state().snapshot(), platform);
    let asked = world.platform.requests();
    assert!(asked.iter().all(|request| request.authorized_as.is_none()));
    let told = format!("{done} {}", function.logs());
    let mut passwords = Vec::new();
    for console in consoles(&world) {
        let jdoe = console.state().user_mut("jdoe").clone();
        assert!(!jdoe.enabled && jdoe.sites.is_empty() && jdoe.asset_groups.is_empty());
        assert_ne!(jdoe.password, "Passw0rd-jdoe");
        let seed = jdoe.two_factor_key.expect("a seed");
        assert!(!told.contains(&seed) && !told.contains(&jdoe.password));
        passwords.push(jdoe.password);
    }
    assert_ne!(passwords[0], passwords[1]);
    assert_eq!(world.delivered(), "old");

    // They can't be compared, so an account that is disabled keeps what it has.
    let before = snapshots(&world);
    let again = function.invoke(&event).result.expect("again");
    assert_eq!(again["result"], "already");
    let reason = again["surfaces"][0]["reason"].as_str().expect("a reason");
    assert!(
        reason.contains("password and two-factor seed: nothing was replaced"),
        "{reason}"
    );
    assert_eq!(snapshots(&world), before);
}

#[test]
fn the_platforms_account_is_deleted_only_where_that_is_allowed_and_confirmed() {
    let allowed = [("RAPID7_ALLOW_DELETION", "true")];
    for (event, policy, refused) in [
        (json!({"email": "JDOE@example.com"}), &allowed[..], None),
        (
            json!({"email": "jdoe@example.com"}),
            &[][..],
            Some("deletion"),
        ),
        (json!({"login": "jdoe"}), &allowed[..], Some("confirmation")),
    ] {
        let world = World::with_two_consoles();
        let function = world.function_with("offboard-user", policy);
        let event = with(event, json!({"platform": "delete"}));
        let result = function.invoke(&event).result;
        let gone = world
            .platform
            .state()
            .user_by_email("jdoe@example.com")
            .is_none();
        assert_eq!(gone, refused.is_none(), "{event}");
        match (result, refused) {
            (Ok(done), None) => {
                assert_eq!(verdicts(&done), ["done"; 3]);
                let again = function.invoke(&event).result.expect("again");
                assert_eq!(verdicts(&again), ["already", "already", "absent"]);
                assert_eq!(again["result"], "already");
            }
            (Err(error), Some(refused)) => {
                assert_eq!(error.error_type, "Refused");
                let message = error.error_message;
                assert!(message.contains(refused), "{message}");
                assert!(message.contains("emea: done"), "{message}");
            }
            (other, _) => panic!("{event}: {other:?}"),
        }
        for console in consoles(&world) {
            assert!(!console.state().user_mut("jdoe").enabled);
        }
    }
}

/// What is down, in which way, and the kind that the run ends with.
#[derive(Debug, Clone, Copy)]
enum Down {
    Maintenance,
    Unauthorized,
    NoSecret,
}

/// Whichever surface is down, the others are done, the run is an error that says so, and another run
/// does only the rest.
#[test]
fn a_surface_that_is_down_does_not_stop_the_others_and_is_done_by_another_run() {
    let mut cases = Vec::new();
    for name in ["emea", "apac", "platform"] {
        for down in [Down::Maintenance, Down::Unauthorized, Down::NoSecret] {
            cases.push((name, down));
        }
    }
    for_each(&cases, |(name, down)| {
        let shown = format!("{name} with {down:?}");
        let world = World::with_two_consoles();
        let event = json!({"email": TOKAFOR});
        let secret = match *name {
            "emea" => "rapid7/console",
            "apac" => "rapid7/apac",
            _ => "rapid7/platform",
        };
        let good = match *name {
            "emea" => credentials(world.console.url(), suites::OWN_PASSWORD),
            "apac" => credentials(second(&world).url(), suites::OWN_PASSWORD),
            _ => api_key(world.platform.url(), fake_console::ORGANIZATION_KEY),
        };
        match down {
            Down::Maintenance => match *name {
                "emea" => maintenance(&world.console),
                "apac" => maintenance(second(&world)),
                _ => maintenance(&world.platform),
            },
            Down::Unauthorized => {
                let mut bad = good.clone();
                for member in ["password", "api_key"] {
                    if bad.get(member).is_some() {
                        bad[member] = "wrong-key-0000".into();
                    }
                }
                world.secrets.put(secret, bad);
            }
            Down::NoSecret => world.secrets.put(secret, json!("no credentials")),
        }
        let function = world.function("offboard-user");
        let error = function.invoke(&event).result.expect_err(&shown);
        let expected = match down {
            Down::Maintenance => "Unavailable",
            Down::Unauthorized | Down::NoSecret => "Unauthorized",
        };
        assert_eq!(
            error.error_type, expected,
            "{shown}: {}",
            error.error_message
        );
        for other in ["emea", "apac", "platform"] {
            let line = match other == *name {
                true => format!("{other}: failed ({expected})"),
                false => format!("{other}: done: "),
            };
            assert!(
                error.error_message.contains(&line),
                "{shown}: {}",
                error.error_message
            );
        }
        assert!(error.error_message.contains("Already changed: "), "{shown}");
        let emea = world.console.state().user_mut("tokafor").enabled;
        let apac = second(&world).state().user_mut("tokafor").enabled;
        let platform = products(&world, TOKAFOR) > 0;
        assert_eq!(
            [emea, apac, platform],
            ["emea", "apac", "platform"].map(|other| other == *name),
            "{shown}"
        );

        world.console.clear_faults();
        second(&world).clear_faults();
        world.platform.clear_faults();
        world.secrets.put(secret, good);
        let before = [&world.console, second(&world)].map(|c| c.requests().len());
        let again = world.outcome("offboard-user", event);
        for other in ["emea", "apac", "platform"] {
            let expected = if other == *name { "done" } else { "already" };
            assert_eq!(verdict(&again, other), expected, "{shown}");
        }
        for (console, before) in [&world.console, second(&world)].iter().zip(before) {
            let requests = console.requests();
            let writes = requests[before..].iter().filter(|r| r.is_write()).count();
            let mine = (console.url() == world.console.url()) == (*name == "emea");
            if *name == "platform" || !mine {
                assert_eq!(writes, 0, "{shown}");
            }
        }
    });
}

/// Retriers send a login again that a console refused and counts; a key that the platform refuses keeps them from
/// nothing.
#[test]
fn a_refused_login_of_a_console_alone_speaks_for_a_run_that_may_pass_by_itself() {
    let wrong = |mut secret: Value, member: &str| {
        secret[member] = "wrong-key-0000".into();
        secret
    };
    for (refused, kind) in [("emea", "Unauthorized"), ("platform", "Unavailable")] {
        let world = World::with_two_consoles();
        maintenance(second(&world));
        match refused {
            "emea" => {
                let secret = credentials(world.console.url(), suites::OWN_PASSWORD);
                world
                    .secrets
                    .put("rapid7/console", wrong(secret, "password"));
            }
            _ => {
                let secret = api_key(world.platform.url(), fake_console::ORGANIZATION_KEY);
                world
                    .secrets
                    .put("rapid7/platform", wrong(secret, "api_key"));
            }
        }
        let run = world
            .function("offboard-user")
            .invoke(&json!({"email": TOKAFOR}));
        let error = run.result.expect_err(refused);
        assert_eq!(error.error_type, kind, "{}", error.error_message);
        for line in [
            format!("{refused}: failed (Unauthorized)"),
            "apac: failed (Unavailable)".into(),
        ] {
            assert!(
                error.error_message.contains(&line),
                "{}",
                error.error_message
            );
        }
        second(&world).clear_faults();
    }
}

/// Nothing of it is answered but by a maintenance page.
trait Surface {
    fn maintain(&self);
}

impl Surface for FakeConsole {
    fn maintain(&self) {
        self.push_fault(Fault::new(FaultKind::Html { status: 503 }).times(500));
    }
}

impl Surface for Fake<PlatformState> {
    fn maintain(&self) {
        self.push_fault(Fault::new(FaultKind::Html { status: 503 }).times(500));
    }
}

fn maintenance(surface: &impl Surface) {
    surface.maintain();
}

#[test]
fn twins_are_listed_and_nothing_of_them_is_changed_until_somebody_says_which() {
    let world = World::with_two_consoles();
    let consoles_before = consoles(&world).map(|console| console.state().snapshot());
    let event = json!({"email": "a.smith@example.com"});
    let (kind, message) = world.failure("offboard-user", event.clone());
    assert_eq!(kind, "Ambiguous", "{message}");
    for told in [
        "asmith (user 6)",
        "asmith2 (user 7)",
        "platform: done: ",
        "`accounts`",
    ] {
        assert!(message.contains(told), "{message}");
    }
    let now = consoles(&world).map(|console| console.state().snapshot());
    assert_eq!(now, consoles_before);

    let wrong = with(
        event.clone(),
        json!({"accounts": [{"surface": "emea", "user_id": 4}]}),
    );
    let (kind, message) = world.failure("offboard-user", wrong);
    assert_eq!(kind, "InvalidInput", "{message}");
    assert!(message.contains("`accounts[0].user_id`"), "{message}");
    let wrong = with(
        event.clone(),
        json!({"accounts": [{"surface": "mars", "user_id": 6}]}),
    );
    let (kind, message) = world.failure("offboard-user", wrong);
    assert_eq!(kind, "InvalidInput", "{message}");
    assert!(message.contains("`accounts[0].surface`"), "{message}");
    // A number that nobody has is a typing error, as long as somebody else is meant.
    let wrong = with(
        event.clone(),
        json!({"accounts": [{"surface": "emea", "user_id": 66}]}),
    );
    assert_eq!(world.failure("offboard-user", wrong).0, "InvalidInput");
    // Also where another one fits.
    let wrong = with(
        event.clone(),
        json!({"accounts": [{"surface": "emea", "user_id": 6}, {"surface": "emea", "user_id": 66}]}),
    );
    let (kind, message) = world.failure("offboard-user", wrong);
    assert_eq!(kind, "InvalidInput", "{message}");
    assert!(message.contains("`accounts[1].user_id`"), "{message}");

    let picked = json!({"accounts": [
        {"surface": "emea", "user_id": 6},
        {"surface": "apac", "user_id": 6}, {"surface": "apac", "user_id": 7},
    ]});
    let done = world.outcome("offboard-user", with(event, picked));
    assert_eq!(done["surfaces"].as_array().expect("surfaces").len(), 4);
    let warnings = done["warnings"].to_string();
    assert!(
        warnings.contains("emea: left as they are, though they may be theirs: asmith2 (user 7)"),
        "{warnings}"
    );
    assert!(!warnings.contains("apac: left"), "{warnings}");
    let enabled = |console: &FakeConsole, login| console.state().user_mut(login).enabled;
    assert!(!enabled(&world.console, "asmith") && enabled(&world.console, "asmith2"));
    assert!(!enabled(second(&world), "asmith") && !enabled(second(&world), "asmith2"));
}

#[test]
fn a_login_in_other_letters_is_asked_about_and_not_passed_over() {
    let world = World::with_two_consoles();
    second(&world).state().user_mut("jdoe").login = "JDoe".into();
    second(&world).state().user_mut("JDoe").email = None;
    let (kind, message) = world.failure("offboard-user", json!({"login": "jdoe"}));
    assert_eq!(kind, "Ambiguous", "{message}");
    for told in [
        "emea: done",
        "apac: refused (Ambiguous): JDoe (user 4)",
        "platform: done",
    ] {
        assert!(message.contains(told), "{message}");
    }
    assert!(second(&world).state().user_mut("JDoe").enabled);
    let picked = json!({"login": "jdoe", "accounts": [{"surface": "apac", "user_id": 4}]});
    let done = world.outcome("offboard-user", picked);
    assert_eq!(verdicts(&done), ["already", "done", "already"]);
}

/// The console that is down may say that the login is two people's: nothing is planned on any.
#[test]
fn by_login_nothing_is_done_while_a_console_is_not_read() {
    let world = World::with_two_consoles();
    second(&world).state().user_mut("jdoe").email = Some("tokafor@example.com".into());
    maintenance(&world.console);
    let before = snapshots(&world);
    let picks = json!([{"surface": "apac", "user_id": 4}]);
    for event in [
        json!({"login": "jdoe"}),
        json!({"login": "jdoe", "accounts": picks}),
    ] {
        let (kind, message) = world.failure("offboard-user", event);
        assert_eq!(kind, "Unavailable", "{message}");
        for name in ["emea", "apac", "platform"] {
            let failed = format!("{name}: failed (Unavailable): ");
            assert!(message.contains(&failed), "{message}");
        }
        assert!(
            message.contains("the login's owner can't be told while emea is not read"),
            "{message}"
        );
        assert!(message.contains("Nothing was changed"), "{message}");
    }
    assert_eq!(snapshots(&world), before);
    world.console.clear_faults();
    let (kind, message) = world.failure("offboard-user", json!({"login": "jdoe"}));
    assert_eq!(kind, "Ambiguous", "{message}");
    assert!(message.contains("3 of 3 not done"), "{message}");
}

/// Somebody else's login is this person's address: left as it is, and told.
#[test]
fn who_is_doubtful_beside_the_one_that_is_meant_is_left_and_told() {
    let world = World::with_two_consoles();
    second(&world).state().user_mut("tokafor").login = "jdoe@example.com".into();
    let done = world.outcome("offboard-user", json!({"email": "jdoe@example.com"}));
    assert_eq!(verdicts(&done), ["done"; 3]);
    let warnings = done["warnings"].to_string();
    assert!(
        warnings.contains("apac: left as they are, though they may be theirs: jdoe@example.com"),
        "{warnings}"
    );
    let other = second(&world).state().user_mut("jdoe@example.com").clone();
    assert!(other.enabled);
}

#[test]
fn somebody_who_is_nowhere_is_not_found() {
    let world = World::with_two_consoles();
    for event in [
        json!({"email": "typo@example.com"}),
        json!({"login": "typo"}),
    ] {
        let (kind, message) = world.failure("offboard-user", event);
        assert_eq!(kind, "NotFound", "{message}");
        assert!(message.contains("no account on any surface"), "{message}");
        assert!(message.contains("Nothing was changed"), "{message}");
    }
    // On some surfaces is enough.
    let done = world.outcome("offboard-user", json!({"login": "rmartinez"}));
    assert_eq!(verdicts(&done), ["done", "done", "absent"]);
}

/// Guards hold on each surface, and do not stop the others.
#[test]
fn who_is_guarded_on_one_surface_is_done_on_the_others() {
    let world = World::with_two_consoles();
    // The pack's own account on one console, somebody else's on the other.
    second(&world).state().user_mut(OWN_LOGIN).email = None;
    second(&world).state().user_mut("tokafor").email = Some("svc-soar@example.com".into());
    let (kind, message) = world.failure("offboard-user", json!({"email": "svc-soar@example.com"}));
    assert_eq!(kind, "Refused", "{message}");
    assert!(message.contains("own-account"), "{message}");
    assert!(world.console.state().user_mut(OWN_LOGIN).enabled);
    assert!(!second(&world).state().user_mut("tokafor").enabled);

    // The last administrator of one console, and not of the other.
    let world = World::with_two_consoles();
    let another = |state: &mut State| {
        let manager = state.user_mut("mkowalska");
        manager.role = "global-admin".into();
        manager.superuser = true;
    };
    another(&mut second(&world).state());
    let (kind, message) = world.failure("offboard-user", json!({"email": "nxadmin@example.com"}));
    assert_eq!(kind, "Refused", "{message}");
    assert!(
        message.contains("emea: refused (Refused): nxadmin"),
        "{message}"
    );
    assert!(message.contains("last-administrator"), "{message}");
    assert!(message.contains("apac: done"), "{message}");
    // Everything is taken there, and the right to administer can't be.
    assert!(message.contains("platform: refused"), "{message}");
    assert_eq!(products(&world, "nxadmin@example.com"), 0);
    assert!(world.console.state().user_mut("nxadmin").enabled);

    let world = World::with_two_consoles();
    let protected = [("RAPID7_PROTECTED_LOGINS", "tokafor")];
    let function = world.function_with("offboard-user", &protected);
    let error = function.invoke(&json!({"email": TOKAFOR})).result;
    assert_eq!(error.expect_err("protected").error_type, "Refused");
    assert!(world.console.state().user_mut("tokafor").enabled);
    assert!(products(&world, TOKAFOR) > 0);
}

/// The number of changes of the whole run counts, on all surfaces together.
#[test]
fn more_than_the_policy_allows_is_refused_before_anything_is_written() {
    let world = World::with_two_consoles();
    let before = snapshots(&world);
    let event = json!({"email": TOKAFOR});
    let limited = |most: &str| {
        let function = world.function_with("offboard-user", &[("RAPID7_MAX_CHANGES", most)]);
        function.invoke(&event).result
    };
    let error = limited("2").expect_err("too many");
    assert_eq!(error.error_type, "Refused");
    assert!(
        error.error_message.contains("max-changes"),
        "{}",
        error.error_message
    );
    assert_eq!(snapshots(&world), before);
    limited("3").expect("three accounts");
}

/// Both administrators of a console may not leave as one person either.
#[test]
fn two_accounts_of_one_person_do_not_vouch_for_each_other() {
    let world = World::with_two_consoles();
    {
        let mut state = world.console.state();
        let twin = state.user_mut("asmith");
        twin.role = "global-admin".into();
        twin.superuser = true;
        twin.email = Some("nxadmin@example.com".into());
    }
    let event = json!({"email": "nxadmin@example.com", "platform": "keep", "accounts": [
        {"surface": "emea", "user_id": 2}, {"surface": "emea", "user_id": 6},
    ]});
    let (kind, message) = world.failure("offboard-user", event);
    assert_eq!(kind, "Refused", "{message}");
    assert!(
        world.console.state().user_mut("nxadmin").enabled,
        "{message}"
    );
    assert!(
        world.console.state().user_mut("asmith").enabled,
        "{message}"
    );
}

/// A list may be older than the account, or shorter in its members.
#[test]
fn an_account_that_changes_after_the_list_was_read_is_planned_again_unless_it_is_called_otherwise()
{
    let change = |edit: fn(&mut State)| {
        let after_list = FaultKind::change_after(edit);
        Fault::new(after_list).on("GET", "/api/3/users")
    };
    let world = World::with_two_consoles();
    world.console.push_fault(change(|state| {
        state.user_mut("tokafor").role = "auditor".into();
    }));
    let done = world.outcome("offboard-user", json!({"email": TOKAFOR}));
    assert_eq!(verdicts(&done), ["done"; 3]);
    let tokafor = world.console.state().user_mut("tokafor").clone();
    assert_eq!((tokafor.enabled, tokafor.role.as_str()), (false, "auditor"));

    let world = World::with_two_consoles();
    world.console.push_fault(change(|state| {
        state.user_mut("tokafor").email = Some("other@example.com".into());
    }));
    let (kind, message) = world.failure("offboard-user", json!({"email": TOKAFOR}));
    assert_eq!(kind, "Conflict", "{message}");
    assert!(message.contains("emea: failed (Conflict)"), "{message}");
    assert!(world.console.state().user_mut("tokafor").enabled);
}

/// Killed at any request of any surface, before or after it is carried out, the run is finished by
/// running it again: nobody else is touched, and nothing else of the person is.
#[test]
fn a_run_killed_at_any_request_is_finished_by_another() {
    let event = json!({
        "email": "jdoe@example.com", "clear_sites": true, "clear_asset_groups": true,
        "reset_two_factor": true, "replace_password": true,
    });
    let undisturbed = World::with_two_consoles();
    let expected =
        consoles(&undisturbed).map(|console| without_person(&console.state(), "jdoe", true));
    let _ = undisturbed.outcome("offboard-user", event.clone());
    let platform = undisturbed.platform.state().snapshot();
    let count = |requests: Vec<fake_console::LoggedRequest>| {
        requests
            .iter()
            .filter(|r| r.authorized_as.is_some())
            .count() as u32
    };
    let [on_console, on_platform] = [
        count(undisturbed.console.requests()),
        count(undisturbed.platform.requests()),
    ];
    assert!(
        on_console > 10 && on_platform > 4,
        "{on_console} {on_platform}"
    );
    let mut cases: Vec<(bool, bool, u32)> = Vec::new();
    for after in [false, true] {
        cases.extend((0..on_console).map(|at| (true, after, at)));
        cases.extend((0..on_platform).map(|at| (false, after, at)));
    }
    for_each(&cases, |(console, after, at)| {
        let shown = format!("console {console}, carried out {after}, request {at}");
        let world = World::with_two_consoles();
        if *console {
            let kind = if *after {
                FaultKind::HangAfter
            } else {
                FaultKind::Hang
            };
            world.console.push_fault(Fault::new(kind).skip(*at));
        } else {
            let kind = if *after {
                FaultKind::HangAfter
            } else {
                FaultKind::Hang
            };
            world.platform.push_fault(Fault::new(kind).skip(*at));
        }
        let function = world.function("offboard-user");
        thread::scope(|scope| {
            let run = scope.spawn(|| function.invoke(&event));
            let hangs = || match console {
                true => world.console.pending_faults().is_empty(),
                false => world.platform.pending_faults().is_empty(),
            };
            while !hangs() && !run.is_finished() {
                thread::sleep(Duration::from_millis(5));
            }
            // The others go on for as long as they like.
            thread::sleep(Duration::from_millis(u64::from(*at % 3) * 20));
            function.kill();
            let _ = run.join().expect("ended");
        });
        world.console.clear_faults();
        world.platform.clear_faults();
        let again = world.function("offboard-user").invoke(&event).result;
        let again = again.unwrap_or_else(|error| panic!("{shown}: {error:?}"));
        assert!(["done", "already"].contains(&again["result"].as_str().expect("a result")));
        for (console, expected) in consoles(&world).iter().zip(&expected) {
            let mut now = console.state().snapshot();
            // Random; and where the kill came between, the report says that they may be as they were.
            for (member, name) in [("password", "password"), ("two_factor_key", "two-factor")] {
                let told = again.to_string();
                let told = told.contains(name) && told.contains("nothing was replaced");
                let same = now["4"][member] == expected["4"][member];
                assert!(!same || told, "{shown}: {member}");
                now["4"][member] = expected["4"][member].clone();
            }
            let different = differing(&now, expected);
            assert!(different.is_empty(), "{shown}: {different:#?}");
        }
        assert_eq!(world.platform.state().snapshot(), platform, "{shown}");
    });
}

/// Lost answers are looked at, on whichever surface.
#[test]
fn a_lost_answer_at_any_request_ends_in_the_same_state() {
    let event = json!({"email": "jdoe@example.com"});
    let undisturbed = World::with_two_consoles();
    let _ = undisturbed.outcome("offboard-user", event.clone());
    let expected = snapshots(&undisturbed);
    let cases: Vec<u32> = (0..16).collect();
    for_each(&cases, |at| {
        let world = World::with_two_consoles();
        world
            .console
            .push_fault(Fault::new(FaultKind::ResetAfter).skip(*at));
        world
            .platform
            .push_fault(Fault::new(FaultKind::ResetAfter).skip(*at));
        let function = world.function("offboard-user");
        if let Err(error) = function.invoke(&event).result {
            let again = ["Unavailable", "Indeterminate", "Conflict"];
            assert!(
                again.contains(&error.error_type.as_str()),
                "{at}: {error:?}"
            );
            function.invoke(&event).result.expect("again");
        }
        world.console.clear_faults();
        world.platform.clear_faults();
        assert_eq!(snapshots(&world), expected, "{at}");
    });
}

#[test]
fn every_account_has_its_audit_records_and_the_run_its_own() {
    let world = World::with_two_consoles();
    let function = world.function("offboard-user");
    let event = json!({"email": TOKAFOR, "ticket": "OFF-7"});
    let done = function.invoke(&event).result.expect("done");
    let records: Vec<Value> = function
        .logs()
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|record: &Value| record.get("audit").is_some())
        .collect();
    assert!(records.iter().all(|record| record["ticket"] == "OFF-7"));
    for url in [
        world.console.url(),
        second(&world).url(),
        world.platform.url(),
    ] {
        let mine = records.iter().filter(|record| record["target"] == url);
        let phases: Vec<&Value> = mine.map(|record| &record["audit"]).collect();
        assert_eq!(phases, ["before", "after"], "{url}");
    }
    let last = records.last().expect("a record");
    assert_eq!(last["record"], without_records(&done));
}

/// Nobody else on a console's list: somebody may be hidden. `allow_absent` is about who is proven to have no
/// account.
#[test]
fn a_console_that_shows_nobody_else_proves_nobody_absent() {
    let world = World::with_two_consoles();
    let before = snapshots(&world);
    second(&world).state().hides_others = true;
    for (operation, event) in [
        (
            "offboard-user",
            json!({"email": "stranger@example.com", "allow_absent": true}),
        ),
        (
            "offboard-users",
            json!({"people": [{"email": "stranger@example.com"}], "allow_absent": true}),
        ),
    ] {
        let (kind, message) = world.failure(operation, event);
        assert_eq!(kind, "Unauthorized", "{message}");
        assert!(message.contains("nobody's absence"), "{message}");
    }
    assert_eq!(snapshots(&world), before);
    let known = world.outcome("resolve-identity", json!({"email": "jdoe@example.com"}));
    let surfaces = known["surfaces"].as_array().expect("surfaces");
    let verdicts = surfaces.iter().map(|surface| &surface["verdict"]);
    let verdicts: Vec<&Value> = verdicts.collect();
    assert_eq!(verdicts, ["found", "failed", "found"]);
    let report = world.outcome("access-report", json!({}));
    assert_eq!(report["complete"], false);
    let why = report["surfaces"].to_string();
    assert!(why.contains("nobody's absence"), "{why}");
}
