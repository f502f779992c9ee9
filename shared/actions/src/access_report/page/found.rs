//! The findings, each to be opened to its accounts.

use std::collections::HashMap;

use super::words::{counted, severity};
use crate::access_report::findings::{AccountRef, Finding, FindingKind};
use crate::access_report::html::Html;
use crate::access_report::model::{ReportedAccount, Which};
use crate::access_report::report::AccessReport;

pub(super) fn findings(page: &mut Html, report: &AccessReport) {
    if report.findings.is_empty() {
        page.raw("<p class=\"none\">Nothing was found that needs a decision.</p>");
        return;
    }
    // In the order of the table, so that what one person has stays together.
    let places = report.accounts.iter().enumerate();
    let places: HashMap<Which<'_>, usize> = places
        .map(|(place, account)| (account.which(), place))
        .collect();
    page.raw("<ul class=\"findings\">\n");
    for finding in &report.findings {
        let (class, word) = severity(finding.severity);
        page.raw("<li class=\"")
            .raw(class)
            .raw("\"><span class=\"severity ");
        page.raw(class).raw("\">").raw(word).raw("</span><h3>");
        page.text(&finding.title).raw("</h3><p>");
        page.text(&finding.explanation).raw("</p>");
        if !finding.accounts.is_empty() {
            about(page, finding, &places, &report.accounts);
        }
        if !finding.api_keys.is_empty() {
            keys(page, finding);
        }
        page.raw("</li>\n");
    }
    page.raw("</ul>");
}

fn about(
    page: &mut Html,
    finding: &Finding,
    places: &HashMap<Which<'_>, usize>,
    accounts: &[ReportedAccount],
) {
    page.raw("<details><summary>");
    counted(page, finding.accounts.len(), "account");
    page.raw("</summary><ul>");
    let place = |account: &AccountRef| places.get(&account.which()).copied();
    let mut about: Vec<(Option<usize>, &AccountRef)> = finding
        .accounts
        .iter()
        .map(|account| (place(account), account))
        .collect();
    about.sort();
    for (place, named) in about {
        let account = place.map(|place| &accounts[place]);
        let who = account.and_then(ReportedAccount::shown_person);
        page.raw("<li>").text(who.unwrap_or(&named.login));
        page.raw(" <span>")
            .text(&named.login)
            .raw(" on ")
            .text(&named.name);
        page.raw(match account.and_then(|account| account.enabled) {
            Some(true) => ", enabled",
            Some(false) => ", disabled",
            None => "",
        });
        page.raw("</span>");
    }
    page.raw("</ul><button type=\"button\" class=\"link\" data-finding=\"");
    page.text(finding.kind.name());
    page.raw("\" hidden>Show only these in the table</button></details>");
}

fn keys(page: &mut Html, finding: &Finding) {
    page.raw("<details><summary>");
    counted(page, finding.api_keys.len(), "API key");
    page.raw("</summary><ul>");
    for key in &finding.api_keys {
        page.raw("<li>").text(&key.to_line());
    }
    page.raw("</ul></details>");
}

pub(super) fn options(page: &mut Html, report: &AccessReport) {
    let with_accounts = |finding: &&Finding| !finding.accounts.is_empty();
    for finding in report.findings.iter().filter(with_accounts) {
        page.raw("<option value=\"")
            .text(finding.kind.name())
            .raw("\">");
        page.text(&finding.title)
            .raw(" (")
            .number(finding.accounts.len())
            .raw(")</option>");
    }
}

/// What a finding is called beside an account that it is about.
pub(super) fn tag(kind: FindingKind, account: &ReportedAccount) -> &'static str {
    match kind {
        FindingKind::SurfaceNotRead => "Not read",
        FindingKind::DisabledElsewhere if account.enabled == Some(false) => "Enabled elsewhere",
        FindingKind::DisabledElsewhere => "Disabled elsewhere",
        FindingKind::KeyOfNobody => "Key of nobody",
        FindingKind::KeyOfDisabled => "Key of a disabled user",
        FindingKind::Admin => "Administrator",
        FindingKind::OwnPermissions => "Own permissions",
        FindingKind::SamlAddress => "SAML address",
        FindingKind::OrganizationKey => "Organization key",
        FindingKind::NoMatch => "No match",
        FindingKind::NeverUsed => "Never used",
        FindingKind::OpensNothing => "Suspended",
        FindingKind::Locked => "Locked",
        FindingKind::NoEmail => "No email",
        FindingKind::SharedEmail => "Shared email",
    }
}
