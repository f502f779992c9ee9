//! What a JSON Schema says of an input or an output, in words.

use actions::schema::{
    choices, description, has_type, is_nullable, is_required, reference, resolved,
};
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

fn add_members(
    schema: &Value,
    object: &Value,
    prefix: &str,
    required_first: bool,
    into: &mut Vec<Member>,
) {
    let is_required = |name: &str| is_required(object, name);
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
        if has_type(target, "array") {
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

/// The section that describes what a property refers to.
fn shared(property: &Value) -> Option<&'static str> {
    let name = reference(property)?;
    let (_, section) = SHARED.iter().find(|(shared, _)| *shared == name)?;
    Some(section)
}

fn words(schema: &Value, property: &Value) -> String {
    if let Some(section) = shared(property) {
        return format!("[{section}](#{section})");
    }
    let target = resolved(schema, property);
    if has_type(target, "array") {
        return list_of(schema, &target["items"]);
    }
    let choices = choices(target);
    if !choices.is_empty() {
        let choices: Vec<String> = choices.iter().map(|choice| format!("`{choice}`")).collect();
        return format!("one of {}", choices.join(", "));
    }
    let number = has_type(target, "integer") || has_type(target, "number");
    let text = match (number, has_type(target, "string")) {
        (true, true) => "number or name",
        (true, false) => return format!("number{}", range(target)),
        (false, true) => "text",
        _ if has_type(target, "boolean") => "true or false",
        _ if has_type(target, "object") => "object",
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
