//! The actions of the vendor's own plugin: steps that were written for it do the same here, or what
//! they were meant to do.

use fake_console::{FakeConsole, State, UserRecord, WireForm};
use harness::Plugin;
use serde_json::{Value, json};
use suites::plugin::action;
use suites::{World, with, without};

/// Runs a step in the real program; the body of its answer.
fn run_with(connection: &Value, name: &str, input: &Value) -> Value {
    let answer = Plugin::own().send("run", &action(name, connection, input));
    let event = answer.event().expect(&answer.stderr);
    let body = event["body"].clone();
    assert_eq!(answer.code == 0, body["status"] == "ok", "{body:#}");
    body
}

/// The output of a step that must succeed.
#[track_caller]
fn output_with(connection: &Value, action: &str, input: Value) -> Value {
    let body = run_with(connection, action, &input);
    assert_eq!(body["status"], "ok", "{action}: {:#}", body["error"]);
    let output = body["output"].clone();
    assert_typed(action, &output);
    output
}

#[track_caller]
fn output(world: &World, action: &str, input: Value) -> Value {
    output_with(&world.console_connection(), action, input)
}

/// What a step that must fail says happened, and its error for programs.
#[track_caller]
fn failure_with(connection: &Value, action: &str, input: Value) -> (String, Value) {
    let body = run_with(connection, action, &input);
    assert_eq!(body["status"], "error", "{action}: {:#}", body["output"]);
    let exception = &body["exception"];
    let data = exception["data"].as_str().expect("data");
    let cause = exception["cause"].as_str().expect("a cause").to_owned();
    (cause, serde_json::from_str(data).expect(data))
}

#[track_caller]
fn failure(world: &World, action: &str, input: Value) -> (String, Value) {
    failure_with(&world.console_connection(), action, input)
}

/// A step fails for this field, with nothing asked of the console, let alone written.
#[track_caller]
fn refused_at_once(world: &World, action: &str, input: Value, field: &str) {
    world.clear_requests();
    let (cause, data) = failure(world, action, input);
    assert!(cause.contains(&format!("`{field}`")), "{cause}");
    assert_eq!(data["kind"], "InvalidInput");
    assert_eq!(world.requests(), [""; 0], "{action}");
}

/// What the vendor's steps answer with: names, and `!` where it must be there.
fn outputs(action: &str) -> &'static [(&'static str, &'static str)] {
    match action {
        "get_users" => &[("users", "[user]!")],
        "get_user" => &[("user", "user!")],
        "create_user" => &[("links", "[link]!"), ("id", "integer")],
        "get_roles" => &[("roles", "[role]!")],
        "get_role" => &[("role", "role!")],
        "get_authentication_sources" => &[("authentication_sources", "[source]!")],
        "get_authentication_source" => &[("authentication_source", "source!")],
        _ => &[("links", "[link]!")],
    }
}

/// The vendor's types. What consoles may leave unsaid, we need not say.
fn members(kind: &str) -> &'static [(&'static str, &'static str)] {
    match kind {
        "link" => &[("href", "string!"), ("rel", "string!")],
        "source" => &[
            ("external", "boolean"),
            ("id", "integer!"),
            ("links", "[link]"),
            ("name", "string"),
            ("type", "string"),
        ],
        "role" => &[
            ("description", "string"),
            ("id", "string!"),
            ("links", "[link]!"),
            ("name", "string"),
            ("privileges", "[string]!"),
        ],
        "user" => &[
            ("authentication", "source"),
            ("email", "string"),
            ("enabled", "boolean"),
            ("id", "integer!"),
            ("links", "[link]!"),
            ("locale", "locale"),
            ("locked", "boolean"),
            ("login", "string!"),
            ("name", "string"),
            ("role", "user role"),
        ],
        "locale" => &[("default", "string"), ("reports", "string")],
        "user role" => &[
            ("allAssetGroups", "boolean"),
            ("allSites", "boolean"),
            ("id", "string"),
            ("privileges", "[string]"),
            ("superuser", "boolean"),
        ],
        other => panic!("no type {other}"),
    }
}

#[track_caller]
fn assert_typed(action: &str, output: &Value) {
    assert_members(action, outputs(action), output);
}

#[track_caller]
fn assert_members(place: &str, members: &[(&str, &str)], value: &Value) {
    for (name, kind) in members {
        let place = format!("{place}.{name}");
        match (value.get(*name), kind.strip_suffix('!')) {
            (Some(value), kind_of_required) => {
                assert_kind(&place, kind_of_required.unwrap_or(kind), value);
            }
            (None, Some(_)) => panic!("{place} is missing: {value}"),
            (None, None) => {}
        }
    }
}

#[track_caller]
fn assert_kind(place: &str, kind: &str, value: &Value) {
    let list = kind
        .strip_prefix('[')
        .and_then(|kind| kind.strip_suffix(']'));
    match (list, kind) {
        (Some(item), _) => {
            let values = value
                .as_array()
                .unwrap_or_else(|| panic!("{place}: {value}"));
            for value in values {
                assert_kind(place, item, value);
            }
        }
        (_, "string") => assert!(value.is_string(), "{place}: {value}"),
        (_, "integer") => assert!(value.is_i64(), "{place}: {value}"),
        (_, "boolean") => assert!(value.is_boolean(), "{place}: {value}"),
        (_, kind) => assert_members(place, members(kind), value),
    }
}

fn user(world: &World, login: &str) -> UserRecord {
    let state = world.console.state();
    state.user_by_login(login).expect(login).1.clone()
}

#[track_caller]
fn assert_link(world: &World, output: &Value, path: &str) {
    let href = format!("{}/api/3/{path}", world.console.url());
    assert_eq!(output["links"], json!([{"rel": "self", "href": href}]));
}

fn logins(output: &Value) -> Vec<&str> {
    let users = output["users"].as_array().expect("users").iter();
    users
        .map(|user| user["login"].as_str().expect("a login"))
        .collect()
}

#[test]
fn accounts_are_listed_by_expressions_that_fit_the_beginning() {
    let world = World::new();
    let all = output(&world, "get_users", json!({}));
    assert_eq!(all["users"].as_array().map(Vec::len), Some(15));
    for (input, expected) in [
        (json!({"login": "JDO"}), vec!["jdoe"]),
        (json!({"name": "doe"}), vec![]),
        (json!({"name": ".*doe$"}), vec!["jdoe"]),
        (json!({"name": "alex", "login": "asmith$"}), vec!["asmith"]),
        (json!({"name": "alex", "login": "jdoe"}), vec![]),
        (json!({"login": "zz|jd"}), vec!["jdoe"]),
        (json!({"login": "(?!a).*2$"}), vec![]),
        // Upper and lower case are alike in every script.
        (json!({"name": "ЛЮБОВЬ"}), vec!["lpetrova"]),
    ] {
        let found = output(&world, "get_users", input.clone());
        assert_eq!(logins(&found), expected, "{input}");
    }
    let nothing_said = output(&world, "get_users", json!({"name": "", "login": null}));
    assert_eq!(nothing_said, all);
}

#[test]
fn an_account_is_told_in_the_consoles_words() {
    for form in [WireForm::Vendor, WireForm::Guide] {
        let world = World::speaking(form);
        let console = world.console.url().to_owned();
        let expected = json!({
            "authentication": {
                "external": false, "id": 1, "type": "normal",
                "links": [{
                    "rel": "self", "href": format!("{console}/api/3/authentication_sources/1"),
                }],
            },
            "email": "jdoe@example.com",
            "enabled": true,
            "id": 4,
            "links": [{"rel": "self", "href": format!("{console}/api/3/users/4")}],
            "locale": {"default": "en-US", "reports": "fr-FR"},
            "locked": false,
            "login": "jdoe",
            "name": "Jane Doe",
            "role": {
                "allAssetGroups": false, "allSites": false, "id": "user",
                "privileges": ["view-site-asset-data", "create-reports"], "superuser": false,
            },
        });
        let one = output(&world, "get_user", json!({"id": 4}));
        assert_eq!(one["user"], expected);
        // Ours is told beside it, and may be asked for in our words.
        assert_eq!(one["user_id"], 4);
        let ours = output(
            &world,
            "get_user",
            json!({"login": "jdoe", "include": ["sites"]}),
        );
        assert_eq!(ours["sites"], json!([1, 2, 4]));
        assert_eq!(ours["user"]["id"], 4);
        let listed = output(&world, "get_users", json!({"login": "jdoe$"}));
        assert_eq!(listed["users"][0], expected);
    }
}

/// One account of which the console tells little does not fail the list.
#[test]
fn what_the_console_does_not_tell_is_left_out() {
    let world = World::new();
    let listed = output(&world, "get_users", json!({"login": "soneill"}));
    let account = &listed["users"][0];
    assert_eq!(account.get("email"), None);
    assert_eq!(account.get("locale"), None);
    assert_eq!(account["name"], "Siobhán O'Neill-García");
}

#[test]
fn an_expression_that_can_not_be_read_is_told_before_anything_is_asked() {
    let world = World::new();
    for (action, field) in [
        ("get_users", "name"),
        ("get_users", "login"),
        ("get_roles", "name"),
        ("get_authentication_sources", "name"),
    ] {
        refused_at_once(&world, action, json!({field: "jdoe("}), field);
    }
}

fn new_account() -> Value {
    json!({
        "authentication_type": "ldap", "email": "jsmith@example.com", "enabled": true,
        "login": "jsmith", "name": "John Smith", "access_all_asset_groups": false,
        "access_all_sites": false, "role_id": "user",
    })
}

#[test]
fn an_account_is_created_and_its_number_told() {
    let world = World::new();
    let created = output(&world, "create_user", new_account());
    let id = world.id("jsmith");
    assert_eq!(created["id"], id);
    assert_link(&world, &created, &format!("users/{id}"));
    assert_eq!(created["operation"], "create-user");
    let record = user(&world, "jsmith");
    assert_eq!(record.full_name(), "John Smith");
    assert_eq!(record.email.as_deref(), Some("jsmith@example.com"));
    assert_eq!(record.role, "user");
    assert_eq!(record.authentication.kind, "ldap");
    assert!(record.enabled && !record.all_sites && !record.superuser);
    // Sent again, it leaves nothing to do.
    let again = output(&world, "create_user", new_account());
    assert_eq!(
        (&again["changed"], &again["id"]),
        (&json!(false), &json!(id))
    );
}

#[test]
fn an_authentication_source_of_zero_is_none() {
    for (source, kind, expected) in [(json!(0), "ldap", 3), (json!(4), "saml", 4)] {
        let world = World::new();
        let input = with(
            new_account(),
            json!({"authentication_id": source, "authentication_type": kind}),
        );
        output(&world, "create_user", input);
        assert_eq!(user(&world, "jsmith").authentication.id, expected);
    }
    let world = World::new();
    let negative = with(new_account(), json!({"authentication_id": -1}));
    refused_at_once(&world, "create_user", negative, "authentication_id");
}

/// The vendor's step sends false as its default, and knows nothing of what a role forces.
#[test]
fn a_flag_that_the_role_forces_gives_way_with_a_warning() {
    let world = World::new();
    let input = with(new_account(), json!({"role_id": "site-admin"}));
    let created = output(&world, "create_user", input);
    let warnings = created["warnings"].to_string();
    assert!(warnings.contains("all_sites is true"), "{warnings}");
    // Said in our words it is an error, as before.
    let ours = with(
        without(without(new_account(), "access_all_sites"), "login"),
        json!({"login": "other", "role_id": "site-admin", "all_sites": false}),
    );
    let (cause, _) = failure(&world, "create_user", ours);
    assert!(cause.contains("`all_sites`"), "{cause}");

    let changed = output(&world, "update_user_role", role_of(4, "site-admin"));
    let warnings = changed["warnings"].to_string();
    assert!(warnings.contains("all_sites becomes true"), "{warnings}");
    assert!(!user(&world, "jdoe").all_asset_groups);
}

#[test]
fn what_is_no_input_is_not_sent_on() {
    let world = World::new();
    let input = with(
        new_account(),
        json!({"allSites": true, "password_": "x", "role": {"superuser": true}}),
    );
    output(&world, "create_user", input);
    let record = user(&world, "jsmith");
    assert!(!record.superuser && !record.all_sites);
}

#[test]
fn a_local_account_needs_a_password() {
    let world = World::new();
    let local = with(new_account(), json!({"authentication_type": "normal"}));
    let (cause, _) = failure(&world, "create_user", local.clone());
    assert!(cause.contains("password"), "{cause}");
    let input = with(local, json!({"password": "S3cur3!pass"}));
    output(&world, "create_user", input);
    assert_eq!(user(&world, "jsmith").authentication.kind, "normal");
}

fn jdoe_as_she_is() -> Value {
    json!({
        "id": 4, "authentication_type": "normal", "email": "jdoe@example.com", "enabled": true,
        "login": "jdoe", "name": "Jane Doe", "access_all_asset_groups": false,
        "access_all_sites": false, "role_id": "user",
    })
}

#[test]
fn with_an_id_login_and_email_are_the_new_ones() {
    let world = World::new();
    let before = world.console.state().snapshot();
    let input = with(
        jdoe_as_she_is(),
        json!({
            "email": "jane@example.com", "enabled": false, "login": "jroe", "name": "Jane Roe",
            "role_id": "auditor", "access_all_sites": true,
        }),
    );
    let changed = output(&world, "update_user", input.clone());
    assert_link(&world, &changed, "users/4");
    assert_eq!(changed["changed"], true);
    let record = user(&world, "jroe");
    assert_eq!(record.email.as_deref(), Some("jane@example.com"));
    assert_eq!(record.full_name(), "Jane Roe");
    assert_eq!(record.role, "auditor");
    assert!(!record.enabled && record.all_sites && !record.all_asset_groups);
    // One write, and everything else as it was: languages, grants, what we do not know.
    assert_eq!(world.times_written("PUT /api/3/users/4"), 1);
    let after = world.console.state().snapshot();
    for member in ["locale", "other", "asset_groups", "password"] {
        assert_eq!(after["4"][member], before["4"][member], "{member}");
    }
    let again = output(&world, "update_user", input);
    assert_eq!(again["changed"], false);
}

#[test]
fn an_update_to_what_is_so_already_writes_nothing() {
    let world = World::new();
    let before = world.console.state().snapshot();
    let outcome = output(&world, "update_user", jdoe_as_she_is());
    assert_eq!(outcome["changed"], false);
    assert_eq!(world.console.state().snapshot(), before);
    assert_eq!(world.writes(), [""; 0]);
}

#[test]
fn an_update_takes_away_flags_and_keeps_a_superuser_who_keeps_the_role() {
    let mut state = State::realistic();
    let jdoe = state.user_mut("jdoe");
    (jdoe.all_sites, jdoe.all_asset_groups, jdoe.superuser) = (true, true, true);
    let world = World::with(FakeConsole::start_http(state));
    output(&world, "update_user", jdoe_as_she_is());
    let record = user(&world, "jdoe");
    assert!(!record.all_sites && !record.all_asset_groups && record.superuser);
}

#[test]
fn only_what_is_given_changes_and_our_own_words_mean_what_they_meant() {
    let world = World::new();
    output(
        &world,
        "update_user",
        json!({"id": 4, "email": "jane@example.com"}),
    );
    assert_eq!(
        user(&world, "jdoe").email.as_deref(),
        Some("jane@example.com")
    );
    let ours = json!({"email": "jane@example.com", "new_login": "jroe", "access_all_sites": true});
    output(&world, "update_user", ours);
    let record = user(&world, "jroe");
    assert!(record.all_sites);
    assert_eq!(record.email.as_deref(), Some("jane@example.com"));
}

#[test]
fn two_words_for_one_thing_are_refused_by_both() {
    let world = World::new();
    for (action, input, fields) in [
        ("get_user", json!({"id": 4, "user_id": 4}), "id, user_id"),
        (
            "disable_user",
            json!({"id": 4, "user_id": 5}),
            "id, user_id",
        ),
        ("delete_user", json!({"id": 4, "user_id": 5}), "id, user_id"),
        (
            "update_user",
            json!({"id": 4, "login": "a", "new_login": "b"}),
            "login, new_login",
        ),
        (
            "update_user",
            json!({"id": 4, "all_sites": true, "access_all_sites": true}),
            "access_all_sites, all_sites",
        ),
    ] {
        refused_at_once(&world, action, input, fields);
    }
}

/// The vendor's steps take 0 for "no id", and then ask for, or change, everybody or everything.
#[test]
fn zero_is_nobody_and_nothing() {
    let world = World::new();
    let before = world.console.state().snapshot();
    for action in [
        "get_user",
        "delete_user",
        "disable_user",
        "enable_user",
        "get_authentication_source",
    ] {
        refused_at_once(&world, action, json!({"id": 0}), "id");
    }
    refused_at_once(
        &world,
        "update_user",
        with(jdoe_as_she_is(), json!({"id": 0})),
        "id",
    );
    refused_at_once(&world, "update_user_role", role_of(0, "user"), "user_id");
    for (what, actions) in [
        (
            "site",
            [
                "add_user_site_access",
                "remove_user_site_access",
                "update_user_site_access",
            ],
        ),
        (
            "asset_group",
            [
                "add_user_asset_group_access",
                "remove_user_asset_group_access",
                "update_user_asset_group_access",
            ],
        ),
    ] {
        let (one, many) = (format!("{what}_id"), format!("{what}_ids"));
        for action in &actions[..2] {
            refused_at_once(&world, action, json!({"user_id": 4, one.clone(): 0}), &one);
            refused_at_once(
                &world,
                action,
                json!({"user_id": 0, one.clone(): 1}),
                "user_id",
            );
        }
        let place = format!("{many}[1]");
        refused_at_once(
            &world,
            actions[2],
            json!({"user_id": 4, many: [1, 0]}),
            &place,
        );
    }
    assert_eq!(world.console.state().snapshot(), before);
}

#[test]
fn a_whole_number_may_be_written_with_a_fraction_of_zero() {
    let world = World::new();
    let found = output(&world, "get_user", json!({"id": 4.0}));
    assert_eq!(found["login"], "jdoe");
}

#[test]
fn deleting_by_number_works_where_the_connection_allows_deletion() {
    let world = World::new();
    let (cause, data) = failure(&world, "delete_user", json!({"id": 4}));
    assert_eq!(data["kind"], "Refused", "{cause}");
    assert_eq!(world.writes(), [""; 0]);

    let allowed = with(world.console_connection(), json!({"allow_deletion": true}));
    let planned = output_with(&allowed, "delete_user", json!({"id": 4, "dry_run": true}));
    assert_eq!(
        (&planned["dry_run"], &planned["changed"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(world.writes(), [""; 0]);

    let deleted = output_with(&allowed, "delete_user", json!({"id": 4}));
    assert!(world.console.state().user_by_login("jdoe").is_none());
    assert_eq!(world.writes(), ["DELETE /api/3/users/4"]);
    assert_eq!(deleted["changed"], true);
    assert_eq!(deleted["links"], json!([]));
    let warnings = deleted["warnings"].to_string();
    assert!(warnings.contains("no login confirmed"), "{warnings}");

    let (_, data) = failure_with(&allowed, "delete_user", json!({"id": 4}));
    assert_eq!(data["kind"], "NotFound");
    // In our own words, the login must confirm it.
    let own = json!({"id": 5, "confirm_login": "jdoe"});
    let (cause, _) = failure_with(&allowed, "delete_user", own);
    assert!(cause.contains("`confirm_login`"), "{cause}");
    let (cause, _) = failure_with(&allowed, "delete_user", json!({"user_id": 5}));
    assert!(cause.contains("`confirm_login`"), "{cause}");
}

/// What an action reads by is not what it may do.
#[test]
fn an_action_that_is_allowed_alone_can_read_what_it_needs() {
    let world = World::new();
    let only = |actions: &str| {
        with(
            world.console_connection(),
            json!({"allow_deletion": true, "allowed_actions": actions}),
        )
    };
    output_with(&only("delete_user"), "delete_user", json!({"id": 4}));
    output_with(
        &only("update_user_role"),
        "update_user_role",
        role_of(5, "user"),
    );
    world.clear_requests();
    let (cause, _) = failure_with(&only("get_user"), "delete_user", json!({"id": 5}));
    assert!(cause.contains("delete-user"), "{cause}");
    assert_eq!(world.requests(), [""; 0]);
}

#[test]
fn disabling_and_enabling_change_nothing_else() {
    let world = World::new();
    let before = world.console.state().snapshot();
    let outcome = output(&world, "disable_user", json!({"id": 4}));
    assert_link(&world, &outcome, "users/4");
    let disabled = suites::with_disabled(before.clone(), 4);
    assert_eq!(world.console.state().snapshot(), disabled);
    output(&world, "enable_user", json!({"id": 4}));
    assert_eq!(world.console.state().snapshot(), before);
    let again = output(&world, "enable_user", json!({"id": 4}));
    assert_eq!(again["changed"], false);
    let locked = json!({"id": world.id("rmartinez"), "dry_run": true});
    let locked = output(&world, "enable_user", locked);
    assert!(locked["warnings"].to_string().contains("locked"));
}

/// A role without privileges, and an account without an email address: no reason not to disable it.
#[test]
fn accounts_of_which_the_console_tells_little_can_be_changed() {
    let mut state = State::realistic();
    let role = state.roles.get_mut("asset-owner").expect("a role");
    role.privileges.clear();
    let world = World::with(FakeConsole::start_http(state));
    let id = world.id("soneill");
    output(&world, "disable_user", json!({"id": id}));
    output(&world, "update_user_role", role_of(id, "auditor"));
    let record = user(&world, "soneill");
    assert_eq!((record.role.as_str(), record.email), ("auditor", None));
    let role = output(&world, "get_role", json!({"id": "asset-owner"}));
    assert_eq!(role["role"]["privileges"], json!([]));
}

fn role_of(id: i64, role: &str) -> Value {
    json!({
        "user_id": id, "role_id": role, "access_all_sites": false, "access_all_asset_groups": false,
    })
}

#[test]
fn a_role_is_changed_and_the_flags_with_it() {
    let world = World::new();
    let id = world.id("mkowalska");
    let input = with(
        role_of(id, "auditor"),
        json!({"access_all_asset_groups": true}),
    );
    let outcome = output(&world, "update_user_role", input);
    assert_link(&world, &outcome, &format!("users/{id}"));
    let record = user(&world, "mkowalska");
    assert_eq!(record.role, "auditor");
    assert!(!record.all_sites && record.all_asset_groups);
    let before = world.console.state().snapshot();
    output(&world, "update_user_role", role_of(4, "asset-owner"));
    let after = world.console.state().snapshot();
    for member in ["locale", "sites", "asset_groups", "other"] {
        assert_eq!(after["4"][member], before["4"][member], "{member}");
    }
    let (cause, _) = failure(&world, "update_user_role", role_of(4, "nope"));
    assert!(cause.contains("`role_id`"), "{cause}");
}

#[test]
fn who_gets_a_lesser_role_is_no_superuser_any_more() {
    let world = World::new();
    let id = world.id("nxadmin");
    let allowed = with(
        world.console_connection(),
        json!({"allow_privileged_accounts": true}),
    );
    let up = output_with(&allowed, "update_user_role", role_of(4, "global-admin"));
    assert_eq!(up["changed"], true);
    let record = user(&world, "jdoe");
    assert!(record.superuser && record.all_sites && record.role == "global-admin");
    output_with(&allowed, "update_user_role", role_of(id, "auditor"));
    let record = user(&world, "nxadmin");
    assert!(!record.superuser && !record.all_sites && record.role == "auditor");
    let (_, data) = failure(&world, "update_user_role", role_of(5, "global-admin"));
    assert_eq!(data["kind"], "Refused");
}

#[test]
fn access_is_given_taken_and_set_one_thing_at_a_time() {
    let world = World::new();
    let grants = |world: &World| {
        let record = user(world, "jdoe");
        let sites = record.sites.into_iter().collect::<Vec<_>>();
        (sites, record.asset_groups.into_iter().collect::<Vec<_>>())
    };
    assert_eq!(grants(&world), (vec![1, 2, 4], vec![1, 3]));
    for (action, input, sites, asset_groups) in [
        (
            "add_user_site_access",
            json!({"site_id": 5}),
            vec![1, 2, 4, 5],
            vec![1, 3],
        ),
        (
            "remove_user_site_access",
            json!({"site_id": 1}),
            vec![2, 4, 5],
            vec![1, 3],
        ),
        (
            "update_user_site_access",
            json!({"site_ids": [3, 4, 3]}),
            vec![3, 4],
            vec![1, 3],
        ),
        (
            "update_user_site_access",
            json!({"site_ids": []}),
            vec![],
            vec![1, 3],
        ),
        (
            "add_user_asset_group_access",
            json!({"asset_group_id": 2}),
            vec![],
            vec![1, 2, 3],
        ),
        (
            "remove_user_asset_group_access",
            json!({"asset_group_id": 3}),
            vec![],
            vec![1, 2],
        ),
        (
            "update_user_asset_group_access",
            json!({"asset_group_ids": [4, 5]}),
            vec![],
            vec![4, 5],
        ),
        (
            "update_user_asset_group_access",
            json!({"asset_group_ids": []}),
            vec![],
            vec![],
        ),
    ] {
        let input = with(input, json!({"user_id": 4}));
        let planned = with(input.clone(), json!({"dry_run": true}));
        let before = grants(&world);
        output(&world, action, planned);
        assert_eq!(grants(&world), before, "{action}");
        let outcome = output(&world, action, input.clone());
        assert_eq!(outcome["changed"], true, "{action}");
        assert_link(&world, &outcome, "users/4");
        assert_eq!(grants(&world), (sites, asset_groups), "{action}");
        let again = output(&world, action, input);
        assert_eq!(again["changed"], false, "{action}");
    }
}

#[test]
fn access_that_can_not_be_is_told_by_the_steps_own_inputs() {
    let world = World::new();
    let id = world.id("mkowalska");
    let (cause, data) = failure(
        &world,
        "add_user_site_access",
        json!({"user_id": id, "site_id": 1}),
    );
    assert_eq!(data["kind"], "Refused", "{cause}");
    for (action, name, value, place) in [
        ("add_user_site_access", "site_id", json!(99), "`site_id`"),
        (
            "update_user_site_access",
            "site_ids",
            json!([1, 99]),
            "`site_ids[1]`",
        ),
        (
            "remove_user_asset_group_access",
            "asset_group_id",
            json!(99),
            "`asset_group_id`",
        ),
    ] {
        let (cause, data) = failure(&world, action, json!({"user_id": 4, name: value}));
        assert!(cause.contains(place), "{cause}");
        assert!(
            data["message"]
                .as_str()
                .is_some_and(|text| text.contains(place))
        );
    }
}

#[test]
fn roles_and_sources_are_listed_by_name_and_type_and_shown_by_id() {
    let world = World::new();
    let names = |list: &Value| -> Vec<String> {
        let list = list.as_array().expect("a list").iter();
        list.map(|one| one["id"].to_string()).collect()
    };
    let roles = |input: Value| names(&output(&world, "get_roles", input)["roles"]);
    assert_eq!(roles(json!({})).len(), 7);
    assert_eq!(roles(json!({"name": "GLOBAL"})), [r#""global-admin""#]);
    assert_eq!(roles(json!({"name": "administrator"})), [""; 0]);
    let role = output(&world, "get_role", json!({"id": "auditor"}));
    assert_eq!(role["role"]["name"], "Auditor");
    assert_link(&world, &role["role"], "roles/auditor");
    let (cause, _) = failure(&world, "get_role", json!({"id": "nope"}));
    assert!(
        cause.contains("`id`") && cause.contains("auditor"),
        "{cause}"
    );

    let sources = |input: Value| {
        names(&output(&world, "get_authentication_sources", input)["authentication_sources"])
    };
    assert_eq!(sources(json!({})), ["1", "2", "3", "4"]);
    assert_eq!(sources(json!({"type": ""})), ["1", "2", "3", "4"]);
    assert_eq!(sources(json!({"name": "builtin"})), ["1", "2"]);
    assert_eq!(sources(json!({"name": "builtin", "type": "admin"})), ["2"]);
    assert_eq!(sources(json!({"type": "kerberos"})), [""; 0]);
    let source = output(&world, "get_authentication_source", json!({"id": 3}));
    let source = &source["authentication_source"];
    assert_eq!(source["name"], "Corporate Directory");
    assert_link(&world, source, "authentication_sources/3");
    let (cause, _) = failure(&world, "get_authentication_source", json!({"id": 99}));
    assert!(cause.contains("`id`"), "{cause}");
}

#[test]
fn what_every_operation_takes_these_take_too() {
    let world = World::new();
    let elsewhere = json!({"console": "nowhere"});
    let (cause, _) = failure(&world, "get_roles", elsewhere);
    assert!(cause.contains("console"), "{cause}");
    let input = json!({"id": 4, "dry_run": true, "ticket": "OFF-1", "requested_by": "me"});
    let planned = output(&world, "disable_user", input);
    assert!(
        planned["plan"]
            .as_array()
            .is_some_and(|plan| !plan.is_empty())
    );
    assert_eq!(
        (&planned["dry_run"], &planned["changed"]),
        (&json!(true), &json!(false))
    );
    assert!(user(&world, "jdoe").enabled);
}
