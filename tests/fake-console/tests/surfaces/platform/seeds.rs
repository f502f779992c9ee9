//! The platforms that tests start from.

use std::collections::BTreeSet;

use fake_console::{
    KeyType, ORGANIZATION_KEY, PlatformState, PlatformUser, State, USER_KEY, UserStatus,
};

#[test]
fn an_empty_platform_has_one_key() {
    let state = PlatformState::empty();
    assert!(state.users.is_empty() && state.products.is_empty());
    let [key] = &state.api_keys[..] else {
        panic!("one key");
    };
    assert_eq!(key.value, ORGANIZATION_KEY);
    assert_eq!((key.key_type, &key.user_id), (KeyType::Organization, &None));
}

#[test]
fn the_realistic_platform_is_varied_and_consistent() {
    let state = PlatformState::realistic();
    let ids: BTreeSet<&str> = state.users.iter().map(|user| user.id.as_str()).collect();
    assert_eq!(ids.len(), state.users.len());
    let tokens: BTreeSet<&str> = (state.products.iter())
        .map(|product| product.product_token.as_str())
        .collect();
    assert_eq!(tokens.len(), 5);
    for user in &state.users {
        let mut products = user.products.iter();
        assert!(products.all(|token| tokens.contains(token.as_str())));
    }
    for key in &state.api_keys {
        let owner = key.user_id.as_deref();
        assert!(owner.is_none_or(|id| ids.contains(id)), "{}", key.name);
        assert_eq!(owner.is_some(), key.key_type == KeyType::User);
        assert_eq!(key.organization_id, state.organization_id);
    }
    let count = |test: fn(&PlatformUser) -> bool| state.users.iter().filter(|u| test(u)).count();
    assert_eq!(count(|user| user.platform_admin), 2);
    assert_eq!(count(|user| user.federated), 2);
    assert_eq!(count(|user| user.status == UserStatus::Disabled), 1);
    assert_eq!(count(|user| user.status == UserStatus::Pending), 1);
    assert!(count(|user| !user.other.is_empty()) > 1);
    assert!(count(|user| user.other.is_empty()) > 1);
    assert!(count(|user| !user.last_name.is_ascii()) > 1);
    let never = |user: &PlatformUser| user.last_login.is_none();
    assert!(never(state.user_by_email("ohaddad@example.com").unwrap()));
    assert!(never(
        state.user_by_email("contractor@example.com").unwrap()
    ));
    assert_eq!(count(|user| user.last_login.is_none()), 2);

    let jane = state.user_by_email("JDoe@Example.com").unwrap();
    let [own] = state.keys_of(&jane.id)[..] else {
        panic!("one key");
    };
    assert_eq!(own.name, "jdoe laptop");
    let owner = state.user_by_email("mkowalska@example.com").unwrap();
    assert_eq!(state.keys_of(&owner.id)[0].value, USER_KEY);
    assert!(state.keys_of("nobody").is_empty() && state.products_of("nobody").is_empty());
}

#[test]
fn it_has_mostly_the_people_of_the_console() {
    let (console, platform) = (State::realistic(), PlatformState::realistic());
    let emails: Vec<&str> = (console.users.values())
        .filter_map(|user| user.email.as_deref())
        .collect();
    let on_console = |user: &&PlatformUser| emails.contains(&user.email.as_str());
    let (known, others): (Vec<_>, Vec<_>) = platform.users.iter().partition(on_console);
    assert_eq!(known.len(), 8);
    let others: Vec<&str> = others.iter().map(|user| user.email.as_str()).collect();
    assert_eq!(
        others,
        [
            "xjdoe@example.com",
            "SONeill@Example.com",
            "Y.Tanaka@Example.com",
            "contractor@example.com"
        ]
    );
    assert!(emails.contains(&"y.tanaka@example.com"));
}

#[test]
fn any_number_of_users_can_be_had_and_always_the_same() {
    let state = PlatformState::large(5000);
    assert_eq!(state.users.len(), 5012);
    let ids: BTreeSet<&str> = state.users.iter().map(|user| user.id.as_str()).collect();
    assert_eq!(ids.len(), 5012);
    assert_eq!(state.snapshot(), PlatformState::large(5000).snapshot());
    assert_eq!(
        PlatformState::large(0).snapshot(),
        PlatformState::realistic().snapshot()
    );
}

#[test]
fn a_snapshot_shows_every_change_but_no_key() {
    let before = PlatformState::realistic();
    let text = before.snapshot().to_string();
    assert!(!text.contains(ORGANIZATION_KEY) && !text.contains(USER_KEY));
    for change in [
        (|state| state.user_mut("jdoe@example.com").platform_admin = true)
            as fn(&mut PlatformState),
        |state| state.user_mut("jdoe@example.com").products.clear(),
        |state| state.user_mut("jdoe@example.com").other.clear(),
        |state| state.user_mut("jdoe@example.com").last_login = None,
        |state| state.api_keys[0].value.push('x'),
        |state| drop(state.api_keys.pop()),
        |state| drop(state.users.pop()),
        |state| drop(state.products.pop()),
        |state| drop(state.roles.pop()),
        |state| drop(state.user_groups.pop()),
        |state| drop(state.vm_users.pop()),
    ] {
        let mut after = before.clone();
        change(&mut after);
        assert_ne!(after.snapshot(), before.snapshot());
    }
    let mut after = before.clone();
    after.rate_limit.used = 7;
    assert_eq!(after.snapshot(), before.snapshot());
}
