//! What a reviewer should look at.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::model::{ReportedAccount, SurfaceKind, SurfaceSummary, Which};

/// How urgent a finding is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Something is probably wrong.
    High,
    /// Each account needs a decision.
    Medium,
    /// Worth tidying up.
    Low,
}

/// What was found. In the order of a report: by severity, then as here.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A surface could not be read, so the review is incomplete.
    SurfaceNotRead,
    /// A person has an enabled account on one surface and a disabled one on another.
    DisabledElsewhere,
    /// Enabled accounts of administrators.
    Admin,
    /// Enabled accounts of persons without an account on the other kind of surface.
    NoMatch,
    /// Enabled accounts that nobody has ever logged in to.
    NeverUsed,
    /// Accounts locked after failed logins.
    Locked,
    /// Accounts that can't be matched to a person.
    NoEmail,
    /// Several accounts on one console with the same email address.
    SharedEmail,
}

/// One account, as a finding names it.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct AccountRef {
    /// `console` or `platform`.
    pub surface: SurfaceKind,
    /// The configured name of the surface.
    pub name: String,
    /// The user's number or id there.
    pub user_id: String,
    /// The login name.
    pub login: String,
}

/// Something that a reviewer should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// What was found.
    pub kind: FindingKind,
    /// How urgent it is.
    pub severity: Severity,
    /// What was found, in a few words.
    pub title: String,
    /// What it means and what to do about it.
    pub explanation: String,
    /// The accounts it is about, by surface and login. None if it is about a surface.
    pub accounts: Vec<AccountRef>,
}

impl AccountRef {
    pub(super) fn which(&self) -> Which<'_> {
        (self.surface, &self.name, &self.user_id)
    }
}

impl Severity {
    /// As in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

impl FindingKind {
    /// As in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SurfaceNotRead => "surface_not_read",
            Self::DisabledElsewhere => "disabled_elsewhere",
            Self::Admin => "admin",
            Self::NoMatch => "no_match",
            Self::NeverUsed => "never_used",
            Self::Locked => "locked",
            Self::NoEmail => "no_email",
            Self::SharedEmail => "shared_email",
        }
    }

    /// How urgent a finding of this kind is.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::SurfaceNotRead | Self::DisabledElsewhere => Severity::High,
            Self::Admin | Self::NoMatch | Self::NeverUsed => Severity::Medium,
            Self::Locked | Self::NoEmail | Self::SharedEmail => Severity::Low,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::SurfaceNotRead => "The review is incomplete",
            Self::DisabledElsewhere => "Enabled here, disabled elsewhere",
            Self::Admin => "Administrators",
            Self::NoMatch => "No account on the other surface",
            Self::NeverUsed => "Never used",
            Self::Locked => "Locked",
            Self::NoEmail => "No email address",
            Self::SharedEmail => "Shared email address",
        }
    }

    fn explanation(self) -> &'static str {
        match self {
            Self::SurfaceNotRead => {
                "Accounts there are missing from this report, and the others could not be compared \
                 with them."
            }
            Self::DisabledElsewhere => {
                "Each of these persons has an enabled account on one surface and a disabled account \
                 on another. It is how an offboarding that stopped halfway looks. Disable the \
                 enabled account, or confirm that it is still needed."
            }
            Self::Admin => {
                "Enabled accounts of global administrators, superusers and platform administrators. \
                 Confirm that each person still needs this much access."
            }
            Self::NoMatch => {
                "Enabled accounts of persons who have an account on a console but none on the \
                 platform, or the other way round. The other account may have been deleted when the \
                 person left, or may be under another email address."
            }
            Self::NeverUsed => {
                "Enabled accounts that nobody has ever logged in to. Disable those that nobody is \
                 about to use. Only the platform tells."
            }
            Self::Locked => {
                "Locked after failed logins. If the user did not ask to be unlocked, the account may \
                 be unused, or somebody else tried its password."
            }
            Self::NoEmail => {
                "Without an email address these accounts can't be matched to a person, so nothing \
                 tells whether that person's other accounts are in order. Confirm who owns each."
            }
            Self::SharedEmail => {
                "Several accounts on the same console have the same email address. Confirm that each \
                 belongs to that person and is needed beside the others."
            }
        }
    }
}

/// What the accounts and surfaces give reason to look at, the most severe first. An account counts as
/// enabled unless its surface tells that it is not.
#[must_use]
pub fn findings(accounts: &[ReportedAccount], surfaces: &[SurfaceSummary]) -> Vec<Finding> {
    let having = |fits: &dyn Fn(&ReportedAccount) -> bool| -> Vec<&ReportedAccount> {
        accounts.iter().filter(|account| fits(account)).collect()
    };
    let found = [
        (FindingKind::DisabledElsewhere, disabled_elsewhere(accounts)),
        (
            FindingKind::Admin,
            having(&|account| account.admin && account.counts_as_enabled()),
        ),
        (FindingKind::NoMatch, no_match(accounts, surfaces)),
        (
            FindingKind::NeverUsed,
            having(&|account| account.never_used == Some(true) && account.counts_as_enabled()),
        ),
        (
            FindingKind::Locked,
            having(&|account| account.locked == Some(true)),
        ),
        (
            FindingKind::NoEmail,
            having(&|account| account.person_key().is_none()),
        ),
        (FindingKind::SharedEmail, shared_email(accounts)),
    ];
    let found = found.into_iter().filter(|(_, about)| !about.is_empty());
    let found = found.map(|(kind, about)| finding(kind, &about));
    let mut found: Vec<Finding> = surface_not_read(surfaces)
        .into_iter()
        .chain(found)
        .collect();
    found.sort_by_key(|finding| (finding.severity, finding.kind));
    found
}

fn finding(kind: FindingKind, about: &[&ReportedAccount]) -> Finding {
    let refs = about.iter().map(|account| AccountRef {
        surface: account.surface,
        name: account.name.clone(),
        user_id: account.user_id.clone(),
        login: account.login.clone(),
    });
    let mut accounts: Vec<AccountRef> = refs.collect();
    accounts.sort_by_cached_key(|account| {
        let AccountRef { name, login, .. } = account.clone();
        (name, login, account.user_id.clone(), account.surface)
    });
    Finding {
        kind,
        severity: kind.severity(),
        title: kind.title().to_owned(),
        explanation: kind.explanation().to_owned(),
        accounts,
    }
}

/// The findings about each account.
pub(super) struct ByAccount<'a>(HashMap<Which<'a>, Vec<&'a Finding>>);

impl<'a> ByAccount<'a> {
    pub(super) fn of(findings: &'a [Finding]) -> Self {
        let mut all: HashMap<Which<'a>, Vec<&Finding>> = HashMap::new();
        for finding in findings {
            for account in &finding.accounts {
                all.entry(account.which()).or_default().push(finding);
            }
        }
        Self(all)
    }

    /// Those about one account, in the order of the report.
    pub(super) fn about<'b>(&'b self, account: &'b ReportedAccount) -> &'b [&'b Finding] {
        self.0.get(&account.which()).map_or(&[], Vec::as_slice)
    }
}

fn surface_not_read(surfaces: &[SurfaceSummary]) -> Option<Finding> {
    let missing = surfaces.iter().filter(|surface| !surface.read);
    let missing: Vec<String> = missing
        .map(|surface| {
            let why = surface.why_not.as_deref().unwrap_or("not known why");
            format!("{} ({why})", surface.name)
        })
        .collect();
    if missing.is_empty() {
        return None;
    }
    let mut finding = finding(FindingKind::SurfaceNotRead, &[]);
    let missing = missing.join(", ");
    finding.explanation = format!("Not read: {missing}. {}", finding.explanation);
    Some(finding)
}

fn no_match<'a>(
    accounts: &'a [ReportedAccount],
    surfaces: &[SurfaceSummary],
) -> Vec<&'a ReportedAccount> {
    let persons = |kind: SurfaceKind| -> BTreeSet<String> {
        let there = accounts.iter().filter(|account| account.surface == kind);
        there.filter_map(ReportedAccount::person_key).collect()
    };
    // As long as one surface of a kind was not read, the account may well be there.
    let complete = |kind: SurfaceKind| {
        let mut of_kind = surfaces.iter().filter(|surface| surface.surface == kind);
        of_kind.clone().count() > 0 && of_kind.all(|surface| surface.read)
    };
    let mut found = Vec::new();
    for (here, other) in [
        (SurfaceKind::Console, SurfaceKind::Platform),
        (SurfaceKind::Platform, SurfaceKind::Console),
    ] {
        if !complete(other) {
            continue;
        }
        let there = persons(other);
        let here = accounts.iter().filter(|account| account.surface == here);
        found.extend(here.filter(|account| {
            let person = account.person_key();
            account.counts_as_enabled() && person.is_some_and(|person| !there.contains(&person))
        }));
    }
    found
}

/// Both the enabled and the disabled accounts, as neither tells anything without the other.
fn disabled_elsewhere(accounts: &[ReportedAccount]) -> Vec<&ReportedAccount> {
    let mut persons: BTreeMap<String, Vec<&ReportedAccount>> = BTreeMap::new();
    for account in accounts {
        if let Some(person) = account.person_key() {
            persons.entry(person).or_default().push(account);
        }
    }
    let elsewhere = |a: &ReportedAccount, b: &ReportedAccount| {
        a.counts_as_enabled() != b.counts_as_enabled()
            && (a.surface, &a.name) != (b.surface, &b.name)
    };
    let of_person = persons.values().flat_map(|theirs| {
        let found =
            |account: &&&ReportedAccount| theirs.iter().any(|another| elsewhere(account, another));
        theirs.iter().filter(found).copied()
    });
    of_person.collect()
}

fn shared_email(accounts: &[ReportedAccount]) -> Vec<&ReportedAccount> {
    let mut addresses: BTreeMap<(&str, String), Vec<&ReportedAccount>> = BTreeMap::new();
    for account in accounts {
        if account.surface == SurfaceKind::Console
            && let Some(email) = account.email_key()
        {
            let at = (account.name.as_str(), email);
            addresses.entry(at).or_default().push(account);
        }
    }
    let shared = addresses.into_values().filter(|sharing| sharing.len() > 1);
    shared.flatten().collect()
}

#[cfg(test)]
mod tests;
