//! Lists of people that are run again, and what their records keep.

use std::time::Duration;

use fake_console::{FakeConsole, PlatformUser, State, UserRecord};
use serde_json::{Value, json};
use suites::{World, told, with};

fn email(number: usize) -> String {
    format!("leaver{number:02}@example.com")
}

fn add(state: &mut State, people: usize) {
    for number in 0..people {
        let login = format!("leaver{number:02}");
        let mut user = UserRecord::new(&login, "Passw0rd-leaver", "user");
        user.email = Some(email(number));
        user.sites = [1].into();
        state.add_user(user);
    }
}

/// So many people more on both consoles.
fn world_of(people: usize) -> World {
    let world = World::with_two_consoles();
    add(&mut world.console.state(), people);
    add(&mut second(&world).state(), people);
    world
}

fn second(world: &World) -> &FakeConsole {
    world.second.as_ref().expect("a second console")
}

/// One of them on the platform, too.
fn on_platform(world: &World) {
    let mut platform = world.platform.state();
    let token = platform.product("IVM").product_token.clone();
    let mut user = PlatformUser::new(&email(0), "Leaver", "0");
    user.products.insert(token);
    platform.users.push(user);
}

fn list(people: usize) -> Value {
    let people = (0..people).map(|number| json!({"email": email(number)}));
    json!({"people": people.collect::<Vec<_>>()})
}

fn lines(report: &Value) -> String {
    let rows = report["rows"].as_array().expect("rows").iter();
    rows.map(Value::to_string).collect::<Vec<_>>().join("\n")
}

/// What was not asked for then is not done, whatever the earlier rows say.
#[test]
fn an_earlier_run_that_was_asked_for_less_makes_nobody_complete() {
    for more in [
        json!({"clear_sites": true}),
        json!({"platform": "delete"}),
        json!({"replace_password": true}),
    ] {
        let world = world_of(1);
        on_platform(&world);
        let rows = lines(&world.outcome("offboard-users", list(1)));
        let event = with(list(1), json!({"resume_from": rows}));
        let function = world.function_with("offboard-users", &[("RAPID7_ALLOW_DELETION", "true")]);
        let again = function.invoke(&event).result.expect("again");
        assert_eq!(again["rows"][0]["result"], "skipped", "{again:#}");
        let again = function.invoke(&with(event, more.clone())).result;
        let again = again.expect("again");
        assert_ne!(again["rows"][0]["result"], "skipped", "{more}");
        let gone = world.platform.state().user_by_email(&email(0)).is_none();
        assert_eq!(gone, more["platform"] == "delete", "{more}");
        let sites = world.console.state().user_mut("leaver00").sites.len();
        assert_eq!(sites == 0, more["clear_sites"] == true, "{more}");
    }
}

#[test]
fn rows_of_a_dry_run_make_nobody_complete() {
    let world = world_of(1);
    let _ = world.outcome("offboard-users", list(1));
    let dry = world.outcome("offboard-users", with(list(1), json!({"dry_run": true})));
    let event = with(list(1), json!({"resume_from": lines(&dry)}));
    let again = world.outcome("offboard-users", event);
    assert_eq!(again["rows"][0]["result"], "already");
}

/// The platform's list does not show it.
#[test]
fn who_was_given_a_product_again_is_not_skipped() {
    let world = world_of(1);
    on_platform(&world);
    let rows = lines(&world.outcome("offboard-users", list(1)));
    {
        let mut platform = world.platform.state();
        let token = platform.product("IVM").product_token.clone();
        platform.user_mut(&email(0)).products.insert(token);
    }
    let event = with(list(1), json!({"resume_from": rows}));
    let again = world.outcome("offboard-users", event);
    assert_eq!(again["rows"][0]["result"], "done");
    assert!(
        world
            .platform
            .state()
            .user_mut(&email(0))
            .products
            .is_empty()
    );
}

/// However long the list is: those who can still log in come first, and whoever is done by then costs no
/// time that they need.
#[test]
fn whoever_is_still_enabled_comes_first() {
    let people = 40;
    let world = world_of(people);
    for console in [&world.console, second(&world)] {
        let mut state = console.state();
        for number in 0..people - 2 {
            state.user_mut(&format!("leaver{number:02}")).enabled = false;
        }
        state.latency = Duration::from_millis(200);
    }
    let function = world.function("offboard-users");
    let limit = Duration::from_millis(8_500);
    // However it ends for the others.
    let _ = function.invoke_with_deadline(&list(people), limit).result;
    for number in people - 2..people {
        let enabled = world
            .console
            .state()
            .user_mut(&format!("leaver{number:02}"))
            .enabled;
        assert!(!enabled, "{number}");
    }
}

/// One entry of a log has its limits.
#[test]
fn the_runs_own_record_is_short_and_everybody_has_one() {
    let world = world_of(2);
    let mut people: Vec<Value> = (0..80)
        .map(|n| json!({"email": format!("nobody{n}@example.com")}))
        .collect();
    people.push(json!({"email": email(0)}));
    let function = world.function("offboard-users");
    let error = function.invoke(&json!({"people": people})).result;
    let message = error.expect_err("absent").error_message;
    assert!(
        message.contains("everybody has a record in the audit log"),
        "{message}"
    );
    let logs = function.logs();
    let records = logs
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let records: Vec<Value> = records
        .filter(|record: &Value| record["audit"] == "after")
        .collect();
    let rows = records
        .iter()
        .filter(|record| record["record"].get("row").is_some());
    let mut places: Vec<u64> = rows
        .filter_map(|r| r["record"]["person"].as_u64())
        .collect();
    places.sort_unstable();
    assert_eq!(places, (1..=81).collect::<Vec<u64>>());
    let own = &records.last().expect("a record")["record"]["error"]["details"];
    assert_eq!(own["rows"].as_array().expect("rows").len(), 50);
    assert_eq!(own["rows_left_out"], 30);
    assert_eq!(own["summary"]["done"], 1);
    assert!(own.to_string().len() < 100_000);
}

/// The second row has an account to ask about that the first one does not know of.
#[test]
fn a_row_that_has_more_to_ask_about_is_not_done_by_an_earlier_one() {
    let world = world_of(1);
    {
        let mut state = second(&world).state();
        state.user_mut("leaver00").email = Some("else@example.com".into());
        let mut other = UserRecord::new("other", "Passw0rd-leaver", "user");
        other.email = Some(email(0));
        state.add_user(other);
    }
    let emea = json!([{"surface": "emea", "user_id": world.id("leaver00")}]);
    let event = json!({"platform": "keep", "people": [
        {"email": email(0)}, {"login": "leaver00", "accounts": emea},
    ]});
    let (kind, message) = world.failure("offboard-users", event);
    assert!(
        ["Refused", "Ambiguous"].contains(&kind.as_str()),
        "{message}"
    );
    assert!(
        message.contains("leaver00: some of these accounts are also those of person 1"),
        "{message}"
    );
}

#[test]
fn a_platform_that_is_not_configured_is_told() {
    let world = world_of(1);
    let home = tempfile::tempdir().expect("a directory");
    let run = |more: &[&str]| {
        let arguments = [
            "offboard-user",
            "--email",
            "leaver00@example.com",
            "--yes",
            "--json",
        ];
        let mut command = world.r7user(&[&arguments[..], more].concat());
        for name in ["RAPID7_PLATFORM_URL", "RAPID7_PLATFORM_API_KEY"] {
            command.env_remove(name);
        }
        command.env("HOME", home.path());
        told(&command.output().expect("ran"))
    };
    let (code, _, err) = run(&["--platform", "delete"]);
    assert_ne!(code, 0);
    assert!(err.contains("the platform is not configured"), "{err}");
    assert!(world.console.state().user_mut("leaver00").enabled);
    let (code, out, err) = run(&[]);
    assert_eq!(code, 0, "{err}");
    assert!(
        out.contains("the platform is not configured, and was not looked at"),
        "{out} {err}"
    );
}
