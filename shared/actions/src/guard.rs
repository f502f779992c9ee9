//! What is refused whatever the caller says. A refusal names its rule and how to lift it.

use rapid7::console::User;

use crate::error::{Error, ErrorKind, Result};

/// What a deployment allows. Data, given when it is started.
#[derive(Debug, Clone, Default)]
pub struct Policy {
    /// The login of the account that the pack itself uses.
    pub own_login: String,
    /// Whether global administrators and superusers may be created.
    pub allow_privileged_accounts: bool,
}

fn refuse(rule: &str, why: &str, lift: &str) -> Error {
    Error::new(ErrorKind::Refused, format!("{why} (rule `{rule}`)")).next(lift)
}

impl Policy {
    /// Refuses to take something away from the account that the pack itself uses. Logins are
    /// compared without regard to case: too careful is better here.
    ///
    /// # Errors
    /// `Refused` for that account.
    pub(crate) fn not_own_account(&self, user: &User) -> Result<()> {
        if user.login().to_lowercase() == self.own_login.to_lowercase() {
            return Err(refuse(
                "own-account",
                "this is the account that the pack itself logs in with; the console could not be \
                 reached afterwards",
                "give the pack another account first",
            ));
        }
        Ok(())
    }

    /// Refuses to create somebody who may, or might, do everything.
    ///
    /// # Errors
    /// `Refused` unless the policy allows it.
    pub(crate) fn may_create_privileged(&self, privileged: bool) -> Result<()> {
        if privileged && !self.allow_privileged_accounts {
            return Err(refuse(
                "privileged-accounts",
                "this would create a global administrator or superuser, or cannot be told from one",
                "create it by hand, or set the policy allow_privileged_accounts",
            ));
        }
        Ok(())
    }
}
