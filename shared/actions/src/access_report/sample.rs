//! A small report for the tests: two consoles, the platform, and one of everything to find.

use super::model::{ReportedAccount, SurfaceKind, SurfaceSummary};
use super::report::AccessReport;

/// An enabled account of a console, without any access.
pub(super) fn console(name: &str, id: u32, login: &str, email: &str) -> ReportedAccount {
    let email = (!email.is_empty()).then(|| email.to_owned());
    ReportedAccount {
        person: email.clone(),
        surface: SurfaceKind::Console,
        name: name.to_owned(),
        user_id: id.to_string(),
        login: login.to_owned(),
        email,
        full_name: None,
        enabled: Some(true),
        locked: Some(false),
        status: None,
        role: Some("User".to_owned()),
        permissions: None,
        superuser: Some(false),
        admin: false,
        all_sites: Some(false),
        all_asset_groups: Some(false),
        sites: Some(Vec::new()),
        asset_groups: Some(Vec::new()),
        products: None,
        api_keys: None,
        authentication: Some("normal".to_owned()),
        last_login: None,
        never_used: None,
    }
}

/// An active user of the platform.
pub(super) fn platform(id: &str, email: &str) -> ReportedAccount {
    ReportedAccount {
        surface: SurfaceKind::Platform,
        user_id: id.to_owned(),
        locked: None,
        status: Some("ACTIVE".to_owned()),
        role: None,
        all_sites: None,
        all_asset_groups: None,
        sites: None,
        asset_groups: None,
        products: Some(vec!["InsightVM".to_owned()]),
        api_keys: Some(0),
        authentication: Some("sso".to_owned()),
        last_login: Some("2026-02-27T16:05:11Z".to_owned()),
        never_used: Some(false),
        ..console("insight", 0, email, email)
    }
}

fn names(names: &[&str]) -> Option<Vec<String>> {
    Some(names.iter().map(|&name| name.to_owned()).collect())
}

/// Thirteen accounts: of five persons, of two scanners with one address, and one that is nobody's.
pub(super) fn accounts() -> Vec<ReportedAccount> {
    let text = |text: &str| Some(text.to_owned());
    vec![
        // In order everywhere.
        ReportedAccount {
            full_name: text("Jane Doe"),
            role: text("Asset Owner"),
            sites: names(&["Berlin", "Lisbon"]),
            asset_groups: names(&["Laptops"]),
            ..console("emea", 42, "jdoe", "jane.doe@example.com")
        },
        ReportedAccount {
            full_name: text("Jane Doe"),
            ..platform("5b0e-01", "Jane.Doe@example.com")
        },
        // An administrator on three surfaces, with two names.
        ReportedAccount {
            full_name: text("Ravi Kumar"),
            role: text("Global Administrator"),
            superuser: Some(true),
            admin: true,
            all_sites: Some(true),
            all_asset_groups: Some(true),
            ..console("emea", 2, "rkumar", "ravi.kumar@example.com")
        },
        ReportedAccount {
            full_name: text("Ravi Kumar"),
            role: text("Global Administrator"),
            admin: true,
            all_sites: Some(true),
            all_asset_groups: Some(true),
            locked: Some(true),
            ..console("apac", 7, "rkumar", "ravi.kumar@example.com")
        },
        ReportedAccount {
            full_name: text("Kumar, Ravi"),
            superuser: Some(true),
            admin: true,
            api_keys: Some(2),
            ..platform("5b0e-02", "ravi.kumar@example.com")
        },
        // Left: disabled on one console, forgotten on the other and on the platform.
        ReportedAccount {
            full_name: text("Mia Sørensen"),
            enabled: Some(false),
            ..console("emea", 51, "msorensen", "mia@example.com")
        },
        ReportedAccount {
            full_name: text("Mia Sørensen"),
            sites: names(&["Sydney"]),
            ..console("apac", 12, "msorensen", "mia@example.com")
        },
        ReportedAccount {
            full_name: text("Mia Sørensen"),
            ..platform("5b0e-03", "mia@example.com")
        },
        // On a console only.
        ReportedAccount {
            full_name: text("Tom Okafor"),
            authentication: text("ldap"),
            sites: None,
            ..console("apac", 15, "tokafor", "tom.okafor@example.com")
        },
        // On the platform only, and never there.
        ReportedAccount {
            full_name: text("Ana Ruiz"),
            status: text("PENDING"),
            last_login: None,
            never_used: Some(true),
            ..platform("5b0e-04", "ana.ruiz@example.com")
        },
        // Two accounts with one address, and no account on the platform but disabled here anyway.
        ReportedAccount {
            enabled: Some(false),
            ..console("emea", 60, "scan-a", "scans@example.com")
        },
        ReportedAccount {
            enabled: Some(false),
            ..console("emea", 61, "scan-b", "Scans@example.com")
        },
        // Nobody's.
        ReportedAccount {
            role: text("Security Manager"),
            all_sites: Some(true),
            ..console("emea", 70, "svc-reports", "")
        },
    ]
}

/// The three surfaces, all read.
pub(super) fn surfaces(accounts: &[ReportedAccount]) -> Vec<SurfaceSummary> {
    let read = |kind, name, target| SurfaceSummary::read(kind, name, target, accounts);
    vec![
        read(
            SurfaceKind::Console,
            "emea",
            "https://console.emea.example.com:3780",
        ),
        read(
            SurfaceKind::Console,
            "apac",
            "https://console.apac.example.com:3780",
        ),
        read(
            SurfaceKind::Platform,
            "insight",
            "https://eu.api.insight.rapid7.com",
        ),
    ]
}

/// All of it.
pub(super) fn report() -> AccessReport {
    let accounts = accounts();
    let surfaces = surfaces(&accounts);
    AccessReport::new(
        "2026-03-02T08:15:00Z".to_owned(),
        surfaces,
        accounts,
        Vec::new(),
    )
}
