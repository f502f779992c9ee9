//! A list of people off two consoles and the platform.

use std::thread;
use std::time::Duration;

use fake_console::{
    FakeConsole, FakePlatform, Fault, FaultKind, LoggedRequest, PlatformState, PlatformUser, State,
    UserRecord,
};
use serde_json::{Value, json};
use suites::{World, api_key, for_each, with};

fn second(world: &World) -> &FakeConsole {
    world.second.as_ref().expect("a second console")
}

fn login(number: usize) -> String {
    format!("leaver{number:02}")
}

fn email(number: usize) -> String {
    format!("{}@example.com", login(number))
}

/// Two consoles and the platform with so many people more, each with a site and a product.
fn world_of(people: usize) -> World {
    let mut world = World::with_two_consoles();
    for console in [&world.console, second(&world)] {
        add(&mut console.state(), people);
    }
    let mut platform = PlatformState::realistic();
    // Fifty a minute, as in the field, would take these tests minutes.
    platform.rate_limit.limit = 10_000;
    let token = platform.product("IVM").product_token.clone();
    for number in 0..people {
        let mut user = PlatformUser::new(&email(number), "Leaver", &number.to_string());
        user.products.insert(token.clone());
        platform.users.push(user);
    }
    world.platform = FakePlatform::start_http(platform);
    let key = api_key(world.platform.url(), fake_console::ORGANIZATION_KEY);
    world.secrets.put(suites::PLATFORM_SECRET, key);
    world
}

fn add(state: &mut State, people: usize) {
    for number in 0..people {
        let mut user = UserRecord::new(&login(number), "Passw0rd-leaver", "user");
        user.email = Some(email(number));
        user.sites = [1].into();
        state.add_user(user);
    }
}

fn list(people: usize) -> Value {
    let people = (0..people).map(|number| json!({"email": email(number)}));
    json!({"people": people.collect::<Vec<_>>()})
}

/// The people who can still use an account, on any surface.
fn left(world: &World, people: usize) -> Vec<usize> {
    let on = |console: &FakeConsole, number| console.state().user_mut(&login(number)).enabled;
    let on_platform = |number| {
        !world
            .platform
            .state()
            .user_mut(&email(number))
            .products
            .is_empty()
    };
    (0..people)
        .filter(|n| on(&world.console, *n) || on(second(world), *n) || on_platform(*n))
        .collect()
}

fn lists(requests: &[LoggedRequest]) -> usize {
    let lists = requests
        .iter()
        .filter(|r| r.authorized_as.is_some() && r.method == "GET" && r.path.ends_with("/users"));
    lists.count()
}

fn rows(report: &Value) -> Vec<(&str, &str)> {
    let rows = report["rows"].as_array().expect("rows").iter();
    rows.map(|row| {
        let person = &row["person"];
        let name = person["email"].as_str().or(person["login"].as_str());
        (
            name.expect("a name"),
            row["result"].as_str().expect("a result"),
        )
    })
    .collect()
}

fn records(logs: &str) -> Vec<Value> {
    let records = logs
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    let records = records.filter(|record: &Value| record["audit"] == "after");
    records.collect()
}

/// The last run's own audit record, with every person's: all that a run that failed leaves behind.
fn recorded(logs: &str) -> Value {
    let records = records(logs);
    let last = records.last().expect("a record");
    let record = &last["record"];
    let mut report = match record.get("error") {
        None => record.clone(),
        Some(error) => error["details"].clone(),
    };
    let mut rows: Vec<&Value> = records
        .iter()
        .filter(|record| record["request_id"] == last["request_id"])
        .map(|record| &record["record"])
        .filter(|record| record.get("row").is_some())
        .collect();
    rows.sort_by_key(|record| record["person"].as_u64());
    report["rows"] = rows.iter().map(|record| record["row"].clone()).collect();
    report
}

#[test]
fn fifty_people_take_one_list_of_each_surface_and_nobody_is_left() {
    let world = world_of(50);
    let function = world.function("offboard-users");
    let event = list(50);
    let before = world.console.state().snapshot();
    let done = function.invoke_with_deadline(&event, Duration::from_secs(100));
    let done = done.result.expect("done");
    assert_eq!(done["result"], "done");
    assert_eq!(done["summary"]["people"], 50);
    assert_eq!(done["summary"]["done"], 50);
    assert_eq!(rows(&done)[7], (email(7).as_str(), "done"));
    assert_eq!(left(&world, 50), Vec::<usize>::new());
    for requests in [
        world.console.requests(),
        second(&world).requests(),
        world.platform.requests(),
    ] {
        assert_eq!(lists(&requests), 1);
    }
    // The account is read once before it is replaced: with the list, that is enough.
    let first = world.id(&login(0));
    let path = format!("/api/3/users/{first}");
    let requests = world.console.requests();
    let before_put = requests
        .iter()
        .take_while(|r| !(r.method == "PUT" && r.path == path));
    assert_eq!(before_put.filter(|r| r.path == path).count(), 1);
    let after = world.console.state().snapshot();
    for (id, user) in before.as_object().expect("users") {
        if !user["login"]
            .as_str()
            .expect("a login")
            .starts_with("leaver")
        {
            assert_eq!(after[id], *user);
        } else {
            assert_eq!(after[id]["sites"], user["sites"]);
        }
    }

    let writes = world.writes().len();
    let again = function.invoke_with_deadline(&event, Duration::from_secs(100));
    let again = again.result.expect("again");
    assert_eq!(
        (&again["result"], &again["changed"]),
        (&json!("already"), &json!(false))
    );
    assert_eq!(again["summary"]["already"], 50);
    assert_eq!(world.writes().len(), writes);
}

#[test]
fn people_come_as_text_too() {
    for text in [
        "login,email,ticket\nleaver00,,OFF-0\n,leaver01@example.com,\n".to_owned(),
        format!(
            "{}\n{}\n",
            json!({"login": "leaver00", "ticket": "OFF-0"}),
            json!({"email": email(1)})
        ),
    ] {
        let world = world_of(2);
        let function = world.function("offboard-users");
        let event = json!({"people_text": text, "ticket": "OFF-all"});
        let done = function.invoke(&event).result.expect("done");
        assert_eq!(rows(&done), [("leaver00", "done"), (&email(1), "done")]);
        assert_eq!(left(&world, 2), Vec::<usize>::new());
        // Each in the name of its own ticket.
        let logs = function.logs();
        let records = logs
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        for record in records.filter(|record: &Value| record["audit"] == "before") {
            let login = record["record"]["subject"]["login"]
                .as_str()
                .expect("a login");
            let expected = if login.starts_with("leaver00") {
                "OFF-0"
            } else {
                "OFF-all"
            };
            assert_eq!(record["ticket"], expected, "{login}");
        }
    }
}

/// Whatever is wrong with some, the others are done, and the run says who is not.
#[test]
fn who_can_not_be_done_does_not_stop_the_others() {
    let world = world_of(2);
    let event = json!({"people": [
        {"email": email(0)},
        {"email": "a.smith@example.com"},
        {"email": "typo@example.com"},
        {"login": "svc-soar"},
        {"email": "LEAVER00@example.com"},
        {"login": "leaver00"},
        {"login": "leaver01", "accounts": [{"surface": "emea", "user_id": 4}]},
        {"login": "leaver01"},
    ]});
    let function = world.function("offboard-users");
    let error = function.invoke(&event).result.expect_err("not all");
    assert_eq!(error.error_type, "Refused");
    let message = error.error_message;
    for told in [
        "4 of 8 people are not done",
        "a.smith@example.com: emea: refused (Ambiguous)",
        "typo@example.com: no account on any surface",
        "svc-soar: emea: refused (Refused)",
        "leaver01: `accounts[0].user_id`",
        "Already changed: leaver00@example.com on emea, apac, platform; ",
    ] {
        assert!(message.contains(told), "{told}: {message}");
    }
    let report = recorded(&function.logs());
    assert_eq!(
        rows(&report)
            .iter()
            .map(|(_, result)| *result)
            .collect::<Vec<_>>(),
        [
            "done", "refused", "absent", "refused", "skipped", "skipped", "failed", "done"
        ]
    );
    assert_eq!(report["summary"]["skipped"], 2);
    assert_eq!(report["rows"][5]["reason"], "listed before, as person 1");
    assert_eq!(left(&world, 2), Vec::<usize>::new());
    assert!(world.console.state().user_mut("asmith").enabled);
}

#[test]
fn more_changes_than_are_allowed_are_refused_before_anything_is_written() {
    let world = world_of(3);
    let written = || {
        let requests = [
            world.console.requests(),
            second(&world).requests(),
            world.platform.requests(),
        ];
        requests.iter().flatten().filter(|r| r.is_write()).count()
    };
    // Three people with three accounts each.
    let event = with(list(3), json!({"max_changes": 8}));
    let (kind, message) = world.failure("offboard-users", event);
    assert_eq!(kind, "Refused");
    assert!(message.contains("would change 9 accounts"), "{message}");
    assert!(message.contains("Nothing was changed"), "{message}");
    let function = world.function_with("offboard-users", &[("RAPID7_MAX_CHANGES", "8")]);
    let error = function.invoke(&list(3)).result.expect_err("too many");
    assert_eq!(error.error_type, "Refused");
    assert!(
        error.error_message.contains("max-changes"),
        "{}",
        error.error_message
    );
    assert_eq!(written(), 0);
    let done = world.outcome("offboard-users", with(list(3), json!({"max_changes": 9})));
    assert_eq!(done["result"], "done");
    // Nothing is left to change.
    let done = world.outcome("offboard-users", with(list(3), json!({"max_changes": 1})));
    assert_eq!(done["result"], "already");
}

#[test]
fn a_dry_run_plans_for_everybody_and_writes_nothing() {
    let world = world_of(3);
    let dry = world.outcome("offboard-users", with(list(3), json!({"dry_run": true})));
    assert_eq!(
        (&dry["result"], &dry["changed"]),
        (&json!("dry_run"), &json!(false))
    );
    assert_eq!(dry["summary"]["planned"], 3);
    let plan = dry["plan"].to_string();
    assert!(
        plan.contains("leaver02@example.com: apac: replace user"),
        "{plan}"
    );
    assert_eq!(left(&world, 3), [0, 1, 2]);
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// Two who could vouch for each other.
#[test]
fn the_last_administrators_of_a_console_may_not_leave_together() {
    let world = world_of(1);
    {
        let mut state = world.console.state();
        let other = state.user_mut(&login(0));
        other.role = "global-admin".into();
        other.superuser = true;
    }
    let event = json!({
        "people": [{"email": "nxadmin@example.com"}, {"email": email(0)}], "platform": "keep",
    });
    let (kind, message) = world.failure("offboard-users", event);
    assert_eq!(kind, "Refused", "{message}");
    assert!(message.contains("last-administrator"), "{message}");
    let enabled = |login: &str| world.console.state().user_mut(login).enabled;
    assert!(enabled("nxadmin") && enabled(&login(0)), "{message}");
    // The platform has two as well.
    let world = world_of(0);
    let event = json!({
        "people": [{"email": "nxadmin@example.com"}, {"email": "mkowalska@example.com"}],
    });
    let (_, message) = world.failure("offboard-users", event);
    assert!(
        message.contains("last active administrator of the platform"),
        "{message}"
    );
    let products = |email: &str| world.platform.state().user_mut(email).products.len();
    assert!(products("nxadmin@example.com") > 0 && products("mkowalska@example.com") > 0);
}

#[test]
fn one_surface_down_leaves_the_others_done_and_another_run_does_the_rest() {
    let world = world_of(5);
    let down = Fault::new(FaultKind::Html { status: 503 }).times(500);
    second(&world).push_fault(down);
    let function = world.function("offboard-users");
    let error = function.invoke(&list(5)).result.expect_err("down");
    assert_eq!(error.error_type, "Unavailable", "{}", error.error_message);
    assert!(error.error_message.contains("5 of 5 people are not done"));
    second(&world).clear_faults();
    assert_eq!(left(&world, 5), [0, 1, 2, 3, 4]);
    assert!((0..5).all(|n| !world.console.state().user_mut(&login(n)).enabled));
    let writes = world.writes().len();
    let done = function.invoke(&list(5)).result.expect("done");
    assert_eq!(done["summary"]["done"], 5);
    assert_eq!(left(&world, 5), Vec::<usize>::new());
    assert_eq!(world.writes().len(), writes);
}

/// There is only so much time: who can't be begun is told, and another run goes on.
#[test]
fn who_can_not_be_begun_in_time_is_told_and_done_by_another_run() {
    let world = world_of(20);
    world.console.state().latency = Duration::from_millis(80);
    let function = world.function("offboard-users");
    let limit = Duration::from_secs(6);
    let event = list(20);
    let mut runs = 0;
    loop {
        runs += 1;
        assert!(runs < 12, "{:?}", left(&world, 20));
        let answer = function.invoke_with_deadline(&event, limit);
        assert!(answer.duration < limit, "{:?}", answer.duration);
        match answer.result {
            Ok(done) => {
                assert!(runs > 1, "{done:#}");
                break;
            }
            Err(error) => {
                assert_eq!(error.error_type, "Unavailable", "{}", error.error_message);
                let report = recorded(&answer.logs);
                let begun = rows(&report)
                    .iter()
                    .all(|(_, result)| ["done", "already", "not_begun"].contains(result));
                assert!(begun, "{report:#}");
                assert!(report["summary"]["not_begun"].as_u64() > Some(0));
            }
        }
    }
    assert_eq!(left(&world, 20), Vec::<usize>::new());
}

/// A report that was written until the process ended, at whatever point.
#[test]
fn a_run_goes_on_from_the_report_of_an_earlier_one() {
    let people = 6;
    let world = world_of(people);
    let done = world.outcome("offboard-users", list(people));
    let lines: Vec<String> = done["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .map(Value::to_string)
        .collect();
    let cases: Vec<usize> = (0..=people).collect();
    for_each(&cases, |kept| {
        let world = world_of(people);
        // As far as the earlier run came, one of whom was enabled again since.
        let first = json!({"people": list(people)["people"].as_array().expect("people")[..*kept]});
        if *kept > 0 {
            let _ = world.outcome("offboard-users", first);
        }
        if *kept > 1 {
            world.console.state().user_mut(&login(1)).enabled = true;
        }
        world.console.clear_requests();
        let mut report = lines[..*kept].join("\n");
        if *kept < people {
            // Cut while it was written.
            report.push('\n');
            report.push_str(&lines[*kept][..40]);
        }
        let event = with(list(people), json!({"resume_from": report}));
        let resumed = world.outcome("offboard-users", event);
        let results: Vec<&str> = rows(&resumed).iter().map(|(_, result)| *result).collect();
        for (number, result) in results.iter().enumerate() {
            let expected = match number < *kept && number != 1 {
                true => "skipped",
                false => "done",
            };
            assert_eq!(*result, expected, "{kept}: {results:?}");
        }
        assert_eq!(left(&world, people), Vec::<usize>::new());
        let cut = resumed["warnings"]
            .to_string()
            .contains("could not be read");
        assert_eq!(cut, *kept < people);
    });
}

/// Killed anywhere, a list is finished by running it again.
#[test]
fn a_run_killed_at_any_request_is_finished_by_another() {
    let people = 3;
    let event = with(list(people), json!({"clear_sites": true}));
    let undisturbed = world_of(people);
    let _ = undisturbed.outcome("offboard-users", event.clone());
    let expected = [
        undisturbed.console.state().snapshot(),
        second(&undisturbed).state().snapshot(),
        undisturbed.platform.state().snapshot(),
    ];
    let requests = undisturbed.console.requests().len() as u32;
    let cases: Vec<(bool, u32)> = (0..requests)
        .flat_map(|at| [(false, at), (true, at)])
        .collect();
    for_each(&cases, |(after, at)| {
        let world = world_of(people);
        let kind = if *after {
            FaultKind::HangAfter
        } else {
            FaultKind::Hang
        };
        world.console.push_fault(Fault::new(kind).skip(*at));
        let function = world.function("offboard-users");
        thread::scope(|scope| {
            let run = scope.spawn(|| function.invoke(&event));
            while !world.console.pending_faults().is_empty() && !run.is_finished() {
                thread::sleep(Duration::from_millis(5));
            }
            function.kill();
            let _ = run.join().expect("ended");
        });
        world.console.clear_faults();
        let again = world.function("offboard-users").invoke(&event).result;
        again.unwrap_or_else(|error| panic!("{after} {at}: {error:?}"));
        let now = [
            world.console.state().snapshot(),
            second(&world).state().snapshot(),
            world.platform.state().snapshot(),
        ];
        assert_eq!(now, expected, "{after} {at}");
    });
}

#[test]
fn a_list_that_can_not_be_read_is_told_before_anything_is_asked() {
    let world = world_of(1);
    let function = world.function("offboard-users");
    for (event, told) in [
        (
            json!({}),
            "`people, people_text`: expected exactly one, got none",
        ),
        (
            json!({"people": [], "platform": "keep"}),
            "expected at least one person",
        ),
        (
            json!({"people": [{"emial": "canary"}]}),
            "`people[0].emial`: no such field here",
        ),
        (
            json!({"people": [{"email": "a", "login": "canary"}]}),
            "people[0]: `email`: expected one email address",
        ),
        (
            json!({"people_text": "canary\n"}),
            "`people_text`: expected CSV",
        ),
        (
            json!({"people": [{"login": "a"}], "platform": "canary"}),
            "suspend, delete",
        ),
        (
            json!({"people": [{"login": "a", "accounts": [{"surface": "emea", "user_id": true}]}]}),
            "`people[0].accounts[0].user_id`: expected an account's number or UUID",
        ),
    ] {
        let error = function.invoke(&event).result.expect_err("refused");
        assert_eq!(error.error_type, "InvalidInput");
        assert!(
            error.error_message.contains(told),
            "{event}: {}",
            error.error_message
        );
        assert!(
            !error.error_message.contains("canary"),
            "{}",
            error.error_message
        );
    }
    assert_eq!(world.requests(), Vec::<String>::new());
}
