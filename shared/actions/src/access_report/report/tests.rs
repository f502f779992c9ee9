use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::access_report::{sample, to_csv, to_html};

fn order(report: &AccessReport) -> String {
    let accounts = report.accounts.iter();
    let lines = accounts.map(|account| {
        let person = account.person.as_deref().unwrap_or("nobody");
        format!("{person}: {} on {}", account.login, account.name)
    });
    lines.collect::<Vec<String>>().join("\n")
}

#[test]
fn a_persons_accounts_are_together_by_name_and_nobodys_last() {
    assert_snapshot!(order(&sample::report()), @"
    ana.ruiz@example.com: ana.ruiz@example.com on insight
    jane.doe@example.com: jdoe on emea
    Jane.Doe@example.com: Jane.Doe@example.com on insight
    ravi.kumar@example.com: rkumar on apac
    ravi.kumar@example.com: rkumar on emea
    ravi.kumar@example.com: ravi.kumar@example.com on insight
    mia@example.com: msorensen on apac
    mia@example.com: msorensen on emea
    mia@example.com: mia@example.com on insight
    scans@example.com: scan-a on emea
    Scans@example.com: scan-b on emea
    tom.okafor@example.com: tokafor on apac
    nobody: svc-reports on emea
    ");
}

#[test]
fn an_account_that_tells_no_name_is_with_its_persons_others() {
    let named = ReportedAccount {
        full_name: Some("Zoe Adams".into()),
        ..sample::console("emea", 1, "zadams", "a@example.com")
    };
    let accounts = vec![
        named,
        sample::console("apac", 2, "m", "m@example.com"),
        sample::platform("p", "A@example.com"),
    ];
    let report = AccessReport::new(String::new(), Vec::new(), accounts, Vec::new());
    assert_snapshot!(order(&report), @"
    m@example.com: m on apac
    a@example.com: zadams on emea
    A@example.com: A@example.com on insight
    ");
}

#[test]
fn a_surface_counts_its_own_accounts() {
    let counts = |surface: &SurfaceSummary| {
        format!(
            "{}: {} accounts, {} enabled, {} administrators, {} locked",
            surface.name, surface.accounts, surface.enabled, surface.admins, surface.locked
        )
    };
    let report = sample::report();
    let counts: Vec<String> = report.surfaces.iter().map(counts).collect();
    assert_snapshot!(counts.join("\n"), @"
    emea: 6 accounts, 3 enabled, 1 administrators, 0 locked
    apac: 3 accounts, 3 enabled, 1 administrators, 1 locked
    insight: 4 accounts, 4 enabled, 1 administrators, 0 locked
    ");
}

#[test]
fn json_tells_what_is_not_known_as_null_and_can_be_read_again() {
    let report = sample::report();
    let json = serde_json::to_value(&report).expect("JSON");
    let again: AccessReport = serde_json::from_value(json.clone()).expect("the same");
    assert_eq!(again, report);
    let accounts = json["accounts"].as_array().expect("accounts");
    for account in accounts {
        let members = account.as_object().expect("an object");
        assert_eq!(members.len(), 23, "{account}");
    }
    assert_eq!(accounts[0]["last_login"], Value::Null);
    assert_eq!(json["findings"][0]["kind"], "disabled_elsewhere");
    assert_eq!(json["findings"][0]["severity"], "high");
    assert_eq!(json["surfaces"][2]["surface"], "platform");
}

proptest! {
    #[test]
    fn the_order_in_which_accounts_were_read_does_not_show(
        accounts in Just(sample::accounts()).prop_shuffle(),
    ) {
        let report = sample::report();
        let shuffled = AccessReport::new(
            report.generated_at.clone(),
            report.surfaces.clone(),
            accounts,
            Vec::new(),
        );
        prop_assert_eq!(&shuffled, &report);
        prop_assert_eq!(to_csv(&shuffled), to_csv(&report));
        prop_assert_eq!(to_html(&shuffled), to_html(&report));
    }
}
