//! What a login lends: the addresses of the accounts that have it, and when that tells nobody.

use crate::core::text::key;
use crate::person::account::{Confidence, List, Match, Person, split};

/// An address of the person, and why it is one.
pub(super) struct Address {
    pub(super) text: String,
    pub(super) confidence: Confidence,
    pub(super) why: String,
}

/// A login is one person's only as far as all lists that could say otherwise were read.
pub(super) fn untold(person: &Person, lists: &[List<'_>]) -> Option<String> {
    match person {
        Person::Login(_) => unread(lists),
        _ => None,
    }
}

/// Why a login tells nobody as long as lists are not read.
pub(super) fn unread(lists: &[List<'_>]) -> Option<String> {
    let unread = lists.iter();
    let unread = unread.filter(|list| list.lends && list.accounts.is_none());
    let unread: Vec<&str> = unread.map(|list| list.name).collect();
    (!unread.is_empty()).then(|| {
        let unread = unread.join(", ");
        format!("the login's owner can't be told while {unread} is not read")
    })
}

/// The addresses that the login stands for: those of the accounts that have it, and itself, if it is
/// one.
pub(super) fn lent(login: &str, lists: &[List<'_>]) -> Vec<Address> {
    let mut addresses = Vec::new();
    for list in lists {
        let accounts = list.accounts().filter(|account| account.login == login);
        for text in accounts.filter_map(|account| account.email.clone()) {
            add(
                &mut addresses,
                Address {
                    text,
                    confidence: Confidence::Certain,
                    why: format!("the email of the account with the login on {}", list.name),
                },
            );
        }
    }
    if split(login).is_some() {
        add(
            &mut addresses,
            Address {
                text: key(login),
                confidence: Confidence::Certain,
                why: "the login given".into(),
            },
        );
    }
    addresses
}

/// The addresses of the accounts that nearly have the login, each with why it may be the person's:
/// where such an account is meant, those on other surfaces are too.
pub(super) fn nearly_lent(login: &str, lists: &[List<'_>]) -> Vec<(String, String)> {
    let lists = lists.iter().flat_map(|list| {
        let near = list.accounts().filter(|account| account.is_nearly(login));
        near.filter_map(|account| {
            let why = format!(
                "the email of the account with nearly the login on {}",
                list.name
            );
            Some((account.email.clone()?, why))
        })
    });
    lists.collect()
}

/// An address that several accounts of one surface have, such as a shared mailbox, tells nobody on the
/// others. On the surface itself there are several, and a person has to say which.
pub(super) fn doubt_what_is_shared(login: &str, lists: &[List<'_>], found: &mut [Vec<Match>]) {
    let are_several = |matches: &[Match]| {
        let clear = matches.iter().filter(|found| !found.is_doubtful());
        clear.count() > 1
    };
    let several = lists.iter().zip(&*found);
    let several = several.filter(|(list, matches)| list.lends && are_several(matches));
    let several: Vec<&str> = several.map(|(list, _)| list.name).collect();
    if several.is_empty() {
        return;
    }
    let why = format!("several accounts of {} may be theirs", several.join(", "));
    for (list, matches) in lists.iter().zip(found) {
        if are_several(matches) {
            continue;
        }
        for found in matches.iter_mut().filter(|found| !found.is_doubtful()) {
            let account = list.accounts().nth(found.index);
            if account.is_some_and(|account| account.login != login) {
                found.doubt(&why);
            }
        }
    }
}

/// Adds an address that is not there yet.
pub(super) fn add(addresses: &mut Vec<Address>, one: Address) {
    if addresses.iter().all(|address| address.text != one.text) {
        addresses.push(one);
    }
}
