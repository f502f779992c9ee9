//! Who has which access, on every surface.

use fake_console::{Fault, FaultKind, Maintenance, PlatformState};
use serde_json::{Value, json};
use suites::{World, told};

fn accounts<'a>(report: &'a Value, name: &str) -> Vec<&'a Value> {
    let all = report["accounts"].as_array().expect("accounts");
    all.iter()
        .filter(|account| account["name"] == name)
        .collect()
}

fn finding<'a>(report: &'a Value, kind: &str) -> Option<&'a Value> {
    let findings = report["findings"].as_array().expect("findings");
    findings.iter().find(|finding| finding["kind"] == kind)
}

/// The logins in a finding, with the surface that each is on.
fn who(finding: &Value) -> Vec<String> {
    let accounts = finding["accounts"].as_array().expect("accounts");
    let line = |account: &Value| {
        let text = |member: &str| account[member].as_str().expect(member).to_owned();
        format!("{} {}", text("name"), text("login"))
    };
    accounts.iter().map(line).collect()
}

#[test]
fn every_account_of_every_surface_is_in_it_with_what_it_may_see() {
    let world = World::with_two_consoles();
    let report = world.outcome("access-report", json!({}));
    assert_eq!(report["complete"], true);
    let on_console = world.console.state().users.len();
    assert_eq!(accounts(&report, "emea").len(), on_console);
    assert_eq!(accounts(&report, "apac").len(), on_console);
    let on_platform = world.platform.state().users.len();
    assert_eq!(accounts(&report, "platform").len(), on_platform);
    let of = |name: &str, login: &str| -> Value {
        let accounts = accounts(&report, name);
        let account = accounts.iter().find(|account| account["login"] == login);
        (*account.unwrap_or_else(|| panic!("{login} of {name}"))).clone()
    };
    let jdoe = of("emea", "jdoe");
    assert_eq!(
        jdoe["sites"],
        json!(["Corp Network", "Data Centre East", "DMZ"])
    );
    assert_eq!(jdoe["role"], "User");
    assert_eq!(
        (&jdoe["enabled"], &jdoe["admin"]),
        (&json!(true), &json!(false))
    );
    let same = of("platform", "jdoe@example.com");
    assert_eq!(same["products"], json!(["IVM", "IDR"]));
    assert_eq!(same["api_keys"], 1);
    assert_eq!(same["person"], jdoe["person"]);
    assert_eq!(of("emea", "nxadmin")["admin"], true);
    assert_eq!(of("emea", "nxadmin")["sites"], Value::Null, "all of them");
    assert_eq!(of("platform", "contractor@example.com")["never_used"], true);
}

#[test]
fn what_a_reviewer_should_look_at_is_found() {
    let world = World::new();
    let report = world.outcome("access-report", json!({}));
    let found = |kind: &str| who(finding(&report, kind).expect(kind));
    assert_eq!(found("locked"), ["console rmartinez"]);
    assert!(found("admin").contains(&"console nxadmin".to_owned()));
    assert!(found("admin").contains(&"platform mkowalska@example.com".to_owned()));
    assert!(found("never_used").contains(&"platform contractor@example.com".to_owned()));
    assert!(found("no_match").contains(&"platform contractor@example.com".to_owned()));
    assert!(found("no_match").contains(&"console audit1".to_owned()));
    // Enabled on the console, disabled on the platform.
    assert!(found("disabled_elsewhere").contains(&"console knguyen".to_owned()));
    assert_eq!(found("shared_email"), ["console asmith", "console asmith2"]);
    assert_eq!(found("no_email"), ["console soneill"]);
    assert!(finding(&report, "surface_not_read").is_none());
}

#[test]
fn each_surface_is_listed_once() {
    let world = World::new();
    let _ = world.outcome("access-report", json!({"accounts_only": true}));
    let requests = world.console.requests();
    let lists = requests
        .iter()
        .filter(|request| request.path == "/api/3/users");
    assert_eq!(lists.count(), 1);
    let requests = world.platform.requests();
    let paths: Vec<&str> = requests
        .iter()
        .filter(|r| r.method == "GET")
        .map(|r| r.path.as_str())
        .collect();
    assert_eq!(paths, ["/account/api/1/users"]);
}

#[test]
fn a_surface_that_is_down_is_told_and_does_not_stop_the_others() {
    let world = World::with_two_consoles();
    let function = world.function("access-report");
    let second = world.second.as_ref().expect("apac");
    second.state().maintenance = Some(Maintenance::Status401);
    let report = function.invoke(&json!({})).result.expect("a report");
    assert_eq!(report["complete"], false);
    assert!(accounts(&report, "apac").is_empty());
    assert!(!accounts(&report, "emea").is_empty());
    assert!(!accounts(&report, "platform").is_empty());
    let not_read = finding(&report, "surface_not_read").expect("a finding");
    assert_eq!(not_read["severity"], "high");
    let surfaces = report["surfaces"].as_array().expect("surfaces");
    let apac = surfaces
        .iter()
        .find(|surface| surface["name"] == "apac")
        .expect("apac");
    assert!(
        apac["why_not"]
            .as_str()
            .is_some_and(|why| why.contains("401")),
        "{apac}"
    );
    // Whether somebody has no account there can't be told now.
    assert!(
        finding(&report, "no_match")
            .is_none_or(|found| { who(found).iter().all(|line| !line.starts_with("platform")) })
    );
}

#[test]
fn no_surface_at_all_is_an_error() {
    let world = World::new();
    let function = world.function("access-report");
    world.console.state().maintenance = Some(Maintenance::Status401);
    world.platform.state().api_keys.clear();
    let error = function
        .invoke(&json!({}))
        .result
        .expect_err("nothing was read");
    assert_eq!(error.error_type, "Unauthorized");
}

/// 404 alone is no proof: it may mean "not allowed".
#[test]
fn an_account_whose_access_is_not_told_stays_in_it() {
    let world = World::new();
    let hidden = Fault::new(FaultKind::status(404)).on("GET", "/users/4/sites");
    world.console.push_fault(hidden);
    let hidden = Fault::new(FaultKind::<PlatformState>::status(404)).on("GET", "/products");
    world.platform.push_fault(hidden.times(100));
    let report = world.outcome("access-report", json!({}));
    world.platform.clear_faults();
    let on_platform = world.platform.state().users.len();
    assert_eq!(accounts(&report, "platform").len(), on_platform);
    let console = accounts(&report, "console");
    let jdoe = console
        .iter()
        .find(|account| account["login"] == "jdoe")
        .expect("jdoe");
    assert_eq!(jdoe["sites"], Value::Null);
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("sites and asset groups could not be read of console jdoe"));
    assert!(
        warnings.contains("the products could not be read of platform"),
        "{warnings}"
    );
}

#[test]
fn an_account_that_vanishes_meanwhile_is_left_out() {
    let world = World::new();
    let gone = FaultKind::change_before(|state| drop(state.users.remove(&4)));
    world
        .console
        .push_fault(Fault::new(gone).on("GET", "/users/4/sites"));
    let report = world.outcome("access-report", json!({}));
    assert_eq!(report["complete"], true);
    let logins: Vec<&Value> = accounts(&report, "console")
        .iter()
        .map(|a| &a["login"])
        .collect();
    assert!(!logins.contains(&&json!("jdoe")));
}

#[test]
fn documents_come_out_of_the_command_line_as_they_are() {
    let world = World::new();
    let run = |format: &str| {
        let mut command = world.r7user(&["access-report", "--format", format]);
        let (code, out, err) = told(&command.output().expect("r7user starts"));
        assert_eq!(code, 0, "{err}");
        out
    };
    let csv = run("csv");
    assert!(csv.starts_with("person,full_name,"), "{csv}");
    let people = world.console.state().users.len() + world.platform.state().users.len();
    assert_eq!(csv.lines().count(), 1 + people);
    let html = run("html");
    assert!(html.to_lowercase().starts_with("<!doctype html>"), "{html}");
    assert!(html.contains("Content-Security-Policy"));
    let json: Value = serde_json::from_str(&run("json")).expect("JSON");
    assert!(json["accounts"].is_array());
}
