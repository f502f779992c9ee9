//! What a reviewer should look at.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api_keys::{KeyOwner, ReportedKey};
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

/// Kind of finding. A report is sorted by severity, then in this order.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum FindingKind {
    /// A surface could not be read, so the review is incomplete.
    SurfaceNotRead,
    /// A person has an enabled account on one surface and a disabled one on another.
    DisabledElsewhere,
    /// API keys of deleted users.
    KeyOfNobody,
    /// API keys of disabled users.
    KeyOfDisabled,
    /// Enabled accounts of administrators.
    Admin,
    /// Enabled accounts with permissions of their own, instead of a role.
    OwnPermissions,
    /// SAML accounts with an email address that is spelled differently elsewhere.
    SamlAddress,
    /// API keys of an organization, without a person as owner.
    OrganizationKey,
    /// Enabled accounts of people without an account on the other kind of surface.
    NoMatch,
    /// Enabled accounts that nobody has ever logged in to.
    NeverUsed,
    /// Platform accounts that may log in, but have no products.
    OpensNothing,
    /// Accounts locked after failed logins.
    Locked,
    /// Accounts that can't be matched to a person.
    NoEmail,
    /// Several accounts on one console with the same email address.
    SharedEmail,
}

/// An account in a finding.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub struct AccountRef {
    /// `console` or `platform`.
    pub surface: SurfaceKind,
    /// The configured name of the surface.
    pub name: String,
    /// User number or id on the surface.
    pub user_id: String,
    /// The login name.
    pub login: String,
}

/// A finding for a reviewer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// Kind of finding.
    pub kind: FindingKind,
    /// How urgent it is.
    pub severity: Severity,
    /// Short summary of the finding.
    pub title: String,
    /// What it means, and what to do.
    pub explanation: String,
    /// The accounts concerned, by surface and login. Empty if the finding is about a surface or about
    /// API keys.
    pub accounts: Vec<AccountRef>,
    /// The API keys concerned, oldest first.
    pub api_keys: Vec<ReportedKey>,
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
            Self::KeyOfNobody => "key_of_nobody",
            Self::KeyOfDisabled => "key_of_disabled",
            Self::Admin => "admin",
            Self::OwnPermissions => "own_permissions",
            Self::SamlAddress => "saml_address",
            Self::OrganizationKey => "organization_key",
            Self::NoMatch => "no_match",
            Self::NeverUsed => "never_used",
            Self::OpensNothing => "opens_nothing",
            Self::Locked => "locked",
            Self::NoEmail => "no_email",
            Self::SharedEmail => "shared_email",
        }
    }

    /// How urgent a finding of this kind is.
    #[must_use]
    pub fn severity(self) -> Severity {
        match self {
            Self::SurfaceNotRead
            | Self::DisabledElsewhere
            | Self::KeyOfNobody
            | Self::KeyOfDisabled => Severity::High,
            Self::Admin
            | Self::OwnPermissions
            | Self::SamlAddress
            | Self::OrganizationKey
            | Self::NoMatch
            | Self::NeverUsed => Severity::Medium,
            Self::OpensNothing | Self::Locked | Self::NoEmail | Self::SharedEmail => Severity::Low,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::SurfaceNotRead => "The review is incomplete",
            Self::DisabledElsewhere => "Enabled here, disabled elsewhere",
            Self::KeyOfNobody => "API keys of nobody",
            Self::KeyOfDisabled => "API keys of disabled users",
            Self::Admin => "Administrators",
            Self::OwnPermissions => "Permissions of their own",
            Self::SamlAddress => "SAML address written differently",
            Self::OrganizationKey => "API keys of the organization",
            Self::NoMatch => "No account on the other surface",
            Self::NeverUsed => "Never used",
            Self::OpensNothing => "Suspended",
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
            Self::KeyOfNobody => {
                "Their owners are not among the platform's users any more. Delete them, or find out what \
                 still uses them."
            }
            Self::KeyOfDisabled => {
                "Their owners are disabled. Whether a key then still works is not documented: delete them."
            }
            Self::OwnPermissions => {
                "Enabled accounts whose permissions come from no role, so a review of roles passes them \
                 over. Confirm each permission, or give the account a role."
            }
            Self::SamlAddress => {
                "Identity providers tell addresses apart by upper and lower case. These accounts log in by \
                 SAML, and the same person's address is written differently on the platform, so one of them \
                 may let nobody in. Write both alike."
            }
            Self::OrganizationKey => {
                "No person stands behind these keys, and each may do everything. Confirm what uses each, \
                 and replace the oldest."
            }
            Self::OpensNothing => {
                "Accounts of the platform that may log in, and have no products and no API keys: what \
                 suspending leaves. Delete those that nobody needs any more."
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
pub fn findings(
    accounts: &[ReportedAccount],
    surfaces: &[SurfaceSummary],
    api_keys: &[ReportedKey],
) -> Vec<Finding> {
    let having = |fits: &dyn Fn(&ReportedAccount) -> bool| -> Vec<&ReportedAccount> {
        accounts.iter().filter(|account| fits(account)).collect()
    };
    let found = [
        (FindingKind::DisabledElsewhere, disabled_elsewhere(accounts)),
        (
            FindingKind::Admin,
            having(&|account| account.admin && account.counts_as_enabled()),
        ),
        (
            FindingKind::OwnPermissions,
            having(&|account| account.permissions.is_some() && account.counts_as_enabled()),
        ),
        (FindingKind::SamlAddress, saml_address(accounts)),
        (FindingKind::NoMatch, no_match(accounts, surfaces)),
        (
            FindingKind::OpensNothing,
            having(&|account| account.opens_nothing() && account.counts_as_enabled()),
        ),
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
        .chain(about_keys(api_keys))
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
        api_keys: Vec::new(),
    }
}

fn about_keys(keys: &[ReportedKey]) -> impl Iterator<Item = Finding> {
    let kinds = [
        (FindingKind::KeyOfNobody, KeyOwner::Gone),
        (FindingKind::KeyOfDisabled, KeyOwner::Disabled),
        (FindingKind::OrganizationKey, KeyOwner::Organization),
    ];
    kinds.into_iter().filter_map(|(kind, owner)| {
        let keys = keys.iter().filter(|key| key.owner_is == owner);
        let api_keys: Vec<ReportedKey> = keys.cloned().collect();
        (!api_keys.is_empty()).then(|| Finding {
            api_keys,
            ..finding(kind, &[])
        })
    })
}

/// Accounts of consoles that log in by SAML under an address that the platform writes in other letters.
fn saml_address(accounts: &[ReportedAccount]) -> Vec<&ReportedAccount> {
    let on_platform = accounts
        .iter()
        .filter(|a| a.surface == SurfaceKind::Platform);
    let mut written: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for account in on_platform {
        if let (Some(key), Some(email)) = (account.email_key(), &account.email) {
            written.entry(key).or_default().insert(email);
        }
    }
    let differs = |account: &&ReportedAccount| {
        let elsewhere = account.email_key().and_then(|key| written.get(&key));
        let email = account.email.as_deref().unwrap_or_default();
        account.authentication.as_deref() == Some("saml")
            && account.counts_as_enabled()
            && elsewhere.is_some_and(|elsewhere| !elsewhere.contains(email))
    };
    let consoles = accounts
        .iter()
        .filter(|a| a.surface == SurfaceKind::Console);
    consoles.filter(differs).collect()
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
    // An account that opens nothing is what an offboarding is meant to leave.
    let in_use =
        |account: &ReportedAccount| account.counts_as_enabled() && !account.opens_nothing();
    let elsewhere = |a: &ReportedAccount, b: &ReportedAccount| {
        in_use(a) != in_use(b)
            && a.counts_as_enabled() != b.counts_as_enabled()
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
