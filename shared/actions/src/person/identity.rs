//! Whose account is it? A plain function over lists of accounts: it sees no surface and no client.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{Error, Result};
use crate::lookup::solid;

/// What a deployment says of how its people are called on different surfaces. Data; empty, only
/// equal names and addresses count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IdentityRules {
    /// A login without `@` is the local part of an address in one of these domains.
    pub login_domains: Vec<String>,
    /// Addresses with the same local part in these domains are the same person's.
    pub same_domains: Vec<String>,
}

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

/// What is known of an account for matching, in lower case but for the login.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Account {
    login: String,
    lower: String,
    email: Option<String>,
}

impl Account {
    pub(crate) fn new(login: &str, email: Option<&str>) -> Self {
        Self {
            login: login.to_owned(),
            lower: login.to_lowercase(),
            email: email
                .filter(|email| !email.is_empty())
                .map(str::to_lowercase),
        }
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

/// Everything that matching tells about a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Matches {
    /// The person's addresses, in lower case: the one that was given, or those lent by the accounts
    /// with the login.
    pub(crate) emails: BTreeSet<String>,
    /// For each list, the accounts that may be the person's.
    pub(crate) found: Vec<Vec<Match>>,
    /// For each list, accounts whose login differs from the given one in upper and lower case only.
    pub(crate) near: Vec<Vec<usize>>,
}

/// An address of the person, and why it is one.
struct Address {
    text: String,
    confidence: Confidence,
    why: String,
}

fn split(address: &str) -> Option<(&str, &str)> {
    address
        .rsplit_once('@')
        .filter(|(local, domain)| !local.is_empty() && !domain.is_empty())
}

fn is_in(domain: &str, domains: &[String]) -> bool {
    domains.iter().any(|one| one.to_lowercase() == domain)
}

impl IdentityRules {
    /// The same local part in the other domains of one company.
    fn aliases(&self, address: &str) -> Vec<String> {
        let Some((local, domain)) = split(address) else {
            return Vec::new();
        };
        if !is_in(domain, &self.same_domains) {
            return Vec::new();
        }
        let others = self.same_domains.iter().map(|other| other.to_lowercase());
        others
            .filter(|other| other != domain)
            .map(|other| format!("{local}@{other}"))
            .collect()
    }

    fn are_alike(&self, one: &str, other: &str) -> bool {
        one == other || self.aliases(one).iter().any(|alias| alias == other)
    }

    /// The address that stands for whoever has an account: the same for all accounts that the rules
    /// take for one person's. `None` if nothing tells.
    pub(crate) fn person_of(&self, login: &str, email: Option<&str>) -> Option<String> {
        let address = match (email.filter(|email| !email.is_empty()), split(login)) {
            (Some(email), _) => email.to_lowercase(),
            (None, Some(_)) => login.to_lowercase(),
            (None, None) => {
                let mut possible = self.login_domains.iter().map(|domain| {
                    let address = format!("{}@{}", login.to_lowercase(), domain.to_lowercase());
                    self.first_alike(address)
                });
                let first = possible.next()?;
                return possible.all(|other| other == first).then_some(first);
            }
        };
        Some(self.first_alike(address))
    }

    /// Of addresses that are the same person's, the one in the domain that is named first.
    fn first_alike(&self, address: String) -> String {
        match (split(&address), self.same_domains.first()) {
            (Some((local, domain)), Some(first)) if is_in(domain, &self.same_domains) => {
                format!("{local}@{}", first.to_lowercase())
            }
            _ => address,
        }
    }

    /// Finds a person's accounts in lists of accounts, one list a surface, each with its name.
    pub(crate) fn find(&self, person: &Person, lists: &[(&str, &[Account])]) -> Matches {
        let addresses = self.addresses(person, lists);
        let certain = addresses.iter();
        let certain = certain.filter(|address| address.confidence == Confidence::Certain);
        let found = lists.iter().map(|(_, accounts)| {
            let accounts = accounts.iter().enumerate();
            let matches = accounts.filter_map(|(index, account)| {
                let mut reasons = self.reasons(person, account, &addresses);
                // The best first.
                reasons.sort_by_key(|(confidence, _)| *confidence);
                Some(Match {
                    index,
                    confidence: reasons.first()?.0,
                    reasons: reasons.into_iter().map(|(_, reason)| reason).collect(),
                })
            });
            clear_of_doubts(matches.collect())
        });
        Matches {
            found: found.collect(),
            near: lists.iter().map(|(_, list)| near(person, list)).collect(),
            emails: certain.map(|address| address.text.clone()).collect(),
        }
    }

    /// Every address that may be the person's.
    fn addresses(&self, person: &Person, lists: &[(&str, &[Account])]) -> Vec<Address> {
        let mut addresses = match person {
            Person::Email(email) => vec![Address {
                text: email.to_lowercase(),
                confidence: Confidence::Certain,
                why: "the email given".into(),
            }],
            Person::Login(login) => self.lent(login, lists),
        };
        for index in 0..addresses.len() {
            let from = addresses[index].text.clone();
            let confidence = addresses[index].confidence.max(Confidence::Likely);
            for text in self.aliases(&from) {
                let why = format!("the same person's as {from}, by the rule of same domains");
                add(
                    &mut addresses,
                    Address {
                        text,
                        confidence,
                        why,
                    },
                );
            }
        }
        if let Person::Login(login) = person
            && split(login).is_none()
        {
            // An account that has the login says what its address is; the rule only supposes one.
            let (confidence, but) = match addresses.is_empty() {
                true => (Confidence::Likely, ""),
                false => (
                    Confidence::Doubtful,
                    "; but the account with the login has another email",
                ),
            };
            for domain in &self.login_domains {
                let text = format!("{}@{}", login.to_lowercase(), domain.to_lowercase());
                let why = format!("the login given is its local part, by the rule of logins{but}");
                add(
                    &mut addresses,
                    Address {
                        text,
                        confidence,
                        why,
                    },
                );
            }
        }
        addresses
    }

    /// The addresses of the accounts that have the login. If those are not one person's, nobody can
    /// tell who is meant.
    fn lent(&self, login: &str, lists: &[(&str, &[Account])]) -> Vec<Address> {
        let mut addresses = Vec::new();
        for (surface, accounts) in lists {
            let accounts = accounts.iter().filter(|account| account.login == login);
            for text in accounts.filter_map(|account| account.email.clone()) {
                add(
                    &mut addresses,
                    Address {
                        text,
                        confidence: Confidence::Certain,
                        why: format!("the email of the account with the login on {surface}"),
                    },
                );
            }
        }
        let differ = |one: &Address| !self.are_alike(&addresses[0].text, &one.text);
        if addresses.iter().any(differ) {
            for address in &mut addresses {
                address.confidence = Confidence::Doubtful;
                address
                    .why
                    .push_str("; but the accounts with it have different emails");
            }
        }
        if split(login).is_some() {
            add(
                &mut addresses,
                Address {
                    text: login.to_lowercase(),
                    confidence: Confidence::Certain,
                    why: "the login given".into(),
                },
            );
        }
        addresses
    }

    /// Why an account may be the person's; nothing, if it is not.
    fn reasons(
        &self,
        person: &Person,
        account: &Account,
        addresses: &[Address],
    ) -> Vec<(Confidence, String)> {
        let mut reasons = Vec::new();
        let email = account.email.as_deref();
        if matches!(person, Person::Login(login) if *login == account.login) {
            let of = addresses
                .iter()
                .find(|address| Some(address.text.as_str()) == email);
            reasons.push(match of {
                Some(of) if of.confidence == Confidence::Doubtful => (
                    Confidence::Doubtful,
                    "login: the one given; but the accounts with it have different emails".into(),
                ),
                _ => (Confidence::Certain, "login: the one given".into()),
            });
            return reasons;
        }
        for address in addresses {
            let Address {
                text,
                confidence,
                why,
            } = address;
            if email == Some(text) {
                reasons.push((*confidence, format!("email {text}: {why}")));
            } else if account.lower == *text {
                reasons.push((*confidence, format!("login {text}: {why}")));
            }
        }
        reasons.extend(self.local_part(account, addresses));
        reasons
    }

    /// A login that is the local part of one of the person's addresses, where the rules say that
    /// logins are.
    fn local_part(&self, account: &Account, addresses: &[Address]) -> Option<(Confidence, String)> {
        let of = addresses.iter().find(|address| {
            split(&address.text).is_some_and(|(local, domain)| {
                local == account.lower && is_in(domain, &self.login_domains)
            })
        })?;
        let rule = format!(
            "login: the local part of {}, by the rule of logins",
            of.text
        );
        match &account.email {
            Some(email) if addresses.iter().all(|address| address.text != *email) => Some((
                Confidence::Doubtful,
                format!("{rule}; but the account has another email"),
            )),
            _ => Some((of.confidence.max(Confidence::Likely), rule)),
        }
    }
}

/// Adds an address that is not there yet.
fn add(addresses: &mut Vec<Address>, one: Address) {
    if addresses.iter().all(|address| address.text != one.text) {
        addresses.push(one);
    }
}

/// An account that something contradicts is of no interest beside one that nothing does.
fn clear_of_doubts(mut matches: Vec<Match>) -> Vec<Match> {
    let doubtful = |found: &Match| found.confidence == Confidence::Doubtful;
    if !matches.iter().all(doubtful) {
        matches.retain(|found| !doubtful(found));
    }
    matches
}

/// Accounts whose login differs from the given one in upper and lower case only.
fn near(person: &Person, accounts: &[Account]) -> Vec<usize> {
    let Person::Login(login) = person else {
        return Vec::new();
    };
    let lower = login.to_lowercase();
    let accounts = accounts.iter().enumerate();
    let near = accounts.filter(|(_, account)| account.lower == lower && account.login != *login);
    near.map(|(index, _)| index).collect()
}

#[cfg(test)]
mod tests;
