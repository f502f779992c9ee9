use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::console::testing::{any_user, applied, plan_text, user};

/// The plan, where the console tells of nobody what it does not tell of this account.
fn plan(state: &RecordedState, before: &Snapshot) -> Result<Plan> {
    let recorded = whole(state, &before.user)?;
    let mut known = Known::default();
    paths("", before.user.members(), &mut known.told);
    Ok(super::plan(state, &recorded, before, &known))
}

fn state(user: &User, sites: &[i64]) -> RecordedState {
    RecordedState {
        user: user.members().clone(),
        sites: Some(sites.iter().copied().collect()),
        asset_groups: None,
    }
}

fn now(user: User, sites: &[i64]) -> Snapshot {
    Snapshot {
        user,
        sites: Some(sites.iter().copied().collect()),
        asset_groups: None,
    }
}

fn jdoe(more: Value) -> User {
    let mut members = json!({
        "email": "jdoe@example.com", "enabled": true, "costCenter": "4711",
        "role": {"id": "user", "superuser": false, "name": "User"},
    });
    let more = more.as_object().expect("an object").clone();
    members.as_object_mut().expect("an object").extend(more);
    user(members)
}

#[test]
fn members_and_grants_come_back() {
    let was = state(&jdoe(json!({})), &[1, 2, 4]);
    let is = now(
        jdoe(json!({"enabled": false, "role": {"id": "auditor", "superuser": true, "beta": 1}})),
        &[4, 7],
    );
    assert_snapshot!(plan_text(plan(&was, &is)), @r#"
    replace user 42 by itself with enabled: false → true, role.id: "auditor" → "user", role.superuser: true → false; every other member goes back as read
    give sites 1, 2; take away sites 7
    "#);
    let same = now(jdoe(json!({})), &[1, 2, 4]);
    assert_snapshot!(plan_text(plan(&was, &same)), @"");
}

#[test]
fn what_was_empty_is_emptied_and_what_is_new_stays() {
    let was = state(&jdoe(json!({"email": null})), &[]);
    let is = now(
        jdoe(json!({"locale": {"default": "de-DE"}, "newMember": 1})),
        &[],
    );
    assert_snapshot!(plan_text(plan(&was, &is)), @r#"replace user 42 by itself with email: "jdoe@example.com" → null, locale.default: "de-DE" → null; every other member goes back as read"#);
}

#[test]
fn what_was_redacted_stays_and_is_told() {
    let was = state(&jdoe(json!({"apiToken": "[redacted]"})), &[]);
    let is = now(
        jdoe(json!({"apiToken": "secret", "enabled": false, "locked": true})),
        &[],
    );
    assert_snapshot!(plan_text(plan(&was, &is)), @r"
    replace user 42 by itself with enabled: false → true; every other member goes back as read
    warning: apiToken: the record does not hold it, so it stays as it is
    ");
}

#[test]
fn what_is_redacted_inside_a_member_does_not_keep_the_rest_from_coming_back() {
    let with = |id: &str, token: &str| jdoe(json!({"role": {"id": id, "apiToken": token}}));
    let was = state(&with("user", "[redacted]"), &[]);
    let is = now(with("auditor", "secret"), &[]);
    assert_snapshot!(plan_text(plan(&was, &is)), @r#"
    replace user 42 by itself with role.id: "auditor" → "user"; every other member goes back as read
    warning: role.apiToken: the record does not hold it, so it stays as it is
    "#);
}

/// No guard knows what a member does that no console has: whoever wrote the record may.
#[test]
fn members_that_the_console_never_told_stay_out() {
    let was = state(
        &jdoe(json!({
            "isSuperUser": true, "accessAllSites": true, "enabled": false,
            "role": {"id": "user", "superuser": false, "godMode": true},
            "badge": {"colour": "red", "opens": "all"},
        })),
        &[],
    );
    let is = now(jdoe(json!({"badge": {"colour": "blue"}})), &[]);
    assert_snapshot!(plan_text(plan(&was, &is)), @r#"
    replace user 42 by itself with badge.colour: "blue" → "red", enabled: true → false; every other member goes back as read
    warning: accessAllSites: the console tells no such member of anybody, so it is not given back
    warning: badge.opens: the console tells no such member of anybody, so it is not given back
    warning: isSuperUser: the console tells no such member of anybody, so it is not given back
    warning: role.godMode: the console tells no such member of anybody, so it is not given back
    "#);
}

#[test]
fn a_roles_privileges_that_are_others_by_now_are_said() {
    let with = |role: Value| jdoe(json!({"role": role}));
    let role = |privileges: &[&str]| json!({"id": "user", "privileges": privileges});
    let was = state(&with(role(&["scan", "report"])), &[]);
    let is = now(with(role(&["report", "tag"])), &[]);
    assert_snapshot!(plan_text(plan(&was, &is)), @"warning: role.privileges: the role user is not as it was, and stays so (it allowed and allows no more: scan; it allows now and did not: tag)");
    let own = json!({"privileges": ["scan", "report"]});
    let was = state(&with(own.clone()), &[]);
    assert_snapshot!(plan_text(plan(&was, &is)), @"warning: role.privileges: the record has privileges of the account's own, which no update gives back, so its role stays as it is: report, scan");
    assert_snapshot!(plan_text(plan(&was, &now(with(own), &[]))), @"");
}

/// Which entry is which, nobody can tell: the account keeps its list.
#[test]
fn a_list_with_something_redacted_in_it_stays_as_it_is() {
    let with = |token: &str, enabled: bool| {
        jdoe(json!({"enabled": enabled, "devices": [{"name": "x", "token": token}]}))
    };
    let was = state(&with("[redacted]", true), &[]);
    let is = now(with("real", false), &[]);
    assert_snapshot!(plan_text(plan(&was, &is)), @r"
    replace user 42 by itself with enabled: false → true; every other member goes back as read
    warning: devices: the record does not hold all of it, so it stays as it is
    ");
}

#[test]
fn a_record_that_somebody_edited_is_refused() {
    let is = now(jdoe(json!({})), &[]);
    let told = |more: Value| plan_text(plan(&state(&jdoe(more), &[]), &is));
    assert_snapshot!(told(json!({"password": "canary"})), @"InvalidInput: `record.record.state.user`: expected an audit record as it was written: none holds passwords or other secrets");
    assert_snapshot!(told(json!({"role": {"id": "user", "superuser": "true"}})), @"InvalidInput: `record.record.state.user.role.superuser`: expected true or false");
    assert_snapshot!(told(json!({"login": "svc "})), @"InvalidInput: `record.record.state.user.login`: expected text that is not empty and has no spaces around it");
    assert_snapshot!(told(json!({"role": null})), @"InvalidInput: `record.record.state.user`: expected the whole account, as it was recorded: it lacks `role`");
    assert_snapshot!(told(json!({"passwordResetOnLogin": true})), @"InvalidInput: `record.record.state.user`: expected an audit record as it was written: none holds passwords or other secrets");
    assert_snapshot!(told(json!({"role": {"id": "user", "apiToken": "canary"}})), @"InvalidInput: `record.record.state.user`: expected an audit record as it was written: none holds passwords or other secrets");
    assert_snapshot!(told(json!({"login": "a\nb"})), @"InvalidInput: `record.record.state.user.login`: expected text without line breaks and other control characters");
    assert_snapshot!(told(json!({"email": "a\u{9b}b"})), @"InvalidInput: `record.record.state.user.email`: expected text without line breaks and other control characters");
    assert_snapshot!(told(json!({"login": "other"})), @r#"
    replace user 42 by itself with login: "jdoe" → "other"; every other member goes back as read
    warning: the account with this number is called jdoe now, and other in the record
    "#);
    let external = now(
        jdoe(json!({"authentication": {"type": "ldap", "id": 3}})),
        &[],
    );
    let local = state(
        &jdoe(json!({"authentication": {"type": "normal", "id": 1}})),
        &[],
    );
    assert_snapshot!(plan_text(plan(&local, &external)), @"Refused: the account logs in from outside now; to keep its password here again, the console wants one with the change");
}

#[test]
fn only_a_record_of_this_console_before_a_run_is_taken() {
    let told = |json: Value| {
        let record: RestoreRecord = serde_json::from_value(json).expect("a record");
        match recorded(&record, "https://console") {
            Ok(_) => String::new(),
            Err(error) => error.message,
        }
    };
    let state = json!({"state": {"user": {"id": 4, "login": "jdoe"}}});
    assert_snapshot!(told(json!({"audit": "after", "target": "https://console", "record": state})), @r#"`record.audit`: expected a record with "before": the one with the full state"#);
    assert_snapshot!(told(json!({"audit": "before", "target": "https://other", "record": state})), @"`record.target`: expected a record of this console, https://console");
    assert_snapshot!(told(json!({"audit": "before", "target": "https://console", "record": {"state": null}})), @"`record.record.state`: expected the state of an account: this run created one, so there was none before");
    assert_snapshot!(told(json!({"audit": "before", "target": "https://console", "record": state, "at": "2026"})), @"");
}

proptest! {
    #[test]
    fn after_it_is_carried_out_nothing_is_left_to_do(
        was in any_user(), is in any_user(),
        had in prop::collection::btree_set(1_i64..9, 0..5),
    ) {
        let sites: Vec<i64> = had.into_iter().collect();
        let record = state(&was, &sites);
        if let Ok(first) = plan(&record, &now(is.clone(), &[3])) {
            let after = now(applied(&is, &first), &sites);
            let again = plan(&record, &after).expect("a plan");
            prop_assert!(again.changes.is_empty(), "{:?}", again.to_lines());
        }
    }
}
