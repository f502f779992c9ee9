//! The record that an account is restored from: what is needed of it, and what makes it one.

use rapid7::console::User;
use serde_json::{Map, Value};

use crate::console::record::{RecordedState, RestoreRecord};
use crate::core::error::{Error, ErrorKind, Result};
use crate::core::recorded::Record;
use crate::core::text::solid;

/// The state in a record, if it is one of this console before a run.
pub(super) fn recorded<'a>(record: &'a RestoreRecord, target: &str) -> Result<&'a RecordedState> {
    let record = Record {
        audit: &record.audit,
        target: &record.target,
        state: record.record.state.as_ref(),
    };
    record.state_on("console", target)
}

/// Members that every account has: a record without one is not of a whole account, and what it lacks
/// would be cleared.
const WHOLE: &[&str] = &["login", "name", "enabled", "role", "authentication"];

type IsOf = fn(&Value) -> bool;

/// What known members are. A console that is lenient about types would take a text for a flag that
/// no guard sees.
const TYPES: &[(&str, IsOf, &str)] = &[
    ("/enabled", Value::is_boolean, "true or false"),
    ("/accessAllSites", Value::is_boolean, "true or false"),
    ("/accessAllAssetGroups", Value::is_boolean, "true or false"),
    ("/role", Value::is_object, "an object"),
    ("/role/id", Value::is_string, "text"),
    ("/role/superuser", Value::is_boolean, "true or false"),
    ("/role/allSites", Value::is_boolean, "true or false"),
    ("/role/allAssetGroups", Value::is_boolean, "true or false"),
    ("/authentication", Value::is_object, "an object"),
    ("/authentication/type", Value::is_string, "text"),
    ("/authentication/id", Value::is_i64, "a whole number"),
    ("/email", Value::is_string, "text"),
];

/// Texts that are one line.
const TEXTS: &[&str] = &[
    "/authentication/type",
    "/email",
    "/locale/default",
    "/locale/reports",
    "/login",
    "/name",
    "/name/first",
    "/name/last",
    "/role/id",
];

/// The recorded account, if it is one that this can be restored from.
pub(super) fn whole(state: &RecordedState, now: &User) -> Result<User> {
    let field = "record.record.state.user";
    let Some(recorded) = User::from_json(Value::Object(state.user.clone())) else {
        return Err(Error::invalid_input(field, "expected a user"));
    };
    // What is named like a secret is redacted in every record, and this is never told by a console:
    // somebody put it there.
    let user = Value::Object(state.user.clone());
    let secrets = rapid7::redact_secret_members(&user) != user;
    if secrets || state.user.contains_key("passwordResetOnLogin") {
        return Err(Error::invalid_input(
            field,
            "expected an audit record as it was written: none holds passwords or other secrets",
        ));
    }
    if recorded.login() != now.login() {
        solid(&format!("{field}.login"), recorded.login())?;
    }
    let is = Value::Object(now.members().clone());
    for path in TEXTS {
        let text = user
            .pointer(path)
            .filter(|text| is.pointer(path) != Some(text));
        let text = text.and_then(Value::as_str);
        if text.is_some_and(|text| text.contains(char::is_control)) {
            let field = format!("{field}{}", path.replace('/', "."));
            let expected = "expected text without line breaks and other control characters";
            return Err(Error::invalid_input(&field, expected));
        }
    }
    let in_parts = |user: &Value| {
        Some(user.get("name")?)
            .filter(|n| !n.is_null())
            .map(Value::is_object)
    };
    if let (Some(was), Some(is)) = (in_parts(&user), in_parts(&is))
        && was != is
    {
        let expected = "expected it as this console tells names, in one text or in two";
        return Err(Error::invalid_input(&format!("{field}.name"), expected));
    }
    for (path, fits, kind) in TYPES {
        let value = user.pointer(path).filter(|value| !value.is_null());
        if value.is_some_and(|value| !fits(value)) {
            let field = format!("{field}{}", path.replace('/', "."));
            return Err(Error::invalid_input(&field, &format!("expected {kind}")));
        }
    }
    for name in WHOLE {
        let has = |members: &Map<String, Value>| members.get(*name).is_some_and(|v| !v.is_null());
        if has(now.members()) && !has(&state.user) {
            return Err(Error::invalid_input(
                field,
                &format!("expected the whole account, as it was recorded: it lacks `{name}`"),
            ));
        }
    }
    let local = |kind: Option<&str>| matches!(kind, Some("normal" | "admin"));
    if local(recorded.authentication_type()) && !local(now.authentication_type()) {
        return Err(Error::new(
            ErrorKind::Refused,
            "the account logs in from outside now; to keep its password here again, the console wants \
             one with the change",
        )
        .next("change it in the console, where the person can choose the password"));
    }
    Ok(recorded)
}
