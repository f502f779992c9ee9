//! What is refused whatever the caller says: by the real functions, with a reason and the way out,
//! and before anything is written.

use fake_console::{FakeConsole, Fault, FaultKind, State};
use serde_json::{Value, json};
use suites::{CONSOLE_SECRET, OWN_LOGIN, OWN_PASSWORD, World, credentials, jsmith, with};

mod privileges;

/// Environment, as a deployment sets it.
type Settings<'a> = [(&'a str, &'a str)];

const DELETION: (&str, &str) = ("RAPID7_ALLOW_DELETION", "true");
const PRIVILEGED: (&str, &str) = ("RAPID7_ALLOW_PRIVILEGED_ACCOUNTS", "true");
const PROTECTED: (&str, &str) = ("RAPID7_PROTECTED_LOGINS", "ext.*,NXAdmin");

/// The way out that each rule names.
fn lift(rule: &str, operation: &str) -> &'static str {
    match rule {
        "own-account" if operation == "set-password" => "set the policy allow_own_password",
        "own-account" => "give the pack another account first",
        "last-administrator" => "make somebody else a global administrator first",
        "protected-accounts" => "take it out of the policy's protected logins",
        "privileged-accounts" => "set the policy allow_privileged_accounts",
        "deletion" => "use disable-user, or set the policy allow_deletion",
        "max-changes" => "do less at once, or raise the policy max_changes",
        "operations" => "add it to the policy's operations",
        other => panic!("there is no rule {other}"),
    }
}

/// Refused, with how to lift the rule.
fn refused(world: &World, rule: &str, settings: &Settings, operation: &str, event: &Value) {
    for message in world.refused(rule, settings, operation, event) {
        assert!(
            message.contains(lift(rule, operation)),
            "{operation} {event}: {message}"
        );
    }
}

/// Runs, one a line: the operation and its event.
fn runs(lines: &'static str) -> Vec<(&'static str, Value)> {
    let lines = lines.trim().lines();
    let runs = lines.map(|line| line.trim().split_once(' ').expect("an event"));
    runs.map(|(operation, event)| (operation, serde_json::from_str(event).expect(event)))
        .collect()
}

/// A run that restores a user from an audit record in which it is another than now.
fn restore(world: &World, login: &str, edit: impl FnOnce(&mut Value)) -> (&'static str, Value) {
    let id = world.id(login);
    let mut user = world.console.state().user_json(id).expect("a user");
    edit(&mut user);
    let state = json!({"user": user, "sites": null, "asset_groups": null});
    let record = json!({
        "audit": "before", "target": world.console.url(), "record": {"state": state},
    });
    ("restore-user", json!({"record": record}))
}

fn as_a_user(user: &mut Value) {
    user["role"]["id"] = "user".into();
    for flag in ["superuser", "allSites", "allAssetGroups"] {
        user["role"][flag] = false.into();
    }
}

fn disabled(user: &mut Value) {
    user["enabled"] = false.into();
}

#[test]
fn the_account_of_the_pack_itself_keeps_what_it_logs_in_with() {
    let world = World::new();
    world.secrets.put("seed", json!({}));
    let mut refusals = runs(
        r#"
        disable-user {"login": "svc-soar"}
        delete-user {"login": "svc-soar", "confirm_login": "svc-soar"}
        set-role {"login": "svc-soar", "role_id": "user"}
        set-role {"login": "svc-soar", "role_id": "global-admin", "superuser": false}
        update-user {"login": "svc-soar", "new_login": "svc-soar-2"}
        update-user {"login": "svc-soar", "enabled": false}
        update-user {"login": "svc-soar", "role_id": "auditor"}
        update-user {"login": "svc-soar", "authentication_type": "ldap"}
        update-user {"login": "svc-soar", "authentication_type": "normal"}
        reset-two-factor {"login": "svc-soar", "deliver_to": "seed"}
        "#,
    );
    refusals.push(restore(&world, OWN_LOGIN, disabled));
    refusals.push(restore(&world, OWN_LOGIN, as_a_user));
    for (operation, event) in refusals {
        let settings = [DELETION, PRIVILEGED];
        refused(&world, "own-account", &settings, operation, &event);
    }
    assert_eq!(world.secrets.versions("seed").len(), 1);
    // What it does not log in with may change.
    let event = json!({"login": OWN_LOGIN, "new_email": "soar@example.com"});
    world.done(&[], "update-user", &event);
}

/// Logins are unique without regard to case, so a secret may spell it in another.
#[test]
fn the_own_account_is_known_in_whatever_case_the_secret_has_it() {
    let world = World::new();
    let mut secret = credentials(world.console.url(), OWN_PASSWORD);
    secret["username"] = "SVC-Soar".into();
    world.secrets.put(CONSOLE_SECRET, secret);
    let event = json!({"user_id": 1});
    refused(&world, "own-account", &[], "disable-user", &event);
}

#[test]
fn the_own_password_is_only_set_where_the_deployment_says_so() {
    let world = World::new();
    let event = json!({"login": OWN_LOGIN, "password": "An0ther-passw0rd"});
    refused(&world, "own-account", &[], "set-password", &event);
    let allowed = [("RAPID7_ALLOW_OWN_PASSWORD", "true")];
    world.done(&allowed, "set-password", &event);
    let password = world.console.state().user_mut(OWN_LOGIN).password.clone();
    assert_eq!(password, "An0ther-passw0rd");
}

/// Everything that ends nxadmin's being an administrator.
fn ends_nxadmin(world: &World) -> Vec<(&'static str, Value)> {
    let mut ends = runs(
        r#"
        disable-user {"login": "nxadmin"}
        delete-user {"login": "nxadmin", "confirm_login": "nxadmin"}
        set-role {"login": "nxadmin", "role_id": "user"}
        update-user {"login": "nxadmin", "enabled": false}
        update-user {"login": "nxadmin", "role_id": "auditor"}
        "#,
    );
    ends.push(restore(world, "nxadmin", disabled));
    ends.push(restore(world, "nxadmin", as_a_user));
    ends
}

#[test]
fn the_last_administrator_but_the_pack_itself_stays_one() {
    let world = World::new();
    for (operation, event) in ends_nxadmin(&world) {
        refused(&world, "last-administrator", &[DELETION], operation, &event);
    }
    // Still one by the role.
    let event = json!({"login": "nxadmin", "superuser": false});
    world.done(&[], "update-user", &event);
}

fn world_where(edit: impl FnOnce(&mut State)) -> World {
    let mut state = State::realistic();
    edit(&mut state);
    World::with(FakeConsole::start_http(state))
}

#[test]
fn an_administrator_who_can_not_log_in_does_not_count() {
    type Edit = fn(&mut State);
    let edits: [Edit; 3] = [
        |state| state.user_mut("mkowalska").locked = true,
        |state| state.user_mut("mkowalska").enabled = false,
        // One by name only.
        |state| {
            let mut role = state.roles["global-admin"].clone();
            role.privileges = vec!["manage-sites".into()];
            state.roles.insert("global-admin-2".into(), role);
            state.user_mut("mkowalska").role = "global-admin-2".into();
        },
    ];
    for edit in edits {
        let world = world_where(|state| {
            state.user_mut("mkowalska").role = "global-admin".into();
            edit(state);
        });
        let event = json!({"login": "nxadmin"});
        refused(&world, "last-administrator", &[], "disable-user", &event);
    }
}

#[test]
fn another_administrator_who_can_log_in_is_enough() {
    type Edit = fn(&mut State);
    let edits: [Edit; 2] = [
        |state| state.user_mut("mkowalska").role = "global-admin".into(),
        |state| state.user_mut("mkowalska").superuser = true,
    ];
    for edit in edits {
        for index in 0..7 {
            let world = world_where(edit);
            let (operation, event) = ends_nxadmin(&world).remove(index);
            world.done(&[DELETION], operation, &event);
        }
    }
}

#[test]
fn a_superuser_with_a_small_role_may_be_the_last_administrator_too() {
    let world = world_where(|state| state.user_mut("nxadmin").role = "user".into());
    for (operation, event) in runs(
        r#"
        update-user {"login": "nxadmin", "superuser": false}
        set-role {"login": "nxadmin", "role_id": "user", "superuser": false}
        set-role {"login": "nxadmin", "role_id": "auditor"}
        "#,
    ) {
        refused(&world, "last-administrator", &[], operation, &event);
    }
}

#[test]
fn protected_accounts_are_never_changed_by_any_operation() {
    let world = World::new();
    world.console.state().user_mut("ext.pentest").login = "Ext.Pentest".into();
    world.console.state().user_mut("nxadmin").locked = true;
    world.secrets.put("seed", json!({}));
    let mut refusals = runs(
        r#"
        enable-user {"login": "Ext.Pentest"}
        update-user {"login": "Ext.Pentest", "new_email": "a@example.com"}
        set-role {"login": "Ext.Pentest", "role_id": "auditor"}
        set-password {"login": "Ext.Pentest", "password": "An0ther-passw0rd"}
        reset-two-factor {"login": "Ext.Pentest", "deliver_to": "seed"}
        set-site-access {"login": "Ext.Pentest", "sites": []}
        grant-site-access {"login": "Ext.Pentest", "sites": [1]}
        revoke-site-access {"login": "Ext.Pentest", "sites": [4]}
        grant-asset-group-access {"login": "Ext.Pentest", "asset_groups": [1]}
        delete-user {"login": "Ext.Pentest", "confirm_login": "Ext.Pentest"}
        disable-user {"login": "nxadmin"}
        unlock-user {"login": "nxadmin"}
        "#,
    );
    refusals.push(restore(&world, "ext.pentest", |user| {
        user["enabled"] = true.into();
    }));
    for (operation, event) in refusals {
        let settings = [PROTECTED, DELETION, PRIVILEGED];
        refused(&world, "protected-accounts", &settings, operation, &event);
    }
    // Another login, which only begins like it.
    let near = [("RAPID7_PROTECTED_LOGINS", "rmart,r*x")];
    world.done(&near, "unlock-user", &json!({"login": "rmartinez"}));
}

#[test]
fn nobody_is_deleted_unless_the_deployment_says_so() {
    let world = World::new();
    let event = json!({"login": "jdoe", "confirm_login": "jdoe"});
    refused(&world, "deletion", &[], "delete-user", &event);
    world.done(&[DELETION], "delete-user", &event);
}

#[test]
fn one_run_changes_no_more_than_the_deployment_allows() {
    let two = [("RAPID7_MAX_CHANGES", "2")];
    let world = World::new();
    let mut refusals = runs(
        r#"
        grant-site-access {"login": "jdoe", "sites": [3, 5, 6]}
        set-site-access {"login": "jdoe", "sites": [3]}
        revoke-site-access {"login": "jdoe", "sites": [1, 2, 4]}
        "#,
    );
    let provision = |sites: Value| ("provision-user", with(jsmith(), json!({"sites": sites})));
    refusals.push(provision(json!([1, 2])));
    for (operation, event) in refusals {
        refused(&world, "max-changes", &two, operation, &event);
    }
    // Only what differs counts, and not what is given back after a replacement.
    let mut allowed = runs(
        r#"
        grant-site-access {"login": "jdoe", "sites": [1, 2, 3, 4, 5]}
        disable-user {"login": "jdoe"}
        "#,
    );
    allowed.push(provision(json!([1])));
    for (operation, event) in allowed {
        world.done(&two, operation, &event);
    }
}

#[test]
fn an_operation_that_is_not_offered_is_refused_before_any_request() {
    let world = World::new();
    let settings = [("RAPID7_ALLOWED_OPERATIONS", "get-user,unlock-user")];
    let event = json!({"login": "jdoe"});
    refused(&world, "operations", &settings, "disable-user", &event);
    refused(&world, "operations", &settings, "list-users", &json!({}));
    assert_eq!(world.requests(), Vec::<String>::new());
    let user = world.function_with("get-user", &settings).invoke(&event);
    assert_eq!(user.result.expect("allowed")["user_id"], 4);
}

/// What changes just before the first look at the account, or at all accounts, is seen.
#[test]
fn a_guard_looks_at_the_state_of_this_very_run() {
    let mut state = State::realistic();
    state.user_mut("mkowalska").role = "global-admin".into();
    let world = World::with(FakeConsole::start_http(state));
    let locks = FaultKind::change_before(|state| state.user_mut("mkowalska").locked = true);
    world
        .console
        .push_fault(Fault::new(locks).on("GET", "/users/2"));
    let function = world.function("disable-user");
    let error = function.invoke(&json!({"user_id": 2})).result;
    let message = error.expect_err("locked just now").error_message;
    assert!(message.contains("(rule `last-administrator`)"), "{message}");

    let rises = |state: &mut State| state.user_mut("jdoe").superuser = true;
    world.secrets.put("seed", json!({}));
    for (operation, event) in runs(
        r#"
        set-password {"user_id": 4, "password": "An0ther-passw0rd"}
        reset-two-factor {"user_id": 4, "deliver_to": "seed"}
        "#,
    ) {
        world.console.state().user_mut("jdoe").superuser = false;
        let rises = FaultKind::change_before(rises);
        world
            .console
            .push_fault(Fault::new(rises).on("GET", "/users/4"));
        let (kind, message) = world.failure(operation, event);
        assert_eq!(kind, "Refused", "{message}");
        assert!(
            message.contains("(rule `privileged-accounts`)"),
            "{message}"
        );
    }

    let renamed = |state: &mut State| state.user_mut("rmartinez").login = "ext.rosa".into();
    let renamed = FaultKind::change_before(renamed);
    world
        .console
        .push_fault(Fault::new(renamed).on("GET", "/users/14"));
    let function = world.function_with("unlock-user", &[PROTECTED]);
    let error = function.invoke(&json!({"user_id": 14})).result;
    let message = error.expect_err("renamed just now").error_message;
    assert!(message.contains("(rule `protected-accounts`)"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
}
