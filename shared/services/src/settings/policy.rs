//! What a deployment allows.

use std::collections::BTreeSet;

use actions::{IdentityRules, Policy};

use super::environment::{Environment, SettingsError, names, wrong};

pub(super) const ALLOW_PRIVILEGED: &str = "RAPID7_ALLOW_PRIVILEGED_ACCOUNTS";
pub(super) const ALLOW_DELETION: &str = "RAPID7_ALLOW_DELETION";
pub(super) const ALLOW_OWN_PASSWORD: &str = "RAPID7_ALLOW_OWN_PASSWORD";
/// Logins of accounts that are never changed, comma-separated, with `*` for any characters.
pub(super) const PROTECTED_LOGINS: &str = "RAPID7_PROTECTED_LOGINS";
/// The only operations that are run, comma-separated.
pub(super) const ALLOWED_OPERATIONS: &str = "RAPID7_ALLOWED_OPERATIONS";
/// How many accounts and grants one run may change at most.
pub(super) const MAX_CHANGES: &str = "RAPID7_MAX_CHANGES";

/// Domains, comma-separated: a login without `@` is the local part of an address in one of these.
pub(super) const LOGIN_DOMAINS: &str = "RAPID7_IDENTITY_LOGIN_DOMAINS";
/// Domains, comma-separated, in which addresses with the same local part are the same person's.
pub(super) const SAME_DOMAINS: &str = "RAPID7_IDENTITY_SAME_DOMAINS";

/// Every one.
pub(super) const ALL: [&str; 8] = [
    ALLOW_PRIVILEGED,
    ALLOW_DELETION,
    ALLOW_OWN_PASSWORD,
    PROTECTED_LOGINS,
    ALLOWED_OPERATIONS,
    MAX_CHANGES,
    LOGIN_DOMAINS,
    SAME_DOMAINS,
];

/// Lists that mean "all" or "none" where they are not set.
pub(super) const LISTS: [&str; 4] = [
    PROTECTED_LOGINS,
    ALLOWED_OPERATIONS,
    LOGIN_DOMAINS,
    SAME_DOMAINS,
];

pub(super) fn read(environment: &Environment<'_>) -> Result<Policy, SettingsError> {
    Ok(Policy {
        own_login: String::new(),
        allow_privileged_accounts: environment.flag(ALLOW_PRIVILEGED)?,
        allow_deletion: environment.flag(ALLOW_DELETION)?,
        allow_own_password: environment.flag(ALLOW_OWN_PASSWORD)?,
        protected_logins: match environment.get(PROTECTED_LOGINS) {
            None => Vec::new(),
            Some(text) => names(&text).ok_or_else(|| {
                let expected = "expected logins with commas between them, none of them empty, without \
                                quotation marks, brackets, semicolons and line breaks";
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
        identity: IdentityRules {
            login_domains: domains(environment, LOGIN_DOMAINS, 1)?,
            // One domain alone is nobody's alias.
            same_domains: domains(environment, SAME_DOMAINS, 2)?,
        },
    })
}

fn domains(
    environment: &Environment<'_>,
    name: &str,
    least: usize,
) -> Result<Vec<String>, SettingsError> {
    let Some(text) = environment.get(name) else {
        return Ok(Vec::new());
    };
    let letters = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b >= 0x80;
    let is_domain = |domain: &String| {
        domain.contains('.')
            && domain
                .split('.')
                .all(|label| !label.is_empty() && label.bytes().all(letters))
    };
    let found = names(&text).filter(|domains| domains.iter().all(is_domain));
    let found = found.map(|domains| domains.iter().map(|one| one.to_lowercase()).collect());
    let found: Option<BTreeSet<String>> = found;
    let found = found.filter(|domains| domains.len() >= least);
    let found = found.ok_or_else(|| {
        let expected = match least {
            1 => "expected domains with commas between them, such as example.com",
            _ => {
                "expected at least two domains with commas between them, such as \
                  example.com,example.org"
            }
        };
        wrong(name, expected)
    })?;
    Ok(found.into_iter().collect())
}

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
    let names = names(text)?;
    names
        .iter()
        .all(is_name)
        .then(|| names.into_iter().collect())
}
