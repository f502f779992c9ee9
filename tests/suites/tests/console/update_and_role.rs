//! Members of an account and its role: what is asked for changes, and nothing else does.

use fake_console::{FakeConsole, Fault, FaultKind, State, UserRecord, WireForm};
use serde_json::{Value, json};
use suites::World;

const FORMS: [WireForm; 2] = [WireForm::Vendor, WireForm::Guide];

fn speaking(form: WireForm, edit: impl FnOnce(&mut State)) -> World {
    let mut state = State::realistic();
    state.form = form;
    edit(&mut state);
    World::with(FakeConsole::start_http(state))
}

/// One user's members are others afterwards, and all the rest of the console is as before.
#[track_caller]
fn assert_only(before: &Value, after: &Value, id: i64, members: &Value) {
    let id = id.to_string();
    let mut expected = before[&id].clone();
    for (member, value) in members.as_object().expect("members") {
        expected[member] = value.clone();
    }
    assert_eq!(after[&id], expected);
    let others = |users: &Value| suites::without(users.clone(), &id);
    assert!(others(after) == others(before), "somebody else was changed");
}

/// Runs an operation on jdoe in both wire forms; what it makes of the account.
#[track_caller]
fn changes_only(operation: &str, event: &Value, members: &Value) {
    for form in FORMS {
        let world = World::speaking(form);
        let before = world.console.state().snapshot();
        let outcome = world.outcome(operation, event.clone());
        assert_eq!(outcome["changed"], true, "{event}");
        let after = world.console.state().snapshot();
        assert_only(&before, &after, 4, members);
        let puts = world.times_written("PUT /api/3/users/4");
        assert_eq!(puts, 1, "{event}");
        world.console.clear_requests();
        let mut again = event.clone();
        if event.get("new_login").is_some() {
            again = suites::without(again, "login");
            again["user_id"] = 4.into();
        }
        let again = world.outcome(operation, again);
        assert_eq!(again["changed"], false, "{event}");
        assert_eq!(world.writes(), Vec::<String>::new(), "{event}");
    }
}

/// The snapshots hold what a newer console added, the password, and all single grants.
#[test]
fn updating_changes_the_given_members_and_nothing_else_in_both_wire_forms() {
    for (more, members) in [
        (
            json!({"new_login": "jane.doe"}),
            json!({"login": "jane.doe"}),
        ),
        (
            json!({"new_email": "jane@example.com"}),
            json!({"email": "jane@example.com"}),
        ),
        (json!({"new_email": null}), json!({"email": null})),
        (
            json!({"name": "Janet Roe"}),
            json!({"first": "Janet", "last": "Roe"}),
        ),
        (
            json!({"first_name": "Janet", "last_name": "Roe"}),
            json!({"first": "Janet", "last": "Roe"}),
        ),
        (json!({"enabled": false}), json!({"enabled": false})),
        (
            json!({"locale": "de-DE"}),
            json!({"locale": {"default": "de-DE", "reports": "fr-FR"}}),
        ),
        (
            json!({"reports_locale": null}),
            json!({"locale": {"default": "en-US", "reports": null}}),
        ),
        (json!({"role_id": "auditor"}), json!({"role": "auditor"})),
        (
            json!({"role_id": " security manager "}),
            json!({"role": "security-manager"}),
        ),
        (
            json!({"authentication_type": "saml", "authentication_source_id": "single sign-on"}),
            json!({"authentication": {"id": 4, "type": "saml"}}),
        ),
        (
            json!({"new_email": "a@example.com", "enabled": false, "role_id": "asset-owner"}),
            json!({"email": "a@example.com", "enabled": false, "role": "asset-owner"}),
        ),
    ] {
        let event = suites::with(more, json!({"login": "jdoe"}));
        changes_only("update-user", &event, &members);
    }
}

/// "If `id` is omitted, then one source of the specified `type` is selected" (vendor API file).
#[test]
fn an_authentication_source_that_the_console_picks_is_no_surprise() {
    let event = json!({"login": "jdoe", "authentication_type": "ldap"});
    let members = json!({"authentication": {"id": 3, "type": "ldap"}});
    changes_only("update-user", &event, &members);
}

#[test]
fn only_where_the_name_has_parts_may_one_of_them_be_given() {
    let event = json!({"login": "jdoe", "last_name": "van Doe"});
    let guide = World::speaking(WireForm::Guide);
    let outcome = guide.outcome("update-user", event.clone());
    assert_eq!(outcome["state"]["name"], "Jane van Doe");
    let vendor = World::speaking(WireForm::Vendor);
    let (kind, message) = vendor.failure("update-user", event);
    assert_eq!(kind, "InvalidInput");
    assert!(
        message.contains("keeps the name in one string"),
        "{message}"
    );
    assert_eq!(vendor.writes(), Vec::<String>::new());
}

#[test]
fn what_can_not_be_is_told_by_field_and_nothing_is_sent() {
    let world = World::new();
    let mut twin = world.console.state().roles["auditor"].clone();
    twin.description = "Another one of the same name".into();
    world.console.state().roles.insert("auditor-2".into(), twin);
    for (event, told) in [
        (json!({}), "expected at least one member to change"),
        (
            json!({"new_login": "TOkafor"}),
            "`new_login`: expected a login that nobody has: tokafor (user 5)",
        ),
        (json!({"new_login": null}), "`new_login`"),
        (json!({"new_login": " jane"}), "`new_login`"),
        (json!({"enabled": null}), "`enabled`"),
        (
            json!({"role_id": "asset-ownr"}),
            "`role_id`: expected one of this console's roles: asset-owner, auditor",
        ),
        (
            json!({"role_id": "AUDITOR"}),
            "`role_id`: several roles have this name: expected one of the ids auditor, auditor-2",
        ),
        (
            json!({"role_id": "site-admin", "all_sites": false}),
            "`all_sites`: the role \"site-admin\" gives its users all",
        ),
        (
            json!({"authentication_type": "ldap", "authentication_source_id": 4711}),
            "",
        ),
        (
            json!({"authentication_type": "ldap", "authentication_source_id": "Single Sign-On"}),
            "`authentication_source_id`: this source is of the type saml",
        ),
        (
            json!({"name": "Jane Roe", "first_name": "Jane"}),
            "`name`: expected either this or",
        ),
    ] {
        let event = suites::with(event, json!({"login": "jdoe"}));
        let before = world.console.state().snapshot();
        let (kind, message) = world.failure("update-user", event.clone());
        let expected = if told.is_empty() {
            "Refused"
        } else {
            "InvalidInput"
        };
        assert_eq!(kind, expected, "{event}: {message}");
        assert!(message.contains(told), "{event}: {message}");
        assert!(
            message.contains("Nothing was changed"),
            "{event}: {message}"
        );
        assert!(world.console.state().snapshot() == before, "{event}");
    }
}

/// To a password of the console's own: that takes one at once.
#[test]
fn from_outside_nobody_comes_back_to_a_password_without_one() {
    let world = World::new();
    for kind in ["normal", "admin"] {
        let event = json!({"login": "lpetrova", "authentication_type": kind});
        let (kind, message) = world.failure("update-user", event);
        assert_eq!(kind, "Refused", "{message}");
        assert!(message.contains("logs in by ldap"), "{message}");
    }
    assert_eq!(world.writes(), Vec::<String>::new());
}

#[test]
fn an_account_that_is_so_already_costs_no_write_and_single_grants_stay_unread() {
    for form in FORMS {
        let world = World::speaking(form);
        let event = json!({
            "user_id": 4, "new_login": "jdoe", "new_email": "jdoe@example.com",
            "name": "Jane Doe", "enabled": true, "locale": "en-US", "role_id": "user",
            "superuser": false, "all_sites": false, "authentication_type": "normal",
        });
        let outcome = world.outcome("update-user", event);
        assert_eq!(outcome["changed"], false);
        assert_eq!(outcome["changes"], json!([]));
        assert_eq!(outcome["warnings"], json!([]));
        assert_eq!(world.writes(), Vec::<String>::new());
        let requests = world.requests();
        assert!(
            !requests.iter().any(|line| line.ends_with("/4/sites")),
            "{requests:?}"
        );
    }
}

#[test]
fn a_new_role_keeps_everything_else_in_both_wire_forms() {
    for role in ["auditor", "Auditor"] {
        let event = json!({"login": "jdoe", "role_id": role});
        changes_only("set-role", &event, &json!({"role": "auditor"}));
    }
}

#[test]
fn a_role_that_forces_all_sites_is_followed_and_told_with_what_it_costs() {
    let event = json!({"login": "jdoe", "role_id": "site-admin"});
    let members = json!({"role": "site-admin", "all_sites": true, "sites": []});
    changes_only("set-role", &event, &members);
    let world = World::new();
    let outcome = world.outcome("set-role", event);
    let warnings = outcome["warnings"].to_string();
    assert!(warnings.contains("all_sites becomes true"), "{warnings}");
    assert!(warnings.contains("mean nothing from then on"), "{warnings}");
    assert_eq!(outcome["state"]["all_sites"], true);
}

#[test]
fn on_the_way_down_a_superuser_is_none_any_more_and_all_sites_go_with_the_role() {
    for form in FORMS {
        let world = speaking(form, |state| {
            let mut admin = UserRecord::new("second", "Passw0rd-second", "global-admin");
            admin.superuser = true;
            admin.all_sites = true;
            admin.all_asset_groups = true;
            admin.email = Some("second@example.com".into());
            state.add_user(admin);
        });
        let id = world.id("second");
        let before = world.console.state().snapshot();
        let event = json!({"user_id": id, "role_id": "user"});
        let outcome = world.outcome("set-role", event.clone());
        let flags = json!({
            "role": "user", "superuser": false, "all_sites": false, "all_asset_groups": false,
        });
        assert_only(&before, &world.console.state().snapshot(), id, &flags);
        let warnings = outcome["warnings"].to_string();
        for told in [
            "the user is no superuser any more",
            "all_sites becomes false: it came with the role",
            "all_asset_groups becomes false",
        ] {
            assert!(warnings.contains(told), "{warnings}");
        }
        assert_eq!(world.outcome("set-role", event)["changed"], false);
    }
}

/// What somebody chose, and did not get by the role.
#[test]
fn all_sites_that_came_with_no_role_stay() {
    for form in FORMS {
        let world = World::speaking(form);
        let before = world.console.state().snapshot();
        let event = json!({"login": "mkowalska", "role_id": "user"});
        let outcome = world.outcome("set-role", event);
        assert_eq!(outcome["warnings"], json!([]));
        let after = world.console.state().snapshot();
        assert_only(&before, &after, 3, &json!({"role": "user"}));
    }
}

#[test]
fn flags_that_are_given_overrule_those_of_the_old_role() {
    for form in FORMS {
        let world = World::speaking(form);
        let before = world.console.state().snapshot();
        let event = json!({
            "login": "knguyen", "role_id": "auditor", "all_sites": true, "all_asset_groups": true,
        });
        let _ = world.outcome("set-role", event);
        let members = json!({"role": "auditor", "all_asset_groups": true, "asset_groups": []});
        let after = world.console.state().snapshot();
        assert_only(&before, &after, world.id("knguyen"), &members);
    }
}

/// Without all sites there are none: the outcome tells the way to single ones.
#[test]
fn all_sites_are_taken_back_by_a_flag_alone() {
    for form in FORMS {
        let world = World::speaking(form);
        let before = world.console.state().snapshot();
        let event = json!({"login": "mkowalska", "all_sites": false});
        let outcome = world.outcome("update-user", event);
        assert_eq!(outcome["state"]["all_sites"], false);
        let after = world.console.state().snapshot();
        assert_only(&before, &after, 3, &json!({"all_sites": false}));
    }
}

/// 204 or 200, numbers as text, grants dropped or not: what comes of a run is the same.
#[test]
fn how_a_console_answers_makes_no_difference() {
    type Edit = fn(&mut State);
    let consoles: [Edit; 5] = [
        |_| {},
        |state| state.no_content_on_write = true,
        |state| state.put_drops_grants = false,
        |state| state.error_status_as_string = true,
        |state| state.default_page_size = 500,
    ];
    let runs = [
        ("disable-user", json!({"user_id": 4})),
        ("enable-user", json!({"login": "ext.pentest"})),
        ("unlock-user", json!({"login": "rmartinez"})),
        ("set-role", json!({"user_id": 4, "role_id": "auditor"})),
        ("update-user", json!({"user_id": 4, "new_email": null})),
        ("set-site-access", json!({"user_id": 4, "sites": [7]})),
        ("set-site-access", json!({"user_id": 4, "sites": []})),
        ("revoke-site-access", json!({"user_id": 4, "sites": [1]})),
        (
            "set-password",
            json!({"user_id": 4, "password": "An0ther-passw0rd"}),
        ),
        (
            "provision-user",
            suites::with(suites::jsmith(), json!({"sites": [1, 2]})),
        ),
    ];
    for form in FORMS {
        for (operation, event) in &runs {
            let after = consoles.map(|edit| {
                let world = speaking(form, edit);
                assert_eq!(world.outcome(operation, event.clone())["changed"], true);
                world.console.state().snapshot()
            });
            let same = after.iter().all(|state| *state == after[0]);
            assert!(same, "{operation} {event} {form:?}");
        }
    }
}

/// Some consoles write addresses in lower case: that is no conflict.
#[test]
fn an_address_that_the_console_writes_in_lower_case_is_as_intended() {
    let world = World::new();
    let lowers = FaultKind::change_after(|state| {
        state.user_mut("jdoe").email = Some("jane.doe@example.com".into());
    });
    let lowers = Fault::new(lowers).on("PUT", "/users/4");
    world.console.push_fault(lowers);
    let event = json!({"user_id": 4, "new_email": "Jane.Doe@Example.com"});
    let outcome = world.outcome("update-user", event);
    assert_eq!(outcome["changed"], true);
}

/// Of a member that nobody here knows, nobody knows how exact it has to be either.
#[test]
fn numbers_of_any_length_go_back_as_they_came_and_into_the_record() {
    const NUMBERS: [(&str, &str); 5] = [
        ("big", "12345678901234567890123"),
        ("long", "0.1234567890123456789012345"),
        ("negative", "-98765432109876543210.5"),
        ("small", "1.0e-400"),
        ("plain", "1.50"),
    ];
    let members = NUMBERS.map(|(name, number)| format!("\"{name}\":{number}"));
    let nested = format!("{{\"deep\":[{{{}}}]}}", members.join(","));
    let number = |text: &str| serde_json::from_str::<Value>(text).expect(text);
    for form in FORMS {
        let world = speaking(form, |state| {
            let jdoe = state.user_mut("jdoe");
            for (name, text) in NUMBERS {
                jdoe.other.insert(name.into(), number(text));
                jdoe.other_role.insert(name.into(), number(text));
            }
            jdoe.other.insert("nested".into(), number(&nested));
        });
        let before = world.console.state().snapshot();
        let function = world.function("update-user");
        let event = json!({"user_id": 4, "new_email": "jane@example.com"});
        let outcome = function.invoke(&event).result.expect("done");
        assert_eq!(outcome["warnings"], json!([]));
        let requests = world.console.requests();
        let put = requests.iter().find(|request| request.method == "PUT");
        let put = &put.expect("a PUT").text;
        for member in &members {
            assert_eq!(put.matches(member.as_str()).count(), 3, "{member}: {put}");
        }
        let after = world.console.state().snapshot();
        assert_only(&before, &after, 4, &json!({"email": "jane@example.com"}));
        let logs = function.logs();
        let record = logs
            .lines()
            .find(|line| line.contains("\"audit\":\"before\""));
        let record = record.expect("a record");
        for member in &members {
            assert!(record.contains(member.as_str()), "{member}: {record}");
        }
        // Back as it was, from that record.
        let event = format!("{{\"record\":{record}}}");
        let restored = world.function("restore-user").invoke_text(&event).result;
        restored.expect("restored");
        assert!(world.console.state().snapshot() == before);
    }
}
