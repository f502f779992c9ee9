//! What is run: every operation that writes, from where it makes a difference.

use actions::{ALL, Effect, Entry};
use fake_console::{Authentication, PlatformState, State, UserRecord, WireForm};
use suites::example::{entry, forms};

use crate::case::{Setting, Start};

/// The other administrator, of console and platform.
pub(crate) const OTHER: &str = "nxadmin";
/// The same person's email.
pub(crate) const OTHER_EMAIL: &str = "nxadmin@example.com";

/// Those of which every pair of events is run.
pub const IN_PAIRS: [&str; 7] = [
    "disable-user",
    "update-user",
    "offboard-user",
    "set-site-access",
    "delete-user",
    "delete-platform-user",
    "suspend-platform-user",
];

/// Every operation that writes.
pub fn writing() -> impl Iterator<Item = &'static Entry> {
    let entries = ALL.iter();
    entries.filter(|entry| entry.operation.spec.effect != Effect::Read)
}

/// Where each of them is run: of all, or of one.
#[must_use]
pub fn settings(only: Option<&str>) -> Vec<Setting> {
    let mut settings = Vec::new();
    for entry in writing() {
        let operation = entry.operation.spec.name;
        if only.is_some_and(|only| only != operation) {
            continue;
        }
        for form in forms(entry) {
            let starts = starts(operation).into_iter();
            settings.extend(starts.map(|start| Setting {
                operation,
                form: *form,
                start,
            }));
        }
    }
    settings
}

/// Where the pairs of events of one are run.
#[must_use]
pub fn setting_of_pairs(operation: &'static str) -> Setting {
    Setting {
        operation,
        form: WireForm::Vendor,
        start: match starts(operation).contains(&Start::Few) {
            true => Start::Few,
            false => Start::Usual,
        },
    }
}

/// Where an operation is run from.
pub(crate) fn starts(operation: &str) -> Vec<Start> {
    let mut starts = vec![Start::Usual, Start::Done];
    if login(operation) == "jdoe" && entry(operation).console {
        starts.extend([Start::Few, Start::Many]);
    }
    if takes_administrators(operation) {
        starts.push(Start::Administrator);
    }
    starts
}

/// Whether it takes an administrator away.
fn takes_administrators(operation: &str) -> bool {
    [
        "disable-user",
        "delete-user",
        "set-role",
        "offboard-user",
        "offboard-users",
        "delete-platform-user",
    ]
    .contains(&operation)
}

/// Whom the example of an operation is about on the console.
fn login(operation: &str) -> &'static str {
    match operation {
        "set-role" => "knguyen",
        "enable-user" | "restore-user" => "ext.pentest",
        "unlock-user" => "rmartinez",
        "create-user" | "provision-user" => "jsmith",
        _ => "jdoe",
    }
}

/// Makes a console what it is at the start.
pub(crate) fn prepare(state: &mut State, setting: Setting) {
    state.form = setting.form;
    let login = login(setting.operation);
    match setting.start {
        Start::Usual | Start::Done => {}
        Start::Few => {
            let user = state.user_mut(login);
            user.sites = [1, 2].into();
            user.asset_groups = [1].into();
        }
        Start::Many => {
            for id in 9..=40 {
                state.sites.insert(id, format!("Site {id}"));
                state.asset_groups.insert(id, format!("Group {id}"));
            }
            let user = state.user_mut(login);
            user.sites = (1..=4).chain(9..=32).collect();
            user.asset_groups = [1, 2, 3].into_iter().chain(9..=30).collect();
        }
        Start::Administrator => make_administrator(state.user_mut(login)),
    }
}

fn make_administrator(user: &mut UserRecord) {
    user.role = "global-admin".into();
    user.superuser = true;
    user.all_sites = true;
    user.all_asset_groups = true;
    user.authentication = Authentication {
        id: 2,
        kind: "admin".into(),
    };
}

/// Makes a platform what it is at the start.
pub(crate) fn prepare_platform(state: &mut PlatformState, setting: Setting) {
    // As many requests as there are in a case.
    state.rate_limit.limit = 1_000_000;
    // Whoever administers the platform can't be suspended there.
    if setting.start == Start::Administrator && !entry(setting.operation).console {
        state.user_mut("jdoe@example.com").platform_admin = true;
        state.user_mut("mkowalska@example.com").platform_admin = false;
    }
}
