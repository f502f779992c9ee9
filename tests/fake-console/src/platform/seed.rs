//! Platforms to start from.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::rate_limit::RateLimit;
use super::state::{
    ApiKey, IndexCounts, KeyType, Lists, PlatformRole, PlatformState, PlatformUser, Product,
    UserGroup, UserStatus, VmUser,
};
use super::uuid;

/// The value of an organization key that every platform knows.
pub const ORGANIZATION_KEY: &str = "f3b2c1d0-5a6e-4c7b-9d18-2e4f60718293";

/// The value of a user key that [`PlatformState::realistic`] knows. It is `mkowalska`'s.
pub const USER_KEY: &str = "0a9b8c7d-6e5f-4a3b-8c2d-1e0f9a8b7c6d";

const PRODUCTS: [(&str, Option<&str>); 5] = [
    ("IVM", Some("InsightVM")),
    ("IDR", Some("InsightIDR")),
    ("OPS", Some("InsightOps")),
    ("ICON", Some("InsightConnect")),
    ("IAS", None),
];

impl PlatformState {
    /// An organization with one key, [`ORGANIZATION_KEY`], and nobody in it.
    pub fn empty() -> PlatformState {
        let mut state = PlatformState {
            organization_id: uuid::of("organization"),
            organization_name: "Example Corporation".to_owned(),
            users: Vec::new(),
            users_created: 0,
            products: Vec::new(),
            roles: Vec::new(),
            user_groups: Vec::new(),
            api_keys: Vec::new(),
            vm_users: Vec::new(),
            vm_users_max_page: 500,
            lists: Lists::Bare,
            index_counts: IndexCounts::Pages,
            needs_organization_id: false,
            refuses_new_users: None,
            lists_null_ids: false,
            rate_limit: RateLimit::default(),
            latency: Duration::ZERO,
        };
        add_key(&mut state, "identity automation", None, ORGANIZATION_KEY);
        state
    }

    /// The organization of [`State::realistic`](crate::State::realistic): mostly the same people
    /// under the same emails, though not all, and not all of them written alike.
    ///
    /// `mkowalska` and `nxadmin` are platform administrators. `jdoe` owns a key, and another
    /// person's email contains hers. There are a disabled and a federated user, somebody who was
    /// invited, and somebody whom the console does not know.
    pub fn realistic() -> PlatformState {
        let mut state = PlatformState::empty();
        state.products = products(&state);
        state.roles = roles(&state);
        state.user_groups = user_groups();
        people(&mut state);
        odd_people(&mut state);
        for (email, name, value) in [
            (
                "jdoe@example.com",
                "jdoe laptop",
                "b1946ac9-2492-4d23-87c6-235b4d2611184",
            ),
            ("mkowalska@example.com", "mkowalska reports", USER_KEY),
        ] {
            let owner = state.user_by_email(email).map(|user| user.id.clone());
            add_key(&mut state, name, owner, value);
        }
        state.vm_users = vm_users();
        state
    }

    /// [`PlatformState::realistic`] and so many plain users more.
    pub fn large(users: usize) -> PlatformState {
        let mut state = PlatformState::realistic();
        let token = state.product("IVM").product_token.clone();
        for number in 1..=users {
            let email = format!("user{number:05}@example.com");
            let mut user = PlatformUser::new(&email, "Generated", &format!("User {number}"));
            user.last_login = Some("2026-05-04T09:30:00Z".to_owned());
            user.products.insert(token.clone());
            state.users.push(user);
        }
        state
    }
}

fn add_key(state: &mut PlatformState, name: &str, user_id: Option<String>, value: &str) {
    let key_type = match user_id {
        Some(_) => KeyType::User,
        None => KeyType::Organization,
    };
    state.api_keys.push(ApiKey {
        id: uuid::of(&format!("key {name}")),
        name: name.to_owned(),
        key_type,
        user_id,
        organization_id: state.organization_id.clone(),
        created_at: "2025-11-03T08:15:30Z".to_owned(),
        last_used_at: Some("2026-06-30T17:02:11Z".to_owned()),
        value: value.to_owned(),
    });
}

/// The shape of a token: twenty hexadecimal digits.
fn products(state: &PlatformState) -> Vec<Product> {
    let product = |(code, name): (&str, Option<&str>)| Product {
        product_token: uuid::of(&format!("product {code}")).replace('-', "")[..20].to_uppercase(),
        product_code: code.to_owned(),
        product_name: name.map(str::to_owned),
        organization_id: state.organization_id.clone(),
        organization_name: state.organization_name.clone(),
    };
    PRODUCTS.map(product).into()
}

fn roles(state: &PlatformState) -> Vec<PlatformRole> {
    let role = |name: &str| PlatformRole {
        id: uuid::of(&format!("role {name}")),
        name: name.to_owned(),
        organization_id: state.organization_id.clone(),
    };
    ["Platform Admin", "Admin", "Read Write", "Read Only"]
        .map(role)
        .into()
}

fn user_groups() -> Vec<UserGroup> {
    let group = |(name, description, member_count): (&str, &str, u32)| UserGroup {
        id: uuid::of(&format!("group {name}")),
        name: name.to_owned(),
        description: description.to_owned(),
        member_count,
    };
    [
        ("Vulnerability Management", "Who runs the scans", 3),
        ("Incident Response", "On call", 2),
        ("Former Projects", "", 0),
    ]
    .map(group)
    .into()
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn add(state: &mut PlatformState, mut user: PlatformUser, codes: &[&str]) {
    for code in codes {
        let token = state.product(code).product_token.clone();
        user.products.insert(token);
    }
    state.users.push(user);
}

/// In no order that anything could be sorted by.
fn people(state: &mut PlatformState) {
    let seen = |day: u32| Some(format!("2026-06-{day:02}T07:45:10.120Z"));
    let all = PRODUCTS.map(|(code, _)| code);

    let mut regional = PlatformUser::new("tokafor@example.com", "Tobenna", "Okafor");
    regional.last_login = seen(29);
    regional.timezone = Some("Africa/Lagos".to_owned());
    add(state, regional, &["IVM"]);

    let mut manager = PlatformUser::new("mkowalska@example.com", "Małgorzata", "Kowalska");
    manager.platform_admin = true;
    manager.last_login = seen(30);
    manager.timezone = Some("Europe/Warsaw".to_owned());
    add(state, manager, &all);

    // Before the one whose email it contains: the first hit of a search is the wrong one.
    let mut other = PlatformUser::new("xjdoe@example.com", "Xavier", "Jdoe");
    other.last_login = seen(2);
    add(state, other, &["OPS"]);

    let mut analyst = PlatformUser::new("jdoe@example.com", "Jane", "Doe");
    analyst.last_login = seen(28);
    analyst.timezone = Some("America/New_York".to_owned());
    analyst.other = members(json!({
        "mfa": { "enrolled": true, "methods": ["totp"] },
        "preferred_locale": "en-US",
    }));
    add(state, analyst, &["IVM", "IDR"]);

    // On the console two accounts share this email.
    let mut twin = PlatformUser::new("a.smith@example.com", "Alex", "Smith");
    twin.last_login = seen(11);
    add(state, twin, &["IVM"]);

    let mut admin = PlatformUser::new("nxadmin@example.com", "Default", "Administrator");
    admin.platform_admin = true;
    admin.last_login = seen(1);
    add(state, admin, &["IVM", "ICON"]);
}

fn odd_people(state: &mut PlatformState) {
    let mut disabled = PlatformUser::new("knguyen@example.com", "Kim", "Nguyễn");
    disabled.status = UserStatus::Disabled;
    disabled.last_login = Some("2026-01-15T16:20:00Z".to_owned());
    add(state, disabled, &["IVM"]);

    let mut invited = PlatformUser::new("ohaddad@example.com", "Omar", "Haddad");
    invited.status = UserStatus::Pending;
    add(state, invited, &[]);

    let mut directory = PlatformUser::new("lpetrova@example.com", "Любовь", "Петрова");
    directory.federated = true;
    directory.last_login = Some("2026-06-27T05:00:00Z".to_owned());
    directory.other = members(json!({ "identity_provider": "Corporate Directory" }));
    add(state, directory, &["IDR"]);

    // The console has no email for her.
    let mut owner = PlatformUser::new("SONeill@Example.com", "Siobhán", "O'Neill-García");
    owner.last_login = Some("2026-06-12T11:11:11Z".to_owned());
    owner.timezone = Some("Europe/Dublin".to_owned());
    add(state, owner, &["IVM", "IAS"]);

    // In lower case on the console.
    let mut sso = PlatformUser::new("Y.Tanaka@Example.com", "由紀", "田中");
    sso.federated = true;
    sso.last_login = Some("2026-06-26T23:59:59Z".to_owned());
    sso.timezone = Some("Asia/Tokyo".to_owned());
    add(state, sso, &["IDR", "OPS"]);

    let contractor = PlatformUser::new("contractor@example.com", "Casey", "Contractor");
    add(state, contractor, &["ICON"]);
}

fn vm_users() -> Vec<VmUser> {
    let user = |(id, (login, email)): (i64, (&str, &str))| VmUser {
        id,
        login: login.to_owned(),
        email: email.to_owned(),
    };
    let listed = [
        ("jdoe", "jdoe@example.com"),
        ("mkowalska", "mkowalska@example.com"),
        ("tokafor", "tokafor@example.com"),
        ("asmith", "a.smith@example.com"),
        ("asmith2", "a.smith@example.com"),
        ("knguyen", "knguyen@example.com"),
        ("ohaddad", "ohaddad@example.com"),
        ("lpetrova", "lpetrova@example.com"),
        ("y.tanaka", "y.tanaka@example.com"),
    ];
    (1..).zip(listed).map(user).collect()
}
