//! The report as CSV, for reviewers who work in a spreadsheet.

use csv::Writer;

use super::findings::{ByAccount, Finding};
use super::model::ReportedAccount;
use super::report::AccessReport;
use crate::core::text::no_formula as text;

/// What tells most comes first. The last two are for the reviewer to fill in.
const HEADER: [&str; 25] = [
    "person",
    "full_name",
    "surface",
    "name",
    "login",
    "enabled",
    "locked",
    "admin",
    "superuser",
    "role",
    "findings",
    "all_sites",
    "sites",
    "all_asset_groups",
    "asset_groups",
    "products",
    "api_keys",
    "last_login",
    "never_used",
    "authentication",
    "status",
    "email",
    "user_id",
    "decision",
    "reviewer_note",
];

/// The accounts as CSV, one a row below a header. What is not known is empty.
#[must_use]
pub fn to_csv(report: &AccessReport) -> String {
    let findings = ByAccount::of(&report.findings);
    let mut table = Writer::from_writer(Vec::new());
    let mut write = |row: &[String]| {
        table.write_record(row).expect("memory takes every row");
    };
    write(&HEADER.map(str::to_owned));
    for account in &report.accounts {
        write(&row(account, findings.about(account)));
    }
    let bytes = table.into_inner().expect("memory takes every row");
    String::from_utf8(bytes).expect("made of strings")
}

fn row(account: &ReportedAccount, findings: &[&Finding]) -> [String; HEADER.len()] {
    let kinds: Vec<&str> = findings.iter().map(|found| found.kind.name()).collect();
    [
        optional(account.person.as_deref()),
        optional(account.full_name.as_deref()),
        account.surface.name().to_owned(),
        text(&account.name),
        text(&account.login),
        flag(account.enabled),
        flag(account.locked),
        flag(Some(account.admin)),
        flag(account.superuser),
        optional(account.role.as_deref()),
        kinds.join("; "),
        flag(account.all_sites),
        list(account.sites.as_deref()),
        flag(account.all_asset_groups),
        list(account.asset_groups.as_deref()),
        list(account.products.as_deref()),
        account.api_keys.map_or_else(String::new, |n| n.to_string()),
        optional(account.last_login.as_deref()),
        flag(account.never_used),
        optional(account.authentication.as_deref()),
        optional(account.status.as_deref()),
        optional(account.email.as_deref()),
        text(&account.user_id),
        String::new(),
        String::new(),
    ]
}

fn optional(value: Option<&str>) -> String {
    value.map_or_else(String::new, text)
}

fn flag(value: Option<bool>) -> String {
    value.map_or_else(String::new, |value| value.to_string())
}

fn list(values: Option<&[String]>) -> String {
    text(&values.unwrap_or_default().join("; "))
}

#[cfg(test)]
mod tests;
