//! What a plan on the platform intends against what is read back.

use std::collections::BTreeSet;

use serde_json::Value;

use super::new_user;
use super::plan::{PlatformChange, PlatformPlan, key_line};
use super::products::product_line;
use super::snapshot::PlatformSnapshot;
use crate::diff::{FieldChange, changes};
use crate::error::Result;
use crate::verify::conflict;

/// What a plan says that will differ.
pub(super) fn planned(plan: &PlatformPlan, before: Option<&PlatformSnapshot>) -> Vec<FieldChange> {
    if let Some(PlatformChange::CreateUser(new)) = plan.changes.first() {
        let mut fields = new_user::fields(new);
        let given: BTreeSet<String> = plan.granted().map(product_line).collect();
        if !given.is_empty() {
            fields.push(FieldChange {
                field: "products".into(),
                before: Value::Null,
                after: given.into_iter().collect(),
            });
        }
        return fields;
    }
    let Some(before) = before else {
        return Vec::new();
    };
    match plan.intended(before) {
        Some(intended) => difference(before, &intended),
        None => vec![FieldChange {
            field: "account".into(),
            before: "exists".into(),
            after: Value::Null,
        }],
    }
}

fn products(snapshot: &PlatformSnapshot) -> Option<BTreeSet<String>> {
    let products = snapshot.products.as_ref()?;
    Some(products.iter().map(product_line).collect())
}

fn keys(snapshot: &PlatformSnapshot) -> Option<BTreeSet<String>> {
    snapshot.api_keys.as_ref()?;
    Some(snapshot.own_keys().map(key_line).collect())
}

type Listed = fn(&PlatformSnapshot) -> Option<BTreeSet<String>>;

const LISTS: [(&str, Listed); 2] = [("products", products), ("api_keys", keys)];

/// The lists in which two states of an account differ, as far as both were read.
fn lists(before: &PlatformSnapshot, after: &PlatformSnapshot) -> Vec<FieldChange> {
    let differing = LISTS.iter().filter_map(|(field, list)| {
        let (before, after) = (list(before)?, list(after)?);
        (before != after).then(|| FieldChange {
            field: (*field).into(),
            before: before.into_iter().collect(),
            after: after.into_iter().collect(),
        })
    });
    differing.collect()
}

/// What does differ, whoever changed it.
pub(super) fn difference(before: &PlatformSnapshot, after: &PlatformSnapshot) -> Vec<FieldChange> {
    let mut found = changes(before.user.members(), after.user.members());
    found.extend(lists(before, after));
    found
}

/// Compares what is read back with what was intended. What was taken and is there, or given and is not,
/// is an error; so is anything at all where everything was to be taken. What nobody asked for is a
/// warning.
pub(super) fn verify(
    before: &PlatformSnapshot,
    intended: &PlatformSnapshot,
    after: &PlatformSnapshot,
    warnings: &mut Vec<String>,
) -> Result<()> {
    let mut wrong = Vec::new();
    for (field, list) in LISTS {
        let (Some(had), Some(wanted), Some(has)) = (list(before), list(intended), list(after))
        else {
            continue;
        };
        let was_taken: BTreeSet<_> = had.difference(&wanted).collect();
        let was_given: BTreeSet<_> = wanted.difference(&had).collect();
        let everything = wanted.is_empty() && !had.is_empty();
        let stays = has.iter().any(|one| was_taken.contains(one));
        let lacks = was_given.iter().any(|one| !has.contains(*one));
        if stays || lacks || (everything && !has.is_empty()) {
            wrong.push(FieldChange {
                field: field.into(),
                before: wanted.into_iter().collect(),
                after: has.into_iter().collect(),
            });
        } else if has != wanted {
            let shown = FieldChange {
                field: field.into(),
                before: wanted.into_iter().collect(),
                after: has.into_iter().collect(),
            };
            warnings.push(format!(
                "{field}: expected {}, read back {}; somebody else is changing this account at the \
                 same time",
                shown.before, shown.after
            ));
        }
    }
    if !wrong.is_empty() {
        return Err(conflict(&wrong));
    }
    for change in changes(before.user.members(), after.user.members()) {
        if ["email", "platform_admin", "status"].contains(&change.field.as_str()) {
            warnings.push(format!("{}; nobody asked for it", change.to_line()));
        }
    }
    Ok(())
}
