//! What changed among a console's accounts since an earlier run, and what must never be told.

use fake_console::{FakeConsole, Fault, FaultKind, Maintenance, State, UserRecord};
use harness::Function;
use serde_json::{Value, json};
use suites::{CONSOLE_SECRET, OWN_LOGIN, OWN_PASSWORD, World, answer, credentials, serve, told};

const LIST: &str = "GET /api/3/users";

fn run(function: &Function, state: &Value, page_size: usize) -> Value {
    let event = json!({"state": state, "page_size": page_size});
    let answer = function.invoke(&event).result;
    answer.unwrap_or_else(|error| panic!("{error:?}"))
}

fn failure(function: &Function, state: &Value) -> (String, String) {
    match function.invoke(&json!({"state": state})).result {
        Ok(answer) => panic!("succeeded: {answer:#}"),
        Err(error) => (error.error_type, error.error_message),
    }
}

/// The state of a first run.
fn baseline(world: &World, function: &Function) -> Value {
    let answer = run(function, &json!({}), 500);
    world.clear_requests();
    answer["state"].clone()
}

fn lines(answer: &Value) -> Vec<String> {
    let changes = answer["changes"].as_array().expect("changes");
    assert_eq!(answer["count"], changes.len());
    let line = |change: &Value| {
        let text = |member: &str| change[member].as_str().expect("text").to_owned();
        format!("{} {}", text("kind"), text("login"))
    };
    changes.iter().map(line).collect()
}

fn started() -> (World, Function, Value) {
    let world = World::new();
    let function = world.function("list-user-changes");
    let state = baseline(&world, &function);
    (world, function, state)
}

#[test]
fn the_first_run_records_and_the_next_ones_tell() {
    let world = World::new();
    let function = world.function("list-user-changes");
    for event in [json!({}), json!({"state": {}}), json!({"state": null})] {
        let first = function.invoke(&event).result.expect("a first run");
        assert_eq!(lines(&first), Vec::<String>::new());
        assert_eq!(
            (&first["first_run"], &first["users"]),
            (&json!(true), &json!(15))
        );
        assert_eq!(first["has_more_pages"], false);
    }
    let state = baseline(&world, &function);
    let quiet = run(&function, &state, 500);
    assert_eq!((lines(&quiet), &quiet["state"]), (vec![], &state));
    assert_eq!(world.requests(), [LIST]);
    world.clear_requests();
    {
        let mut console = world.console.state();
        console.users.remove(&9);
        console.user_mut("jdoe").enabled = false;
        console.user_mut("jdoe").role = "auditor".into();
        console.user_mut("tokafor").superuser = true;
        console.user_mut("rmartinez").locked = false;
        console.user_mut("ext.pentest").enabled = true;
        console.user_mut("asmith").login = "a.smith".into();
        console.user_mut("asmith2").email = None;
        console.user_mut("soneill").all_sites = true;
        console.user_mut("y.tanaka").locked = true;
        console.user_mut("audit1").sites.insert(7);
        console.add_user(UserRecord::new("newcomer", "Passw0rd-new", "user"));
    }
    let answer = run(&function, &state, 500);
    assert_eq!(
        lines(&answer),
        [
            "deleted ohaddad",
            "disabled jdoe",
            "role_changed jdoe",
            "role_changed tokafor",
            "profile_changed a.smith",
            "profile_changed asmith2",
            "profile_changed soneill",
            "locked y.tanaka",
            "unlocked rmartinez",
            "enabled ext.pentest",
            "created newcomer",
        ]
    );
    assert_eq!(
        (&answer["first_run"], &answer["users"]),
        (&json!(false), &json!(15))
    );
    let changes = &answer["changes"];
    assert_eq!(
        (&changes[0]["user"], &changes[0]["user_id"]),
        (&Value::Null, &json!(9))
    );
    let role = json!([{"field": "role_id", "before": "user", "after": "auditor"}]);
    assert_eq!(changes[2]["fields"], role);
    assert_eq!(changes[2]["user"]["enabled"], false);
    let superuser = json!([{"field": "superuser", "before": false, "after": true}]);
    assert_eq!(changes[3]["fields"], superuser);
    let login = json!([{"field": "login", "before": "asmith", "after": "a.smith"}]);
    assert_eq!(changes[4]["fields"], login);
    assert_eq!(changes[5]["fields"], json!([]));
    let seen_at = changes[0]["seen_at"].as_str().expect("a time");
    assert!(seen_at.ends_with('Z') && seen_at.len() == 20, "{seen_at}");
    // The list, the one that is missing, and the list again as 404 alone proves nothing.
    assert_eq!(world.requests(), [LIST, "GET /api/3/users/9", LIST]);
    let quiet = run(&function, &answer["state"], 500);
    assert_eq!((lines(&quiet), &quiet["state"]), (vec![], &answer["state"]));
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn pages_tell_everything_once() {
    let (world, function, mut state) = started();
    let gone = [5, 7, 9, 11, 13];
    {
        let mut console = world.console.state();
        console.users.retain(|id, _| !gone.contains(id));
        console.user_mut("jdoe").enabled = false;
        console.user_mut("jdoe").locked = true;
        console.user_mut("jdoe").role = "auditor".into();
        console.user_mut("knguyen").enabled = false;
    }
    let mut pages = Vec::new();
    loop {
        world.clear_requests();
        let answer = run(&function, &state, 2);
        let looked_at = world.requests().iter().filter(|line| *line != LIST).count();
        assert!(looked_at <= 2, "{:?}", world.requests());
        pages.push(lines(&answer));
        assert!(pages.len() <= 4, "{pages:?}");
        state = answer["state"].clone();
        if answer["has_more_pages"] == false {
            break;
        }
        // What flips back before it is told is nothing.
        world.console.state().user_mut("knguyen").enabled = true;
    }
    assert_eq!(
        pages,
        [
            vec!["deleted tokafor", "deleted asmith2"],
            vec!["deleted ohaddad", "deleted audit1"],
            vec!["deleted y.tanaka"],
            vec!["disabled jdoe", "locked jdoe", "role_changed jdoe"],
        ]
    );
    assert_eq!(lines(&run(&function, &state, 2)), Vec::<String>::new());
}

/// A console that lists some of its users only, as a whole list, and has an answer of its own for each
/// other path. All of them it listed once.
fn forgetful(
    listed: &'static [i64],
    other: impl Fn(&str) -> Option<(&'static str, Value)> + Send + 'static,
) -> (World, Function, Value) {
    let world = World::new();
    let real = world.console.state();
    let users: Vec<Value> = real
        .users
        .keys()
        .filter_map(|id| real.user_json(*id))
        .collect();
    drop(real);
    let url = serve(move |request| {
        let path = request.split(' ').nth(1).unwrap_or_default();
        if let Some((status, body)) = other(path) {
            return answer(status, &body);
        }
        let id = |user: &Value| user["id"].as_i64().unwrap_or_default();
        let number = path.strip_prefix("/api/3/users/");
        if let Some(number) = number.and_then(|number| number.parse::<i64>().ok()) {
            return match users.iter().find(|user| id(user) == number) {
                Some(user) => answer("200 OK", user),
                None => answer("404 Not Found", &json!({"status": 404, "message": "gone"})),
            };
        }
        let listed: Vec<&Value> = users
            .iter()
            .filter(|user| listed.contains(&id(user)))
            .collect();
        let page = json!({
            "number": 0, "size": 500, "totalPages": 1, "totalResources": listed.len(),
        });
        answer("200 OK", &json!({"resources": listed, "page": page}))
    });
    let function = world.function("list-user-changes");
    let mut state = run(&function, &json!({}), 500)["state"].clone();
    state["target"] = url.clone().into();
    world
        .secrets
        .put(CONSOLE_SECRET, credentials(&url, OWN_PASSWORD));
    let function = world.function("list-user-changes");
    (world, function, state)
}

/// A list that lacks people, though it says that it is whole, deletes nobody who answers by number.
#[test]
fn who_is_there_by_number_is_not_deleted_and_is_compared_all_the_same() {
    let (_world, function, mut state) = forgetful(&[1], |_| None);
    let was_enabled = state["users"]["15"].as_str().expect("a user");
    let was_enabled = was_enabled.replacen('-', "e", 1);
    state["users"]["15"] = was_enabled.into();
    for page_size in [1, 500] {
        let answer = run(&function, &state, page_size);
        assert_eq!(lines(&answer), ["disabled ext.pentest"]);
        assert_eq!(
            (&answer["users"], &answer["has_more_pages"]),
            (&json!(15), &json!(false))
        );
    }
    let error = json!({"status": 500, "message": "no"});
    let broken = move |path: &str| match path {
        "/api/3/users/4" => Some(("500 Internal Server Error", error.clone())),
        _ => None,
    };
    let (_world, function, state) = forgetful(&[1], broken);
    let (kind, message) = failure(&function, &state);
    assert_ne!(kind, "NotFound");
    assert!(message.contains("user 4"), "{message}");
}

#[test]
fn a_list_that_is_empty_or_lacks_our_own_account_deletes_nobody() {
    let missing = |path: &str| match path.starts_with("/api/3/users/") {
        true => Some(("404 Not Found", json!({"status": 404, "message": "gone"}))),
        false => None,
    };
    for listed in [&[][..], &[2, 3, 4]] {
        let (_world, function, state) = forgetful(listed, missing);
        let (kind, message) = failure(&function, &state);
        assert_eq!(kind, "Unauthorized", "{message}");
        assert!(
            message.contains("lacks the account that asked"),
            "{message}"
        );
    }
}

/// A page that is cut: its total says that there is more.
#[test]
fn a_list_that_is_cut_deletes_nobody() {
    let own = json!({"id": 1, "login": OWN_LOGIN});
    let page = json!({"number": 0, "size": 500, "totalPages": 1, "totalResources": 15});
    let body = json!({"resources": [own], "page": page});
    let cut = move |path: &str| match path.starts_with("/api/3/users/") {
        true => Some(("404 Not Found", json!({"status": 404, "message": "gone"}))),
        false => Some(("200 OK", body.clone())),
    };
    let (_world, function, state) = forgetful(&[], cut);
    let (kind, message) = failure(&function, &state);
    assert_eq!(kind, "Unavailable", "{message}");
    assert!(message.contains("not complete"), "{message}");
}

/// The privilege is lost, or the console goes down, between the list and the proof.
#[test]
fn who_can_not_be_proven_gone_is_not_deleted_and_told_later() {
    let demote = |state: &mut State| {
        state.user_mut(OWN_LOGIN).role = "user".into();
        state.user_mut(OWN_LOGIN).superuser = false;
    };
    type Break = Box<dyn Fn(&World)>;
    let before_number = move |world: &World| {
        let fault = FaultKind::change_before(demote);
        world
            .console
            .push_fault(Fault::new(fault).on("GET", "/users/9"));
    };
    let canary = |kind: FaultKind| -> Break {
        Box::new(move |world: &World| {
            let fault = Fault::new(kind.clone()).on("GET", "/users");
            world.console.push_fault(fault.skip(2).times(20));
        })
    };
    let down = |maintenance| {
        canary(FaultKind::change_before(move |state| {
            state.maintenance = Some(maintenance);
        }))
    };
    let cases: Vec<(Break, &str)> = vec![
        (Box::new(before_number), "Unauthorized"),
        (canary(FaultKind::status(404)), "Unauthorized"),
        (canary(FaultKind::status(403)), "Unauthorized"),
        (canary(FaultKind::status(500)), "Unavailable"),
        (canary(FaultKind::Html { status: 200 }), "Unavailable"),
        (down(Maintenance::Status401), "Unauthorized"),
    ];
    for (index, (broken, expected)) in cases.iter().enumerate() {
        let (world, function, state) = started();
        world.console.state().users.remove(&9);
        let own = world
            .console
            .state()
            .user_by_login(OWN_LOGIN)
            .expect("own")
            .1
            .clone();
        broken(&world);
        let limit = std::time::Duration::from_secs(5);
        let answer = function.invoke_with_deadline(&json!({"state": state}), limit);
        let error = answer.result.expect_err("not proven");
        let message = error.error_message;
        assert_eq!(error.error_type, *expected, "{index}: {message}");
        // The state was not touched: the same run tells it once all is well.
        world.clear_faults();
        world.console.state().maintenance = None;
        *world.console.state().user_mut(OWN_LOGIN) = own;
        let function = world.function("list-user-changes");
        assert_eq!(
            lines(&run(&function, &state, 500)),
            ["deleted ohaddad"],
            "{index}"
        );
    }
}

/// 404 of somebody who is there, as whoever lacks the privilege gets it.
#[test]
fn a_404_by_number_after_which_the_list_is_refused_is_no_deletion() {
    let hidden = move |path: &str| {
        let refused = json!({"status": 404, "message": "not for you"});
        if path.starts_with("/api/3/users/") {
            return Some(("404 Not Found", refused));
        }
        let canary = path.contains("size=2");
        canary.then_some(("404 Not Found", refused))
    };
    let (_world, function, state) = forgetful(&[1, 2], hidden);
    let (kind, message) = failure(&function, &state);
    assert_eq!(kind, "Unauthorized", "{message}");
}

#[test]
fn the_state_of_another_console_or_a_damaged_one_is_refused_before_anything_is_asked() {
    let world = World::with_two_consoles();
    let function = world.function("list-user-changes");
    let of = |console: &str, state: &Value| {
        function
            .invoke(&json!({"console": console, "state": state}))
            .result
    };
    let emea = of("emea", &json!({})).expect("a first run")["state"].clone();
    assert!(of("emea", &emea).is_ok());
    world.clear_requests();
    let second = world.second.as_ref().expect("apac");
    second.clear_requests();
    let mut damaged = emea.clone();
    damaged["users"]["4"] = "e 0".into();
    for (console, state, expected) in [
        (
            "apac",
            &emea,
            format!("expected one of this console, {}", second.url()),
        ),
        (
            "emea",
            &damaged,
            "expected what the last run answered with".into(),
        ),
    ] {
        let error = of(console, state).expect_err("another console's");
        assert_eq!(error.error_type, "InvalidInput");
        let message = error.error_message;
        assert!(
            message.contains(&format!("`state`: {expected}")),
            "{message}"
        );
        assert!(message.contains("start anew with {}"), "{message}");
    }
    assert_eq!(world.requests(), Vec::<String>::new());
    assert_eq!(second.requests().len(), 0);
}

/// What a polling caller has to keep, and what a run costs.
#[test]
fn ten_thousand_accounts_fit_into_a_small_state() {
    let world = World::with(FakeConsole::start_http(State::with_users(10_000)));
    let function = world.function("list-user-changes");
    let state = baseline(&world, &function);
    let bytes = state.to_string().len();
    println!("{bytes} bytes, {} an account", bytes as f64 / 10_000.0);
    assert!(bytes < 340_000, "{bytes}");
    let quiet = run(&function, &state, 500);
    assert_eq!(lines(&quiet), Vec::<String>::new());
    assert_eq!(world.requests().len(), 21);
    world.clear_requests();
    {
        let mut console = world.console.state();
        console.users.retain(|id, _| *id <= 9_000);
        for id in 5_000..5_300 {
            let user = console.users.get_mut(&id).expect("a user");
            user.enabled = false;
        }
    }
    let (mut state, mut told, mut sizes) = (state, Vec::new(), Vec::new());
    loop {
        let answer = run(&function, &state, 500);
        told.extend(lines(&answer));
        sizes.push(answer["count"].clone());
        assert!(sizes.len() <= 3, "{sizes:?}");
        state = answer["state"].clone();
        if answer["has_more_pages"] == false {
            break;
        }
    }
    assert_eq!(sizes, [500, 500, 300]);
    told.sort();
    told.dedup();
    assert_eq!(told.len(), 1300);
    // Three lists of nineteen requests; a thousand by number; two proofs.
    assert_eq!(world.requests().len(), 3 * 19 + 1000 + 2);
}

#[test]
fn on_a_laptop_the_state_is_a_file() {
    let world = World::new();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("state.json");
    let path = file.to_str().expect("utf-8").to_owned();
    let r7user = |arguments: &[&str]| {
        let arguments = [&["list-user-changes"], arguments].concat();
        told(&world.r7user(&arguments).output().expect("r7user starts"))
    };
    let (code, out, err) = r7user(&["--json"]);
    assert_eq!(code, 0, "{err}");
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    std::fs::write(&file, answer["state"].to_string()).expect("written");
    world.console.state().user_mut("jdoe").enabled = false;
    let (code, out, err) = r7user(&["--state-file", &path, "--page-size", "10"]);
    assert_eq!(code, 0, "{err}");
    let answer: Value = serde_json::from_str(&out).expect("JSON");
    assert_eq!(lines(&answer), ["disabled jdoe"]);
    std::fs::write(&file, r#"{"users": 4}"#).expect("written");
    let (code, _, err) = r7user(&["--state-file", &path]);
    assert_eq!(code, 64, "{err}");
    assert!(err.contains("`state`"), "{err}");
}
