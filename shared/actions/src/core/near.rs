//! Names and addresses that come near what a caller gave: told as what may have been meant, never taken.

use crate::core::text::{key, looks};

/// A login without the domain before or behind it, `DOMAIN\user` or `user@REALM`, and without what follows a
/// `+` in it, in lower case.
pub(crate) fn bare(login: &str) -> String {
    let login = looks(login);
    let user = login.rsplit_once('\\').map_or(&*login, |(_, user)| user);
    let user = user.split_once('@').map_or(user, |(user, _)| user);
    user.split_once('+')
        .map_or(user, |(user, _)| user)
        .to_owned()
}

/// An address without what follows a `+` in it, in lower case: mail to both arrives in one mailbox.
pub(crate) fn untagged(address: &str) -> Option<String> {
    let address = key(address);
    let (local, domain) = address.rsplit_once('@')?;
    let (local, _) = local.split_once('+').unwrap_or((local, ""));
    (!local.is_empty() && !domain.is_empty()).then(|| format!("{local}@{domain}"))
}

/// The part before the `@`, without what follows a `+` in it.
pub(crate) fn mailbox(address: &str) -> Option<String> {
    let address = untagged(&looks(address))?;
    let (local, _) = address.split_once('@')?;
    Some(local.to_owned())
}

/// How many slips of a finger make one text of the other, if they are few enough for its length.
fn slips(one: &str, other: &str) -> Option<usize> {
    let (a, b) = (one.chars().count(), other.chars().count());
    let most = match a.min(b) {
        0..=2 => return None,
        3..=7 => 1,
        _ => 2,
    };
    if a.abs_diff(b) > most {
        return None;
    }
    let slips = strsim::osa_distance(one, other);
    (slips <= most).then_some(slips)
}

/// Whether a login or an address is another form of a text: in other letters, with or without a domain,
/// with or without a `+`.
pub(crate) fn is_form_of(given: &str, there: &str) -> bool {
    looks(given) == looks(there)
        || bare(given) == bare(there)
        || untagged(given).is_some_and(|given| untagged(there) == Some(given))
        || mailbox(given).is_some_and(|given| mailbox(there) == Some(given))
}

/// Those whose names come nearest to a text, of all that have some: other forms of it, and where there are
/// none, what a slip of the finger makes of it.
pub(crate) fn nearest<'a, T>(
    given: &str,
    all: impl IntoIterator<Item = (T, [Option<&'a str>; 2])>,
) -> Vec<T> {
    let plain = looks(given);
    least(all, |name| match is_form_of(given, name) {
        true => Some(0),
        false => slips(&plain, &looks(name)),
    })
}

/// Those whose names a slip of the finger may have made the text of; all in lower case already.
pub(crate) fn misspelt<'a, T>(
    given: &str,
    all: impl IntoIterator<Item = (T, [Option<&'a str>; 2])>,
) -> Vec<T> {
    least(all, |name| slips(given, name))
}

fn least<'a, T>(
    all: impl IntoIterator<Item = (T, [Option<&'a str>; 2])>,
    distance: impl Fn(&str) -> Option<usize>,
) -> Vec<T> {
    let mut best = usize::MAX;
    let mut nearest = Vec::new();
    for (one, names) in all {
        let names = names.into_iter().flatten();
        let Some(distance) = names.filter_map(&distance).min() else {
            continue;
        };
        if distance < best {
            best = distance;
            nearest.clear();
        }
        if distance == best {
            nearest.push(one);
        }
    }
    nearest
}

/// The name that comes nearest to a text, of several that there are.
#[must_use]
pub fn nearest_name<'a>(given: &str, names: &[&'a str]) -> Option<&'a str> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' ', '.'], "");
    let given = plain(given);
    let near = |name: &&'a str| {
        let name_plain = plain(name);
        let slips = strsim::osa_distance(&given, &name_plain);
        let most = given.chars().count().min(name_plain.chars().count()) / 4;
        (slips <= most).then_some((slips, *name))
    };
    let near = names
        .iter()
        .filter_map(near)
        .min_by_key(|(slips, _)| *slips);
    near.map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(given: &str) -> String {
        let all = [
            ("user1", "user1@example.com"),
            ("user2", "user2@example.com"),
            ("user3", "user3@example.com"),
            ("jdoe", "jdoe@example.com"),
            ("CORP\\mlane", ""),
            ("maria.lane", "mlane+admin@example.com"),
            ("al", "al@example.org"),
        ];
        let all = all.map(|(login, email)| (login, [Some(login), Some(email)]));
        nearest(given, all).join(" ")
    }

    #[test]
    fn other_forms_and_typing_errors_are_near() {
        for (given, told) in [
            ("usr3", "user3"),
            ("USER3", "user3"),
            ("jdoe@exampl.com", "jdoe"),
            ("jdoe@example.org", "jdoe"),
            ("jode@example.com", "jdoe"),
            ("mlane", "CORP\\mlane maria.lane"),
            ("mlane@CORP.EXAMPLE", "CORP\\mlane maria.lane"),
            ("user", "user1 user2 user3"),
            ("ab", ""),
            ("somebody", ""),
            ("\u{ff4a}doe", "jdoe"),
        ] {
            assert_eq!(near(given), told, "{given}");
        }
    }

    #[test]
    fn the_nearest_name_is_found_and_strangers_are_not() {
        let names = ["RAPID7_PROTECTED_LOGINS", "RAPID7_MAX_CHANGES", "token"];
        assert_eq!(
            nearest_name("RAPID7_PROTECTED_LOGIN", &names),
            Some(names[0])
        );
        assert_eq!(nearest_name("rapid7-max-changes", &names), Some(names[1]));
        assert_eq!(nearest_name("Token", &names), Some("token"));
        assert_eq!(nearest_name("notes", &names), None);
    }
}
