//! What a JSON Schema says of an input or an output, in words.

use serde_json::Value;

/// What several outputs hold, and the section that describes it.
const SHARED: [(&str, &str); 3] = [
    ("Subject", "subject"),
    ("FieldChange", "change"),
    ("UserView", "account"),
];

/// A member, of an input or an output.
#[derive(Debug, PartialEq)]
pub(super) struct Member {
    /// Its name; those of members inside members have dots, and `[]` stands for each of a list.
    pub(super) name: String,
    /// What it may be, in Markdown.
    pub(super) kind: String,
    /// Whether it must be there.
    pub(super) required: bool,
    /// Whether null takes away what is there.
    pub(super) clearable: bool,
    /// Whether null is among its values. In an input that means nothing: it is left out.
    pub(super) nullable: bool,
    /// What counts without it.
    pub(super) default: Option<String>,
    pub(super) description: String,
}

/// The members of an input, those that are required first, each with the ones inside it.
pub(super) fn inputs(schema: &Value) -> Vec<Member> {
    let mut members = Vec::new();
    add_members(schema, schema, "", true, &mut members);
    members
}

/// The members of an output, in its order, each with the ones inside it.
pub(super) fn outputs(schema: &Value) -> Vec<Member> {
    let mut members = Vec::new();
    add_members(schema, schema, "", false, &mut members);
    members
}

/// The members of a part of an output, by its name; without those inside them.
pub(super) fn outputs_of(schema: &Value, definition: &str) -> Vec<Member> {
    let mut members = Vec::new();
    add_members(
        schema,
        &schema["$defs"][definition],
        "",
        false,
        &mut members,
    );
    members.retain(|member| !member.name.contains(['.', '[']));
    members
}

/// What is said of the whole.
pub(super) fn description(schema: &Value) -> String {
    let text = schema["description"].as_str().unwrap_or_default();
    text.replace('\n', " ")
}

fn add_members(
    schema: &Value,
    object: &Value,
    prefix: &str,
    required_first: bool,
    into: &mut Vec<Member>,
) {
    let required = object["required"].as_array();
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|n| n == name));
    let properties = object["properties"].as_object().into_iter().flatten();
    let mut properties: Vec<_> = properties.collect();
    if required_first {
        properties.sort_by_key(|(name, _)| !is_required(name));
    }
    for (name, property) in properties {
        let path = format!("{prefix}{name}");
        into.push(Member {
            name: path.clone(),
            kind: words(schema, property),
            required: is_required(name),
            clearable: property["x-clearable"] == true,
            nullable: is_nullable(property),
            default: default(property),
            description: description(property),
        });
        let mut target = resolved(schema, property);
        let mut inside = property;
        let mut prefix = format!("{path}.");
        if is(target, "array") {
            inside = &target["items"];
            target = resolved(schema, inside);
            prefix = format!("{path}[].");
        }
        if shared(inside).is_none() {
            add_members(schema, target, &prefix, required_first, into);
        }
    }
}

/// The default, where there is one to tell of: an empty list is what is left out.
fn default(property: &Value) -> Option<String> {
    match &property["default"] {
        Value::Null => None,
        Value::Array(items) if items.is_empty() => None,
        value => Some(value.to_string()),
    }
}

/// What a property refers to, perhaps as the alternative to null.
fn resolved<'a>(schema: &'a Value, property: &'a Value) -> &'a Value {
    let Some(reference) = reference(property) else {
        return property;
    };
    let found = schema.pointer(reference.trim_start_matches('#'));
    found.unwrap_or(property)
}

fn reference(property: &Value) -> Option<&str> {
    let alternatives = property["anyOf"].as_array().into_iter().flatten();
    let mut all = std::iter::once(property).chain(alternatives);
    all.find_map(|one| one["$ref"].as_str())
}

/// The section that describes what a property refers to.
fn shared(property: &Value) -> Option<&'static str> {
    let name = reference(property)?.rsplit('/').next()?;
    let (_, section) = SHARED.iter().find(|(shared, _)| *shared == name)?;
    Some(section)
}

fn is(target: &Value, name: &str) -> bool {
    match &target["type"] {
        Value::String(one) => one == name,
        Value::Array(several) => several.iter().any(|one| one == name),
        _ => false,
    }
}

fn is_nullable(property: &Value) -> bool {
    let mut alternatives = property["anyOf"].as_array().into_iter().flatten();
    is(property, "null") || alternatives.any(|one| is(one, "null"))
}

fn words(schema: &Value, property: &Value) -> String {
    if let Some(section) = shared(property) {
        return format!("[{section}](#{section})");
    }
    let target = resolved(schema, property);
    if is(target, "array") {
        return list_of(schema, &target["items"]);
    }
    let choices = choices(target);
    if !choices.is_empty() {
        return format!("one of {}", choices.join(", "));
    }
    let number = is(target, "integer") || is(target, "number");
    let text = match (number, is(target, "string")) {
        (true, true) => "number or name",
        (true, false) => return format!("number{}", range(target)),
        (false, true) => "text",
        _ if is(target, "boolean") => "true or false",
        _ if is(target, "object") => "object",
        _ => "any JSON",
    };
    text.to_owned()
}

fn list_of(schema: &Value, item: &Value) -> String {
    if let Some(section) = shared(item) {
        return format!("list of [{section}s](#{section})");
    }
    match words(schema, item).as_str() {
        "number" => "list of numbers".into(),
        "number or name" => "list of numbers or names".into(),
        "text" => "list of texts".into(),
        "object" => "list of objects".into(),
        other => format!("list, each {other}"),
    }
}

fn range(target: &Value) -> String {
    match (&target["minimum"], &target["maximum"]) {
        (Value::Number(least), Value::Number(most)) => format!(" from {least} to {most}"),
        // What can't be negative by its type is not worth a word.
        (Value::Number(least), _) if least.as_i64() != Some(0) => format!(" from {least}"),
        _ => String::new(),
    }
}

/// The values of an enumeration.
fn choices(target: &Value) -> Vec<String> {
    let constants = target["oneOf"].as_array().into_iter().flatten();
    let constants = constants.filter_map(|choice| choice["const"].as_str());
    let plain = target["enum"].as_array().into_iter().flatten();
    let plain = plain.filter_map(Value::as_str);
    constants
        .chain(plain)
        .map(|choice| format!("`{choice}`"))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn member(name: &str, kind: &str) -> Member {
        Member {
            name: name.into(),
            kind: kind.into(),
            required: false,
            clearable: false,
            nullable: false,
            default: None,
            description: String::new(),
        }
    }

    fn kind(property: Value) -> String {
        let schema = json!({
            "properties": {"it": property},
            "$defs": {
                "Kind": {"oneOf": [{"type": "string", "const": "ldap"}, {"type": "string", "const": "saml"}]},
                "Subject": {"type": "object", "properties": {"login": {"type": "string"}}},
            },
        });
        let members = inputs(&schema);
        assert_eq!(members.len(), 1, "{members:?}");
        members.into_iter().next().expect("one").kind
    }

    #[test]
    fn types_are_words() {
        for (property, words) in [
            (json!({"type": ["string", "null"]}), "text"),
            (json!({"type": "boolean"}), "true or false"),
            (
                json!({"type": ["integer", "null"], "minimum": 1}),
                "number from 1",
            ),
            (
                json!({"type": "integer", "minimum": 12, "maximum": 128}),
                "number from 12 to 128",
            ),
            (
                json!({"type": "integer", "format": "uint", "minimum": 0}),
                "number",
            ),
            (json!({"type": ["integer", "string"]}), "number or name"),
            (
                json!({"type": "array", "items": {"type": ["integer", "string"]}}),
                "list of numbers or names",
            ),
            (
                json!({"anyOf": [{"$ref": "#/$defs/Kind"}, {"type": "null"}]}),
                "one of `ldap`, `saml`",
            ),
            (
                json!({"type": "array", "items": {"$ref": "#/$defs/Kind"}}),
                "list, each one of `ldap`, `saml`",
            ),
            (json!({"enum": ["a", "b"]}), "one of `a`, `b`"),
            (json!({"$ref": "#/$defs/Subject"}), "[subject](#subject)"),
            (
                json!({"type": "array", "items": {"$ref": "#/$defs/Subject"}}),
                "list of [subjects](#subject)",
            ),
            (
                json!({"type": "object", "additionalProperties": true}),
                "object",
            ),
            (json!({"description": "anything"}), "any JSON"),
        ] {
            assert_eq!(kind(property.clone()), words, "{property}");
        }
    }

    #[test]
    fn what_is_required_comes_first_and_what_is_inside_behind_it() {
        let schema = json!({
            "description": "What to\nrestore.",
            "required": ["record"],
            "properties": {
                "a": {"type": ["string", "null"], "x-clearable": true, "description": "One\nline."},
                "b": {"type": "boolean", "default": true},
                "record": {"$ref": "#/$defs/Record"},
                "roles": {"type": "array", "default": [], "items": {"$ref": "#/$defs/Role"}},
            },
            "$defs": {
                "Record": {
                    "type": "object", "required": ["target"],
                    "properties": {"state": {"type": "null"}, "target": {"type": "string"}},
                },
                "Role": {"type": "object", "properties": {"id": {"type": "string"}}},
            },
        });
        assert_eq!(description(&schema), "What to restore.");
        let required = |name, kind| Member {
            required: true,
            ..member(name, kind)
        };
        let expected = vec![
            required("record", "object"),
            required("record.target", "text"),
            Member {
                nullable: true,
                ..member("record.state", "any JSON")
            },
            Member {
                clearable: true,
                nullable: true,
                description: "One line.".into(),
                ..member("a", "text")
            },
            Member {
                default: Some("true".into()),
                ..member("b", "true or false")
            },
            member("roles", "list of objects"),
            member("roles[].id", "text"),
        ];
        assert_eq!(inputs(&schema), expected);
        let names: Vec<String> = outputs(&schema).into_iter().map(|m| m.name).collect();
        let expected = [
            "a",
            "b",
            "record",
            "record.state",
            "record.target",
            "roles",
            "roles[].id",
        ];
        assert_eq!(names, expected);
        assert_eq!(outputs_of(&schema, "Role"), [member("id", "text")]);
    }
}
