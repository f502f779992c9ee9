use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;
use crate::access_report::model::{ReportedAccount, SurfaceKind};
use crate::access_report::sample;

fn between<'a>(page: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = page.split_once(start).expect(start);
    rest.split_once(end).expect(end).0
}

#[test]
fn the_accounts_of_one_person() {
    let mut report = sample::report();
    report.accounts.retain(|account| account.admin);
    let page = to_html(&report);
    assert_snapshot!(between(&page, "<tbody>", "</tbody>"), @r#"

    <tr data-s="1" data-p="0" data-e data-a data-f="admin locked"><th scope="row">Ravi Kumar<small>ravi.kumar@example.com</small><td>rkumar<small>user 7</small><td>apac<small>console</small><td><span class="on">Enabled</span> <span class="locked">Locked</span><td>Global Administrator<small>administrator</small><td><p>All sites</p><p>All asset groups</p><td>normal<td data-v=""><span class="none">Not known</span><td data-v="2"><span class="tag medium">Administrator</span><span class="tag low">Locked</span></td>
    <tr class="same" data-s="0" data-p="0" data-e data-a data-f="admin"><th scope="row">Ravi Kumar<small>ravi.kumar@example.com</small><td>rkumar<small>user 2</small><td>emea<small>console</small><td><span class="on">Enabled</span><td>Global Administrator<small>superuser</small><td><p>All sites</p><p>All asset groups</p><td>normal<td data-v=""><span class="none">Not known</span><td data-v="2"><span class="tag medium">Administrator</span></td>
    <tr class="same" data-s="2" data-p="0" data-e data-a data-f="admin"><th scope="row">Kumar, Ravi<small>ravi.kumar@example.com</small><td>ravi.kumar@example.com<td>insight<small>platform</small><td><span class="on">Enabled</span><small>ACTIVE</small><td><small>administrator</small><td><p>1 product: InsightVM</p><td>sso<small>2 API keys</small><td data-v="2026-02-27T16:05:11Z">2026-02-27<td data-v="2"><span class="tag medium">Administrator</span></td>
    "#);
}

#[test]
fn what_is_not_known_is_told_so() {
    let unknown = ReportedAccount {
        enabled: None,
        role: None,
        sites: None,
        asset_groups: None,
        all_sites: None,
        all_asset_groups: None,
        authentication: None,
        ..sample::console("emea", 1, "x", "")
    };
    let many = ReportedAccount {
        sites: Some(["a", "b", "c", "d"].map(str::to_owned).to_vec()),
        last_login: Some("yesterday".into()),
        ..sample::console("emea", 2, "y", "y@example.com")
    };
    let report = AccessReport::new(String::new(), Vec::new(), vec![unknown, many], Vec::new());
    let page = to_html(&report);
    assert_snapshot!(between(&page, "<tbody>", "</tbody>"), @r#"

    <tr data-p="0" data-e><th scope="row">y@example.com<td>y<small>user 2</small><td>emea<small>console</small><td><span class="on">Enabled</span><td>User<td><details><summary>4 sites</summary>a, b, c, d</details><p class="none">No asset groups</p><td>normal<td data-v="yesterday">yesterday<td></td>
    <tr data-e data-f="no_email"><th scope="row"><span class="none">Not known</span><small>no email address</small><td>x<small>user 1</small><td>emea<small>console</small><td><span class="none">Not known</span><td><td><p class="none">Not read: sites</p><p class="none">Not read: asset groups</p><td><td data-v=""><span class="none">Not known</span><td data-v="3"><span class="tag low">No email</span></td>
    "#);
}

#[test]
fn a_finding_opens_to_its_accounts() {
    let page = to_html(&sample::report());
    assert_snapshot!(between(&page, "<ul class=\"findings\">", "<li class=\"medium\">"), @r#"

    <li class="high"><span class="severity high">High</span><h3>Enabled here, disabled elsewhere</h3><p>Each of these persons has an enabled account on one surface and a disabled account on another. It is how an offboarding that stopped halfway looks. Disable the enabled account, or confirm that it is still needed.</p><details><summary>3 accounts</summary><ul><li>Mia Sørensen <span>msorensen on apac, enabled</span><li>Mia Sørensen <span>msorensen on emea, disabled</span><li>Mia Sørensen <span>mia@example.com on insight, enabled</span></ul><button type="button" class="link" data-finding="disabled_elsewhere" hidden>Show only these in the table</button></details></li>
    "#);
    // In the order of the table, where Ana comes before Tom.
    assert_snapshot!(between(&page, "<h3>No account", "<button"), @" on the other surface</h3><p>Enabled accounts of persons who have an account on a console but none on the platform, or the other way round. The other account may have been deleted when the person left, or may be under another email address.</p><details><summary>2 accounts</summary><ul><li>Ana Ruiz <span>ana.ruiz@example.com on insight, enabled</span><li>Tom Okafor <span>tokafor on apac, enabled</span></ul>");
}

#[test]
fn surfaces_tell_their_numbers_or_why_not() {
    let mut report = sample::report();
    let why = "no connection".to_owned();
    report.surfaces[1] =
        SurfaceSummary::not_read(SurfaceKind::Console, "apac", "https://apac", why);
    let page = to_html(&report);
    assert_snapshot!(between(&page, "<ul class=\"surfaces\">", "</ul>"), @r#"
    <li><h3>emea</h3><small>console https://console.emea.example.com:3780</small><dl><div><dt>accounts</dt><dd>6</dd></div><div><dt>enabled</dt><dd>3</dd></div><div><dt>administrators</dt><dd>1</dd></div><div><dt>locked</dt><dd>0</dd></div></dl></li>
    <li class="missing"><h3>apac</h3><small>console https://apac</small><p class="why"><strong>Not read:</strong> no connection</p></li>
    <li><h3>insight</h3><small>platform https://eu.api.insight.rapid7.com</small><dl><div><dt>accounts</dt><dd>4</dd></div><div><dt>enabled</dt><dd>4</dd></div><div><dt>administrators</dt><dd>1</dd></div><div><dt>locked</dt><dd>0</dd></div></dl></li>
    "#);
    assert_snapshot!(between(&page, "<p class=\"when\">", "</p>"), @r#"Read <time datetime="2026-03-02T08:15:00Z">2026-03-02 08:15 UTC</time>. 13 accounts of 6 persons on 2 surfaces. <strong class="alarm">1 surface could not be read.</strong>"#);
}

#[test]
fn nothing_at_all_is_a_page_too() {
    let page = to_html(&AccessReport::new(
        String::new(),
        Vec::new(),
        Vec::new(),
        Vec::new(),
    ));
    assert!(page.contains("Nothing was found"), "{page}");
    assert!(
        page.contains("0 accounts of 0 persons on 0 surfaces"),
        "{page}"
    );
}

#[test]
fn numbers_are_easy_to_read() {
    let numbers = [0, 12, 123, 1_234, 123_456, 1_234_567];
    let text = numbers.map(grouped).join(" ");
    assert_snapshot!(text, @"0 12 123 1,234 123,456 1,234,567");
}

/// What the browser hashes is what stands between the tags.
#[test]
fn the_policy_allows_the_pages_own_style_and_script_and_nothing_else() {
    let page = to_html(&sample::report());
    let policy = between(&page, "Policy\" content=\"", "\">").replace("&#39;", "'");
    let hash = |tag: &str| {
        let text = between(&page, &format!("<{tag}>"), &format!("</{tag}>"));
        STANDARD.encode(Sha256::digest(text))
    };
    let (style, script) = (hash("style"), hash("script"));
    assert_eq!(
        policy,
        format!(
            "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-{style}'; \
             script-src 'sha256-{script}'"
        )
    );
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("<style").count(), 1);
    // A style in an attribute, or a handler, would be refused.
    assert!(!page.contains(" style="));
    assert!(!page.contains(" onclick="));
}

#[test]
fn the_page_needs_no_other_file() {
    for part in [PAGE, STYLE, SCRIPT] {
        for word in [
            "http:", "https:", "//cdn", "src=", "url(", "@import", "import(", "fetch(",
        ] {
            assert!(!part.contains(word), "{word}");
        }
    }
    assert_eq!(
        PAGE.matches("href=").count(),
        PAGE.matches("href=\"#").count()
    );
    for end in ["</script", "</style", "<!--"] {
        assert!(!STYLE.contains(end) && !SCRIPT.contains(end), "{end}");
    }
}

/// Every text that a report can hold is this one.
fn report(text: &str) -> AccessReport {
    // What is empty is shown otherwise.
    let text = format!("x{text}");
    let some = Some(text.clone());
    let list = |length: usize| Some(vec![text.clone(); length]);
    let account = |surface: SurfaceKind, length: usize| ReportedAccount {
        surface,
        person: some.clone(),
        name: text.clone(),
        user_id: text.clone(),
        login: text.clone(),
        email: some.clone(),
        // Another one than the person.
        full_name: Some(format!("{text}y")),
        status: some.clone(),
        role: some.clone(),
        sites: list(length),
        asset_groups: list(length),
        products: list(length),
        authentication: some.clone(),
        last_login: some.clone(),
        admin: true,
        ..sample::console("", 0, "", "")
    };
    let accounts = vec![
        account(SurfaceKind::Console, 2),
        account(SurfaceKind::Platform, 9),
    ];
    let read = SurfaceSummary::read(SurfaceKind::Console, &text, &text, &accounts);
    let not_read = SurfaceSummary::not_read(SurfaceKind::Platform, &text, &text, text.clone());
    let mut report = AccessReport::new(text.clone(), vec![read, not_read], accounts, Vec::new());
    for finding in &mut report.findings {
        finding.title.push_str(&text);
        finding.explanation.push_str(&text);
    }
    report
}

#[test]
fn an_account_that_is_called_a_script_is_text() {
    let page = to_html(&report("<script>alert(1)</script>"));
    assert!(page.contains("x&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(!page.contains("<script>alert"));
    let page = to_html(&report("\" onmouseover='alert(1)"));
    assert!(!page.contains("x\" on"));
    assert!(page.contains("datetime=\"x&quot; onmouseover=&#39;alert(1)\""));
    let page = to_html(&report("\u{202e}\u{200b}\u{0}\r\n\u{9b}{{accounts}}"));
    assert!(page.contains(r"x\u202e\u200b\u0000\u000d\u000a\u009b{{accounts}}"));
}

proptest! {
    /// A page has as many tags and quotes as the same page of harmless texts.
    #[test]
    fn no_value_becomes_markup(
        parts in prop::collection::vec(
            prop_oneof![
                any::<char>().prop_map(String::from),
                prop::sample::select(vec![
                    "<script>alert(1)</script>", "</td>", "</style>", "</script>", "<!--", "-->",
                    "]]>", "<", ">", "\"", "'", "&", "&lt;", "&#60;", "{{", "}}", "{{accounts}}",
                    "\" onload=\"", "' onload='", "javascript:", "\u{202e}", "\0", "\n",
                ]).prop_map(str::to_owned),
            ],
            0..8,
        ),
    ) {
        let page = to_html(&report(&parts.concat()));
        let harmless = to_html(&report(""));
        for mark in ['<', '>', '"', '\''] {
            let (found, expected) = (page.matches(mark).count(), harmless.matches(mark).count());
            prop_assert_eq!(found, expected, "{}", mark);
        }
        let values = page.rsplit_once("<script>").expect("the script").0;
        let values = values.split_once("</style>").expect("the style").1;
        for rest in values.split('&').skip(1) {
            let entity = rest.split_once(';').map(|(name, _)| name);
            prop_assert!(
                matches!(entity, Some("amp" | "lt" | "gt" | "quot" | "#39")),
                "{:?}", entity
            );
        }
    }
}
