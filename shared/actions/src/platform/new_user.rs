//! A new account of the platform against the one that is there.

use rapid7::platform::{NewUser, User};
use serde_json::Value;

use crate::core::change::{FieldChange, conflict};
use crate::core::error::Result;
use crate::core::text::same_email;

/// Every field of a new account, as changes from nothing.
pub(super) fn fields(new: &NewUser) -> Vec<FieldChange> {
    let fields = [
        ("email", Some(new.email.as_str().into())),
        ("first_name", Some(new.first_name.as_str().into())),
        ("last_name", Some(new.last_name.as_str().into())),
        ("platform_admin", new.platform_admin.map(Value::from)),
        ("timezone", new.timezone.as_deref().map(Value::from)),
    ];
    let fields = fields.into_iter().filter_map(|(field, after)| {
        Some(FieldChange {
            field: field.into(),
            before: Value::Null,
            after: after?,
        })
    });
    fields.collect()
}

/// Where an account is not as wanted (wanted → found), and what the platform does not tell.
pub(crate) fn differences(wanted: &NewUser, user: &User) -> (Vec<FieldChange>, Vec<String>) {
    let mut untold = Vec::new();
    let mut differing = Vec::new();
    for FieldChange { field, after, .. } in fields(wanted) {
        let found = user.members().get(&field).filter(|value| !value.is_null());
        let Some(found) = found else {
            untold.push(format!(
                "the platform does not tell {field}, so it was not compared"
            ));
            continue;
        };
        let same = match (field.as_str(), after.as_str(), found.as_str()) {
            ("email", Some(wanted), Some(found)) => same_email(wanted, found),
            _ => *found == after,
        };
        if !same {
            differing.push(FieldChange {
                field,
                before: after,
                after: found.clone(),
            });
        }
    }
    (differing, untold)
}

/// Compares an account that was just created with what was sent. Returns what could not be compared.
///
/// # Errors
/// `Conflict`, with what differs.
pub(super) fn verify(wanted: &NewUser, user: &User) -> Result<Vec<String>> {
    let (differing, untold) = differences(wanted, user);
    if differing.is_empty() {
        Ok(untold)
    } else {
        Err(conflict(&differing))
    }
}
