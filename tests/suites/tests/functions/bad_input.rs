//! Wrong input gets an error that names the field, changes nothing, and repeats no value.

use serde_json::{Value, json};
use suites::{CONSOLE_SECRET, DELIVERED, World, for_each, jsmith, with};

#[test]
fn wrong_input_names_the_field_and_sends_nothing() {
    let world = World::new();
    let function = world.function("disable-user");
    let cases: Vec<(Value, &str)> = vec![
        (
            json!({}),
            "`user_id, login, email`: expected exactly one, got none",
        ),
        (
            json!({"login": "a", "email": "b"}),
            "`user_id, login, email`: expected exactly one",
        ),
        (
            json!({"user_id": "canary"}),
            "`user_id`: expected a whole number",
        ),
        (
            json!({"user_id": 1.5}),
            "`user_id`: expected a whole number",
        ),
        (json!({"user_id": 0}), "`user_id`: expected a number from 1"),
        (json!({"login": ""}), "`login`: expected text"),
        (json!({"login": " jdoe"}), "`login`: expected text"),
        (json!({"login": ["canary"]}), "`login`: expected a string"),
        (
            json!({"login": "jdoe", "canary": 1}),
            "`canary`: no such field here; there are user_id",
        ),
        (
            json!({"login": "jdoe", "dry_run": "canary"}),
            "`dry_run`: expected a boolean",
        ),
        (
            json!(["canary"]),
            "`(input)`: expected a JSON object, got a list",
        ),
        (json!(null), "`(input)`: expected a JSON object, got null"),
        (
            json!({"detail-type": "leaver", "source": "hr", "detail": {"logn": "jdoe"}}),
            "`logn`: no such field",
        ),
    ];
    for (event, told) in cases {
        let shown = event.to_string();
        let error = function.invoke(&event).result.expect_err(&shown);
        assert_eq!(error.error_type, "InvalidInput", "{shown}");
        let message = error.error_message;
        assert!(message.contains(told), "{shown}: {message}");
        assert!(message.contains("Nothing was changed"), "{message}");
        if !told.contains("canary") {
            assert!(!message.contains("canary"), "{message}");
        }
    }
    assert_eq!(world.requests(), Vec::<String>::new());
}

/// A workflow that pastes texts into an event must not let whoever wrote them say who is meant.
#[test]
fn a_member_that_is_there_twice_is_refused_wherever_it_stands() {
    let world = World::new();
    let before = world.console.state().snapshot();
    for (operation, event, member) in [
        (
            "disable-user",
            r#"{"login": "asmith", "login": "jdoe"}"#,
            "`login`",
        ),
        (
            "disable-user",
            r#"{"login": "jdoe", "dry_run": true, "dry_run": false}"#,
            "`dry_run`",
        ),
        (
            "disable-user",
            r#"{"detail-type": "leaver", "source": "hr", "detail": {"login": "canary"}, "detail": {"login": "jdoe"}}"#,
            "`detail`",
        ),
        (
            "disable-user",
            r#"{"detail-type": "leaver", "source": "hr", "detail": {"login": "canary", "login": "jdoe"}}"#,
            "`detail.login`",
        ),
        (
            "offboard-users",
            r#"{"people": [{"login": "rmartinez"}, {"login": "canary", "login": "jdoe"}]}"#,
            "`people[1].login`",
        ),
        (
            "offboard-users",
            r#"{"people_text": "{\"login\": \"canary\", \"login\": \"jdoe\"}\n"}"#,
            "`people_text, line 1.login`",
        ),
        (
            "restore-user",
            r#"{"record": {"audit": "before", "target": "", "record": {"state": {"user": {"id": 4, "enabled": true, "enabled": false}}}}}"#,
            "`record.record.state.user.enabled`",
        ),
    ] {
        let function = world.function(operation);
        let error = function.invoke_text(event).result.expect_err(event);
        assert_eq!(error.error_type, "InvalidInput", "{event}");
        let message = error.error_message;
        let told = format!("{member}: expected once");
        assert!(message.contains(&told), "{event}: {message}");
        assert!(message.contains("Nothing was changed"), "{message}");
        assert!(!message.contains("canary"), "{message}");
        let logs = function.logs();
        assert!(
            logs.contains("\"kind\":\"InvalidInput\"") && !logs.contains("canary"),
            "{logs}"
        );
    }
    assert_eq!(world.requests(), Vec::<String>::new());
    assert_eq!(world.console.state().snapshot(), before);
}

/// Whoever writes `dry_run` beside `detail` means it.
#[test]
fn a_member_of_the_input_beside_an_events_detail_is_refused_and_one_of_the_bus_is_not() {
    let world = World::new();
    let function = world.function("disable-user");
    let event = |more: Value| {
        let event = json!({
            "version": "0", "id": "e1", "detail-type": "leaver", "source": "hr",
            "account": "123456789012", "time": "2026-11-23T08:00:00Z", "region": "eu-west-1",
            "resources": [], "detail": {"login": "jdoe"},
        });
        with(event, more)
    };
    for more in [
        json!({"dry_run": true}),
        json!({"ticket": "OFF-1"}),
        json!({"console": null}),
        json!({"user_id": 4}),
    ] {
        let member = more.as_object().expect("members").keys().next();
        let told = format!("`{}`: expected in `detail`", member.expect("one"));
        let error = function.invoke(&event(more)).result.expect_err(&told);
        assert_eq!(error.error_type, "InvalidInput");
        assert!(
            error.error_message.contains(&told),
            "{}",
            error.error_message
        );
    }
    assert_eq!(world.requests(), Vec::<String>::new());
    let replayed = json!({"replay-name": "again", "ingestion-time": "2026-11-23T08:00:01Z"});
    let done = function.invoke(&event(replayed)).result.expect("done");
    assert_eq!(done["changed"], true);
}

/// The event of an operation, with something more in it, or something wrong.
fn event(operation: &str, more: Value) -> Value {
    match operation {
        "create-user" | "provision-user" => with(jsmith(), more),
        "list-users" | "list-user-changes" | "restore-user" => more,
        _ if more.get("login").is_some() => more,
        _ => with(json!({"user_id": 4}), more),
    }
}

/// Sends the events of a table, each line of which says: operations, what is wrong, what is told. Texts
/// are canaries that no error repeats.
fn assert_refused(table: &str, reads: bool) {
    let lines = table.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty());
    let cases: Vec<(&str, Value, &str)> = lines
        .flat_map(|line| {
            let (operations, rest) = line.split_once(' ').expect(line);
            let (more, told) = rest.split_once(" -> ").expect(line);
            let more: Value = serde_json::from_str(more).expect(line);
            let operations = operations.split(',');
            operations.map(move |name| (name, event(name, more.clone()), told))
        })
        .collect();
    for_each(&cases, |(operation, event, told)| {
        let world = World::new();
        let before = world.console.state().snapshot();
        let shown = format!("{operation} {event}");
        let function = world.allowed_function(operation);
        let error = function.invoke(event).result.expect_err(&shown);
        let message = error.error_message;
        assert_eq!(error.error_type, "InvalidInput", "{shown}: {message}");
        assert!(message.contains(told), "{shown}: {message}");
        assert!(message.contains("Nothing was changed"), "{message}");
        assert!(!message.contains("canary"), "{shown}: {message}");
        assert!(!function.logs().contains("canary"), "{shown}");
        if !reads {
            assert_eq!(world.requests(), Vec::<String>::new(), "{shown}");
        }
        assert_eq!(world.writes(), Vec::<String>::new(), "{shown}");
        assert_eq!(world.console.state().snapshot(), before, "{shown}");
        assert_eq!(world.delivered(), "old", "{shown}");
    });
}

#[test]
fn passwords_that_do_not_go_together_are_refused_before_anything_is_read() {
    let table = r#"
        BOTH {"password": "canary", "password_secret": "canary"} -> `password, password_secret`: expected one of them, got both
        BOTH {"password": ["canary"]} -> `password`: expected a string
        BOTH {"password": ""} -> `password`: expected text that is not empty
        BOTH {"password_secret": 4711} -> `password_secret`: expected a string
        BOTH {"generate_password": "canary"} -> `generate_password`: expected a boolean
        BOTH {"generate_password": true} -> `deliver_to`: required with `generate_password`
        BOTH {"password": "canary", "deliver_to": "canary"} -> `deliver_to`: only goes with `generate_password`
        BOTH {"password": "canary", "request_token": "canary"} -> `request_token`: only goes with `generate_password`
        BOTH {"password": "canary", "password_length": 20} -> `password_length`: only goes with `generate_password`
        BOTH {"password_secret": "canary", "password_classes": ["digit"]} -> `password_classes`: only goes with
        BOTH {GENERATE, "password": "canary"} -> `generate_password`: expected either this or a given password, got both
        BOTH {GENERATE, "password_secret": "canary"} -> `generate_password`: expected either this or a given password
        BOTH {GENERATE, "password_length": 11} -> `password_length`: expected a number from 12 to 128
        BOTH {GENERATE, "password_length": 129} -> `password_length`: expected a number from 12 to 128
        BOTH {GENERATE, "password_length": "canary"} -> `password_length`: expected a whole number
        BOTH {GENERATE, "password_classes": []} -> `password_classes`: expected at least one class
        BOTH {GENERATE, "password_classes": ["digit", "canary"]} -> `password_classes[1]`: expected one of lower, upper, digit, symbol
        BOTH {GENERATE, "password_reset_on_login": "canary"} -> `password_reset_on_login`: expected a boolean
        set-password {} -> `password_secret`: required (or `generate_password`, or `password`)
        set-password {"password": null} -> `password_secret`: required
        set-password {"deliver_to": "canary"} -> `password_secret`: required
        unlock-user {"password_reset_on_login": true} -> `password_reset_on_login`: only goes with a new password
        unlock-user {"deliver_to": "canary"} -> `deliver_to`: only goes with `generate_password`
        reset-two-factor {} -> `deliver_to`: required, and missing
        reset-two-factor {"deliver_to": ""} -> `deliver_to`: expected text
        reset-two-factor {"deliver_to": "canary", "request_token": 4711} -> `request_token`: expected a string
        reset-two-factor {"deliver_to": "canary", "password": "canary"} -> `password`: no such field here
        create-user {"password_secret": "canary"} -> `password, password_secret`: expected one of them, got both
        provision-user {"password_secret": "canary", "sites": [1]} -> `password, password_secret`: expected one of them
    "#;
    let table = table.replace("BOTH", "set-password,unlock-user");
    let generate = r#""generate_password": true, "deliver_to": "canary""#;
    assert_refused(&table.replace("GENERATE", generate), false);
}

#[test]
fn lists_of_sites_and_asset_groups_are_checked_by_their_form_first() {
    let table = r#"
        set-LIST-access,grant-LIST-access,revoke-LIST-access {} -> `MEMBER`: required, and missing
        set-LIST-access,grant-LIST-access,revoke-LIST-access {"MEMBER": "canary"} -> `MEMBER`: expected a list
        set-LIST-access,grant-LIST-access,revoke-LIST-access {"MEMBER": {"canary": 1}} -> `MEMBER`: expected a list
        set-LIST-access,grant-LIST-access,revoke-LIST-access {"MEMBER": null} -> `MEMBER`: expected a list
        set-LIST-access,grant-LIST-access,revoke-LIST-access {"MEMBER": [1, null]} -> `MEMBER[1]`: expected a number or a name
        set-LIST-access,grant-LIST-access,revoke-LIST-access {"MEMBER": [1.5]} -> `MEMBER[0]`: expected a number or a name
        set-LIST-access,grant-LIST-access,revoke-LIST-access {"MEMBER": [["canary"]]} -> `MEMBER[0]`: expected a number or a name
        set-LIST-access,grant-LIST-access,revoke-LIST-access {"MEMBER": [18446744073709551615]} -> `MEMBER[0]`: expected a number or a name
        grant-LIST-access,revoke-LIST-access {"MEMBER": []} -> `MEMBER`: expected at least one
    "#;
    for (list, member) in [("site", "sites"), ("asset-group", "asset_groups")] {
        let table = table.replace("LIST", list).replace("MEMBER", member);
        assert_refused(&table, false);
    }
    let table = r#"
        create-user {"sites": [1]} -> `sites`: no such field here
        provision-user {} -> `sites`: expected at least one site (or asset group)
        provision-user {"sites": [], "asset_groups": []} -> `sites`: expected at least one site (or asset group)
        provision-user {"asset_groups": ["canary"], "all_asset_groups": true} -> `asset_groups`: single ones mean nothing
    "#;
    assert_refused(table, false);
}

#[test]
fn members_of_a_wrong_type_and_null_for_what_can_not_be_cleared_are_refused() {
    let table = r#"
        update-user {"new_login": null} -> `new_login`: expected a string
        update-user {"name": null} -> `name`: expected a string
        update-user {"first_name": null} -> `first_name`: expected a string
        update-user {"last_name": null} -> `last_name`: expected a string
        update-user {"enabled": null} -> `enabled`: expected a boolean
        update-user {"role_id": null} -> `role_id`: expected a string
        update-user {"superuser": null} -> `superuser`: expected a boolean
        update-user {"all_sites": null} -> `all_sites`: expected a boolean
        update-user {"all_asset_groups": null} -> `all_asset_groups`: expected a boolean
        update-user {"authentication_type": null} -> `authentication_type`: expected
        update-user {"authentication_source_id": null} -> `authentication_source_id`: expected a number or a name
        update-user {"new_email": 4711} -> `new_email`: expected a string
        update-user {"locale": ["canary"]} -> `locale`: expected a string
        update-user {"authentication_type": "canary"} -> `authentication_type`: expected one of normal, admin, ldap
        update-user {"password": "canary"} -> `password`: no such field here
        set-role {} -> `role_id`: required, and missing
        set-role {"role_id": null} -> `role_id`: expected a string
        delete-user {} -> `confirm_login`: required, and missing
        delete-user {"confirm_login": true} -> `confirm_login`: expected a string
        get-user {"include": ["canary"]} -> `include[0]`: expected one of sites
        list-users {"locked": "canary"} -> `locked`: expected a boolean
        list-user-changes {"page_size": 0} -> `page_size`: expected a number from 1 to 10000
        list-user-changes {"page_size": 10001} -> `page_size`: expected a number from 1 to 10000
        list-user-changes {"page_size": -1} -> `page_size`: expected a whole number
        list-user-changes {"page_size": 4294967296} -> `page_size`: expected a whole number
        list-user-changes {"page_size": 1.5} -> `page_size`: expected a whole number
        list-user-changes {"page_size": "canary"} -> `page_size`: expected a whole number
        list-user-changes {"state": "canary"} -> `state`: expected an object
        list-user-changes {"state": ["canary"]} -> `state`: expected an object
        list-user-changes {"state": {"canary": "canary"}} -> `state`: expected what the last run answered with
        list-user-changes {"state": {"format": 2, "users": "canary"}} -> `state`: expected format 1
        restore-user {} -> `record`: required, and missing
        restore-user {"record": "canary"} -> `record`: expected
        restore-user {"record": {"audit": "canary", "target": "", "record": {}}} -> `record.audit`: expected a record with "before"
        restore-user {"record": {"audit": "before", "target": "canary", "record": {}}} -> `record.target`: expected a record of this console
        restore-user {"record": {"audit": "before", "target": "", "record": {"state": {"user": {"id": 4}, "sites": ["canary"]}}}} -> `record.record.state.sites[0]`: expected a whole number
    "#;
    assert_refused(table, false);
}

/// What only the console can tell.
#[test]
fn what_the_console_does_not_have_is_told_by_field_and_place_with_what_it_has() {
    let table = r#"
        set-site-access,grant-site-access,revoke-site-access,provision-user {"sites": [1, "canary"]} -> `sites[1]`: expected one of this console's sites: 1 (Corp
        set-site-access,grant-site-access,revoke-site-access,provision-user {"sites": ["dmz", 1, 4711]} -> `sites[2]`: expected one of this console's sites: 1 (Corp
        set-asset-group-access,grant-asset-group-access,revoke-asset-group-access {"asset_groups": ["canary"]} -> `asset_groups[0]`: expected one of this console's asset groups: 1 (Domain
        update-user {} -> `(input)`: expected at least one member to change
        update-user {"new_login": "NXADMIN"} -> `new_login`: expected a login that nobody has: nxadmin
        update-user {"new_login": " canary"} -> `new_login`: expected text
        update-user {"authentication_source_id": "canary"} -> `authentication_source_id`: expected one of
        update-user,set-role {"role_id": "canary"} -> `role_id`: expected one of this console's roles
        update-user,set-role {"role_id": "site-admin", "all_sites": false} -> `all_sites`: the role "site-admin" gives its users all of them
        delete-user {"confirm_login": "canary"} -> `confirm_login`: expected the login of the very account
        delete-user {"confirm_login": "JDOE"} -> `confirm_login`: expected the login of the very account
        delete-user {"login": "nobody", "confirm_login": "canary"} -> `confirm_login`: expected the same login as in `login`
        reset-two-factor {"deliver_to": "file:/tmp/seed"} -> expected a name or ARN in Secrets Manager
    "#;
    assert_refused(table, true);
}

/// Two sites may have one name.
#[test]
fn a_name_that_several_sites_have_is_told_with_their_ids() {
    let world = World::new();
    world.console.state().sites.insert(9, "DMZ".into());
    let event = json!({"user_id": 4, "sites": ["Corp Network", "dmz"]});
    let (kind, message) = world.failure("grant-site-access", event);
    assert_eq!(kind, "InvalidInput", "{message}");
    assert!(
        message.contains("`sites[1]`: several sites have this name"),
        "{message}"
    );
    assert!(message.contains("one of the ids 4, 9"), "{message}");
    assert_eq!(world.writes(), Vec::<String>::new());
}

/// The console's own secret is nobody's password, and no place for one.
#[test]
fn the_secret_of_the_pack_itself_is_not_for_others() {
    let world = World::new();
    let arn = world.secrets.arn(CONSOLE_SECRET);
    let before = world.console.state().snapshot();
    for secret in [CONSOLE_SECRET, arn.as_str()] {
        let into = json!({"user_id": 4, "deliver_to": secret});
        let generate = with(into.clone(), json!({"generate_password": true}));
        let from = json!({"user_id": 4, "password_secret": secret});
        for (operation, event) in [
            ("set-password", generate),
            ("set-password", from),
            ("reset-two-factor", into),
        ] {
            let (_, message) = world.failure(operation, event);
            assert!(message.contains("the pack's own credentials"), "{message}");
            assert!(message.contains("Nothing was changed"), "{message}");
        }
    }
    assert_eq!(world.secrets.versions(CONSOLE_SECRET).len(), 1);
    assert_eq!(world.secrets.versions(DELIVERED).len(), 1);
    assert_eq!(world.console.state().snapshot(), before);
}
