//! What a plan intends against what is read back.

use rapid7::console::{AccessKind, Replacement};
use serde_json::{Map, Value};

use crate::console::losses::may_lose_role;
use crate::console::new_account;
use crate::console::plan::{AccessChange, Change, Plan, Snapshot};
use crate::console::view::{SAML, is_known, is_local_type};
use crate::core::change::{FieldChange, changes, conflict, grants};
use crate::core::error::Result;
use crate::core::text::same_email;

/// What a plan says that will differ.
pub(crate) fn planned(plan: &Plan, before: Option<&Snapshot>) -> Vec<FieldChange> {
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
            Change::SetAccess(access) => access_fields(before, access),
            Change::DeleteUser(_) => vec![field("account", "exists".into(), Value::Null)],
            Change::SetOwnPassword(..) | Change::ResetTwoFactor(_) => {
                change.unseen().into_iter().collect()
            }
        })
        .collect()
}

fn access_fields(before: Option<&Snapshot>, access: &AccessChange) -> Vec<FieldChange> {
    let had = before.and_then(|before| before.grants(access.kind));
    let had = had.cloned().unwrap_or_default();
    let give = access.give.keys().copied().collect();
    let take = access.take.keys().copied().collect();
    let will = &(&had | &give) - &take;
    grants(field_of(access.kind), &had, &will)
        .into_iter()
        .collect()
}

/// The member of a view that lists a kind of grant.
fn field_of(kind: AccessKind) -> &'static str {
    match kind {
        AccessKind::Sites => "sites",
        AccessKind::AssetGroups => "asset_groups",
    }
}

/// What does differ, whoever changed it.
pub(crate) fn observed(before: &Snapshot, after: &Snapshot) -> Vec<FieldChange> {
    // What describes a role or a source goes without saying.
    let (was, is) = (before.user.replacement(), after.user.replacement());
    let mut observed = changes(was.members(), is.members());
    if before.user.locked() != after.user.locked() {
        observed.push(FieldChange {
            field: "locked".into(),
            before: before.user.locked().into(),
            after: after.user.locked().into(),
        });
    }
    for kind in [AccessKind::Sites, AccessKind::AssetGroups] {
        let had = before.grants(kind).cloned().unwrap_or_default();
        match after.grants(kind) {
            Some(has) => observed.extend(grants(field_of(kind), &had, has)),
            // All of them now, so single ones are gone.
            None if !had.is_empty() => observed.push(FieldChange {
                field: field_of(kind).into(),
                before: had.into_iter().collect(),
                after: Value::Null,
            }),
            None => {}
        }
    }
    observed
}

/// The changes of members that this pack knows.
pub(crate) fn known(changes: Vec<FieldChange>) -> Vec<FieldChange> {
    let known = |change: &FieldChange| is_known(&change.field);
    changes.into_iter().filter(known).collect()
}

/// Whether a console may show it so and mean what was sent: an email address in lower case, and the
/// authentication source that it picks if none is named (vendor API file).
fn is_the_same(change: &FieldChange, saml: bool, moved: bool) -> bool {
    match (change.field.as_str(), &change.before, &change.after) {
        ("email", Value::String(sent), Value::String(read)) => !saml && same_email(sent, read),
        ("authentication.type" | "authentication.id", ..) if moved => true,
        ("authentication.id", Value::Null, _) => true,
        _ => false,
    }
}

/// Where an account is not as it was sent, whatever a console may show differently.
pub(crate) fn differences(sent: &Replacement, now: &Replacement) -> Vec<FieldChange> {
    let mut sent = sent.members().clone();
    // It can be written, and is never told (vendor API file).
    sent.remove("passwordResetOnLogin");
    let kind = |members: &Map<String, Value>| {
        let kind = members.get("authentication")?.get("type")?.as_str()?;
        Some(kind.to_owned())
    };
    let (was, is) = (kind(&sent), kind(now.members()));
    // An identity provider tells addresses apart by case.
    let saml = [&was, &is]
        .into_iter()
        .any(|kind| kind.as_deref() == Some(SAML));
    let moved = was != is && is_local_type(was.as_deref()) && is_local_type(is.as_deref());
    let found = changes(&sent, now.members()).into_iter();
    found
        .filter(|change| !is_the_same(change, saml, moved))
        .collect()
}

/// Members that a console may keep to itself: the guide's own example of a user lacks them.
fn may_be_untold(field: &str) -> bool {
    let (parent, _) = field.split_once('.').unwrap_or((field, ""));
    field == "role.superuser"
        || field.ends_with("AllSites")
        || field.ends_with("allSites")
        || field.ends_with("llAssetGroups")
        || ["name", "authentication"].contains(&parent)
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
    let found = differences(expected, &after.user.replacement());
    // What the guide's own example of a user lacks, a console need not tell afterwards either.
    let told = changes(&Map::new(), before.user.replacement().members());
    let told = |field: &str| told.iter().any(|change| change.field == field);
    // Told as the loss that it is.
    let loses_role = may_lose_role(&before.user, plan);
    let found = found
        .into_iter()
        .filter(|change| !(loses_role && change.field == "role.id"));
    let (mut wrong, unknown): (Vec<_>, Vec<_>) = found.partition(|change| {
        let untold = change.after.is_null() && !told(&change.field);
        is_known(&change.field) && !(untold && may_be_untold(&change.field))
    });
    for change in unknown {
        let [field, expected, read] = change.shown();
        warnings.push(format!("{field}: expected {expected}, read back {read}"));
    }
    let meant = plan.intended(&before.user);
    let (meant, is) = (
        meant.authentication_type(),
        after.user.authentication_type(),
    );
    if meant != is && is_local_type(meant) && is_local_type(is) {
        warnings.push(format!(
            "the console keeps the account's password in its store for `{}` rather than `{}`, as it does by \
             the account's role",
            is.unwrap_or_default(),
            meant.unwrap_or_default()
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
