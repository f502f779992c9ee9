use insta::assert_snapshot;
use serde_json::json;

use super::*;
use crate::access_report::sample::{self, console, platform};

/// One line a finding, without what it explains.
fn lines(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| {
        let accounts = finding.accounts.iter();
        let accounts = accounts.map(|account| format!(" {}/{}", account.name, account.login));
        let accounts: String = accounts.collect();
        let severity = finding.severity.name();
        format!("{severity} {}:{accounts}", finding.kind.name())
    });
    lines.collect::<Vec<String>>().join("\n")
}

fn found(accounts: &[ReportedAccount]) -> String {
    lines(&findings(accounts, &sample::surfaces(accounts), &[]))
}

#[test]
fn one_of_everything() {
    assert_snapshot!(lines(&sample::report().findings), @"
    high disabled_elsewhere: apac/msorensen emea/msorensen insight/mia@example.com
    medium admin: apac/rkumar emea/rkumar insight/ravi.kumar@example.com
    medium no_match: apac/tokafor insight/ana.ruiz@example.com
    medium never_used: insight/ana.ruiz@example.com
    low locked: apac/rkumar
    low no_email: emea/svc-reports
    low shared_email: emea/scan-a emea/scan-b
    ");
}

#[test]
fn a_surface_that_was_not_read_makes_the_review_incomplete() {
    let accounts = sample::accounts();
    let mut surfaces = sample::surfaces(&accounts);
    let why = "no connection".to_owned();
    surfaces[1] = SurfaceSummary::not_read(SurfaceKind::Console, "apac", "https://apac", why);
    let accounts: Vec<_> = accounts.into_iter().filter(|a| a.name != "apac").collect();
    let found = findings(&accounts, &surfaces, &[]);
    // Ana may have an account on the console that was not read.
    assert_snapshot!(lines(&found), @"
    high surface_not_read:
    high disabled_elsewhere: emea/msorensen insight/mia@example.com
    medium admin: emea/rkumar insight/ravi.kumar@example.com
    medium never_used: insight/ana.ruiz@example.com
    low no_email: emea/svc-reports
    low shared_email: emea/scan-a emea/scan-b
    ");
    assert_snapshot!(found[0].explanation, @"Not read: apac (no connection). Accounts there are missing from this report, and the others could not be compared with them.");

    surfaces[2].read = false;
    surfaces[2].why_not = None;
    let found = findings(&[], &surfaces, &[]);
    assert_snapshot!(lines(&found), @"high surface_not_read:");
    assert_snapshot!(found[0].explanation, @"Not read: apac (no connection), insight (not known why). Accounts there are missing from this report, and the others could not be compared with them.");
}

#[test]
fn nobody_is_missed_on_a_kind_of_surface_that_is_not_there() {
    let accounts = [console("emea", 1, "a", "a@example.com")];
    let consoles = &sample::surfaces(&accounts)[..2];
    assert_eq!(findings(&accounts, consoles, &[]), []);
    assert_eq!(findings(&accounts, &[], &[]), []);
}

#[test]
fn two_consoles_are_no_match_for_each_other() {
    assert_snapshot!(found(&[
        console("emea", 1, "a", "a@example.com"),
        console("apac", 1, "a", "a@example.com"),
    ]), @"medium no_match: apac/a emea/a");
}

#[test]
fn addresses_are_the_same_in_upper_and_lower_case() {
    assert_snapshot!(found(&[
        console("emea", 1, "a", "A@Example.com "),
        platform("p", "a@example.com"),
    ]), @"");
}

#[test]
fn a_disabled_account_is_a_match_and_needs_none() {
    let disabled = ReportedAccount {
        enabled: Some(false),
        ..console("emea", 1, "a", "a@example.com")
    };
    assert_snapshot!(found(std::slice::from_ref(&disabled)), @"");
    assert_snapshot!(found(&[disabled, platform("p", "a@example.com")]), @"high disabled_elsewhere: emea/a insight/a@example.com");
}

#[test]
fn elsewhere_is_not_the_same_surface() {
    let disabled = ReportedAccount {
        enabled: Some(false),
        ..console("emea", 1, "old", "a@example.com")
    };
    let new = console("emea", 2, "new", "a@example.com");
    assert_snapshot!(found(&[disabled, new]), @"
    medium no_match: emea/new
    low shared_email: emea/new emea/old
    ");
}

#[test]
fn of_a_person_with_half_an_offboarding_only_what_disagrees_is_named() {
    let account = |name: &str, id: u32, enabled: bool| ReportedAccount {
        enabled: Some(enabled),
        ..console(name, id, &format!("a{id}"), "a@example.com")
    };
    // The second account on emea disagrees with the first one, but that is no other surface.
    assert_snapshot!(found(&[
        account("emea", 1, false),
        account("apac", 2, true),
        account("emea", 3, true),
    ]), @"
    high disabled_elsewhere: apac/a2 emea/a1
    medium no_match: apac/a2 emea/a3
    low shared_email: emea/a1 emea/a3
    ");
}

#[test]
fn what_is_not_told_counts_as_enabled_but_as_nothing_else() {
    assert_snapshot!(found(&[
        ReportedAccount {
            enabled: None,
            admin: true,
            locked: None,
            superuser: None,
            ..console("emea", 1, "root", "a@example.com")
        },
        ReportedAccount {
            enabled: None,
            never_used: None,
            ..platform("p", "a@example.com")
        },
    ]), @"medium admin: emea/root");
}

#[test]
fn disabled_accounts_are_neither_administrators_nor_unused() {
    let disabled = |account: ReportedAccount| ReportedAccount {
        enabled: Some(false),
        admin: true,
        never_used: Some(true),
        ..account
    };
    assert_snapshot!(found(&[
        disabled(console("emea", 1, "a", "a@example.com")),
        disabled(platform("p", "a@example.com")),
    ]), @"");
}

#[test]
fn an_empty_address_is_none_and_is_not_shared() {
    let empty = |id: u32| ReportedAccount {
        person: Some(" ".into()),
        email: Some(String::new()),
        ..console("emea", id, &format!("svc-{id}"), "")
    };
    assert_snapshot!(found(&[empty(2), empty(1)]), @"low no_email: emea/svc-1 emea/svc-2");
}

#[test]
fn an_address_is_shared_on_one_console_only() {
    let mut other = platform("p1", "a@example.com");
    other.user_id = "p2".into();
    assert_snapshot!(found(&[
        console("emea", 1, "a", "a@example.com"),
        console("apac", 1, "b", "a@example.com"),
        platform("p1", "a@example.com"),
        other,
    ]), @"");
}

/// What suspending leaves is no offboarding that stopped halfway.
#[test]
fn an_account_of_the_platform_that_opens_nothing_is_suspended() {
    let left = ReportedAccount {
        enabled: Some(false),
        ..console("emea", 1, "a", "a@example.com")
    };
    let suspended = ReportedAccount {
        products: Some(Vec::new()),
        ..platform("p", "a@example.com")
    };
    assert_snapshot!(found(&[left.clone(), suspended.clone()]), @"low opens_nothing: insight/a@example.com");
    for in_use in [
        ReportedAccount {
            api_keys: Some(1),
            ..suspended.clone()
        },
        ReportedAccount {
            products: None,
            ..suspended.clone()
        },
    ] {
        let found = found(&[left.clone(), in_use]);
        assert_eq!(
            found,
            "high disabled_elsewhere: emea/a insight/a@example.com"
        );
    }
}

/// Products do not cover what an administrator may do.
#[test]
fn an_administrator_of_the_platform_is_never_suspended() {
    let left = ReportedAccount {
        enabled: Some(false),
        ..console("emea", 1, "a", "a@example.com")
    };
    let administrator = ReportedAccount {
        products: Some(Vec::new()),
        admin: true,
        ..platform("p", "a@example.com")
    };
    assert_snapshot!(found(&[left, administrator]), @"
    high disabled_elsewhere: emea/a insight/a@example.com
    medium admin: insight/a@example.com
    ");
}

#[test]
fn permissions_that_come_from_no_role_are_found() {
    let own = ReportedAccount {
        permissions: Some(vec!["manage-sites".into()]),
        ..console("emea", 1, "a", "a@example.com")
    };
    assert_snapshot!(found(&[own, platform("p", "a@example.com")]), @"medium own_permissions: emea/a");
}

#[test]
fn a_saml_address_in_other_letters_is_found() {
    let saml = |email: &str| ReportedAccount {
        authentication: Some("saml".into()),
        ..console("emea", 1, "a", email)
    };
    assert_snapshot!(found(&[saml("A@example.com"), platform("p", "a@example.com")]), @"medium saml_address: emea/a");
    assert_snapshot!(found(&[saml("a@example.com"), platform("p", "a@example.com")]), @"");
}

#[test]
fn api_keys_are_found_by_who_stands_behind_them_the_oldest_first() {
    let user =
        |id: &str, status: &str| json!({"id": id, "email": "a@example.com", "status": status});
    let (active, disabled, gone) = (
        "11111111-1111-4111-8111-111111111111",
        "22222222-2222-4222-8222-222222222222",
        "33333333-3333-4333-8333-333333333333",
    );
    let users = [user(active, "ACTIVE"), user(disabled, "DISABLED")];
    let users = users.map(|user| rapid7::platform::User::from_json(user).expect("a user"));
    let key = |id: &str, owner: Option<&str>, kind: &str, at: &str| json!({"id": id, "name": "x", "user_id": owner, "type": kind, "created_at": at});
    let keys = [
        key("k1", Some(gone), "USER", "2026-02-01"),
        key("k2", Some(gone), "USER", "2025-02-01"),
        key("k3", Some(disabled), "USER", "2026-02-01"),
        key("k4", Some(active), "USER", "2026-02-01"),
        key("k5", None, "ORGANIZATION", "2026-02-01"),
    ];
    let keys = keys.map(|key| rapid7::platform::ApiKeyInfo::from_json(key).expect("a key"));
    let keys = crate::access_report::api_keys::reported(&keys, &users);
    let found = findings(&[], &[], &keys);
    let lines = found.iter().map(|finding| {
        let keys = finding.api_keys.iter().map(|key| key.id.as_str());
        let keys: Vec<&str> = keys.collect();
        format!(
            "{} {}: {}",
            finding.severity.name(),
            finding.kind.name(),
            keys.join(" ")
        )
    });
    assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @"
    high key_of_nobody: k2 k1
    high key_of_disabled: k3
    medium organization_key: k5
    ");
}
