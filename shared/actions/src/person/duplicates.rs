//! Somebody who is listed twice, under whatever name, is done once.

use std::collections::{BTreeMap, BTreeSet};

use super::account::Person;
use super::people::People;
use super::report::RowResult;
use super::rows::Row;
use super::step::Step;
use crate::core::error::{Error, ErrorKind};

/// Settles the rows that are about somebody of an earlier row. One that shares accounts with an earlier
/// row, and has others besides or a surface that has to be asked about, is refused: it must not count
/// as done by the other.
pub(super) fn settle(people: &People, steps: &mut [Step]) {
    let mut named: BTreeMap<Person, usize> = BTreeMap::new();
    let mut taken: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut unsure: BTreeMap<usize, BTreeSet<String>> = BTreeMap::new();
    for (index, ((person, entry), step)) in people.iter().zip(steps).enumerate() {
        let Ok(person) = person else {
            continue;
        };
        let Step::Looked(looked) = step else {
            named.entry(person.key()).or_insert(index);
            continue;
        };
        let accounts = looked.accounts();
        let known = accounts.iter().filter_map(|account| taken.get(account));
        let known = known.min().copied();
        let open = looked.unsure();
        let of_first = known.and_then(|first| unsure.get(&first));
        let new = accounts.iter().any(|account| !taken.contains_key(account))
            || known.is_some()
                && open
                    .iter()
                    .any(|surface| of_first.is_none_or(|first| !first.contains(surface)));
        let same = named.get(&person.key()).copied();
        let (view, ticket) = (looked.person().clone(), entry.ticket.clone());
        let row = match (known, same) {
            (Some(first), _) if new => {
                let error = Error::new(
                    ErrorKind::Ambiguous,
                    format!(
                        "some of these accounts are also those of person {} of the list",
                        first + 1
                    ),
                )
                .next("put them into one row, or name the accounts of each");
                Row::failed(view, ticket, RowResult::Refused, error)
            }
            (Some(first), _) | (None, Some(first)) if !new => {
                let reason = format!("listed before, as person {}", first + 1);
                Row::settled(view, ticket, RowResult::Skipped, reason)
            }
            _ => {
                named.entry(person.key()).or_insert(index);
                taken.extend(accounts.into_iter().map(|account| (account, index)));
                unsure.insert(index, open);
                continue;
            }
        };
        *step = Step::Settled(Box::new(row));
    }
}
