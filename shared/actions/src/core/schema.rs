//! Reading the JSON Schemas of inputs and outputs, as they are generated from the types: what the
//! command line, the documentation and the InsightConnect plugin are made from.

use serde_json::Value;

/// The definition that a property refers to, by name, perhaps as the alternative to null.
#[must_use]
pub fn reference(property: &Value) -> Option<&str> {
    let alternatives = property["anyOf"].as_array().into_iter().flatten();
    let mut all = std::iter::once(property).chain(alternatives);
    let reference = all.find_map(|one| one["$ref"].as_str())?;
    reference.strip_prefix("#/$defs/")
}

/// What a property refers to, or the property itself.
#[must_use]
pub fn resolved<'a>(schema: &'a Value, property: &'a Value) -> &'a Value {
    let found = reference(property).map(|name| &schema["$defs"][name]);
    match found {
        Some(Value::Null) | None => property,
        // A definition may be another's name.
        Some(definition) => resolved(schema, definition),
    }
}

/// Whether this type is among a property's types.
#[must_use]
pub fn has_type(property: &Value, name: &str) -> bool {
    match &property["type"] {
        Value::String(one) => one == name,
        Value::Array(several) => several.iter().any(|one| one == name),
        _ => false,
    }
}

/// Whether null is among a property's values.
#[must_use]
pub fn is_nullable(property: &Value) -> bool {
    let mut alternatives = property["anyOf"].as_array().into_iter().flatten();
    has_type(property, "null") || alternatives.any(|one| has_type(one, "null"))
}

/// The values of an enumeration of texts, if it is one.
#[must_use]
pub fn choices(property: &Value) -> Vec<&str> {
    let constants = property["oneOf"].as_array().into_iter().flatten();
    let constants = constants.filter_map(|choice| choice["const"].as_str());
    let plain = property["enum"].as_array().into_iter().flatten();
    let plain = plain.filter_map(Value::as_str);
    constants.chain(plain).collect()
}

/// Whether an object must have this member.
#[must_use]
pub fn is_required(object: &Value, member: &str) -> bool {
    let required = object["required"].as_array();
    required.is_some_and(|names| names.iter().any(|name| name == member))
}

/// The description, on one line.
#[must_use]
pub fn description(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.replace('\n', " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_property_is_followed_to_what_it_means() {
        let schema = json!({
            "$defs": {"Kind": {"oneOf": [{"const": "a"}, {"const": "b"}]}, "Other": {"$ref": "#/$defs/Kind"}},
        });
        let property = json!({"anyOf": [{"$ref": "#/$defs/Other"}, {"type": "null"}]});
        assert_eq!(reference(&property), Some("Other"));
        assert_eq!(choices(resolved(&schema, &property)), ["a", "b"]);
        assert!(is_nullable(&property) && !has_type(&property, "string"));
        let plain = json!({"type": ["string", "null"]});
        assert_eq!(resolved(&schema, &plain), &plain);
        assert!(has_type(&plain, "string") && !has_type(&plain, "integer"));
    }
}
