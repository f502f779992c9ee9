//! What a plan intends against what is read back.

use rapid7::console::Replacement;
use serde_json::Value;

use crate::diff::{FieldChange, changes, grants};
use crate::error::{Error, ErrorKind, Result};
use crate::new_account;
use crate::plan::{Change, Plan, Snapshot};
use crate::view::is_known;

/// What a plan says that will differ.
pub(crate) fn planned(plan: &Plan) -> Vec<FieldChange> {
    let field = |field: &str, before: Value, after| FieldChange {
        field: field.into(),
        before,
        after,
    };
    plan.changes
        .iter()
        .flat_map(|change| match change {
            Change::CreateUser(new) => new_account::fields(new),
            Change::ReplaceUser { fields, .. } => fields.clone(),
            Change::UnlockUser(_) => vec![field("locked", true.into(), false.into())],
        })
        .collect()
}

/// What does differ, whoever changed it.
pub(crate) fn observed(before: &Snapshot, after: &Snapshot) -> Vec<FieldChange> {
    let mut observed = changes(before.user.members(), after.user.members());
    for (name, before, after) in [
        ("sites", &before.sites, &after.sites),
        ("asset_groups", &before.asset_groups, &after.asset_groups),
    ] {
        if let (Some(before), Some(after)) = (before, after) {
            observed.extend(grants(name, before, after));
        }
    }
    observed
}

/// The changes of members that this pack knows.
pub(crate) fn known(changes: Vec<FieldChange>) -> Vec<FieldChange> {
    let known = |change: &FieldChange| is_known(&change.field);
    changes.into_iter().filter(known).collect()
}

/// Compares every member with what was intended. A member that this pack knows and that is not as
/// intended is an error; one that it does not know may have a life of its own (a time stamp), and
/// is a warning.
pub(crate) fn verify(
    plan: &Plan,
    expected: &Replacement,
    before: &Snapshot,
    after: &Snapshot,
    warnings: &mut Vec<String>,
) -> Result<()> {
    let found = changes(expected.members(), after.user.replacement().members());
    let (mut wrong, unknown): (Vec<_>, Vec<_>) = found
        .into_iter()
        .partition(|change| is_known(&change.field));
    for change in unknown {
        warnings.push(format!(
            "{}: expected {}, read back {}",
            change.field, change.before, change.after
        ));
    }
    let (was_locked, is_locked) = (before.user.locked(), after.user.locked());
    let unlocks = |change: &Change| matches!(change, Change::UnlockUser(_));
    if plan.changes.iter().any(unlocks) {
        if is_locked != Some(false) {
            wrong.push(FieldChange {
                field: "locked".into(),
                before: false.into(),
                after: is_locked.into(),
            });
        }
    } else if was_locked != is_locked {
        warnings.push(format!(
            "locked: was {was_locked:?}, is {is_locked:?}; nobody asked for it"
        ));
    }
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(conflict(&wrong))
    }
}

/// The account is not as intended: somebody else changed it, or the console did.
pub(crate) fn conflict(found: &[FieldChange]) -> Error {
    let lines: Vec<String> = found
        .iter()
        .map(|change| {
            format!(
                "{} should be {} and reads {}",
                change.field, change.before, change.after
            )
        })
        .collect();
    Error::new(
        ErrorKind::Conflict,
        format!("the account is not as intended: {}", lines.join("; ")),
    )
    .next("look who changed it (the audit record has the state before), then run it again")
}
