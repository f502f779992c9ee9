//! `access-report`: who has which access, on every surface.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access_report::api_keys::ReportedKey;
use crate::access_report::csv_table::to_csv;
use crate::access_report::findings::Finding;
use crate::access_report::model::{ReportedAccount, SurfaceKind, SurfaceSummary};
use crate::access_report::page::to_html;
use crate::access_report::read::{self, Depth};
use crate::access_report::report::AccessReport;
use crate::core::action::Action;
use crate::core::context::Scope as _;
use crate::core::error::{Error, Result};
use crate::core::input::input;
use crate::core::spec::{Effect, Spec};
use crate::person::surfaces::Surfaces;

/// The report's format.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ReportFormat {
    /// JSON with `findings` and `accounts`, for programs.
    #[default]
    Json,
    /// CSV with one row per account, for spreadsheets.
    Csv,
    /// One self-contained HTML page, for people.
    Html,
}

input! {
    /// The report's format and depth.
    pub struct AccessReportInput {
        /// `json`, `csv` or `html`. CSV and HTML are returned in `text`.
        #[serde(default)]
        pub format: ReportFormat,
        /// Leave out each account's sites, asset groups, products and API keys. Reading them takes up
        /// to two requests per account on a console, and one on the platform, which allows about 50 a
        /// minute.
        #[serde(default)]
        #[schemars(extend("x-long" = true))]
        #[schemars(example = true)]
        pub accounts_only: bool,
    }
}

/// The report, as JSON or as a document.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccessReportAnswer {
    /// The report's format.
    pub format: ReportFormat,
    /// When the surfaces were read, RFC 3339 in UTC.
    pub generated_at: String,
    /// Whether every configured surface was read.
    pub complete: bool,
    /// The surfaces, those that could not be read too.
    pub surfaces: Vec<SurfaceSummary>,
    /// Warnings for a person, such as what could not be read.
    pub warnings: Vec<String>,
    /// Findings for a reviewer, most severe first. JSON only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub findings: Option<Vec<Finding>>,
    /// All accounts, grouped by person. JSON only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accounts: Option<Vec<ReportedAccount>>,
    /// All API keys of the platform, oldest first. JSON only, and not with `accounts_only`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_keys: Option<Vec<ReportedKey>>,
    /// The document. CSV and HTML only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// Reports all accounts on every console and on the platform, with their owners and with findings for a
/// reviewer.
pub struct ReportAccess;

impl Action for ReportAccess {
    type Input = AccessReportInput;
    type Output = AccessReportAnswer;
    type Scope = Surfaces;
    const SPEC: Spec = Spec {
        name: "access-report",
        title: "Report all accounts on every surface, with findings",
        effect: Effect::Read,
        example: r#"{"format": "csv"}"#,
    };

    async fn run(surfaces: &Surfaces, input: AccessReportInput) -> Result<AccessReportAnswer> {
        let depth = Depth {
            access: !input.accounts_only,
        };
        let (summaries, accounts, api_keys) = read_all(surfaces, depth).await?;
        let complete = summaries.iter().all(|summary| summary.read);
        let now = jiff::Timestamp::now().round(jiff::Unit::Second);
        let now = now.unwrap_or_else(|_| jiff::Timestamp::now()).to_string();
        let warnings = unread(depth, &accounts);
        let report = AccessReport::new(now, summaries, accounts, api_keys);
        let text = match input.format {
            ReportFormat::Json => None,
            ReportFormat::Csv => Some(to_csv(&report)),
            ReportFormat::Html => Some(to_html(&report)),
        };
        let as_json = text.is_none();
        Ok(AccessReportAnswer {
            format: input.format,
            generated_at: report.generated_at,
            complete,
            surfaces: report.surfaces,
            warnings,
            findings: as_json.then_some(report.findings),
            accounts: as_json.then_some(report.accounts),
            api_keys: (as_json && depth.access).then_some(report.api_keys),
            text,
        })
    }
}

/// What was asked for and could not be read, though the account was.
fn unread(depth: Depth, accounts: &[ReportedAccount]) -> Vec<String> {
    if !depth.access {
        return Vec::new();
    }
    let lines = |what: &str, is_unread: fn(&ReportedAccount) -> bool| {
        let logins = accounts.iter().filter(|account| is_unread(account));
        let logins = logins.map(|account| format!("{} {}", account.name, account.login));
        let logins: Vec<String> = logins.collect();
        (!logins.is_empty()).then(|| format!("{what} could not be read of {}", logins.join(", ")))
    };
    let on_platform = |account: &ReportedAccount| account.surface == SurfaceKind::Platform;
    let keys = accounts
        .iter()
        .any(|account| on_platform(account) && account.api_keys.is_none());
    let keys = keys.then(|| "whose the platform's API keys are could not be read".to_owned());
    let products = lines("the products", |account| {
        account.surface == SurfaceKind::Platform && account.products.is_none()
    });
    let grants = lines("sites and asset groups", |account| {
        account.surface == SurfaceKind::Console
            && account.sites.is_none()
            && account.all_sites != Some(true)
    });
    grants.into_iter().chain(products).chain(keys).collect()
}

/// A surface, and what came of reading it.
struct Read {
    surface: SurfaceKind,
    name: String,
    target: String,
    accounts: Result<Vec<ReportedAccount>>,
    api_keys: Vec<ReportedKey>,
}

/// Reads every surface at once. One that can't be read does not stop the others, unless none is left.
async fn read_all(
    surfaces: &Surfaces,
    depth: Depth,
) -> Result<(Vec<SurfaceSummary>, Vec<ReportedAccount>, Vec<ReportedKey>)> {
    let consoles = surfaces.consoles.iter().map(async |(name, context)| {
        let (target, accounts) = match context {
            Ok(context) => {
                let target = context.console().address().to_owned();
                (target, read::console(context, name, depth).await)
            }
            Err(error) => (String::new(), Err(error.clone())),
        };
        Read {
            surface: SurfaceKind::Console,
            name: name.clone(),
            target,
            accounts,
            api_keys: Vec::new(),
        }
    });
    let platform = async {
        let name = "platform";
        let (target, accounts) = match surfaces.platform.as_ref()? {
            Ok(context) => {
                let target = context.platform().address().to_owned();
                (target, read::platform(context, name, depth).await)
            }
            Err(error) => (String::new(), Err(error.clone())),
        };
        let (accounts, api_keys) = match accounts {
            Ok((accounts, api_keys)) => (Ok(accounts), api_keys),
            Err(error) => (Err(error), Vec::new()),
        };
        Some(Read {
            surface: SurfaceKind::Platform,
            name: name.into(),
            target,
            accounts,
            api_keys,
        })
    };
    let (mut read, platform) = tokio::join!(futures_util::future::join_all(consoles), platform);
    read.extend(platform);
    if read.iter().all(|surface| surface.accounts.is_err()) {
        let first = read.into_iter().find_map(|surface| surface.accounts.err());
        return Err(first.unwrap_or_else(|| Error::unavailable("there is no surface to read")));
    }
    let rules = &surfaces.run().services.policy.identity;
    let (mut summaries, mut accounts, mut api_keys) = (Vec::new(), Vec::new(), Vec::new());
    for Read {
        surface,
        name,
        target,
        accounts: read,
        api_keys: keys,
    } in read
    {
        api_keys.extend(keys);
        summaries.push(match read {
            Ok(mut read) => {
                for account in &mut read {
                    account.person = rules.person_of(&account.login, account.email.as_deref());
                }
                let summary = SurfaceSummary::read(surface, &name, &target, &read);
                accounts.extend(read);
                summary
            }
            Err(error) => SurfaceSummary::not_read(surface, &name, &target, error.message),
        });
    }
    Ok((summaries, accounts, api_keys))
}
