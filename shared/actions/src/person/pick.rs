//! Which of a person's accounts are meant.

use super::listing::{Candidate, Presence, Resolved, SurfaceIdentity};
use super::options::AccountPick;
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::outcome::AccountId;

/// What is to be done about a surface.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Choice {
    /// These accounts.
    Take {
        accounts: Vec<Candidate>,
        /// What a person should know: those that fit too, and are left as they are.
        left: Option<String>,
    },
    /// There is none.
    None,
    /// A person has to say which.
    Ask,
    /// It did not tell.
    Failed,
}

/// For each surface, the accounts that are meant: the one that was found, or those that the caller picks.
/// `exists` tells whether a surface has an account at all.
///
/// # Errors
/// `InvalidInput` for a pick that is not one of the person's accounts.
pub(super) fn choose(
    resolved: &Resolved,
    picks: &[AccountPick],
    exists: impl Fn(usize, &AccountPick) -> bool,
) -> Result<Vec<Choice>> {
    let on = &resolved.on;
    for (index, pick) in picks.iter().enumerate() {
        if on.iter().all(|surface| surface.name != pick.surface) {
            let names: Vec<&str> = on.iter().map(|surface| surface.name.as_str()).collect();
            let field = format!("accounts[{index}].surface");
            let expected = format!("expected one of {}", names.join(", "));
            return Err(Error::invalid_input(&field, &expected));
        }
    }
    on.iter()
        .enumerate()
        .map(|(place, surface)| {
            let mine = picks.iter().enumerate();
            let mine: Vec<(usize, &AccountPick)> = mine
                .filter(|(_, pick)| pick.surface == surface.name)
                .collect();
            if resolved.errors[place].is_some() {
                return Ok(Choice::Failed);
            }
            if mine.is_empty() {
                return Ok(match surface.verdict {
                    Presence::Found => {
                        let clear = surface.accounts.iter();
                        let clear = clear.filter(|account| !account.is_doubtful());
                        take(surface, clear.cloned().collect())
                    }
                    Presence::Absent => Choice::None,
                    _ => Choice::Ask,
                });
            }
            picked(surface, &mine, |pick| exists(place, pick))
        })
        .collect()
}

fn picked(
    surface: &SurfaceIdentity,
    mine: &[(usize, &AccountPick)],
    exists: impl Fn(&AccountPick) -> bool,
) -> Result<Choice> {
    let mut taken: Vec<Candidate> = Vec::new();
    let mut gone = None;
    for (index, pick) in mine {
        let names = |candidate: &&Candidate| {
            let id = candidate.subject.user_id.as_ref();
            id.is_some_and(|id| pick.user_id.names(id))
        };
        match surface.accounts.iter().find(names) {
            Some(one) if taken.iter().any(|taken| taken.subject == one.subject) => {}
            Some(one) => taken.push(one.clone()),
            None if exists(pick) => return Err(not_theirs(surface, *index)),
            // Deleted by an earlier run, perhaps.
            None => gone = Some(*index),
        }
    }
    match gone {
        // As long as somebody else may be meant, it may be a typing error.
        Some(index) if taken.len() < surface.accounts.len() => Err(not_theirs(surface, index)),
        _ if taken.is_empty() => Ok(Choice::None),
        _ => Ok(take(surface, taken)),
    }
}

fn take(surface: &SurfaceIdentity, accounts: Vec<Candidate>) -> Choice {
    let left = surface.accounts.iter();
    let left = left.filter(|one| accounts.iter().all(|taken| taken.subject != one.subject));
    let left = left.map(|one| format!("{} ({})", one.to_line(), one.reasons.join("; ")));
    let left: Vec<String> = left.collect();
    Choice::Take {
        accounts,
        left: (!left.is_empty()).then(|| {
            format!(
                "left as they are, though they may be theirs: {}",
                left.join("; ")
            )
        }),
    }
}

fn not_theirs(surface: &SurfaceIdentity, index: usize) -> Error {
    let lines: Vec<String> = surface.accounts.iter().map(Candidate::to_line).collect();
    let lines = match lines.is_empty() {
        true => "there is none".to_owned(),
        false => lines.join("; "),
    };
    let field = format!("accounts[{index}].user_id");
    let expected = format!(
        "expected one of the person's accounts on {}: {lines}",
        surface.name
    );
    Error::invalid_input(&field, &expected)
}

/// Several accounts fit, or one that something contradicts.
pub(super) fn ambiguous(surface: &SurfaceIdentity) -> Error {
    let example = surface.accounts.first();
    let id = example.and_then(|candidate| candidate.subject.user_id.clone());
    let id = match id {
        Some(AccountId::Console(id)) => id.to_string(),
        Some(AccountId::Platform(id)) => format!("{id:?}"),
        None => "…".into(),
    };
    Error::new(ErrorKind::Ambiguous, surface.reason.clone()).next(format!(
        "name those that are meant in `accounts`, such as {{\"surface\": {:?}, \"user_id\": {id}}}",
        surface.name
    ))
}
