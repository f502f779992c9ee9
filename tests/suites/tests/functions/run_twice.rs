//! Every operation that writes, twice with the same event: it changes what it says, nothing else, and
//! only once.

use actions::Effect;
use fake_console::{Locale, PlatformState, PlatformUser, State, UserRecord, UserStatus, WireForm};
use serde_json::{Value, json};
use suites::platform::{self, JDOE};
use suites::{World, differing, for_each, without};

/// What an operation's usual event makes of a console. The rest of the record is as it was: whatever
/// a run dropped on the way must be there again.
fn intend(operation: &str, state: &mut State, world: &World) {
    let delivered = |member: &str| {
        let delivered = world.delivered();
        delivered[member].as_str().expect(member).to_owned()
    };
    let jdoe = state.user_mut("jdoe");
    match operation {
        "create-user" => _ = state.add_user(jsmith()),
        "provision-user" => {
            let mut jsmith = jsmith();
            jsmith.sites = [1, 4].into();
            jsmith.asset_groups = [4].into();
            state.add_user(jsmith);
        }
        "update-user" => {
            jdoe.email = Some("jane@example.com".into());
            let locale = jdoe.locale.as_mut().expect("a locale");
            locale.reports = None;
        }
        "set-role" => jdoe.role = "auditor".into(),
        "set-site-access" => jdoe.sites = [2, 5].into(),
        "grant-site-access" => jdoe.sites = [1, 2, 4, 8].into(),
        "revoke-site-access" => jdoe.sites = [2].into(),
        "set-asset-group-access" => jdoe.asset_groups = [3, 4].into(),
        "grant-asset-group-access" => jdoe.asset_groups = [1, 3, 4].into(),
        "revoke-asset-group-access" => jdoe.asset_groups = [3].into(),
        "set-password" => jdoe.password = delivered("password"),
        "reset-two-factor" => jdoe.two_factor_key = Some(delivered("two_factor_seed")),
        "unlock-user" => {
            let locked = state.user_mut("rmartinez");
            locked.locked = false;
            locked.failed_logins = 0;
        }
        "enable-user" => state.user_mut("ext.pentest").enabled = true,
        "disable-user" | "offboard-user" | "offboard-users" => jdoe.enabled = false,
        "delete-user" => _ = state.users.remove(&4),
        "restore-user" => {
            jdoe.email = Some("jane@example.com".into());
            jdoe.sites = [2, 5].into();
        }
        _ => panic!("what does {operation} change?"),
    }
}

/// The same of the platform.
fn intend_on_platform(operation: &str, state: &mut PlatformState, world: &World) {
    let token = |state: &PlatformState, code: &str| state.product(code).product_token.clone();
    let id = state.user_mut(JDOE).id.clone();
    match operation {
        "create-platform-user" => {
            // Only the platform knows which id it gives.
            let email = "jsmith@example.com";
            let made = world.platform.state().user_by_email(email).cloned();
            let ivm = token(state, "IVM");
            state.users.push(PlatformUser {
                id: made.expect("created").id,
                status: UserStatus::Pending,
                products: [ivm].into(),
                ..PlatformUser::new(email, "John", "Smith")
            });
        }
        "revoke-product-access" => {
            let ivm = token(state, "IVM");
            state.user_mut(JDOE).products.remove(&ivm);
        }
        "suspend-platform-user" => {
            state.user_mut(JDOE).products.clear();
            state
                .api_keys
                .retain(|key| key.user_id.as_ref() != Some(&id));
        }
        "revoke-platform-api-keys" => {
            state
                .api_keys
                .retain(|key| key.user_id.as_ref() != Some(&id));
        }
        "delete-platform-user" => {
            state.users.retain(|user| user.id != id);
            state
                .api_keys
                .retain(|key| key.user_id.as_ref() != Some(&id));
        }
        "restore-platform-user" => {
            let ops = token(state, "OPS");
            state.user_mut(JDOE).products.insert(ops);
        }
        _ => panic!("what does {operation} change?"),
    }
}

fn jsmith() -> UserRecord {
    let mut jsmith = UserRecord::new("jsmith", "S3cur3!pass", "user");
    jsmith.first = "John".into();
    jsmith.last = "Smith".into();
    jsmith.email = Some("jsmith@example.com".into());
    jsmith
}

/// The operations that write, in both wire forms where there are two.
fn writing() -> Vec<(&'static str, WireForm)> {
    let specs = actions::ALL.iter().map(|entry| entry.operation.spec);
    let writing = specs.filter(|spec| spec.effect != Effect::Read);
    writing
        .flat_map(|spec| [WireForm::Guide, WireForm::Vendor].map(|form| (spec.name, form)))
        .filter(|(name, form)| !platform::is_about(name) || *form == WireForm::Vendor)
        .collect()
}

#[test]
fn the_same_event_twice_changes_what_it_says_and_only_once() {
    let writing = writing();
    let on_platform = writing.iter().filter(|(name, _)| platform::is_about(name));
    let on_platform = on_platform.count();
    assert_eq!((writing.len() - on_platform, on_platform), (2 * 19, 6));
    for_each(&writing, |(operation, form)| {
        let shown = format!("{operation} in the form {form:?}");
        let world = World::speaking(*form);
        let mut intended = world.console.state().clone();
        let mut on_platform = world.platform.state().clone();
        let function = world.allowed_function(operation);
        let event = world.usual_event(operation);
        let first = function.invoke(&event).result.expect(&shown);
        assert_eq!(first["changed"], true, "{shown}");
        assert_ne!(first["changes"], json!([]), "{shown}");
        match platform::is_about(operation) {
            true => intend_on_platform(operation, &mut on_platform, &world),
            false => intend(operation, &mut intended, &world),
        }
        let intended = platform::snapshot(&intended, &on_platform);
        let different = differing(&world.snapshot(), &intended);
        assert!(different.is_empty(), "{shown}: {different:#?}");

        world.clear_requests();
        let second = function.invoke(&event).result.expect(&shown);
        for (member, nothing) in [
            ("changed", json!(false)),
            ("plan", json!([])),
            ("changes", json!([])),
        ] {
            assert_eq!(second[member], nothing, "{shown}: {member}");
        }
        assert_eq!(world.writes(), Vec::<String>::new(), "{shown}");
        let different = differing(&world.snapshot(), &intended);
        assert!(different.is_empty(), "{shown}, again: {different:#?}");
    });
}

#[test]
fn a_dry_run_shows_the_same_plan_and_changes_and_writes_nothing() {
    for_each(&writing(), |(operation, form)| {
        let shown = format!("{operation} in the form {form:?}");
        let world = World::speaking(*form);
        let before = world.snapshot();
        let function = world.allowed_function(operation);
        let event = world.usual_event(operation);
        let dry = suites::with(event.clone(), json!({"dry_run": true}));
        let dry = function.invoke(&dry).result.expect(&shown);
        assert_eq!(dry["changed"], false, "{shown}");
        assert_eq!(dry["dry_run"], true, "{shown}");
        assert_eq!(world.writes(), Vec::<String>::new(), "{shown}");
        assert_eq!(world.snapshot(), before, "{shown}");
        assert_eq!(world.delivered(), "old", "{shown}");
        let calls = world.secrets.calls();
        let staged = calls.iter().any(|call| call.starts_with("PutSecretValue"));
        assert!(!staged, "{shown}: {calls:?}");
        let done = function.invoke(&event).result.expect(&shown);
        assert_eq!(dry["plan"], done["plan"], "{shown}");
        let planned = fields(&dry);
        // What follows from it, such as a role's name, is read back too.
        let happened = fields(&done);
        for field in planned {
            assert!(happened.contains(&field), "{shown}: {field}");
        }
    });
}

fn fields(outcome: &Value) -> Vec<Value> {
    let changes = outcome["changes"].as_array().expect("changes");
    let field = |change: &Value| json!([change["field"], change["after"]]);
    changes.iter().map(field).collect()
}

/// No console tells a password, so there is no telling whether it is the one that is wanted.
#[test]
fn a_password_that_is_given_is_set_each_time() {
    for form in [WireForm::Guide, WireForm::Vendor] {
        let world = World::speaking(form);
        let mut intended = world.console.state().clone();
        intended.user_mut("jdoe").password = "N3w!passphrase".into();
        let intended = intended.snapshot();
        let function = world.function("set-password");
        for _ in 0..2 {
            world.console.clear_requests();
            let event = json!({"user_id": 4, "password": "N3w!passphrase"});
            let outcome = function.invoke(&event).result.expect("set");
            assert_eq!(outcome["changed"], true);
            assert_eq!(world.times_written("PUT /api/3/users/4"), 1);
            assert_eq!(world.console.state().snapshot(), intended, "{form:?}");
        }
    }
}

/// Without a token of its own, each invocation is another request.
#[test]
fn a_password_generated_by_another_invocation_is_another_one() {
    let world = World::new();
    let function = world.function("set-password");
    let event = without(world.usual_event("set-password"), "request_token");
    let mut passwords = Vec::new();
    for _ in 0..2 {
        let outcome = function.invoke(&event).result.expect("set");
        assert_eq!(outcome["changed"], true);
        passwords.push(world.delivered()["password"].clone());
        let jdoe = world.console.state().user_mut("jdoe").clone();
        assert_eq!(world.delivered()["password"], jdoe.password.as_str());
        assert_eq!(jdoe.sites, [1, 2, 4].into());
        assert_eq!(jdoe.asset_groups, [1, 3].into());
    }
    assert_ne!(passwords[0], passwords[1]);
}

#[test]
fn an_account_that_is_gone_already_is_nothing_to_delete_and_said_so() {
    let world = World::new();
    let function = world.allowed_function("delete-user");
    let event = world.usual_event("delete-user");
    let first = function.invoke(&event).result.expect("deleted");
    assert_eq!(first["changed"], true);
    assert_eq!(first["state"], Value::Null);
    assert_eq!(first["warnings"], json!([]));
    let second = function.invoke(&event).result.expect("gone");
    assert_eq!(second["changed"], false);
    assert_eq!(second["state"], Value::Null);
    let warning = second["warnings"][0].as_str().expect("a warning");
    assert!(warning.contains("it is gone already"), "{warning}");
}

/// Locale has two members: clearing one leaves the other.
#[test]
fn what_is_cleared_is_cleared_alone() {
    for form in [WireForm::Guide, WireForm::Vendor] {
        let world = World::speaking(form);
        let event = json!({"user_id": 4, "locale": null});
        let outcome = world.outcome("update-user", event);
        assert_eq!(outcome["changed"], true);
        let locale = world.console.state().user_mut("jdoe").locale.clone();
        let left = Locale {
            default: None,
            reports: Some("fr-FR".into()),
        };
        assert_eq!(locale, Some(left), "{form:?}");
    }
}
