//! The report as one HTML page that needs nothing else: no network, no other file.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::html::Html;
use super::model::SurfaceSummary;
use super::report::AccessReport;

mod accounts;
mod found;
mod words;

use words::{counted, date, grouped, time};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The report as a page for a browser, where it can be searched and sorted. Without its script, and on
/// paper, it shows the same.
#[must_use]
pub fn to_html(report: &AccessReport) -> String {
    let mut page = Html::default();
    let mut pieces = PAGE.split("{{");
    page.raw(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (slot, markup) = piece.split_once("}}").expect("every slot is closed");
        fill(&mut page, slot, report);
        page.raw(markup);
    }
    page.into_string()
}

fn fill(page: &mut Html, slot: &str, report: &AccessReport) {
    match slot {
        "policy" => policy(page),
        "style" => _ = page.raw(STYLE),
        "script" => _ = page.raw(SCRIPT),
        "title" => {
            page.raw("Rapid7 access report, ");
            page.text(&date(&report.generated_at));
        }
        "when" => when(page, report),
        "surfaces" => report.surfaces.iter().for_each(|one| surface(page, one)),
        "findings" => found::findings(page, report),
        "surface-options" => surface_options(page, report),
        "finding-options" => found::options(page, report),
        "status" => counted(page, report.accounts.len(), "account"),
        "accounts" => accounts::rows(page, report),
        other => unreachable!("the page has no slot {other}"),
    }
}

/// Nothing may be loaded, sent or run but the page's own style and script.
fn policy(page: &mut Html) {
    let hash = |text: &str| STANDARD.encode(Sha256::digest(text));
    page.raw("default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-");
    page.text(&hash(STYLE)).raw("'; script-src 'sha256-");
    page.text(&hash(SCRIPT)).raw("'");
}

fn when(page: &mut Html, report: &AccessReport) {
    let at = &report.generated_at;
    page.raw("Read <time datetime=\"").text(at).raw("\">");
    page.text(&time(at)).raw("</time>. ");
    counted(page, report.accounts.len(), "account");
    page.raw(" of ");
    let persons = report.accounts.iter().filter_map(|a| a.person_key());
    let persons: BTreeSet<String> = persons.collect();
    counted(page, persons.len(), "person");
    page.raw(" on ");
    let read = report.surfaces.iter().filter(|surface| surface.read);
    counted(page, read.count(), "surface");
    page.raw(".");
    let missing = report.surfaces.iter().filter(|surface| !surface.read);
    let missing = missing.count();
    if missing > 0 {
        page.raw(" <strong class=\"alarm\">");
        counted(page, missing, "surface");
        page.raw(" could not be read.</strong>");
    }
}

fn surface(page: &mut Html, surface: &SurfaceSummary) {
    page.raw(if surface.read {
        "<li>"
    } else {
        "<li class=\"missing\">"
    });
    page.raw("<h3>").text(&surface.name).raw("</h3><small>");
    page.text(surface.surface.name()).raw(" ");
    page.text(&surface.target).raw("</small>");
    if surface.read {
        page.raw("<dl>");
        for (number, what) in [
            (surface.accounts, "accounts"),
            (surface.enabled, "enabled"),
            (surface.admins, "administrators"),
            (surface.locked, "locked"),
        ] {
            page.raw("<div><dt>").raw(what).raw("</dt><dd>");
            page.text(&grouped(number)).raw("</dd></div>");
        }
        page.raw("</dl>");
    } else {
        let why = surface.why_not.as_deref().unwrap_or("not known why");
        page.raw("<p class=\"why\"><strong>Not read:</strong> ");
        page.text(why).raw("</p>");
    }
    page.raw("</li>\n");
}

fn surface_options(page: &mut Html, report: &AccessReport) {
    for (index, surface) in report.surfaces.iter().enumerate() {
        if surface.read {
            page.raw("<option value=\"").number(index).raw("\">");
            page.text(&surface.name).raw("</option>");
        }
    }
}

#[cfg(test)]
mod tests;
