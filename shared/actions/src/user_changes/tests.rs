//! Two looks told apart, told in pages, and remembered.

use std::collections::{BTreeMap, BTreeSet};

use insta::assert_snapshot;
use proptest::prelude::*;
use rapid7::console::User;
use serde_json::{Map, Value, json};

use crate::console::testing::{any_user, user};
use crate::user_changes::diff::{Page, UserChange, UserChangeKind, diff};
use crate::user_changes::state::{Known, State};

const TARGET: &str = "https://console.example.com:3780";
const SEEN_AT: &str = "2026-01-02T03:04:05Z";

/// Everything that the console tells, in either form.
fn whole(more: Value) -> User {
    let mut members = json!({
        "email": "jdoe@example.com", "enabled": true, "locked": false,
        "role": {"id": "user", "superuser": false, "allSites": false, "allAssetGroups": false},
        "authentication": {"type": "normal", "id": 1},
        "locale": {"default": "en-US"},
    });
    let object = members.as_object_mut().expect("an object");
    object.extend(more.as_object().expect("an object").clone());
    user(members)
}

fn by_id(users: &[User]) -> BTreeMap<i64, &User> {
    users.iter().map(|user| (user.id().0, user)).collect()
}

/// Told with whoever is missing being gone.
fn told(before: &State, now: &[User], most: usize) -> Page {
    let now = by_id(now);
    let gone: BTreeSet<i64> = before.ids().filter(|id| !now.contains_key(id)).collect();
    diff(before, &now, &gone, most, SEEN_AT)
}

fn lines(page: &Page) -> Vec<String> {
    let line = |change: &UserChange| {
        let fields: Vec<String> = change.fields.iter().map(|f| f.to_line()).collect();
        let kind = serde_json::to_value(change.kind).expect("a kind");
        let kind = kind.as_str().unwrap_or_default().to_owned();
        format!(
            "{kind} {} {} [{}]",
            change.user_id,
            change.login,
            fields.join(", ")
        )
    };
    page.changes.iter().map(line).collect()
}

fn between(before: Value, now: Value) -> Vec<String> {
    let before = State::first(TARGET, &[whole(before)]);
    lines(&told(&before, &[whole(now)], 100))
}

fn reread(state: &State) -> State {
    let json = state.to_json().expect("written");
    State::read(json, TARGET).expect("sound").expect("a state")
}

#[test]
fn each_kind_of_change_is_told_in_a_fixed_order() {
    let role = |id: &str, superuser: bool, sites: bool| json!({"id": id, "superuser": superuser, "allSites": sites, "allAssetGroups": false});
    let mut told = Vec::new();
    for (before, now) in [
        (json!({}), json!({})),
        (json!({}), json!({"enabled": false})),
        (json!({"enabled": false}), json!({})),
        (json!({}), json!({"locked": true})),
        (json!({"locked": true}), json!({})),
        (json!({}), json!({"role": role("auditor", false, false)})),
        (json!({}), json!({"role": role("user", true, false)})),
        (json!({}), json!({"role": role("user", false, true)})),
        (json!({}), json!({"login": "jane"})),
        (json!({}), json!({"name": "Jane Roe"})),
        (json!({}), json!({"email": "jane@example.com"})),
        (json!({}), json!({"email": null})),
        (
            json!({}),
            json!({"authentication": {"type": "ldap", "id": 1}}),
        ),
        (
            json!({}),
            json!({"authentication": {"type": "normal", "id": 2}}),
        ),
        (json!({}), json!({"locale": {"default": "fr-FR"}})),
        (json!({}), json!({"costCenter": 7, "links": []})),
        (
            json!({}),
            json!({
                "enabled": false, "locked": true, "login": "jane", "email": "jane@example.com",
                "role": role("global-admin", true, true),
            }),
        ),
    ] {
        let lines = between(before, now.clone());
        told.push(format!("{now}\n    {}", lines.join("\n    ")));
    }
    assert_snapshot!(told.join("\n"));
}

#[test]
fn who_came_and_who_went_is_told_with_the_last_login() {
    let known = [
        whole(json!({"id": 1})),
        whole(json!({"id": 2, "login": "old"})),
    ];
    let before = State::first(TARGET, &known);
    let now = [
        whole(json!({"id": 1})),
        whole(json!({"id": 3, "login": "new"})),
    ];
    let page = told(&before, &now, 10);
    assert_eq!(lines(&page), ["deleted 2 old []", "created 3 new []"]);
    assert_eq!(page.changes[0].user, None);
    let shown = page.changes[1].user.as_ref().expect("an account");
    assert_eq!((shown.user_id, shown.enabled), (3, Some(true)));
    assert_eq!(page.state, State::first(TARGET, &now));
}

/// Missing alone proves nothing.
#[test]
fn who_is_missing_and_not_proven_gone_is_kept_for_another_run() {
    let before = State::first(TARGET, &[whole(json!({"id": 1})), whole(json!({"id": 2}))]);
    for now in [vec![], vec![whole(json!({"id": 1}))]] {
        let page = diff(&before, &by_id(&now), &BTreeSet::new(), 10, SEEN_AT);
        assert_eq!((page.changes, page.state), (vec![], before.clone()));
        assert!(page.more);
    }
    // Nor is somebody gone who is in the list, whatever is claimed.
    let now = [whole(json!({"id": 1})), whole(json!({"id": 2}))];
    let page = diff(&before, &by_id(&now), &[1, 2].into(), 10, SEEN_AT);
    assert_eq!((page.changes.len(), page.state), (0, before));
}

#[test]
fn what_is_not_told_is_no_change_and_is_remembered() {
    let bare = || user(json!({"id": 42, "name": null}));
    let before = State::first(TARGET, &[whole(json!({}))]);
    let page = told(&before, &[bare()], 10);
    assert_eq!((lines(&page), &page.state), (vec![], &before));
    // Compared with what was told last, not with the gap.
    let page = told(&page.state, &[whole(json!({"enabled": false}))], 10);
    assert_eq!(lines(&page), ["disabled 42 jdoe [enabled: true → false]"]);
    let untold = State::first(TARGET, &[bare()]);
    let page = told(&untold, &[whole(json!({"enabled": false}))], 10);
    assert_eq!(lines(&page), Vec::<String>::new());
    assert_eq!(
        page.state,
        State::first(TARGET, &[whole(json!({"enabled": false}))])
    );
}

#[test]
fn both_wire_forms_are_the_same_to_it() {
    let vendor = whole(json!({"name": "Jane Doe"}));
    let guide = whole(json!({
        "name": {"first": "Jane", "last": "Doe"},
        "role": {"id": "user", "superuser": false},
        "accessAllSites": false, "accessAllAssetGroups": false,
    }));
    assert_eq!(Known::of(&vendor), Known::of(&guide));
}

#[test]
fn all_changes_of_a_user_are_on_one_page_and_a_page_has_one_user_at_least() {
    let three = |id: i64| {
        let role = json!({
            "id": "auditor", "superuser": false, "allSites": false, "allAssetGroups": false,
        });
        whole(json!({"id": id, "enabled": false, "locked": true, "role": role}))
    };
    let before: Vec<User> = (1..=3).map(|id| whole(json!({"id": id}))).collect();
    let before = State::first(TARGET, &before);
    let now: Vec<User> = (1..=3).map(three).collect();
    for (most, pages) in [
        (1, vec![3, 3, 3]),
        (5, vec![3, 3, 3]),
        (6, vec![6, 3]),
        (9, vec![9]),
    ] {
        let (mut state, mut sizes) = (before.clone(), Vec::new());
        loop {
            let page = told(&state, &now, most);
            sizes.push(page.changes.len());
            assert!(sizes.len() <= pages.len(), "{sizes:?}");
            state = page.state;
            if !page.more {
                break;
            }
        }
        assert_eq!(sizes, pages, "{most}");
        assert_eq!(state, State::first(TARGET, &now));
    }
}

#[test]
fn a_state_is_legible_and_tells_no_names_or_addresses() {
    let odd = user(json!({"id": 7, "login": "née  ? x", "name": null, "enabled": false}));
    let role =
        json!({"id": "global admin", "superuser": true, "allSites": true, "allAssetGroups": true});
    let admin = whole(json!({"id": 9, "login": "nxadmin", "locked": true, "role": role}));
    let off = whole(json!({"id": 8, "enabled": false}));
    let nobody = user(json!({"id": 10, "login": "", "name": "A"}));
    let state = State::first(TARGET, &[whole(json!({})), odd, admin, off, nobody]);
    let json = serde_json::to_string_pretty(&state.to_json().expect("written"));
    assert_snapshot!(json.expect("text"));
    assert_eq!(reread(&state), state);
}

#[test]
fn what_is_no_state_of_this_console_is_refused_and_never_a_first_run() {
    let sound = State::first(TARGET, &[whole(json!({}))]).to_json();
    let sound = Value::Object(sound.expect("written"));
    let with = |more: Value| {
        let mut state = sound.clone();
        let members = state.as_object_mut().expect("an object");
        members.extend(more.as_object().expect("an object").clone());
        state
    };
    let entry = |text: &str| with(json!({"users": {"42": text}}));
    let unlike = |format| format!("`state`: expected {format}");
    let malformed = unlike("what the last run answered with");
    let mut cases = vec![
        (
            with(json!({"format": 2})),
            unlike("format 1, the one of this version"),
        ),
        (
            with(json!({"target": "https://other:3780"})),
            unlike(&format!("one of this console, {TARGET}")),
        ),
        (with(json!({"format": "1"})), malformed.clone()),
        (with(json!({"users": []})), malformed.clone()),
        (
            with(json!({"users": {"x": "e 0 ? canary"}})),
            malformed.clone(),
        ),
        (with(json!({"users": {"42": 1}})), malformed.clone()),
        (
            with(json!({"roles": ["user", "auditor"]})),
            malformed.clone(),
        ),
        (with(json!({"canary": 1})), malformed.clone()),
        (json!({"state": sound}), malformed.clone()),
        (json!({"4": "canary"}), malformed.clone()),
    ];
    for text in [
        "",
        "e",
        "e 0 ?",
        "le 0 ? canary",
        "ee 0 ? canary",
        "x 0 ? canary",
        "e 1 ? canary",
        "e -1 ? canary",
        "e 00 ? canary",
        " 0 ? canary",
        "e 0 AAAA canary",
        "e user ? canary",
    ] {
        cases.push((entry(text), malformed.clone()));
    }
    for missing in ["format", "target", "roles", "users"] {
        let mut state = sound.clone();
        state.as_object_mut().expect("an object").remove(missing);
        cases.push((state, malformed.clone()));
    }
    let read = |state: &Value| State::read(state.as_object().expect("an object").clone(), TARGET);
    for (state, told) in cases {
        let error = read(&state).expect_err(&state.to_string());
        assert_eq!(error.message, told, "{state}");
        assert!(error.to_string().contains("start anew with {}"), "{error}");
        assert!(!error.to_string().contains("canary"), "{error}");
    }
    assert!(matches!(read(&sound), Ok(Some(_))));
    assert!(matches!(State::read(Map::new(), TARGET), Ok(None)));
}

/// Some users of a console at one moment: each may be there or not, and be anything.
fn any_users() -> impl Strategy<Value = Vec<User>> {
    let users = prop::collection::btree_map(1_i64..12, ("[a-c ?]{1,3}", any_user()), 0..8);
    users.prop_map(|users| {
        let users = users.into_iter().map(|(id, (login, user))| {
            let mut members = user.members().clone();
            members.insert("id".into(), id.into());
            members.insert("login".into(), login.into());
            User::from_json(Value::Object(members)).expect("a user")
        });
        users.collect()
    })
}

/// What somebody who only reads the changes makes of them.
fn replay(state: &State, changes: &[UserChange], now: &[User]) -> State {
    let now = by_id(now);
    let mut state = state.clone();
    for change in changes {
        let id = change.user_id;
        if change.kind == UserChangeKind::Deleted {
            state.users.remove(&id).expect("was there");
            continue;
        }
        let shown = change.user.as_ref().expect("an account");
        if change.kind == UserChangeKind::Created {
            let known = Known::of(now[&id]);
            assert!(state.users.insert(id, known).is_none(), "created twice");
            continue;
        }
        let known = state.users.get_mut(&id).expect("was there");
        match change.kind {
            UserChangeKind::Enabled => known.enabled = Some(true),
            UserChangeKind::Disabled => known.enabled = Some(false),
            UserChangeKind::Locked => known.locked = Some(true),
            UserChangeKind::Unlocked => known.locked = Some(false),
            UserChangeKind::RoleChanged => {
                known.role = shown.role_id.clone().or(known.role.take());
                known.superuser = shown.superuser.or(known.superuser);
            }
            _ => {
                known.login = Some(shown.login.clone());
                known.all_sites = shown.all_sites.or(known.all_sites);
                known.all_asset_groups = shown.all_asset_groups.or(known.all_asset_groups);
                known.profile = Known::of(now[&id]).profile.or(known.profile.take());
            }
        }
    }
    state
}

/// What was never told before is learned without a change.
fn learned(mut state: State, now: &[User]) -> State {
    for user in now {
        if let Some(known) = state.users.get_mut(&user.id().0) {
            let before = known.clone();
            *known = Known::of(user).and_now(before);
        }
    }
    state
}

proptest! {
    #[test]
    fn pages_tell_what_one_answer_would_once(
        before in any_users(), now in any_users(), most in 1_usize..6,
    ) {
        let before = State::first(TARGET, &before);
        let all = told(&before, &now, usize::MAX);
        prop_assert!(!all.more);
        let (mut state, mut changes) = (before, Vec::new());
        loop {
            let page = told(&state, &now, most);
            prop_assert!(!page.changes.is_empty() || !page.more, "a page without progress");
            let users: BTreeSet<i64> = page.changes.iter().map(|c| c.user_id).collect();
            prop_assert!(page.changes.len() <= most || users.len() == 1);
            changes.extend(page.changes);
            prop_assert!(changes.len() <= all.changes.len(), "told twice");
            state = reread(&page.state);
            if !page.more {
                break;
            }
        }
        prop_assert_eq!(&changes, &all.changes);
        prop_assert_eq!(&state, &all.state);
        let again = told(&state, &now, most);
        prop_assert_eq!((again.changes, again.more), (vec![], false));
        prop_assert_eq!(again.state, state);
    }

    #[test]
    fn the_changes_lead_from_each_state_to_the_next(
        history in prop::collection::vec(any_users(), 1..5),
    ) {
        let mut state = State::first(TARGET, &history[0]);
        for now in &history[1..] {
            let page = told(&state, now, usize::MAX);
            let replayed = learned(replay(&state, &page.changes, now), now);
            prop_assert_eq!(&replayed, &page.state);
            state = page.state;
        }
    }
}
