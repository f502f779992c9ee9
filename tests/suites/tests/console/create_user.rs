//! A new account: nothing left to the console's defaults, and never created twice.

use fake_console::{Fault, FaultKind, WireForm};
use serde_json::{Value, json};
use suites::{World, jsmith, with, without};

fn posted(world: &World) -> Vec<Value> {
    let requests = world.console.requests();
    let posts = requests
        .iter()
        .filter(|r| r.method == "POST" && r.path == "/api/3/users");
    posts.map(|r| r.body.clone().expect("a body")).collect()
}

#[test]
fn access_flags_are_sent_explicitly_in_both_wire_forms() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        let world = World::speaking(form);
        let outcome = world.outcome("create-user", jsmith());
        assert_eq!(outcome["changed"], true);
        assert_eq!(outcome["state"]["all_sites"], false);
        assert_eq!(outcome["state"]["name"], "John Smith");
        let body = posted(&world).pop().expect("one POST");
        match form {
            WireForm::Vendor => {
                assert_eq!(body["role"]["allSites"], false);
                assert_eq!(body["role"]["allAssetGroups"], false);
                assert_eq!(body["name"], "John Smith");
            }
            WireForm::Guide => {
                assert_eq!(body["accessAllSites"], false);
                assert_eq!(body["accessAllAssetGroups"], false);
                assert_eq!(body["name"], json!({"first": "John", "last": "Smith"}));
            }
        }
        let state = world.console.state();
        let (_, user) = state.user_by_login("jsmith").expect("created");
        assert!(!user.all_sites && !user.all_asset_groups && user.enabled);
        assert_eq!(user.password, "S3cur3!pass");
    }
}

#[test]
fn everything_that_a_new_account_can_be_told_arrives_in_both_wire_forms() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        let world = World::speaking(form);
        let more = json!({
            "password_reset_on_login": true, "enabled": false, "authentication_source_id": 1,
            "locale": "de-DE", "reports_locale": "fr-FR",
        });
        let _ = world.outcome("create-user", with(jsmith(), more));
        let body = posted(&world).pop().expect("one POST");
        assert_eq!(body["authentication"]["id"], 1);
        let mut state = world.console.state();
        let user = state.user_mut("jsmith");
        assert!(user.password_reset_on_login && !user.enabled);
        let locale = user.locale.clone().expect("a locale");
        assert_eq!(locale.default.as_deref(), Some("de-DE"));
        assert_eq!(locale.reports.as_deref(), Some("fr-FR"));
    }
}

#[test]
fn creating_the_same_again_changes_nothing_and_a_different_one_is_an_error() {
    let world = World::new();
    let function = world.function("create-user");
    let first = function.invoke(&jsmith()).result.expect("first");
    assert_eq!(first["changed"], true);
    let after = world.console.state().snapshot();
    let second = function.invoke(&jsmith()).result.expect("second");
    assert_eq!(second["changed"], false);
    let warning = second["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("password can't be read"), "{warning}");
    let other = with(jsmith(), json!({"role_id": "auditor", "enabled": false}));
    let error = function.invoke(&other).result.expect_err("different");
    assert_eq!(error.error_type, "Refused");
    let message = error.error_message;
    assert!(
        message.contains("role_id is \"user\", not \"auditor\""),
        "{message}"
    );
    assert!(message.contains("enabled is true, not false"), "{message}");
    assert_eq!(world.console.state().snapshot(), after);
}

/// Creating after a lost answer looks the login up instead of posting again.
#[test]
fn a_lost_answer_never_leads_to_a_second_post() {
    for kind in [
        FaultKind::ResetAfter,
        FaultKind::StatusAfter { status: 500 },
        FaultKind::StatusAfter { status: 502 },
        FaultKind::StatusAfter { status: 503 },
        FaultKind::StatusAfter { status: 504 },
        FaultKind::HtmlAfter,
        FaultKind::BadJson,
        FaultKind::CutJson,
        FaultKind::CutBody,
    ] {
        let world = World::new();
        let shown = format!("{kind:?}");
        world
            .console
            .push_fault(Fault::new(kind).on("POST", "/users"));
        let outcome = world.outcome("create-user", jsmith());
        assert_eq!(outcome["changed"], true, "{shown}");
        let warning = outcome["warnings"][0].as_str().expect(&shown);
        assert!(warning.contains("was created"), "{shown}: {warning}");
        assert_eq!(posted(&world).len(), 1, "{shown}");
        assert_eq!(outcome["subject"]["user_id"], world.id("jsmith"), "{shown}");
    }
}

/// Any 2xx is success, and this one tells nothing: the login is looked up.
#[test]
fn an_answer_without_the_new_number_is_success_and_the_number_is_looked_up() {
    let world = World::new();
    let silent = FaultKind::StatusAfter { status: 204 };
    world
        .console
        .push_fault(Fault::new(silent).on("POST", "/users"));
    let outcome = world.outcome("create-user", jsmith());
    assert_eq!(outcome["changed"], true);
    assert_eq!(outcome["warnings"], json!([]));
    assert_eq!(outcome["subject"]["user_id"], world.id("jsmith"));
    assert_eq!(posted(&world).len(), 1);
}

#[test]
fn an_answer_lost_before_anything_was_created_is_told_so_and_a_second_run_creates() {
    for (kind, told) in [
        (FaultKind::ResetBefore, "Indeterminate"),
        (FaultKind::status(503), "Unavailable"),
        (FaultKind::Html { status: 503 }, "Unavailable"),
        (FaultKind::Html { status: 200 }, "Indeterminate"),
        (FaultKind::status(504), "Indeterminate"),
    ] {
        let world = World::new();
        let function = world.function("create-user");
        let shown = format!("{kind:?}");
        world
            .console
            .push_fault(Fault::new(kind).on("POST", "/users"));
        let error = function.invoke(&jsmith()).result.expect_err(&shown);
        assert_eq!(error.error_type, told, "{shown}: {}", error.error_message);
        assert_eq!(posted(&world).len(), 1, "{shown}");
        let again = function.invoke(&jsmith()).result.expect(&shown);
        assert_eq!(again["changed"], true, "{shown}");
        assert_eq!(posted(&world).len(), 2, "{shown}");
    }
}

#[test]
fn a_post_is_sent_again_only_after_429() {
    let world = World::new();
    let limited = FaultKind::Status {
        status: 429,
        retry_after: Some("0".into()),
        message: "slow down".into(),
    };
    world
        .console
        .push_fault(Fault::new(limited).on("POST", "/users"));
    let outcome = world.outcome("create-user", jsmith());
    assert_eq!(outcome["changed"], true);
    assert_eq!(posted(&world).len(), 2);
}

#[test]
fn a_password_is_required_for_local_users_and_refused_for_external_ones() {
    let world = World::new();
    let bare = without(jsmith(), "password");
    let both = with(jsmith(), json!({"password_secret": "a"}));
    let ldap = |event| with(event, json!({"authentication_type": "ldap"}));
    for (event, field) in [
        (bare.clone(), "`password_secret`: required with normal"),
        (both, "`password, password_secret`"),
        (ldap(jsmith()), "`password`: not accepted with ldap"),
        (
            with(jsmith(), json!({"password": ""})),
            "`password`: expected",
        ),
    ] {
        let (kind, message) = world.failure("create-user", event);
        assert_eq!(kind, "InvalidInput");
        assert!(message.contains(field), "{message}");
        assert!(!message.contains("S3cur3"), "{message}");
    }
    assert_eq!(world.requests(), Vec::<String>::new());
    let outcome = world.outcome("create-user", ldap(bare));
    assert_eq!(outcome["changed"], true);
    assert_eq!(outcome["state"]["authentication_type"], "ldap");
}

#[test]
fn a_password_comes_out_of_a_secret() {
    let world = World::new();
    world.secrets.put(
        "initial",
        json!({"password": "Fr0m-a-secret", "other": "An0ther-one"}),
    );
    let event = without(jsmith(), "password");
    for (login, reference, password) in [
        ("one", "initial", "Fr0m-a-secret"),
        ("two", "initial#other", "An0ther-one"),
    ] {
        let email = format!("{login}@example.com");
        let more = json!({"login": login, "email": email, "password_secret": reference});
        let outcome = world.outcome("create-user", with(event.clone(), more));
        assert_eq!(outcome["changed"], true);
        assert!(!outcome.to_string().contains(password));
        assert_eq!(world.console.state().user_mut(login).password, password);
    }
    world.console.clear_requests();
    for (reference, told) in [
        ("initial#none", "no text in its member \"none\""),
        ("missing", "has no secret \"missing\""),
        ("rapid7/console", "the pack's own credentials"),
        ("rapid7/console#password", "the pack's own credentials"),
        ("rapid7/console#other", "the pack's own credentials"),
        ("env:AWS_SECRET_ACCESS_KEY", "has no secret \"env:"),
        ("file:/etc/hostname", "has no secret \"file:"),
    ] {
        let event = with(event.clone(), json!({"password_secret": reference}));
        let (kind, message) = world.failure("create-user", event);
        assert_eq!(kind, "Unauthorized", "{message}");
        assert!(message.contains(told), "{reference}: {message}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_role_that_the_console_does_not_have_is_told_with_those_that_it_has() {
    let world = World::new();
    let event = with(jsmith(), json!({"role_id": "asset-ownr"}));
    let (kind, message) = world.failure("create-user", event);
    assert_eq!(kind, "InvalidInput");
    assert!(message.contains("`role_id`"), "{message}");
    assert!(message.contains("asset-owner, auditor"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn a_role_that_forces_all_sites_is_followed_with_a_warning_or_refused() {
    let world = World::new();
    let event = with(jsmith(), json!({"role_id": "site-admin"}));
    let refused = with(event.clone(), json!({"all_sites": false}));
    let (kind, message) = world.failure("create-user", refused);
    assert_eq!(kind, "InvalidInput");
    assert!(message.contains("`all_sites`"), "{message}");
    let outcome = world.outcome("create-user", event);
    assert_eq!(outcome["state"]["all_sites"], true);
    let warning = outcome["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("all_sites is true because"), "{warning}");
    assert_eq!(posted(&world)[0]["role"]["allSites"], true);
}

#[test]
fn somebody_who_may_do_everything_is_refused_unless_the_policy_allows_it() {
    let world = World::new();
    for more in [
        json!({"superuser": true}),
        json!({"role_id": "global-admin"}),
    ] {
        let (kind, message) = world.failure("create-user", with(jsmith(), more));
        assert_eq!(kind, "Refused");
        assert!(message.contains("privileged-accounts"), "{message}");
    }
    let allowed = [("RAPID7_ALLOW_PRIVILEGED_ACCOUNTS", "true")];
    let function = world.function_with("create-user", &allowed);
    let event = with(jsmith(), json!({"superuser": true}));
    let outcome = function.invoke(&event).result.expect("allowed");
    assert_eq!(outcome["state"]["superuser"], true);
}

#[test]
fn a_login_that_differs_in_case_is_refused_and_a_shared_email_is_a_warning() {
    let world = World::new();
    let event = with(jsmith(), json!({"login": "JDoe"}));
    let (kind, message) = world.failure("create-user", event);
    assert_eq!(kind, "Refused");
    assert!(message.contains("jdoe (user 4)"), "{message}");
    let event = with(jsmith(), json!({"email": "A.Smith@example.com"}));
    let outcome = world.outcome("create-user", event);
    let warning = outcome["warnings"][0].as_str().expect("a warning");
    assert!(
        warning.contains("asmith (user 6), asmith2 (user 7)"),
        "{warning}"
    );
}

/// What the console complains of reaches the caller, but never what it was given.
#[test]
fn a_refused_password_is_told_without_the_password() {
    let world = World::new();
    let event = with(jsmith(), json!({"password": "canary"}));
    let (kind, message) = world.failure("create-user", event.clone());
    assert_eq!(kind, "InvalidInput", "{message}");
    assert!(!message.contains("canary"), "{message}");
    world
        .console
        .push_fault(Fault::new(FaultKind::EchoBody).on("POST", "/users"));
    let (_, message) = world.failure("create-user", event);
    assert!(message.contains("[redacted]"), "{message}");
    assert!(!message.contains("canary"), "{message}");
}

#[test]
fn a_dry_run_creates_nobody() {
    let world = World::new();
    let event = with(jsmith(), json!({"dry_run": true}));
    let outcome = world.outcome("create-user", event);
    assert_eq!(world.writes(), Vec::<String>::new());
    assert_eq!(outcome["state"], Value::Null);
    assert_eq!(outcome["changed"], false);
    let changes = outcome["changes"].as_array().expect("changes").len();
    assert_eq!(changes, 9);
}

#[test]
fn an_account_is_not_created_without_time_to_read_it_back() {
    let world = World::new();
    let function = world.function("create-user");
    let limit = std::time::Duration::from_millis(1500);
    let answer = function.invoke_with_deadline(&jsmith(), limit);
    let error = answer.result.expect_err("no time");
    assert_eq!(error.error_type, "Unavailable", "{}", error.error_message);
    assert_eq!(world.writes(), Vec::<String>::new());
    // What is recorded before a write would tell of one.
    let logs = function.logs();
    assert!(!logs.contains(r#""audit":"before""#), "{logs}");
}
