//! A new account against the one that is there.

use rapid7::console::{NewUser, User};
use serde_json::Value;

use crate::console::view::{SAML, is_local_type};
use crate::core::change::{FieldChange, conflict};
use crate::core::error::Result;
use crate::core::text::same_email;

/// Every field of a new account, as changes from nothing.
pub(crate) fn fields(new: &NewUser) -> Vec<FieldChange> {
    let optional = |text: &Option<String>| text.as_deref().map(Value::from);
    [
        ("login", Some(new.login.as_str().into())),
        ("name", Some(new.name.full().into())),
        ("email", Some(new.email.as_str().into())),
        ("enabled", Some(new.enabled.into())),
        ("role_id", Some(new.role_id.as_str().into())),
        ("superuser", Some(new.superuser.into())),
        ("all_sites", Some(new.all_sites.into())),
        ("all_asset_groups", Some(new.all_asset_groups.into())),
        (
            "authentication_type",
            Some(new.authentication.kind.as_str().into()),
        ),
        (
            "authentication_source_id",
            new.authentication.source.map(Value::from),
        ),
        ("locale", optional(&new.locale.default)),
        ("reports_locale", optional(&new.locale.reports)),
    ]
    .into_iter()
    .filter_map(|(field, after)| {
        Some(FieldChange {
            field: field.into(),
            before: Value::Null,
            after: after?,
        })
    })
    .collect()
}

/// Where an account is not as wanted (wanted → found), and what the console does not tell.
pub(crate) fn differences(wanted: &NewUser, user: &User) -> (Vec<FieldChange>, Vec<String>) {
    let mut untold = Vec::new();
    let mut differing = Vec::new();
    // An identity provider tells addresses apart by case.
    let saml = wanted.authentication.kind == SAML || user.authentication_type() == Some(SAML);
    for FieldChange { field, after, .. } in fields(wanted) {
        let found: Option<Value> = match field.as_str() {
            "login" => Some(user.login().into()),
            "name" => user.full_name().map(Value::from),
            "email" => user.email().map(Value::from),
            "enabled" => user.enabled().map(Value::from),
            "role_id" => user.role_id().map(Value::from),
            "superuser" => user.superuser().map(Value::from),
            "all_sites" => user.all_sites().map(Value::from),
            "all_asset_groups" => user.all_asset_groups().map(Value::from),
            "authentication_type" => user.authentication_type().map(Value::from),
            "authentication_source_id" => user.authentication_source().map(Value::from),
            "locale" => user.locale("default").map(Value::from),
            _ => user.locale("reports").map(Value::from),
        };
        match found {
            Some(found) if same(&field, &found, &after, saml) => {}
            // The guide's own example of a user has neither name nor flags nor authentication.
            None => {
                untold.push(format!(
                    "{field}: the console does not tell it; wanted {after}"
                ));
            }
            Some(found) => differing.push(FieldChange {
                field,
                before: after,
                after: found,
            }),
        }
    }
    (differing, untold)
}

/// Whether a console shows a value as it was given. It may write an email address in lower case, and move the
/// account between its two local stores.
fn same(field: &str, found: &Value, given: &Value, saml: bool) -> bool {
    match (field, found.as_str(), given.as_str()) {
        ("email", Some(found), Some(given)) if !saml => same_email(found, given),
        ("authentication_type", found, given) if is_local_type(given) => is_local_type(found),
        _ => found == given,
    }
}

/// Compares a new account, as read back, with what was wanted; returns what the console does not
/// tell.
pub(crate) fn verify(wanted: &NewUser, user: &User) -> Result<Vec<String>> {
    let (differing, untold) = differences(wanted, user);
    if differing.is_empty() {
        Ok(untold)
    } else {
        let next = "look at the account: the console made something else of it, or somebody changed \
                    it at once; creating it again would be refused";
        Err(conflict(&differing).next(next))
    }
}
