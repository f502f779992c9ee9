//! Whether JSON is what fields say, and what is wrong with it.

use jsonschema::Validator;
use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::fields::{Absence, Field, Types, schema};

/// A validator of what is generated here: it can't be wrong.
pub(super) fn validator(fields: &[Field], types: &Types, absence: Absence) -> Validator {
    jsonschema::validator_for(&schema(fields, types, absence)).expect("a valid schema")
}

/// Checks an input: its types first, then that nothing which is required is empty.
pub(super) fn checked(
    what: &str,
    validator: &Validator,
    fields: &[Field],
    input: Value,
) -> Result<Map<String, Value>, Failure> {
    if let Err(error) = validator.validate(&input) {
        let why = told("input", &error);
        return Err(Failure::Message(format!(
            "{what} input JSON was invalid: {why}"
        )));
    }
    let Value::Object(members) = input else {
        let why = format!("{what} input JSON was invalid: expected an object");
        return Err(Failure::Message(why));
    };
    let required = fields.iter().filter(|field| field.required);
    for field in required {
        if members.get(&field.name).is_some_and(|value| *value == "") {
            return Err(Failure::Fault(format!(
                "Unable to validate {what} input JSON: `{}` is required, and an empty text was given. \
                 If it is a variable of the workflow, check that it had a value",
                field.name
            )));
        }
    }
    Ok(members)
}

/// What is wrong with JSON: where, and what was expected; never the value, which may be a secret.
pub(super) fn told(whole: &str, error: &jsonschema::ValidationError<'_>) -> String {
    use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};

    let place = error
        .instance_path()
        .to_string()
        .trim_start_matches('/')
        .replace('/', ".");
    let place = if place.is_empty() {
        whole.to_owned()
    } else {
        place
    };
    let expected = match error.kind() {
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            return format!("`{}`: required, and missing", join(&place, whole, name));
        }
        Kind::Type {
            kind: TypeKind::Single(kind),
        } => format!("expected {kind}"),
        Kind::Enum { options } => format!("expected one of {options}"),
        // A field that may be empty: the first alternative is what it holds.
        Kind::AnyOf { context } => {
            let first = context.first().and_then(|errors| errors.first());
            return first.map_or_else(
                || format!("`{place}`: expected something else"),
                |e| told(whole, e),
            );
        }
        _ => "expected something else".to_owned(),
    };
    format!("`{place}`: {expected}")
}

fn join(place: &str, whole: &str, name: &str) -> String {
    if place == whole {
        name.to_owned()
    } else {
        format!("{place}.{name}")
    }
}
