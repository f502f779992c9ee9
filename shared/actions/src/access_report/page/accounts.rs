//! The rows of the table. There may be ten thousand, so they leave out the end tags that HTML lets
//! a page leave out, and what the script needs is in attributes of one letter.

use std::collections::HashMap;

use super::found;
use super::words::{counted, date, severity};
use crate::access_report::findings::{ByAccount, Finding, Severity};
use crate::access_report::html::Html;
use crate::access_report::model::{ReportedAccount, SurfaceKind};
use crate::access_report::report::AccessReport;

/// Longer lists have to be opened.
const SHORT: usize = 3;

pub(super) fn rows(page: &mut Html, report: &AccessReport) {
    let by_account = ByAccount::of(&report.findings);
    let surfaces = report.surfaces.iter().enumerate();
    let surfaces: HashMap<(SurfaceKind, &str), usize> = surfaces
        .map(|(index, surface)| ((surface.surface, &*surface.name), index))
        .collect();
    let mut persons: HashMap<String, usize> = HashMap::new();
    let mut before = None;
    for account in &report.accounts {
        let next = persons.len();
        let person = account.person_key();
        let person = person.map(|person| *persons.entry(person).or_insert(next));
        let findings = by_account.about(account);
        page.raw("<tr");
        if person.is_some() && person == before {
            page.raw(" class=\"same\"");
        }
        if let Some(&surface) = surfaces.get(&(account.surface, &*account.name)) {
            page.raw(" data-s=\"").number(surface).raw("\"");
        }
        if let Some(person) = person {
            page.raw(" data-p=\"").number(person).raw("\"");
        }
        if account.counts_as_enabled() {
            page.raw(" data-e");
        }
        if account.admin {
            page.raw(" data-a");
        }
        if !findings.is_empty() {
            page.raw(" data-f=\"");
            separated(page, findings, " ", |page, found| {
                _ = page.text(found.kind.name())
            });
            page.raw("\"");
        }
        page.raw(">");
        cells(page, account, findings);
        // Closed here: what follows would belong to the last cell.
        page.raw("</td>\n");
        before = person;
    }
}

fn cells(page: &mut Html, account: &ReportedAccount, findings: &[&Finding]) {
    page.raw("<th scope=\"row\">");
    match account.shown_person() {
        Some(shown) => _ = page.text(shown),
        None => _ = page.raw("<span class=\"none\">Not known</span>"),
    }
    match account.person.as_deref() {
        None => _ = page.raw("<small>no email address</small>"),
        Some(person) if Some(person) == account.shown_person() => (),
        Some(person) => _ = page.raw("<small>").text(person).raw("</small>"),
    }
    page.raw("<td>").text(&account.login);
    // The platform's ids are long and tell a person nothing.
    if account.surface == SurfaceKind::Console {
        page.raw("<small>user ").text(&account.user_id);
        page.raw("</small>");
    }
    page.raw("<td>");
    page.text(&account.name).raw("<small>");
    page.text(account.surface.name()).raw("</small><td>");
    state(page, account);
    page.raw("<td>")
        .text(account.role.as_deref().unwrap_or_default());
    if account.superuser == Some(true) && account.surface == SurfaceKind::Console {
        page.raw("<small>superuser</small>");
    } else if account.admin {
        page.raw("<small>administrator</small>");
    }
    page.raw("<td>");
    access(page, account);
    page.raw("<td>")
        .text(account.authentication.as_deref().unwrap_or_default());
    if let Some(keys) = account.api_keys
        && keys > 0
    {
        page.raw("<small>");
        counted(page, keys, "API key");
        page.raw("</small>");
    }
    last_login(page, account);
    page.raw("<td");
    if !findings.is_empty() {
        page.raw(" data-v=\"").raw(rank(findings)).raw("\"");
    }
    page.raw(">");
    for found in findings {
        page.raw("<span class=\"tag ")
            .raw(severity(found.severity).0)
            .raw("\">");
        page.raw(found::tag(found.kind, account)).raw("</span>");
    }
}

fn state(page: &mut Html, account: &ReportedAccount) {
    page.raw(match account.enabled {
        Some(true) => "<span class=\"on\">Enabled</span>",
        Some(false) => "<span class=\"off\">Disabled</span>",
        None => "<span class=\"none\">Not known</span>",
    });
    if account.locked == Some(true) {
        page.raw(" <span class=\"locked\">Locked</span>");
    }
    if let Some(status) = &account.status {
        page.raw("<small>").text(status).raw("</small>");
    }
}

fn access(page: &mut Html, account: &ReportedAccount) {
    if account.surface == SurfaceKind::Platform {
        places(page, None, account.products.as_deref(), "product");
        return;
    }
    places(page, account.all_sites, account.sites.as_deref(), "site");
    places(
        page,
        account.all_asset_groups,
        account.asset_groups.as_deref(),
        "asset group",
    );
}

fn places(page: &mut Html, all: Option<bool>, some: Option<&[String]>, noun: &'static str) {
    let names = |page: &mut Html, names: &[String]| {
        separated(page, names, ", ", |page, name| _ = page.text(name));
    };
    match some {
        _ if all == Some(true) => _ = page.raw("<p>All ").raw(noun).raw("s</p>"),
        None => {
            _ = page
                .raw("<p class=\"none\">Not read: ")
                .raw(noun)
                .raw("s</p>")
        }
        Some([]) => _ = page.raw("<p class=\"none\">No ").raw(noun).raw("s</p>"),
        Some(few) if few.len() <= SHORT => {
            page.raw("<p>");
            counted(page, few.len(), noun);
            page.raw(": ");
            names(page, few);
            page.raw("</p>");
        }
        Some(many) => {
            page.raw("<details><summary>");
            counted(page, many.len(), noun);
            page.raw("</summary>");
            names(page, many);
            page.raw("</details>");
        }
    }
}

/// A last login is sorted by its full time, none at all before the oldest, and what is not told last.
fn last_login(page: &mut Html, account: &ReportedAccount) {
    match &account.last_login {
        Some(at) => {
            _ = page
                .raw("<td data-v=\"")
                .text(at)
                .raw("\">")
                .text(&date(at))
        }
        None if account.never_used == Some(true) => _ = page.raw("<td data-v=\"0\">Never"),
        None => _ = page.raw("<td data-v=\"\"><span class=\"none\">Not known</span>"),
    }
}

/// Sorts the most severe first.
fn rank(findings: &[&Finding]) -> &'static str {
    match findings.first().map(|found| found.severity) {
        Some(Severity::High) => "1",
        Some(Severity::Medium) => "2",
        Some(Severity::Low) => "3",
        None => "",
    }
}

fn separated<T>(
    page: &mut Html,
    values: &[T],
    separator: &'static str,
    mut write: impl FnMut(&mut Html, &T),
) {
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            page.raw(separator);
        }
        write(page, value);
    }
}
