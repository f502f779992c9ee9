//! People and accounts as matching sees them.

use schemars::JsonSchema;
use serde::Serialize;

use crate::core::error::{Error, Result};
use crate::core::near::bare;
use crate::core::text::{as_address, as_login, key, looks};

/// How a caller names a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Person {
    /// By email address, upper and lower case alike.
    Email(String),
    /// By login, exactly.
    Login(String),
    /// By both, as a row of a list may: whoever has the login has the address, or none.
    Both {
        /// The email address.
        email: String,
        /// The login.
        login: String,
    },
}

impl Person {
    /// Reads the two members of an input.
    ///
    /// # Errors
    /// `InvalidInput` unless exactly one is given and has content.
    pub(crate) fn from_members(login: Option<&str>, email: Option<&str>) -> Result<Self> {
        match (login, email) {
            (Some(login), None) => Ok(Self::Login(as_login("login", login)?)),
            (None, Some(email)) => Ok(Self::Email(as_address("email", email)?)),
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

    /// Reads the two members of a row of a list, which may have both.
    ///
    /// # Errors
    /// `InvalidInput` if neither is given, or one has no content.
    pub(crate) fn of_row(login: Option<&str>, email: Option<&str>) -> Result<Self> {
        match (login, email) {
            (Some(login), Some(email)) => Ok(Self::Both {
                email: as_address("email", email)?,
                login: as_login("login", login)?,
            }),
            (None, None) => Err(Error::invalid_input(
                "email, login",
                "expected one of them, or both of one person, got none",
            )),
            (login, email) => Self::from_members(login, email),
        }
    }

    /// The address that was given.
    pub(crate) fn email(&self) -> Option<&str> {
        match self {
            Self::Email(email) | Self::Both { email, .. } => Some(email),
            Self::Login(_) => None,
        }
    }

    /// The login that was given.
    pub(crate) fn login(&self) -> Option<&str> {
        match self {
            Self::Login(login) | Self::Both { login, .. } => Some(login),
            Self::Email(_) => None,
        }
    }

    /// For people: `email "jdoe@example.com"`.
    pub(crate) fn to_line(&self) -> String {
        match self {
            Self::Email(email) => format!("email {email:?}"),
            Self::Login(login) => format!("login {login:?}"),
            Self::Both { email, login } => format!("email {email:?} and login {login:?}"),
        }
    }

    /// The same for everybody who is meant by it.
    pub(crate) fn key(&self) -> Self {
        match self {
            Self::Email(email) => Self::Email(key(email)),
            Self::Login(login) => Self::Login(login.clone()),
            Self::Both { email, login } => Self::Both {
                email: key(email),
                login: login.clone(),
            },
        }
    }
}

/// What is known of an account for matching, as [`key`] has it, but for the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    pub(crate) login: String,
    pub(crate) lower: String,
    pub(crate) email: Option<String>,
    /// Without the domain of a directory.
    pub(crate) bare: String,
    /// What its address looks like, where that is another.
    pub(crate) email_looks: Option<String>,
    /// Addresses that stand in what it has for its own, among other text.
    pub(crate) within: Vec<String>,
}

impl Account {
    pub(crate) fn new(login: &str, email: Option<&str>) -> Self {
        Self {
            login: login.to_owned(),
            lower: key(login),
            email: email.map(key).filter(|email| !email.is_empty()),
            bare: bare(login),
            email_looks: email
                .map(looks)
                .filter(|seen| email.is_some_and(|email| *seen != key(email))),
            within: email.map(within).unwrap_or_default(),
        }
    }

    /// Whether its login differs from this one in upper and lower case or blanks only.
    pub(crate) fn is_nearly(&self, login: &str) -> bool {
        self.login != login && self.lower == key(login)
    }
}

/// Confidence that an account is the person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// The same email address or the same login.
    Certain,
    /// By a rule that this deployment configured.
    Likely,
    /// Something matches, and something else contradicts it. Never used unless it is named.
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

/// The addresses in a text that is none: `Jane Doe <jdoe@example.com>`, `mailto:…`, several with commas.
fn within(text: &str) -> Vec<String> {
    let text = looks(text);
    // An apostrophe is a letter of names, and a quotation mark at their ends.
    let apart = |c: char| c.is_whitespace() || "<>()[]\",;:|/\\".contains(c);
    let parts = text.split(apart).map(|part| part.trim_matches('\''));
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    match parts.as_slice() {
        [] | [_] if parts.first().is_none_or(|only| *only == text) => Vec::new(),
        parts => parts
            .iter()
            .filter(|part| split(part).is_some())
            .map(|part| (*part).to_owned())
            .collect(),
    }
}

/// The two parts of an email address.
pub(crate) fn split(address: &str) -> Option<(&str, &str)> {
    address
        .rsplit_once('@')
        .filter(|(local, domain)| !local.is_empty() && !domain.is_empty())
}
