//! People and accounts as matching sees them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::core::error::{Error, Result};
use crate::core::text::solid;

/// How a caller names a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Person {
    /// By email address, upper and lower case alike.
    Email(String),
    /// By login, exactly.
    Login(String),
}

impl Person {
    /// Reads the two members of an input.
    ///
    /// # Errors
    /// `InvalidInput` unless exactly one is given and has content.
    pub(crate) fn from_members(login: Option<&str>, email: Option<&str>) -> Result<Self> {
        match (login, email) {
            (Some(login), None) => Ok(Self::Login(solid("login", login)?)),
            (None, Some(email)) => Ok(Self::Email(solid("email", email)?)),
            (None, None) => Err(Error::invalid_input(
                "email, login",
                "expected exactly one, got none",
            )),
            (Some(_), Some(_)) => Err(Error::invalid_input(
                "email, login",
                "expected exactly one, got both",
            )),
        }
    }

    /// For people: `email "jdoe@example.com"`.
    pub(crate) fn to_line(&self) -> String {
        match self {
            Self::Email(email) => format!("email {email:?}"),
            Self::Login(login) => format!("login {login:?}"),
        }
    }

    /// The same for everybody who is meant by it.
    pub(crate) fn key(&self) -> Self {
        match self {
            Self::Email(email) => Self::Email(email.to_lowercase()),
            Self::Login(login) => Self::Login(login.clone()),
        }
    }
}

/// What is known of an account for matching, in lower case and without blanks around it, but for the
/// login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) login: String,
    pub(crate) lower: String,
    pub(crate) email: Option<String>,
}

impl Account {
    pub(crate) fn new(login: &str, email: Option<&str>) -> Self {
        Self {
            login: login.to_owned(),
            lower: login.trim().to_lowercase(),
            email: email
                .map(|email| email.trim().to_lowercase())
                .filter(|email| !email.is_empty()),
        }
    }

    /// Whether its login differs from this one in upper and lower case or blanks only.
    pub(crate) fn is_nearly(&self, login: &str) -> bool {
        self.login != login && self.lower == login.trim().to_lowercase()
    }
}

/// How sure it is that an account is a person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The same address or the same login.
    Certain,
    /// By the rules that this deployment configured.
    Likely,
    /// Something fits and something else contradicts it: never taken without being named.
    Doubtful,
}

/// An account that may be the person's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Match {
    /// Which one of the list.
    pub(crate) index: usize,
    pub(crate) confidence: Confidence,
    pub(crate) reasons: Vec<String>,
}

impl Match {
    /// Whether something contradicts it.
    pub(crate) fn is_doubtful(&self) -> bool {
        self.confidence == Confidence::Doubtful
    }

    pub(crate) fn doubt(&mut self, why: &str) {
        self.confidence = Confidence::Doubtful;
        for reason in &mut self.reasons {
            reason.push_str(&format!("; but {why}"));
        }
    }
}

/// The accounts of one surface.
#[derive(Debug, Clone, Copy)]
pub(crate) struct List<'a> {
    /// What the surface is called.
    pub(crate) name: &'a str,
    /// `None` if it could not be read: nothing is known of it, not even that somebody is not there.
    pub(crate) accounts: Option<&'a [Account]>,
    /// Whether its accounts say more than their logins do. On the platform, the login is the address.
    pub(crate) lends: bool,
}

impl<'a> List<'a> {
    pub(crate) fn accounts(&self) -> impl Iterator<Item = &'a Account> + use<'a> {
        self.accounts.into_iter().flatten()
    }
}

/// The two parts of an email address.
pub(crate) fn split(address: &str) -> Option<(&str, &str)> {
    address
        .rsplit_once('@')
        .filter(|(local, domain)| !local.is_empty() && !domain.is_empty())
}
