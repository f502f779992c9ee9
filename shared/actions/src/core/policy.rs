//! What a deployment allows, as data, and the rules that need no more than texts and numbers. Those
//! that have to know a surface's accounts are in its `guard.rs`.

use std::collections::BTreeSet;

use crate::core::error::{Error, ErrorKind, Result};
use crate::core::identity_rules::IdentityRules;

/// What a deployment allows. Data, given when it is started.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The login of the account that the pack itself uses.
    pub own_login: String,
    /// Whether accounts may be made global administrators or superusers, and whether such accounts
    /// may get a new password or two-factor seed, which lets somebody in as one.
    pub allow_privileged_accounts: bool,
    /// Whether accounts may be deleted.
    pub allow_deletion: bool,
    /// Whether the password of the account that the pack itself uses may be set.
    pub allow_own_password: bool,
    /// Accounts that are never changed: logins, with `*` for any characters, upper and lower case
    /// alike.
    pub protected_logins: Vec<String>,
    /// The operations that may be run; all, if none are named.
    pub operations: Option<BTreeSet<String>>,
    /// How many accounts and grants one run may change at most.
    pub max_changes: Option<usize>,
    /// How people are called on different surfaces.
    pub identity: IdentityRules,
}

impl Policy {
    /// Refuses operations that this deployment does not offer.
    ///
    /// # Errors
    /// `Refused`, unless all are allowed or this one is.
    pub fn may_run(&self, operation: &str) -> Result<()> {
        match &self.operations {
            Some(allowed) if !allowed.contains(operation) => Err(refuse(
                "operations",
                &format!("this deployment does not allow {operation}"),
                "add it to the policy's operations",
            )),
            _ => Ok(()),
        }
    }

    /// Refuses to change accounts that are protected by name.
    ///
    /// # Errors
    /// `Refused` for those.
    pub(crate) fn check_protected(&self, login: &str) -> Result<()> {
        let login = login.to_lowercase();
        let matches = |pattern: &&String| wildcard(&pattern.to_lowercase(), &login);
        match self.protected_logins.iter().find(matches) {
            Some(pattern) => Err(refuse(
                "protected-accounts",
                &format!(
                    "accounts like this are protected by {pattern:?}: none is changed, or made"
                ),
                "change it by hand, or take it out of the policy's protected logins",
            )),
            None => Ok(()),
        }
    }

    /// The protected logins, or patterns, that none of these logins fits.
    pub(crate) fn protecting_nobody<'a>(&self, logins: impl Iterator<Item = &'a str>) -> Vec<&str> {
        let logins: Vec<String> = logins.map(str::to_lowercase).collect();
        let fits = |pattern: &str| {
            let pattern = pattern.to_lowercase();
            logins.iter().any(|login| wildcard(&pattern, login))
        };
        let patterns = self.protected_logins.iter().map(String::as_str);
        patterns.filter(|pattern| !fits(pattern)).collect()
    }

    /// Refuses to change more accounts and grants at once than the deployment allows.
    ///
    /// # Errors
    /// `Refused`, with both numbers.
    pub(crate) fn check_count(&self, size: usize) -> Result<()> {
        match self.max_changes {
            Some(most) if size > most => Err(refuse(
                "max-changes",
                &format!(
                    "this would change {size} accounts and grants, and one run may change {most}"
                ),
                "do less at once, or raise the policy max_changes",
            )),
            _ => Ok(()),
        }
    }
}

/// A refusal, with its rule and how to lift it.
pub(crate) fn refuse(rule: &str, why: &str, lift: &str) -> Error {
    Error::new(ErrorKind::Refused, format!("{why} (rule `{rule}`)")).next(lift)
}

/// Whether a text matches a pattern in which `*` stands for any characters.
fn wildcard(pattern: &str, text: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else {
        return pattern == text;
    };
    let Some(text) = text.strip_prefix(first) else {
        return false;
    };
    let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
    ends.into_iter().any(|at| wildcard(rest, &text[at..]))
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_operations_that_are_named_are_run() {
        let some = Policy {
            operations: Some(["get-user".to_owned()].into()),
            ..Policy::default()
        };
        assert!(some.may_run("get-user").is_ok());
        let refused = some.may_run("disable-user").expect_err("refused");
        assert_snapshot!(refused.message, @"this deployment does not allow disable-user (rule `operations`)");
        assert!(Policy::default().may_run("disable-user").is_ok());
    }

    proptest! {
        /// A pattern without a star is the login itself, and a star fits everything.
        #[test]
        fn patterns_mean_what_they_say(text in "[a-zé.-]{0,8}", cut in 0_usize..8) {
            prop_assert!(wildcard(&text, &text));
            prop_assert!(wildcard("*", &text));
            let at = text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(text.len());
            let (start, end) = text.split_at(at);
            let pattern = format!("{start}*{end}");
            prop_assert!(wildcard(&pattern, &text));
        }
    }
}
