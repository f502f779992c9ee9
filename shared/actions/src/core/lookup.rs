//! How a lookup is told that does not end in one account.

use crate::core::error::{Error, ErrorKind};

/// Accounts for people, a line each: the first ten, and how many more there are.
pub(crate) fn listed(lines: impl ExactSizeIterator<Item = String>) -> String {
    const MOST: usize = 10;
    let more = lines.len().saturating_sub(MOST);
    let mut lines: Vec<String> = lines.take(MOST).collect();
    if more > 0 {
        lines.push(format!("{more} more"));
    }
    lines.join(", ")
}

/// Several users match; `names` are the members that name one of them.
pub(crate) fn several(lines: impl ExactSizeIterator<Item = String>, names: &str) -> Error {
    Error::new(
        ErrorKind::Ambiguous,
        format!("{} users match: {}", lines.len(), listed(lines)),
    )
    .next(format!("name one of them by {names}"))
}

/// Nobody in the whole list of so many users matches; `near` are those who nearly do.
pub(crate) fn nobody(
    what: &str,
    users: usize,
    surface: &str,
    near: impl ExactSizeIterator<Item = String>,
) -> Error {
    let next = match near.len() {
        0 => "check the spelling; if the account is gone already, nothing is left to do".to_owned(),
        _ => format!("perhaps this was meant: {}", listed(near)),
    };
    Error::new(
        ErrorKind::NotFound,
        format!("no user has this {what} among all {users} on the {surface}"),
    )
    .next(next)
}
