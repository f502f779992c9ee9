//! Consoles to start from.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::state::{Authentication, AuthenticationSource, Locale, Role, State, UserRecord};

/// The privileges that the vendor's API file lists. Others occur in the field.
pub(crate) const PRIVILEGES: [&str; 35] = [
    "all-permissions",
    "create-reports",
    "configure-global-settings",
    "manage-sites",
    "manage-tags",
    "manage-static-asset-groups",
    "manage-dynamic-asset-groups",
    "manage-scan-templates",
    "manage-report-templates",
    "manage-scan-engines",
    "submit-vulnerability-exceptions",
    "approve-vulnerability-exceptions",
    "delete-vulnerability-exceptions",
    "manage-vuln-investigations",
    "view-vuln-investigations",
    "create-tickets",
    "close-tickets",
    "assign-ticket-assignee",
    "manage-site-access",
    "manage-asset-group-access",
    "manage-report-access",
    "use-restricted-report-sections",
    "manage-policies",
    "view-asset-group-asset-data",
    "manage-asset-group-assets",
    "view-site-asset-data",
    "specify-site-metadata",
    "purge-site-asset-data",
    "specify-scan-targets",
    "assign-scan-engine",
    "assign-scan-template",
    "manage-site-credentials",
    "manage-scan-alerts",
    "schedule-automatic-scans",
    "start-unscheduled-scans",
];

/// The roles that come with a console, as far as they were seen in the field.
pub(crate) const BUILT_IN_ROLES: [&str; 5] = [
    "global-admin",
    "security-manager",
    "site-admin",
    "system-admin",
    "user",
];

impl State {
    /// A small company's console in the vendor's form.
    ///
    /// `svc-soar` (id 1, password `correct horse battery staple`) and `nxadmin` (id 2) are global
    /// administrators. Every other local user's password is `Passw0rd-` and the login. There are
    /// security managers, users who may only see some sites, two people with one email address,
    /// LDAP and SAML users, a locked and a disabled account.
    pub fn realistic() -> State {
        let mut state = State {
            sites: named(&[
                "Corp Network",
                "Data Centre East",
                "Data Centre West",
                "DMZ",
                "Branch Offices",
                "Cloud Workloads",
                "Plant Floor",
                "Guest Wi-Fi",
            ]),
            asset_groups: named(&[
                "Domain Controllers",
                "Internet Facing",
                "Payment Systems",
                "Laptops",
                "End of Life",
            ]),
            roles: roles(),
            authentication_sources: sources(),
            ..State::default()
        };
        administrators(&mut state);
        local_users(&mut state);
        odd_users(&mut state);
        state
    }

    /// [`State::realistic`] and as many plain users as it takes to have `n`. Its own users are
    /// there even when `n` is smaller.
    pub fn with_users(n: usize) -> State {
        let mut state = State::realistic();
        for number in state.users.len() + 1..=n {
            let login = format!("user{number:05}");
            let mut user = UserRecord::new(&login, "Passw0rd-generated", "user");
            user.first = "Generated".to_owned();
            user.last = format!("User {number}");
            user.email = Some(format!("{login}@example.com"));
            user.sites = [number as i64 % 8 + 1].into();
            state.add_user(user);
        }
        state
    }
}

fn named(names: &[&str]) -> BTreeMap<i64, String> {
    (1..).zip(names.iter().map(ToString::to_string)).collect()
}

fn roles() -> BTreeMap<String, Role> {
    let role = |id: &str, name: &str, privileges: &[&str]| {
        let role = Role {
            name: name.to_owned(),
            description: format!("{name}, as the console has it."),
            privileges: privileges.iter().map(ToString::to_string).collect(),
        };
        (id.to_owned(), role)
    };
    let security_manager = [
        "create-reports",
        "manage-static-asset-groups",
        "view-site-asset-data",
        "view-asset-group-asset-data",
        "create-tickets",
        "close-tickets",
        "submit-vulnerability-exceptions",
        "start-unscheduled-scans",
    ];
    let asset_owner = [
        "create-reports",
        "view-site-asset-data",
        "view-asset-group-asset-data",
    ];
    let auditor = [
        "create-reports",
        "view-site-asset-data",
        "view-audit-trail",
        "approve-vulnerability-exceptions",
    ];
    BTreeMap::from([
        role("global-admin", "Global Administrator", &PRIVILEGES),
        role("security-manager", "Security Manager", &security_manager),
        role(
            "site-admin",
            "Site Administrator",
            &["manage-sites", "view-site-asset-data", "create-reports"],
        ),
        role(
            "system-admin",
            "System Administrator",
            &["configure-global-settings", "manage-scan-engines"],
        ),
        role("user", "User", &["view-site-asset-data", "create-reports"]),
        role("asset-owner", "Asset Owner", &asset_owner),
        role("auditor", "Auditor", &auditor),
    ])
}

fn sources() -> Vec<AuthenticationSource> {
    let source = |id, name: &str, kind: &str, external| AuthenticationSource {
        id,
        name: name.to_owned(),
        kind: kind.to_owned(),
        external,
    };
    vec![
        source(1, "Builtin Users", "normal", false),
        source(2, "Builtin Administrators", "admin", false),
        source(3, "Corporate Directory", "ldap", true),
        source(4, "Single Sign-On", "saml", true),
    ]
}

fn person(login: &str, first: &str, last: &str, role: &str) -> UserRecord {
    let mut user = UserRecord::new(login, &format!("Passw0rd-{login}"), role);
    user.first = first.to_owned();
    user.last = last.to_owned();
    user.email = Some(format!("{login}@example.com"));
    user
}

fn external(mut user: UserRecord, id: i64, kind: &str) -> UserRecord {
    user.password.clear();
    user.authentication = Authentication {
        id,
        kind: kind.to_owned(),
    };
    user
}

fn locale(default: &str, reports: &str) -> Option<Locale> {
    Some(Locale {
        default: Some(default.to_owned()),
        reports: Some(reports.to_owned()),
    })
}

fn members(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn administrators(state: &mut State) {
    for (login, first, last, password) in [
        (
            "svc-soar",
            "SOAR",
            "Service",
            "correct horse battery staple",
        ),
        ("nxadmin", "Default", "Administrator", "Passw0rd-nxadmin"),
    ] {
        let mut user = person(login, first, last, "global-admin");
        user.password = password.to_owned();
        user.superuser = true;
        user.all_sites = true;
        user.all_asset_groups = true;
        user.authentication = Authentication {
            id: 2,
            kind: "admin".to_owned(),
        };
        state.add_user(user);
    }
}

fn local_users(state: &mut State) {
    let mut manager = person("mkowalska", "Małgorzata", "Kowalska", "security-manager");
    manager.all_sites = true;
    manager.all_asset_groups = true;
    state.add_user(manager);

    let mut analyst = person("jdoe", "Jane", "Doe", "user");
    analyst.locale = locale("en-US", "fr-FR");
    analyst.sites = [1, 2, 4].into();
    analyst.asset_groups = [1, 3].into();
    analyst.other = members(json!({
        "costCenter": "4711-EMEA",
        "notificationPreferences": {
            "digest": "weekly",
            "channels": ["email", "pager"],
            "quietHours": { "from": 22, "to": 6 },
        },
    }));
    analyst.other_role = members(json!({ "grantedBy": "nxadmin" }));
    state.add_user(analyst);

    let mut regional = person("tokafor", "Tobenna", "Okafor", "security-manager");
    regional.locale = locale("en-GB", "en-GB");
    regional.sites = [3, 5].into();
    regional.asset_groups = [2].into();
    state.add_user(regional);

    for (login, site) in [("asmith", 6), ("asmith2", 7)] {
        let mut twin = person(login, "Alex", "Smith", "user");
        twin.email = Some("a.smith@example.com".to_owned());
        twin.sites = [site].into();
        state.add_user(twin);
    }

    let mut sites = person("knguyen", "Kim", "Nguyễn", "site-admin");
    sites.all_sites = true;
    sites.asset_groups = [4].into();
    state.add_user(sites);

    state.add_user(person("ohaddad", "Omar", "Haddad", "system-admin"));

    let mut owner = person("soneill", "Siobhán", "O'Neill-García", "asset-owner");
    owner.email = None;
    owner.asset_groups = [2, 4].into();
    state.add_user(owner);

    let mut auditor = person("audit1", "Audit", "Team One", "auditor");
    auditor.all_sites = true;
    auditor.asset_groups = [3].into();
    auditor.password_reset_on_login = true;
    state.add_user(auditor);
}

fn odd_users(state: &mut State) {
    let mut directory = person("lpetrova", "Любовь", "Петрова", "user");
    directory.sites = [1, 2, 3, 4, 5].into();
    state.add_user(external(directory, 3, "ldap"));

    let mut sso = person("y.tanaka", "由紀", "田中", "asset-owner");
    sso.locale = locale("ja-JP", "ja-JP");
    sso.asset_groups = [5].into();
    state.add_user(external(sso, 4, "saml"));

    let mut locked = person("rmartinez", "Rosa", "Martínez", "user");
    locked.locked = true;
    locked.failed_logins = 5;
    locked.sites = [8].into();
    state.add_user(locked);

    let mut gone = person("ext.pentest", "Former", "Contractor", "user");
    gone.enabled = false;
    gone.sites = [4].into();
    gone.other = members(json!({ "contractEnd": "2026-01-31" }));
    state.add_user(gone);
}
