//! What is asked for besides disabling the account of somebody who leaves must not stop that.

use fake_console::{Fault, FaultKind, State};
use serde_json::{Value, json};
use suites::World;

fn leaver(login: &str) -> Value {
    json!({
        "login": login, "platform": "keep", "reset_two_factor": true, "replace_password": true,
    })
}

/// A console without two-factor authentication, or one that takes no such password.
#[test]
fn the_account_is_disabled_whatever_becomes_of_its_seed_and_password() {
    for (method, path, status, name) in [
        ("GET", "/users/4/2FA", 404, "two-factor seed"),
        ("POST", "/users/4/2FA", 404, "two-factor seed"),
        ("POST", "/users/4/2FA", 400, "two-factor seed"),
        ("PUT", "/users/4", 400, "password"),
        ("PUT", "/users/4", 503, "password"),
    ] {
        let shown = format!("{method} {path} {status}");
        let world = World::new();
        let fresh = world.console.state().user_mut("jdoe").clone();
        let mut fault = Fault::new(FaultKind::status(status))
            .on(method, path)
            .times(9);
        if method == "PUT" {
            // Disabling goes through, and what it drops is given back.
            fault = fault.skip(3);
        }
        world.console.push_fault(fault);
        let (kind, message) = world.failure("offboard-user", leaver("jdoe"));
        assert!(!world.console.state().user_mut("jdoe").enabled, "{shown}");
        let again = ["Conflict", "Unavailable", "Indeterminate", "RateLimited"];
        assert!(
            !again.contains(&kind.as_str()),
            "{shown}: {kind}: {message}"
        );
        let told = format!("disabled; but its {name} was not replaced");
        assert!(message.contains(&told), "{shown}: {message}");
        assert!(message.contains("Already changed: "), "{shown}: {message}");
        // The other one is replaced all the same, and the account keeps its grants.
        let jdoe = world.console.state().user_mut("jdoe").clone();
        assert_eq!(
            jdoe.password != fresh.password,
            name != "password",
            "{shown}"
        );
        let seed = jdoe.two_factor_key != fresh.two_factor_key;
        // A seed that can't be read is made all the same, and is not proven.
        assert_eq!(seed, name == "password" || method == "GET", "{shown}");
        assert_eq!(jdoe.sites, fresh.sites, "{shown}");

        world.console.clear_faults();
        let again = world.outcome("offboard-user", leaver("jdoe"));
        assert_eq!(again["result"], "already", "{shown}");
    }
}

/// What nobody gets lets nobody in.
#[test]
fn an_administrator_who_leaves_is_disabled_with_seed_and_password() {
    let another = |state: &mut State| {
        let manager = state.user_mut("mkowalska");
        manager.role = "global-admin".into();
        manager.superuser = true;
    };
    let world = World::new();
    another(&mut world.console.state());
    let before = world.console.state().user_mut("nxadmin").clone();
    let done = world.outcome("offboard-user", leaver("nxadmin"));
    assert_eq!(done["result"], "done");
    let after = world.console.state().user_mut("nxadmin").clone();
    assert!(!after.enabled);
    assert_ne!(after.password, before.password);
    assert_ne!(after.two_factor_key, before.two_factor_key);
    for operation in ["set-password", "reset-two-factor"] {
        let world = World::new();
        world.console.state().user_mut("nxadmin").enabled = false;
        let mut event = world.usual_event(operation);
        let members = event.as_object_mut().expect("an object");
        for name in ["login", "email", "user_id"] {
            members.remove(name);
        }
        members.insert("login".into(), "nxadmin".into());
        let (kind, message) = world.failure(operation, event);
        assert_eq!(kind, "Refused", "{operation}: {message}");
        assert!(message.contains("privileged-accounts"), "{message}");
    }
}

/// A list may be older than the account.
#[test]
fn that_nothing_is_left_to_do_is_read_from_the_account_itself() {
    let world = World::new();
    world.console.state().user_mut("jdoe").enabled = false;
    let enable = FaultKind::change_after(|state: &mut State| {
        state.user_mut("jdoe").enabled = true;
    });
    let enable = Fault::new(enable).on("GET", "/api/3/users");
    world.console.push_fault(enable);
    let event = json!({"login": "jdoe", "platform": "keep"});
    let done = world.outcome("offboard-user", event);
    assert_eq!(done["result"], "done");
    assert!(!world.console.state().user_mut("jdoe").enabled);
}

#[test]
fn who_is_deleted_after_the_list_was_read_is_absent() {
    for options in [json!({}), json!({"clear_sites": true})] {
        for on in ["/api/3/users", "/users/4"] {
            let world = World::new();
            let delete = FaultKind::change_after(|state: &mut State| {
                state.users.retain(|_, user| user.login != "jdoe");
            });
            world.console.push_fault(Fault::new(delete).on("GET", on));
            let event = suites::with(json!({"email": "jdoe@example.com"}), options.clone());
            let done = world.outcome("offboard-user", event);
            let surfaces = done["surfaces"].as_array().expect("surfaces");
            let console = surfaces
                .iter()
                .find(|surface| surface["surface"] == "console");
            let console = console.expect("a console");
            assert_eq!(console["verdict"], "absent", "{on}: {console:#}");
            assert_eq!(done["result"], "done", "{on}");
        }
    }
}
