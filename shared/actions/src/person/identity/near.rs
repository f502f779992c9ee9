//! What comes near a person without being theirs by any rule: a doubt, so that whoever has nothing of the kind
//! is proven to have no account.

use super::lending::Address;
use crate::core::near::{bare, mailbox, untagged};
use crate::core::text::{looks, printable};
use crate::person::account::{Account, Confidence, Person};

/// What is said of a login that fits, where the address does not.
pub(super) const ANOTHER_EMAIL: &str = "; but the account has another email";

/// The forms of a person's names that others may be forms of.
pub(super) struct Near {
    addresses: Vec<Forms>,
    /// The login given, without a domain.
    login: Option<String>,
}

struct Forms {
    shown: String,
    text: String,
    looks: String,
    untagged: Option<String>,
    mailbox: Option<String>,
}

impl Near {
    /// Of an address that is doubtful itself, nothing is near.
    pub(super) fn of(person: &Person, addresses: &[Address]) -> Self {
        let addresses = addresses.iter();
        let addresses = addresses.filter(|address| address.confidence != Confidence::Doubtful);
        let addresses = addresses.map(|Address { text, .. }| Forms {
            shown: printable(text),
            text: text.clone(),
            looks: looks(text),
            untagged: untagged(text),
            mailbox: mailbox(text),
        });
        Self {
            addresses: addresses.collect(),
            login: person.login().map(bare),
        }
    }

    /// Why an account may be the person's all the same.
    pub(super) fn reason(&self, account: &Account) -> Option<String> {
        let mut addresses = self.addresses.iter();
        addresses
            .find_map(|address| address.reason(account))
            .or_else(|| self.by_login(account))
    }

    /// Nothing tells whose the login is, and this account has it with another domain, or as a part of its
    /// address.
    fn by_login(&self, account: &Account) -> Option<String> {
        let login = self.login.as_deref()?;
        let same = account.bare == login && !login.is_empty();
        let known = !self.addresses.is_empty();
        (same && (!known || account.email.is_none()))
            .then(|| "login: the one given, but for its domain".to_owned())
    }
}

impl Forms {
    fn reason(&self, account: &Account) -> Option<String> {
        let Self { shown, .. } = self;
        if account.email_looks.as_ref() == Some(&self.looks) {
            return Some(format!("email: looks like {shown}, in other letters"));
        }
        if account.email.is_none() && looks(&account.login) == self.looks {
            return Some(format!("login: looks like {shown}, in other letters"));
        }
        if account.within.contains(&self.looks) {
            return Some(format!("email: {shown} is a part of it"));
        }
        for (what, there) in [
            ("email", account.email.as_deref()),
            ("login", Some(&*account.lower)),
        ] {
            let same = there.is_some_and(|there| {
                there.contains('@') && *there != self.text && untagged(there) == self.untagged
            });
            if same {
                return Some(format!("{what}: {shown}, but for what follows a +"));
            }
        }
        let fits = self.mailbox.as_ref() == Some(&account.bare);
        // A login that is explained by the account's own address says nothing about another one.
        let own = account.email.as_deref().and_then(mailbox);
        match &own {
            _ if !fits => None,
            None => Some(format!("login: the part of {shown} before the @")),
            Some(own) if *own == account.bare => None,
            Some(_) => Some(format!(
                "login: the part of {shown} before the @{}",
                ANOTHER_EMAIL
            )),
        }
    }
}
