//! Whose account is it? A plain function over lists of accounts: it sees no surface and no client.

mod lending;
mod near;

use std::collections::BTreeSet;

use crate::core::identity_rules::IdentityRules;
use crate::core::text::{key, printable};

use super::account::{Account, Confidence, List, Match, Person, split};
use lending::{Address, add, doubt_what_is_shared, lent, nearly_lent, unread, untold};
use near::{ANOTHER_EMAIL, Near};

/// Everything that matching tells about a person.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Matches {
    /// The person's addresses, in lower case: the one that was given, or those lent by the accounts
    /// with the login.
    pub(crate) emails: BTreeSet<String>,
    /// For each list, the accounts that may be the person's, those that nothing contradicts first.
    pub(crate) found: Vec<Vec<Match>>,
    /// Why nobody can be told for the person, whatever was found: a list that was not read may say of
    /// the login that it is somebody else's.
    pub(crate) untold: Option<String>,
    /// Why what was given can't be one person's: the account that has the login has another address.
    pub(crate) contradiction: Option<String>,
}

fn is_in(domain: &str, domains: &[String]) -> bool {
    domains.iter().any(|one| key(one) == domain)
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
        let others = self.same_domains.iter().map(|other| key(other));
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
        let email = email.map(str::trim);
        let address = match (email.filter(|email| !email.is_empty()), split(login.trim())) {
            (Some(email), _) => key(email),
            (None, Some(_)) => key(login),
            (None, None) => {
                let mut possible = self.login_domains.iter().map(|domain| {
                    let address = format!("{}@{}", key(login), key(domain));
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
                format!("{local}@{}", key(first))
            }
            _ => address,
        }
    }

    /// Finds a person's accounts in lists of accounts, one list a surface.
    pub(crate) fn find(&self, person: &Person, lists: &[List<'_>]) -> Matches {
        let untold = untold(person, lists);
        // An account without an address has it from the row, as long as none that has one says otherwise.
        let unread = match person {
            Person::Both { .. } => unread(lists),
            _ => None,
        };
        let (addresses, agreed) = self.addresses(person, lists);
        let doubt = match (&untold, agreed) {
            (Some(untold), _) => Some(untold.as_str()),
            (None, false) => Some("the accounts with it have different emails"),
            (None, true) => None,
        };
        let near = Near::of(person, &addresses);
        let found = lists.iter().map(|list| {
            let matches = list.accounts().enumerate().filter_map(|(index, account)| {
                let mut reasons = self.reasons(person, account, &addresses);
                if reasons.is_empty() {
                    let doubt = near.reason(account);
                    reasons.extend(doubt.map(|reason| (Confidence::Doubtful, reason)));
                }
                // The best first.
                reasons.sort_by_key(|(confidence, _)| *confidence);
                let mut found = Match {
                    index,
                    confidence: reasons.first()?.0,
                    reasons: reasons.into_iter().map(|(_, reason)| reason).collect(),
                };
                if let Some(doubt) = doubt {
                    found.doubt(doubt);
                }
                if let Some(unread) = &unread
                    && account.email.is_none()
                    && addresses.iter().all(|one| one.text != account.lower)
                {
                    found.doubt(unread);
                }
                Some(found)
            });
            matches.collect()
        });
        let mut found: Vec<Vec<Match>> = found.collect();
        if let Person::Login(login) = person {
            doubt_what_is_shared(login, lists, &mut found);
        }
        for matches in &mut found {
            matches.sort_by_key(|found| found.confidence);
        }
        let certain = addresses.iter();
        let certain = certain
            .filter(|address| address.confidence == Confidence::Certain && doubt.is_none())
            .map(|address| address.text.clone());
        Matches {
            emails: certain.collect(),
            found,
            untold,
            contradiction: self.contradiction(person, lists),
        }
    }

    fn contradiction(&self, person: &Person, lists: &[List<'_>]) -> Option<String> {
        let Person::Both { email, login } = person else {
            return None;
        };
        let email = key(email);
        let other = |account: &Account| {
            let theirs = account.email.as_deref();
            account.login == *login && theirs.is_some_and(|theirs| !self.are_alike(&email, theirs))
        };
        if let Some(list) = lists.iter().find(|list| list.accounts().any(other)) {
            return Some(format!(
                "the email and the login are not one person's: on {} the account with the login has \
                 another email",
                list.name
            ));
        }
        // Where every account was looked at, a login that nobody has and an email that somebody has with
        // another login are not one person's either. On the platform the address is the login.
        let theirs = |account: &Account| {
            let address = account.email.as_deref();
            address.is_some_and(|address| {
                self.are_alike(&email, address) && account.lower != key(address)
            })
        };
        let whole = lists.iter().all(|list| list.accounts.is_some());
        let has = |account: &Account| account.lower == key(login);
        let taken = lists.iter().any(|list| list.accounts().any(has));
        let list = lists.iter().find(|list| list.accounts().any(theirs))?;
        (whole && !taken).then(|| {
            format!(
                "the email and the login are not one person's: on {} the account with the email has another \
                 login, and nobody has this one",
                list.name
            )
        })
    }

    /// Every address that may be the person's, and whether those that were told are one person's.
    fn addresses(&self, person: &Person, lists: &[List<'_>]) -> (Vec<Address>, bool) {
        let mut addresses = match person {
            Person::Email(email) | Person::Both { email, .. } => vec![Address {
                text: key(email),
                confidence: Confidence::Certain,
                why: "the email given".into(),
            }],
            Person::Login(login) => lent(login, lists),
        };
        let differ = |one: &Address| !self.are_alike(&addresses[0].text, &one.text);
        let agreed = !addresses.iter().any(differ);
        for index in 0..addresses.len() {
            let from = addresses[index].text.clone();
            let confidence = addresses[index].confidence.max(Confidence::Likely);
            for text in self.aliases(&from) {
                let from = printable(&from);
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
            let (confidence, but) = match (addresses.is_empty(), self.person_of(login, None)) {
                (true, Some(_)) => (Confidence::Likely, ""),
                (true, None) => (Confidence::Doubtful, SEVERAL_DOMAINS),
                (false, _) => (
                    Confidence::Doubtful,
                    "; but the account with the login has another email",
                ),
            };
            for domain in &self.login_domains {
                let text = format!("{}@{}", key(login), key(domain));
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
        if let Person::Login(login) = person {
            for (near, why) in nearly_lent(login, lists) {
                let alike = self.aliases(&near);
                for text in std::iter::once(near).chain(alike) {
                    let one = Address {
                        text,
                        confidence: Confidence::Doubtful,
                        why: why.clone(),
                    };
                    add(&mut addresses, one);
                }
            }
        }
        (addresses, agreed)
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
        if let Some(login) = person.login() {
            if login == account.login {
                let given = (Confidence::Certain, GIVEN.to_owned());
                match person {
                    Person::Both { .. } => reasons.push(given),
                    _ => return vec![given],
                }
            }
            if account.is_nearly(login) {
                let reason = "login: the one given, but for upper and lower case or blanks";
                reasons.push((Confidence::Doubtful, reason.into()));
            }
        }
        for address in addresses {
            let Address {
                text,
                confidence,
                why,
            } = address;
            let shown = printable(text);
            if email == Some(text) {
                reasons.push((*confidence, format!("email {shown}: {why}")));
            } else if account.lower == *text {
                let reason = format!("login {shown}: {why}");
                reasons.push(match email {
                    // What an account says of its address counts for more than what its login looks like.
                    Some(email) if !self.are_alike(email, text) => {
                        (Confidence::Doubtful, format!("{reason}{ANOTHER_EMAIL}"))
                    }
                    _ => (*confidence, reason),
                });
            }
        }
        reasons.extend(self.local_part(account, addresses));
        reasons
    }

    /// A login that is the local part of one of the person's addresses, where the rules say that
    /// logins are.
    fn local_part(&self, account: &Account, addresses: &[Address]) -> Option<(Confidence, String)> {
        let fitting = addresses.iter().filter(|address| {
            split(&address.text).is_some_and(|(local, domain)| {
                local == account.lower && is_in(domain, &self.login_domains)
            })
        });
        let of = fitting.min_by_key(|address| address.confidence)?;
        let rule = format!(
            "login: the local part of {}, by the rule of logins",
            of.text
        );
        let whose = self.person_of(&account.lower, account.email.as_deref());
        Some(match whose {
            Some(whose) if whose == self.first_alike(of.text.clone()) => {
                (of.confidence.max(Confidence::Likely), rule)
            }
            Some(_) => (Confidence::Doubtful, format!("{rule}{ANOTHER_EMAIL}")),
            None => (Confidence::Doubtful, format!("{rule}{SEVERAL_DOMAINS}")),
        })
    }
}

/// Why the account that has the very login is the person's.
const GIVEN: &str = "login: the one given";
const SEVERAL_DOMAINS: &str = "; but logins may be of several domains";

#[cfg(test)]
mod tests;
