//! What a deployment allows.

use std::collections::BTreeSet;

use actions::Policy;

use super::{Environment, SettingsError, entries, wrong};

pub(super) const ALLOW_PRIVILEGED: &str = "RAPID7_ALLOW_PRIVILEGED_ACCOUNTS";
pub(super) const ALLOW_DELETION: &str = "RAPID7_ALLOW_DELETION";
pub(super) const ALLOW_OWN_PASSWORD: &str = "RAPID7_ALLOW_OWN_PASSWORD";
/// Logins of accounts that are never changed, comma-separated, with `*` for any characters.
pub(super) const PROTECTED_LOGINS: &str = "RAPID7_PROTECTED_LOGINS";
/// The only operations that are run, comma-separated.
pub(super) const ALLOWED_OPERATIONS: &str = "RAPID7_ALLOWED_OPERATIONS";
/// How many accounts and grants one run may change at most.
pub(super) const MAX_CHANGES: &str = "RAPID7_MAX_CHANGES";

/// Lists that mean "all" or "none" where they are not set.
pub(super) const LISTS: [&str; 2] = [PROTECTED_LOGINS, ALLOWED_OPERATIONS];

pub(super) fn read(environment: &Environment<'_>) -> Result<Policy, SettingsError> {
    Ok(Policy {
        own_login: String::new(),
        allow_privileged_accounts: environment.flag(ALLOW_PRIVILEGED)?,
        allow_deletion: environment.flag(ALLOW_DELETION)?,
        allow_own_password: environment.flag(ALLOW_OWN_PASSWORD)?,
        protected_logins: match environment.get(PROTECTED_LOGINS) {
            None => Vec::new(),
            Some(text) => entries(&text).ok_or_else(|| {
                let expected = "expected logins with commas between them, none of them empty";
                wrong(PROTECTED_LOGINS, expected)
            })?,
        },
        operations: match environment.get(ALLOWED_OPERATIONS) {
            None => None,
            Some(text) => Some(operations_of(&text).ok_or_else(|| {
                let expected = "expected names of operations with commas between them, such as \
                                get-user,unlock-user";
                wrong(ALLOWED_OPERATIONS, expected)
            })?),
        },
        max_changes: match environment.get(MAX_CHANGES) {
            None => None,
            Some(text) => {
                let number = text.parse().ok().filter(|number: &usize| *number > 0);
                let expected = "expected a whole number from 1";
                Some(number.ok_or_else(|| wrong(MAX_CHANGES, expected))?)
            }
        },
    })
}

#[cfg(feature = "cli")]
pub(super) fn check_operations(policy: &Policy, known: &[&str]) -> Result<(), SettingsError> {
    let mut allowed = policy.operations.iter().flatten();
    if allowed.all(|name| known.contains(&name.as_str())) {
        return Ok(());
    }
    Err(SettingsError(format!(
        "{ALLOWED_OPERATIONS}: one of them is not an operation; there are {}",
        known.join(", ")
    )))
}

fn operations_of(text: &str) -> Option<BTreeSet<String>> {
    let is_name = |name: &String| {
        let words = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
        name.split('-').all(words)
    };
    let names = entries(text)?;
    names
        .iter()
        .all(is_name)
        .then(|| names.into_iter().collect())
}
