//! What is left behind, and said, when a run of several steps fails in the middle.

use fake_console::{Fault, FaultKind, WireForm};
use serde_json::{Value, json};
use suites::World;

fn grants(world: &World, login: &str) -> (Value, Value) {
    let state = world.console.state();
    let (_, user) = state.user_by_login(login).expect(login);
    (json!(user.sites), json!(user.asset_groups))
}

fn new_password() -> Value {
    json!({"user_id": 4, "password": "An0ther-Passw0rd"})
}

/// A password never shows: that the account reads as before proves nothing.
#[test]
fn a_password_that_may_be_in_force_is_not_told_as_unchanged_and_costs_no_grants() {
    for fault in [
        FaultKind::StatusAfter { status: 500 },
        FaultKind::HtmlAfter,
        FaultKind::CutJson,
    ] {
        let world = World::new();
        let before = grants(&world, "jdoe");
        let shown = format!("{fault:?}");
        world
            .console
            .push_fault(Fault::new(fault).on("PUT", "/users/4"));
        let (kind, message) = world.failure("set-password", new_password());
        assert_eq!(kind, "Indeterminate", "{shown}: {message}");
        assert!(
            !message.contains("Nothing was changed"),
            "{shown}: {message}"
        );
        assert_eq!(grants(&world, "jdoe"), before, "{shown}");
        world.console.clear_faults();
    }
}

/// The password is set first, and that replaces the account.
#[test]
fn an_unlock_that_fails_after_the_new_password_costs_no_grants() {
    for status in [400, 404, 500, 503] {
        let world = World::new();
        let before = grants(&world, "rmartinez");
        assert_ne!(before, (json!([]), json!([])));
        let away = Fault::new(FaultKind::status(status)).on("DELETE", "/lock");
        world.console.push_fault(away.times(5));
        let event = json!({"login": "rmartinez", "password": "An0ther-Passw0rd"});
        let (kind, message) = world.failure("unlock-user", event);
        assert!(
            message.contains("Already changed: "),
            "{status}: {kind}: {message}"
        );
        assert_eq!(grants(&world, "rmartinez"), before, "{status}: {message}");
        world.console.clear_faults();
    }
}

#[test]
fn grants_that_were_sent_and_could_not_be_read_back_are_told_as_not_known() {
    for (operation, sites) in [
        ("grant-site-access", json!([5])),
        ("set-site-access", json!([])),
    ] {
        let world = World::new();
        // The first reading of the list goes through.
        let away = Fault::new(FaultKind::status(500))
            .on("GET", "/users/4/sites")
            .skip(1)
            .times(4);
        world.console.push_fault(away);
        let event = json!({"user_id": 4, "sites": sites});
        let (kind, message) = world.failure(operation, event.clone());
        assert_eq!(kind, "Indeterminate", "{operation}: {message}");
        assert!(message.contains("is not known"), "{operation}: {message}");
        world.console.clear_faults();
        let again = world.outcome(operation, event);
        assert_eq!(again["changed"], false, "{operation}");
    }
}

#[test]
fn the_source_that_a_console_picks_is_as_intended() {
    for form in [WireForm::Guide, WireForm::Vendor] {
        let world = World::speaking(form);
        let event = json!({"user_id": 4, "authentication_type": "ldap"});
        let outcome = world.outcome("update-user", event.clone());
        assert_eq!(outcome["state"]["authentication_source_id"], 3);
        assert_eq!(world.outcome("update-user", event)["changed"], false);

        let lost = World::speaking(form);
        let reset = Fault::new(FaultKind::ResetAfter).on("PUT", "/users/4");
        lost.console.push_fault(reset);
        let event = json!({"user_id": 4, "authentication_type": "ldap"});
        assert_eq!(lost.outcome("update-user", event)["changed"], true);
    }
}

/// They mean nothing in the new role: nobody must be sent to give them back.
#[test]
fn grants_that_a_role_makes_meaningless_are_not_missed() {
    let world = World::new();
    let away = Fault::new(FaultKind::status(500))
        .on("GET", "/users/4")
        .skip(4)
        .times(6);
    world.console.push_fault(away);
    let may = [("RAPID7_ALLOW_PRIVILEGED_ACCOUNTS", "true")];
    let function = world.function_with("set-role", &may);
    let event = json!({"user_id": 4, "role_id": "global-admin"});
    let result = function.invoke(&event).result;
    let error = result.expect_err("it could not be read back");
    assert_eq!(error.error_type, "Unavailable", "{}", error.error_message);
    assert!(
        !error.error_message.contains("individual grants"),
        "{}",
        error.error_message
    );
    world.console.clear_faults();
    let again = function.invoke(&event).result.expect("done already");
    assert_eq!(again["changed"], false);
}

#[test]
fn going_to_all_sites_says_that_single_ones_are_lost() {
    let world = World::new();
    let event = json!({"user_id": 4, "all_sites": true});
    let outcome = world.outcome("update-user", event);
    let warnings = outcome["warnings"].to_string();
    assert!(warnings.contains("the console drops them"), "{warnings}");
    let changes = outcome["changes"].as_array().expect("changes");
    let lost = changes.iter().find(|change| change["field"] == "sites");
    assert_eq!(lost.expect("the sites")["before"], json!([1, 2, 4]));
}

#[test]
fn a_workflow_that_passes_an_empty_token_is_told_so() {
    let world = World::new();
    world.secrets.create("users/jdoe");
    let event = json!({
        "user_id": 4, "generate_password": true, "deliver_to": "users/jdoe", "request_token": "",
    });
    let (kind, message) = world.failure("set-password", event);
    assert_eq!(kind, "InvalidInput", "{message}");
    assert!(message.contains("`request_token`"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// The pack's own secret is refused before anything is written, in a dry run too.
#[test]
fn a_dry_run_refuses_what_the_run_would_refuse() {
    let world = World::new();
    let event = json!({
        "user_id": 4, "generate_password": true, "deliver_to": suites::CONSOLE_SECRET,
        "dry_run": true,
    });
    let (kind, message) = world.failure("set-password", event);
    assert_eq!(kind, "Unauthorized", "{message}");
}

/// An EventBridge event that is delivered twice has the same id both times.
#[test]
fn an_event_that_is_delivered_twice_sets_one_password() {
    let world = World::new();
    world.secrets.create("users/jdoe");
    let event = json!({
        "version": "0", "id": "event-1", "detail-type": "leaver", "source": "hr",
        "detail": {"user_id": 4, "generate_password": true, "deliver_to": "users/jdoe"},
    });
    assert_eq!(
        world.outcome("set-password", event.clone())["changed"],
        true
    );
    let password = world.console.state().user_mut("jdoe").password.clone();
    assert_eq!(world.outcome("set-password", event)["changed"], false);
    assert_eq!(world.console.state().user_mut("jdoe").password, password);
    assert_eq!(world.times_written("PUT /api/3/users/4"), 1);
}

/// A version that the console refused must not use up the secret's labels, nor count as delivered.
#[test]
fn a_password_that_the_console_refused_is_not_told_as_delivered() {
    let world = World::new();
    world.secrets.create("users/jdoe");
    let refused = Fault::new(FaultKind::status(400)).on("PUT", "/users/4");
    world.console.push_fault(refused);
    let password = json!({
        "user_id": 4, "generate_password": true, "deliver_to": "users/jdoe",
        "request_token": "INC-3",
    });
    let (kind, message) = world.failure("set-password", password.clone());
    assert_eq!(kind, "InvalidInput", "{message}");
    let versions = world.secrets.versions("users/jdoe");
    let mut labels = versions.iter().flat_map(|version| &version.stages);
    assert!(labels.all(|label| label.starts_with("AWS")));
    assert_eq!(world.outcome("set-password", password)["changed"], true);
}

/// The account is readable, so what somebody else gave meanwhile is seen, and stays.
#[test]
fn giving_grants_back_leaves_alone_what_somebody_else_gave_meanwhile() {
    for form in [WireForm::Guide, WireForm::Vendor] {
        let world = World::speaking(form);
        let id = world.id("rmartinez");
        let gives = FaultKind::change_after(|state| {
            state.user_mut("rmartinez").sites.insert(7);
        });
        let gives = Fault::new(gives).on("PUT", &format!("/users/{id}"));
        world.console.push_fault(gives);
        let refused = Fault::new(FaultKind::status(400)).on("DELETE", "/lock");
        world.console.push_fault(refused);
        let event = json!({"user_id": id, "password": "An0ther-Passw0rd"});
        let (_, message) = world.failure("unlock-user", event);
        assert_eq!(grants(&world, "rmartinez").0, json!([7, 8]), "{message}");
    }
}

/// The replacement was answered: it can't arrive late.
#[test]
fn a_second_step_without_an_answer_is_no_fear_for_the_grants() {
    let world = World::new();
    let before = grants(&world, "rmartinez");
    let hang = Fault::new(FaultKind::Hang).on("DELETE", "/lock");
    world.console.push_fault(hang);
    let function = world.function("unlock-user");
    let event = json!({"login": "rmartinez", "password": "An0ther-Passw0rd"});
    let limit = std::time::Duration::from_secs(6);
    let answer = function.invoke_with_deadline(&event, limit).result;
    let error = answer.expect_err("it was not answered");
    assert_eq!(error.error_type, "Indeterminate", "{}", error.error_message);
    assert!(
        error.error_message.contains("and perhaps more"),
        "{}",
        error.error_message
    );
    assert_eq!(grants(&world, "rmartinez"), before);
}

/// The old password is of no use any more: whoever reads the error must find the new one.
#[test]
fn a_password_that_is_in_force_and_not_delivered_is_told_where_it_is() {
    let world = World::new();
    world.secrets.create("users/rmartinez");
    let refused = Fault::new(FaultKind::status(400)).on("DELETE", "/lock");
    world.console.push_fault(refused);
    let event = json!({
        "login": "rmartinez", "generate_password": true, "deliver_to": "users/rmartinez",
        "request_token": "INC-3",
    });
    let (_, message) = world.failure("unlock-user", event.clone());
    assert!(message.contains("users/rmartinez"), "{message}");
    assert!(message.contains("same request_token"), "{message}");
    let password = world.console.state().user_mut("rmartinez").password.clone();
    assert_eq!(world.outcome("unlock-user", event)["changed"], true);
    let after = world.console.state().user_mut("rmartinez").clone();
    assert_eq!((after.password, after.locked), (password, false));
}

/// A console that says yes and does nothing.
#[test]
fn an_edit_that_the_console_ignores_is_not_told_as_done() {
    let world = World::new();
    let id = world.id("soneill");
    let ignores = Fault::new(FaultKind::change_after(|state| {
        state.user_mut("soneill").email = None;
    }));
    world
        .console
        .push_fault(ignores.on("PUT", &format!("/users/{id}")));
    let event = json!({"user_id": id, "new_email": "soneill@example.com"});
    let (kind, message) = world.failure("update-user", event);
    assert_eq!(kind, "Conflict", "{message}");
    assert!(message.contains("email should be"), "{message}");
}

/// Refused once, the same password would be refused again.
#[test]
fn other_rules_for_a_password_are_another_request() {
    let world = World::new();
    world.secrets.create("users/jdoe");
    world.console.state().min_password_length = 30;
    let mut event = json!({
        "user_id": 4, "generate_password": true, "deliver_to": "users/jdoe",
        "request_token": "INC-3",
    });
    let (kind, message) = world.failure("set-password", event.clone());
    assert_eq!(kind, "InvalidInput", "{message}");
    event["password_length"] = 40.into();
    assert_eq!(world.outcome("set-password", event)["changed"], true);
}

/// The seed is read before and after: what is delivered is new, and the console's.
#[test]
fn a_seed_that_the_console_did_not_make_anew_is_not_delivered() {
    let keeps = || {
        Fault::new(FaultKind::change_after(|state| {
            state.user_mut("jdoe").two_factor_key = Some("OLDSEEDOLDSEEDOL".into());
        }))
    };
    let lost = Fault::new(FaultKind::ResetBefore).on("POST", "/2FA");
    for (fault, told) in [
        (keeps().on("POST", "/2FA"), "Conflict"),
        (lost, "Indeterminate"),
    ] {
        let world = World::new();
        world.secrets.create("users/jdoe");
        world.console.state().user_mut("jdoe").two_factor_key = Some("OLDSEEDOLDSEEDOL".into());
        world.console.push_fault(fault);
        let event = json!({"user_id": 4, "deliver_to": "users/jdoe"});
        let (kind, message) = world.failure("reset-two-factor", event);
        assert_eq!(kind, told, "{message}");
        let versions = world.secrets.versions("users/jdoe");
        let mut texts = versions.iter().map(|version| &version.text);
        assert!(texts.all(|text| !text.contains("OLDSEED")));
    }
}
