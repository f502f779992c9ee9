use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::access_report::sample;

fn table(accounts: Vec<ReportedAccount>) -> Vec<csv::StringRecord> {
    let report = AccessReport::new(String::new(), Vec::new(), accounts, Vec::new());
    let text = to_csv(&report);
    let mut table = csv::ReaderBuilder::new();
    let mut table = table.has_headers(false).from_reader(text.as_bytes());
    table.records().map(|row| row.expect("a row")).collect()
}

#[test]
fn one_row_an_account() {
    assert_snapshot!(to_csv(&sample::report()), @r#"
    person,full_name,surface,name,login,enabled,locked,admin,superuser,role,findings,all_sites,sites,all_asset_groups,asset_groups,products,api_keys,last_login,never_used,authentication,status,email,user_id,decision,reviewer_note
    ana.ruiz@example.com,Ana Ruiz,platform,insight,ana.ruiz@example.com,true,,false,false,,no_match; never_used,,,,,InsightVM,0,,true,sso,PENDING,ana.ruiz@example.com,5b0e-04,,
    jane.doe@example.com,Jane Doe,console,emea,jdoe,true,false,false,false,Asset Owner,,false,Berlin; Lisbon,false,Laptops,,,,,normal,,jane.doe@example.com,42,,
    Jane.Doe@example.com,Jane Doe,platform,insight,Jane.Doe@example.com,true,,false,false,,,,,,,InsightVM,0,2026-02-27T16:05:11Z,false,sso,ACTIVE,Jane.Doe@example.com,5b0e-01,,
    ravi.kumar@example.com,Ravi Kumar,console,apac,rkumar,true,true,true,false,Global Administrator,admin; locked,true,,true,,,,,,normal,,ravi.kumar@example.com,7,,
    ravi.kumar@example.com,Ravi Kumar,console,emea,rkumar,true,false,true,true,Global Administrator,admin,true,,true,,,,,,normal,,ravi.kumar@example.com,2,,
    ravi.kumar@example.com,"Kumar, Ravi",platform,insight,ravi.kumar@example.com,true,,true,true,,admin,,,,,InsightVM,2,2026-02-27T16:05:11Z,false,sso,ACTIVE,ravi.kumar@example.com,5b0e-02,,
    mia@example.com,Mia Sørensen,console,apac,msorensen,true,false,false,false,User,disabled_elsewhere,false,Sydney,false,,,,,,normal,,mia@example.com,12,,
    mia@example.com,Mia Sørensen,console,emea,msorensen,false,false,false,false,User,disabled_elsewhere,false,,false,,,,,,normal,,mia@example.com,51,,
    mia@example.com,Mia Sørensen,platform,insight,mia@example.com,true,,false,false,,disabled_elsewhere,,,,,InsightVM,0,2026-02-27T16:05:11Z,false,sso,ACTIVE,mia@example.com,5b0e-03,,
    scans@example.com,,console,emea,scan-a,false,false,false,false,User,shared_email,false,,false,,,,,,normal,,scans@example.com,60,,
    Scans@example.com,,console,emea,scan-b,false,false,false,false,User,shared_email,false,,false,,,,,,normal,,Scans@example.com,61,,
    tom.okafor@example.com,Tom Okafor,console,apac,tokafor,true,false,false,false,User,no_match,false,,false,,,,,,ldap,,tom.okafor@example.com,15,,
    ,,console,emea,svc-reports,true,false,false,false,Security Manager,no_email,true,,false,,,,,,normal,,,70,,
    "#);
}

#[test]
fn a_report_without_accounts_is_a_header() {
    assert_eq!(table(Vec::new()).len(), 1);
}

#[test]
fn nothing_is_a_formula() {
    let guarded = |value: &str| text(value);
    for formula in [
        "=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", "\n=1", "  =1", "\u{a0}=1",
    ] {
        assert_eq!(guarded(formula), format!("'{formula}"));
    }
    assert_eq!(guarded("a;=1"), "a;'=1");
    assert_eq!(guarded("a; =1; b"), "a;' =1; b");
    for plain in ["", "a=1", "jane-doe", "5b0e-01", "a; b", " a", "O'Neill"] {
        assert_eq!(guarded(plain), plain);
    }
}

/// All that a surface may tell in its own words is the same text here.
fn account(text: &str) -> ReportedAccount {
    let some = Some(text.to_owned());
    let list = Some(vec![text.to_owned(), text.to_owned()]);
    ReportedAccount {
        person: some.clone(),
        name: text.to_owned(),
        user_id: text.to_owned(),
        login: text.to_owned(),
        email: some.clone(),
        full_name: some.clone(),
        status: some.clone(),
        role: some.clone(),
        sites: list.clone(),
        asset_groups: list.clone(),
        products: list,
        authentication: some.clone(),
        last_login: some,
        ..sample::console("", 0, "", "")
    }
}

proptest! {
    #[test]
    fn no_cell_is_a_formula_and_every_value_can_be_read_again(
        parts in prop::collection::vec(
            prop_oneof![
                Just("="), Just("+"), Just("-"), Just("@"), Just("\t"), Just("\r"), Just("\n"),
                Just(" "), Just(";"), Just(","), Just("\""), Just("'"), Just("a"), Just("é"),
            ],
            0..6,
        ),
    ) {
        let value: String = parts.concat();
        let rows = table(vec![account(&value)]);
        prop_assert_eq!(rows.len(), 2);
        prop_assert_eq!(rows[1].len(), HEADER.len());
        for cell in rows[1].iter() {
            for part in cell.split(';') {
                prop_assert!(!part.starts_with(['\t', '\r', '\n']), "{:?}", cell);
                prop_assert!(!part.trim_start().starts_with(['=', '+', '-', '@']), "{:?}", cell);
            }
        }
        let without_guards = rows[1][4].replace('\'', "");
        prop_assert_eq!(without_guards, value.replace('\'', ""));
    }
}
