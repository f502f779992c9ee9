//! What a plan on the platform intends against what is read back.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::new_user;
use super::plan::{PlatformChange, PlatformPlan, key_line};
use super::products::product_line;
use super::snapshot::PlatformSnapshot;
use crate::core::change::{FieldChange, changes, conflict};
use crate::core::error::Result;

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

/// The entries of a list for people, by what names them for certain. Codes and names may change, and
/// two entries may have the same.
type Entries = BTreeMap<String, String>;

fn products(snapshot: &PlatformSnapshot) -> Option<Entries> {
    let products = snapshot.products.as_ref()?.iter();
    Some(
        products
            .map(|product| (product.token().to_string(), product_line(product)))
            .collect(),
    )
}

fn keys(snapshot: &PlatformSnapshot) -> Option<Entries> {
    snapshot.api_keys.as_ref()?;
    let keys = snapshot.own_keys();
    Some(
        keys.map(|key| (key.id().to_string(), key_line(key)))
            .collect(),
    )
}

type Listed = fn(&PlatformSnapshot) -> Option<Entries>;

const LISTS: [(&str, Listed); 2] = [("products", products), ("api_keys", keys)];

fn same(one: &Entries, other: &Entries) -> bool {
    one.keys().eq(other.keys())
}

fn shown(field: &str, before: Entries, after: Entries) -> FieldChange {
    let lines = |entries: Entries| entries.into_values().collect::<BTreeSet<String>>();
    FieldChange {
        field: field.into(),
        before: lines(before).into_iter().collect(),
        after: lines(after).into_iter().collect(),
    }
}

/// The lists in which two states of an account differ, as far as both were read.
fn lists(before: &PlatformSnapshot, after: &PlatformSnapshot) -> Vec<FieldChange> {
    let differing = LISTS.iter().filter_map(|(field, list)| {
        let (before, after) = (list(before)?, list(after)?);
        (!same(&before, &after)).then(|| shown(field, before, after))
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
/// is an error; so is anything at all where everything was to be taken: `suspends`, or a list of which
/// nothing was to stay. What nobody asked for is a warning.
pub(super) fn verify(
    before: &PlatformSnapshot,
    intended: &PlatformSnapshot,
    after: &PlatformSnapshot,
    suspends: bool,
    warnings: &mut Vec<String>,
) -> Result<()> {
    let mut wrong = Vec::new();
    for (field, list) in LISTS {
        let (Some(had), Some(wanted), Some(has)) = (list(before), list(intended), list(after))
        else {
            continue;
        };
        let was_taken = |id: &String| had.contains_key(id) && !wanted.contains_key(id);
        let was_given = |id: &&String| !had.contains_key(*id);
        let everything = wanted.is_empty() && (suspends || !had.is_empty());
        let stays = has.keys().any(was_taken);
        let lacks = wanted
            .keys()
            .filter(was_given)
            .any(|id| !has.contains_key(id));
        if stays || lacks || (everything && !has.is_empty()) {
            wrong.push(shown(field, wanted, has));
        } else if !same(&has, &wanted) {
            let [field, expected, read] = shown(field, wanted, has).shown();
            warnings.push(format!(
                "{field}: expected {expected}, read back {read}; somebody else is changing this account \
                 at the same time"
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

#[cfg(test)]
mod tests {
    use rapid7::platform::{ApiKeyInfo, Product};
    use serde_json::json;

    use super::*;
    use crate::core::error::ErrorKind;
    use crate::platform::testing::{JDOE, jdoe, key, product};

    fn renamed_product(token: &str) -> Product {
        let json = json!({"product_code": "NEW", "product_token": token});
        Product::from_json(json).expect("a product")
    }

    fn verified(before: &PlatformSnapshot, plan: &PlatformPlan, after: &PlatformSnapshot) -> bool {
        let intended = plan.intended(before).expect("an account");
        let mut warnings = Vec::new();
        let verified = verify(before, &intended, after, plan.suspends, &mut warnings);
        if let Err(error) = &verified {
            assert_eq!(error.kind, ErrorKind::Conflict);
        }
        assert!(warnings.is_empty(), "{warnings:?}");
        verified.is_ok()
    }

    /// Under another code or name it is the same product, or key.
    #[test]
    fn what_was_taken_and_is_there_under_another_name_is_there() {
        let before = jdoe();
        let took_product = PlatformPlan {
            changes: vec![PlatformChange::RevokeProduct(product("IVM", 1))],
            ..PlatformPlan::default()
        };
        let mut after = before.clone();
        after.products = Some(vec![renamed_product("IVM01"), product("IDR", 1)]);
        assert!(!verified(&before, &took_product, &after));
        after.products = Some(vec![renamed_product("IDR01")]);
        assert!(verified(&before, &took_product, &after));

        let mut before = jdoe();
        before.api_keys = Some(vec![key("k1", Some(JDOE)), key("k2", Some(JDOE))]);
        let took_key = PlatformPlan {
            changes: vec![PlatformChange::DeleteApiKey(key("k1", Some(JDOE)))],
            ..PlatformPlan::default()
        };
        let mut after = before.clone();
        let renamed = json!({"id": "k1", "name": "new", "type": "USER", "user_id": JDOE});
        let renamed = ApiKeyInfo::from_json(renamed).expect("a key");
        after.api_keys = Some(vec![renamed, key("k2", Some(JDOE))]);
        assert!(!verified(&before, &took_key, &after));
    }

    /// Also where there was nothing of that kind before.
    #[test]
    fn nothing_may_be_there_after_a_suspension() {
        let mut before = jdoe();
        before.api_keys = Some(vec![]);
        let products = before.products.clone().unwrap_or_default();
        let plan = PlatformPlan {
            changes: products
                .into_iter()
                .map(PlatformChange::RevokeProduct)
                .collect(),
            suspends: true,
            ..PlatformPlan::default()
        };
        let mut after = before.clone();
        after.products = Some(vec![]);
        assert!(verified(&before, &plan, &after));
        after.api_keys = Some(vec![key("new", Some(JDOE))]);
        assert!(!verified(&before, &plan, &after));
    }
}
