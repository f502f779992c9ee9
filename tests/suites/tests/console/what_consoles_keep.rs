//! What a replacement does not carry, or a console moves by itself: never lost or told wrongly in silence.

use fake_console::{FakeConsole, LocalType, State, WireForm};
use serde_json::{Value, json};
use suites::World;

fn world(edit: impl FnOnce(&mut State)) -> World {
    let mut state = State::realistic();
    edit(&mut state);
    World::with(FakeConsole::start_http(state))
}

/// A console on which jdoe has permissions of their own in place of a role.
fn with_own_privileges(edit: impl FnOnce(&mut State)) -> World {
    world(|state| {
        let own = ["manage-sites", "view-site-asset-data"].map(str::to_owned);
        let jdoe = state.user_mut("jdoe");
        jdoe.own_privileges = Some(own.to_vec());
        jdoe.all_sites = true;
        edit(state);
    })
}

fn own_privileges(world: &World) -> Option<Vec<String>> {
    world
        .console
        .state()
        .user_mut("jdoe")
        .own_privileges
        .clone()
}

const OF_THEIR_OWN: &str = r#"role.privileges ["manage-sites","view-site-asset-data"]"#;

#[test]
fn permissions_of_their_own_are_not_risked_without_being_asked() {
    let events = [
        ("disable-user", json!({"login": "jdoe"})),
        (
            "update-user",
            json!({"login": "jdoe", "new_email": "j@example.com"}),
        ),
        ("offboard-user", json!({"login": "jdoe"})),
        ("offboard-users", json!({"people": [{"login": "jdoe"}]})),
    ];
    for (operation, event) in events {
        let world = with_own_privileges(|_| {});
        let before = world.console.state().snapshot();
        for dry_run in [true, false] {
            let mut event = event.clone();
            event["dry_run"] = dry_run.into();
            let (kind, message) = world.failure(operation, event);
            assert_eq!(kind, "Refused", "{operation}: {message}");
            for told in [
                OF_THEIR_OWN,
                "loss-of-privileges",
                "accept_loss_of_privileges",
            ] {
                assert!(message.contains(told), "{operation}: {message}");
            }
        }
        let now = world.console.state().snapshot();
        assert!(now == before, "{operation}");
    }
}

#[test]
fn what_is_lost_of_them_is_told_as_a_loss() {
    for keeps in [false, true] {
        let world = with_own_privileges(|state| state.put_keeps_own_privileges = keeps);
        let event = json!({"login": "jdoe", "accept_loss_of_privileges": true});
        let outcome = world.outcome("disable-user", event);
        let warnings = outcome["warnings"].to_string();
        assert!(warnings.contains("no update can carry"), "{warnings}");
        let lost = warnings.contains("lost: role.privileges was");
        assert_eq!(lost, !keeps, "{warnings}");
        let changes = outcome["changes"].as_array().expect("a list");
        let told = |change: &Value| change["field"] == "role.privileges";
        assert_eq!(changes.iter().any(told), !keeps, "{outcome:#}");
        assert_eq!(own_privileges(&world).is_some(), keeps);
    }
}

#[test]
fn a_role_that_is_given_instead_is_no_loss_to_be_asked_about() {
    let world = with_own_privileges(|_| {});
    let outcome = world.outcome("set-role", json!({"login": "jdoe", "role_id": "user"}));
    assert_eq!(outcome["changed"], true);
    assert_eq!(own_privileges(&world), None);
}

#[test]
fn a_console_that_wants_a_role_is_told_with_its_reason() {
    let world = with_own_privileges(|state| state.role_id_required_on_put = true);
    let event = json!({"login": "jdoe", "accept_loss_of_privileges": true});
    let (kind, message) = world.failure("disable-user", event);
    assert_eq!(kind, "Refused", "{message}");
    assert!(message.contains("role.id is required"), "{message}");
    assert!(message.contains("Nothing was changed"), "{message}");
}

#[test]
fn a_local_account_goes_to_the_store_of_its_role() {
    for local_type in [LocalType::AsSent, LocalType::Moved, LocalType::Required] {
        let world = world(|state| state.local_type = local_type);
        let function =
            world.function_with("set-role", &[("RAPID7_ALLOW_PRIVILEGED_ACCOUNTS", "true")]);
        for (role, kind) in [("global-admin", "admin"), ("user", "normal")] {
            let event = json!({"login": "jdoe", "role_id": role});
            let outcome = function.invoke(&event).result;
            let outcome = outcome.unwrap_or_else(|error| panic!("{local_type:?}: {error:?}"));
            assert_eq!(outcome["changed"], true, "{local_type:?}");
            let now = world
                .console
                .state()
                .user_mut("jdoe")
                .authentication
                .kind
                .clone();
            assert_eq!(now, kind, "{local_type:?}");
        }
    }
}

/// Where the role stays, nothing of it is planned, and a console may move the account all the same.
#[test]
fn a_local_account_that_the_console_moves_is_no_conflict() {
    let world = world(|state| {
        state.local_type = LocalType::Moved;
        let other = state.user_mut("jdoe");
        other.authentication.kind = "admin".into();
        other.authentication.id = 2;
    });
    let outcome = world.outcome("disable-user", json!({"login": "jdoe"}));
    let warnings = outcome["warnings"].to_string();
    assert!(warnings.contains("store for `normal`"), "{warnings}");
}

/// An administrator whom an identity provider lets in by email address.
fn saml_administrator(state: &mut State) {
    let source = state.authentication_sources.iter();
    let source = source
        .clone()
        .find(|source| source.kind == "saml")
        .expect("a source")
        .clone();
    let jdoe = state.user_mut("jdoe");
    jdoe.role = "global-admin".into();
    jdoe.authentication.kind = "saml".into();
    jdoe.authentication.id = source.id;
}

#[test]
fn by_saml_the_address_is_what_lets_somebody_in() {
    for new in ["attacker@example.com", "JDOE@example.com"] {
        let world = world(saml_administrator);
        let event = json!({"login": "jdoe", "new_email": new});
        world.refused("privileged-accounts", &[], "update-user", &event);
    }
    let world = world(saml_administrator);
    let protects = [
        ("RAPID7_PROTECTED_LOGINS", "jdoe@example.com"),
        ("RAPID7_ALLOW_PRIVILEGED_ACCOUNTS", "true"),
    ];
    let event = json!({"login": "jdoe"});
    world.refused("protected-accounts", &protects, "disable-user", &event);
}

#[test]
fn by_saml_an_address_in_other_letters_is_another_one() {
    let world = world(|state| {
        saml_administrator(state);
        state.user_mut("jdoe").role = "user".into();
    });
    let function = world.function("update-user");
    for changed in [true, false] {
        let event = json!({"login": "jdoe", "new_email": "JDoe@example.com"});
        let outcome = function.invoke(&event).result.expect("done");
        assert_eq!(outcome["changed"], changed);
    }
    let email = world.console.state().user_mut("jdoe").email.clone();
    assert_eq!(email.as_deref(), Some("JDoe@example.com"));
}

/// A console in the guide's form whose GET has no flags, as in the guide's own example.
#[test]
fn flags_that_are_not_told_are_sent_where_single_grants_prove_them() {
    let world = world(|state| {
        state.form = WireForm::Guide;
        state.tells_access_flags = false;
    });
    let granted = world.console.state().user_mut("jdoe").sites.clone();
    assert!(!granted.is_empty(), "the fake has changed");
    let outcome = world.outcome("disable-user", json!({"login": "jdoe"}));
    let jdoe = world.console.state().user_mut("jdoe").clone();
    assert!(!jdoe.all_sites, "{outcome:#}");
    assert_eq!(jdoe.sites, granted);
}

#[test]
fn flags_that_nothing_tells_are_said_in_the_plan() {
    let world = world(|state| {
        state.form = WireForm::Guide;
        state.tells_access_flags = false;
        let jdoe = state.user_mut("jdoe");
        jdoe.sites.clear();
        jdoe.asset_groups.clear();
    });
    let event = json!({"login": "jdoe", "dry_run": true});
    let outcome = world.outcome("disable-user", event);
    let warnings = outcome["warnings"].to_string();
    for what in ["all sites", "all asset groups"] {
        let told = format!("does not tell whether the account has {what}");
        assert!(warnings.contains(&told), "{warnings}");
    }
}
