//! The consoles that tests start from.

use fake_console::{State, UserRecord};

#[test]
fn the_realistic_console_is_varied_and_consistent() {
    let state = State::realistic();
    let users: Vec<&UserRecord> = state.users.values().collect();
    assert!((12..=16).contains(&users.len()));
    assert_eq!(state.user_by_login("SVC-soar").unwrap().0, 1);
    assert_eq!((state.sites.len(), state.asset_groups.len()), (8, 5));
    for user in &users {
        assert!(state.roles.contains_key(&user.role), "{}", user.login);
        let source = &user.authentication;
        let known = |s: &&fake_console::AuthenticationSource| s.id == source.id;
        let found = state.authentication_sources.iter().find(known).unwrap();
        assert_eq!(found.kind, source.kind, "{}", user.login);
        assert_eq!(found.external, user.password.is_empty(), "{}", user.login);
        assert!(user.sites.iter().all(|id| state.sites.contains_key(id)));
        let groups = &user.asset_groups;
        assert!(groups.iter().all(|id| state.asset_groups.contains_key(id)));
    }
    let any = |test: fn(&UserRecord) -> bool| users.iter().any(|user| test(user));
    assert!(any(|user| user.locked));
    assert!(any(|user| !user.enabled));
    assert!(any(|user| user.email.is_none()));
    assert!(any(|user| !user.first.is_ascii()));
    assert!(any(|user| user.sites.len() > 1
        && user.locale.is_some()
        && !user.other.is_empty()));
    let shared = |user: &&&UserRecord| user.email.as_deref() == Some("a.smith@example.com");
    assert_eq!(users.iter().filter(shared).count(), 2);
}

#[test]
fn any_number_of_users_can_be_had() {
    let state = State::with_users(5000);
    assert_eq!(state.users.len(), 5000);
    assert_eq!(*state.users.keys().next_back().unwrap(), 5000);
    let realistic = State::realistic().users.len();
    assert_eq!(State::with_users(3).users.len(), realistic);
}

#[test]
fn a_snapshot_shows_every_change_but_no_password() {
    let before = State::realistic();
    let text = before.snapshot().to_string();
    assert!(!text.contains("correct horse battery staple"));
    for change in [
        (|user| user.password.push('x')) as fn(&mut UserRecord),
        |user| user.failed_logins += 1,
        |user| user.password_reset_on_login = true,
        |user| user.two_factor_key = Some("KEY".to_owned()),
        |user| user.sites.clear(),
        |user| user.asset_groups.clear(),
        |user| user.other.clear(),
        |user| user.other_role.clear(),
        |user| user.locale = None,
    ] {
        let mut after = before.clone();
        change(after.user_mut("jdoe"));
        assert_ne!(after.snapshot(), before.snapshot());
        assert_eq!(after.snapshot()["3"], before.snapshot()["3"]);
    }
}
