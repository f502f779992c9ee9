//! What an access report holds.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::api_keys::ReportedKey;
use super::findings::{Finding, findings};
use super::model::{ReportedAccount, SurfaceSummary, key};

/// Who has which access, on every surface that was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccessReport {
    /// Time of reading, RFC 3339 in UTC.
    pub generated_at: String,
    /// All surfaces, including those that could not be read.
    pub surfaces: Vec<SurfaceSummary>,
    /// Findings for a reviewer, most severe first.
    pub findings: Vec<Finding>,
    /// All accounts that were read, grouped by person.
    pub accounts: Vec<ReportedAccount>,
    /// All API keys of the platform that were read, oldest first.
    pub api_keys: Vec<ReportedKey>,
}

impl AccessReport {
    /// The report of what was read: accounts put in order, findings worked out.
    #[must_use]
    pub fn new(
        generated_at: String,
        surfaces: Vec<SurfaceSummary>,
        mut accounts: Vec<ReportedAccount>,
        api_keys: Vec<ReportedKey>,
    ) -> Self {
        let names = names(&accounts);
        accounts.sort_by_cached_key(|account| {
            let person = account.person_key();
            let name = person.as_ref().and_then(|person| names.get(person));
            let name = name.or(person.as_ref()).cloned();
            let at = (account.surface, account.name.clone());
            let who = (account.login.clone(), account.user_id.clone());
            // Whoever is nobody in particular comes last.
            (person.is_none(), name, person, at, who)
        });
        Self {
            generated_at,
            findings: findings(&accounts, &surfaces, &api_keys),
            surfaces,
            accounts,
            api_keys,
        }
    }
}

/// By what name each person is looked for: any of those that the accounts tell, as long as it is the
/// same one for all of them.
fn names(accounts: &[ReportedAccount]) -> BTreeMap<String, String> {
    let mut names: BTreeMap<String, String> = BTreeMap::new();
    for account in accounts {
        if let (Some(person), Some(name)) =
            (account.person_key(), key(account.full_name.as_deref()))
        {
            let known = names.entry(person).or_insert_with(|| name.clone());
            if name < *known {
                *known = name;
            }
        }
    }
    names
}

#[cfg(test)]
mod tests;
