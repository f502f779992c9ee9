//! What is refused on the Insight Platform whatever the caller says.

use fake_console::{Fault, FaultKind, PlatformState, UserStatus};
use serde_json::{Value, json};
use suites::platform::{JDOE, jsmith, record};
use suites::{World, with};

type Settings<'a> = [(&'a str, &'a str)];

const DELETION: (&str, &str) = ("RAPID7_ALLOW_DELETION", "true");
const NXADMIN: &str = "nxadmin@example.com";
const MKOWALSKA: &str = "mkowalska@example.com";

fn about(email: &str) -> [(&'static str, Value); 5] {
    [
        ("suspend-platform-user", json!({"email": email})),
        (
            "delete-platform-user",
            json!({"email": email, "confirm_email": email}),
        ),
        (
            "revoke-product-access",
            json!({"email": email, "all": true}),
        ),
        (
            "revoke-platform-api-keys",
            json!({"email": email, "all": true}),
        ),
        (
            "revoke-product-access",
            json!({"email": email, "products": ["IVM"]}),
        ),
    ]
}

fn world_where(edit: impl FnOnce(&mut PlatformState)) -> World {
    let world = World::new();
    edit(&mut world.platform.state());
    world
}

#[test]
fn the_last_active_administrator_stays() {
    let edits: [fn(&mut PlatformState); 4] = [
        |state| state.user_mut(MKOWALSKA).platform_admin = false,
        |state| state.user_mut(MKOWALSKA).status = UserStatus::Disabled,
        // Invited, and may never come.
        |state| state.user_mut(MKOWALSKA).status = UserStatus::Pending,
        |state| state.users.retain(|user| user.email != MKOWALSKA),
    ];
    for edit in edits {
        let world = world_where(edit);
        for (operation, event) in &about(NXADMIN)[..2] {
            world.refused("last-administrator", &[DELETION], operation, event);
        }
        // What leaves the right to administer alone.
        world.done(&[], "revoke-product-access", &about(NXADMIN)[4].1);
    }
    // With another, the one is deleted, and of the one who is suspended everything is taken that can be.
    let world = World::new();
    let (operation, event) = &about(NXADMIN)[1];
    world.done(&[DELETION], operation, event);
    let world = World::new();
    let (kind, message) = world.failure("suspend-platform-user", json!({"email": NXADMIN}));
    assert_eq!(kind, "Refused", "{message}");
    assert!(!message.contains("last-administrator"), "{message}");
    assert!(world.platform.state().user_mut(NXADMIN).products.is_empty());
}

/// What changes just before the list is read is seen.
#[test]
fn the_guard_looks_at_the_state_of_this_very_run() {
    let world = World::new();
    let loses = FaultKind::platform_change_before(|state| {
        state.user_mut(MKOWALSKA).status = UserStatus::Disabled;
    });
    let list = Fault::new(loses).on("GET", "/account/api/1/users").skip(1);
    world.platform.push_fault(list);
    let (kind, message) = world.failure("suspend-platform-user", json!({"email": NXADMIN}));
    assert_eq!(kind, "Refused", "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn protected_logins_are_protected_by_the_email_and_by_what_is_before_its_at() {
    for pattern in ["jdoe", "JDOE@example.COM", "j*@example.com", "svc,jd*e"] {
        let world = World::new();
        let settings = [("RAPID7_PROTECTED_LOGINS", pattern), DELETION];
        for (operation, event) in about(JDOE) {
            world.refused("protected-accounts", &settings, operation, &event);
        }
        let record = {
            let state = world.platform.state();
            let product = state.product("OPS").clone();
            record(&world, &state, JDOE, &json!([product]))
        };
        let restore = json!({"record": record});
        world.refused(
            "protected-accounts",
            &settings,
            "restore-platform-user",
            &restore,
        );
    }
    let world = World::new();
    let settings = [("RAPID7_PROTECTED_LOGINS", "jsmith")];
    world.refused(
        "protected-accounts",
        &settings,
        "create-platform-user",
        &jsmith(),
    );
    // Another one, which only contains it.
    let near = [("RAPID7_PROTECTED_LOGINS", "jdo,doe,jdoe@example")];
    world.done(&near, "suspend-platform-user", &json!({"email": JDOE}));
}

#[test]
fn the_key_that_the_pack_itself_uses_is_never_ended() {
    let world = World::new();
    let own = world.platform.state().api_keys[1].id.clone();
    let settings = [("RAPID7_PLATFORM_KEY_ID", own.as_str()), DELETION];
    for index in [0, 1, 3] {
        let (operation, event) = &about(JDOE)[index];
        world.refused("own-key", &settings, operation, event);
    }
    let named = json!({"email": JDOE, "key_ids": [own]});
    world.refused("own-key", &settings, "revoke-platform-api-keys", &named);
    // Somebody else's account has other keys.
    world.platform.state().user_mut(MKOWALSKA).platform_admin = false;
    let event = json!({"email": MKOWALSKA});
    let outcome = world.done(&settings, "suspend-platform-user", &event);
    assert!(
        !outcome["warnings"].to_string().contains("key_id"),
        "{outcome}"
    );
}

#[test]
fn where_the_own_key_is_not_known_that_is_said_before_a_key_ends() {
    let world = World::new();
    let another = world.platform.state().api_keys[0].id.clone();
    let tells = |settings: &Settings, index: usize| {
        let (operation, event) = &about(JDOE)[index];
        let world = World::new();
        let settings = [settings, &[DELETION]].concat();
        let outcome = world.done(&settings, operation, event);
        outcome["warnings"]
            .to_string()
            .contains("configure `key_type` and `key_id`")
    };
    for index in [0, 1, 3] {
        assert!(tells(&[], index));
        assert!(!tells(
            &[("RAPID7_PLATFORM_KEY_TYPE", "organization")],
            index
        ));
        assert!(!tells(&[("RAPID7_PLATFORM_KEY_ID", &another)], index));
    }
    // No key ends.
    assert!(!tells(&[], 4));
}

/// That a key gets the list of keys says that it is an organization's. Where that is not told either,
/// the pack's own may be the one that ends.
#[test]
fn where_nothing_tells_which_key_is_in_use_no_key_ends() {
    let hidden = |world: &World| {
        let first = Fault::new(FaultKind::status(404)).on("GET", "/api-keys");
        world.platform.push_fault(first.times(9));
    };
    let (operation, event) = &about(JDOE)[1];
    let world = World::new();
    hidden(&world);
    world.refused("own-key", &[DELETION], operation, event);
    world.clear_faults();
    // The pack's own is among those whose owner nobody tells.
    let own = world.platform.state().api_keys[0].id.clone();
    let settings = [("RAPID7_PLATFORM_KEY_ID", own.as_str()), DELETION];
    {
        let mut state = world.platform.state();
        let mut untold = state.api_keys[0].clone();
        untold.key_type = fake_console::KeyType::User;
        untold.value = "another".into();
        // The same key again, as a list tells it that does not tell whose it is.
        state.api_keys.insert(0, untold);
    }
    for (operation, event) in &about(JDOE)[..2] {
        world.refused("own-key", &settings, operation, event);
    }
    let declared = [
        &settings[..],
        &[("RAPID7_PLATFORM_KEY_TYPE", "organization")],
    ]
    .concat();
    world.done(&declared, operation, event);
}

#[test]
fn nobody_is_deleted_or_made_an_administrator_unless_the_deployment_says_so() {
    let world = World::new();
    let (operation, event) = &about(JDOE)[1];
    world.refused("deletion", &[], operation, event);
    let admin = with(jsmith(), json!({"platform_admin": true}));
    world.refused("privileged-accounts", &[], "create-platform-user", &admin);
    let allowed = [("RAPID7_ALLOW_PRIVILEGED_ACCOUNTS", "true")];
    let outcome = world.done(&allowed, "create-platform-user", &admin);
    assert_eq!(outcome["state"]["platform_admin"], true);
}

#[test]
fn products_and_keys_count_as_changes() {
    let world = World::new();
    let two = [("RAPID7_MAX_CHANGES", "2")];
    world.refused(
        "max-changes",
        &two,
        "suspend-platform-user",
        &json!({"email": JDOE}),
    );
    let many = with(jsmith(), json!({"products": ["IVM", "IDR"]}));
    world.refused("max-changes", &two, "create-platform-user", &many);
    world.done(&two, "create-platform-user", &jsmith());
    world.done(&two, "revoke-product-access", &about(JDOE)[2].1);
}

#[test]
fn an_operation_that_is_not_offered_is_refused_before_any_request() {
    let world = World::new();
    let settings = [("RAPID7_ALLOWED_OPERATIONS", "get-platform-user")];
    world.refused(
        "operations",
        &settings,
        "suspend-platform-user",
        &json!({"email": JDOE}),
    );
    assert_eq!(world.requests(), Vec::<String>::new());
}
