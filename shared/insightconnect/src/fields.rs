//! From the JSON Schema of an operation to the field types that InsightConnect knows.
//!
//! A plugin's fields are poorer than JSON Schema: no alternatives, no null, no "any JSON". What an
//! operation takes as a number or a name is text here, and what may be any JSON is its text.

use std::collections::BTreeMap;

use actions::schema::{
    choices, description, has_type, is_nullable, is_required, reference, resolved,
};
use serde_json::{Map, Value, json};

use crate::wording::{sentence, title};

/// What a field holds, in the words of plugin.spec.yaml.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// `string`.
    String,
    /// `string`, and a number in it is meant as one.
    NumberOrName,
    /// `string`: the text of any JSON.
    AnyJson,
    /// `integer`.
    Integer,
    /// `boolean`.
    Boolean,
    /// `object`: whatever members.
    Object,
    /// `password`: text that the user interface does not show.
    Password,
    /// `credential_username_password`.
    UsernameAndPassword,
    /// `credential_secret_key`.
    SecretKey,
    /// `[]…`.
    List(Box<Kind>),
    /// A type of the plugin's own, by name.
    Custom(String),
}

impl Kind {
    /// Its name in plugin.spec.yaml.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::String | Self::NumberOrName | Self::AnyJson => "string".into(),
            Self::Integer => "integer".into(),
            Self::Boolean => "boolean".into(),
            Self::Object => "object".into(),
            Self::Password => "password".into(),
            Self::UsernameAndPassword => "credential_username_password".into(),
            Self::SecretKey => "credential_secret_key".into(),
            Self::List(item) => format!("[]{}", item.name()),
            Self::Custom(name) => name.clone(),
        }
    }
}

/// One input or output.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name in messages.
    pub name: String,
    /// Its name for people.
    pub title: String,
    /// What it is, without a full stop at the end.
    pub description: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it must be there.
    pub required: bool,
    /// What counts without it.
    pub default: Option<Value>,
    /// The only values.
    pub choices: Vec<String>,
    /// A value to start from.
    pub example: Option<Value>,
}

impl Field {
    /// Whether an empty text or null counts as left out. Only for texts: an empty `dry_run`, `id` or
    /// limit is a variable that lost its value, and what is confirmed with nothing is not confirmed.
    fn may_be_empty(&self) -> bool {
        let text = matches!(
            self.kind,
            Kind::String | Kind::NumberOrName | Kind::Password
        );
        text && !self.required && !self.name.starts_with("confirm_")
    }
}

/// The plugin's own types, by name.
pub type Types = BTreeMap<String, Vec<Field>>;

/// The fields of an object's schema; the types that they need are added to `types`.
///
/// Examples are the schema's own (`examples`); members that only another entrypoint has a use for
/// (`x-report`) are left out.
#[must_use]
pub(super) fn fields(schema: &Value, types: &mut Types) -> Vec<Field> {
    fields_of(schema, schema, types)
}

fn fields_of(schema: &Value, object: &Value, types: &mut Types) -> Vec<Field> {
    let properties = object["properties"].as_object().into_iter().flatten();
    let properties = properties.filter(|(_, property)| property["x-report"] != true);
    let field = |(name, property): (&String, &Value)| {
        let target = resolved(schema, property);
        let default = property.get("default").filter(|default| !default.is_null());
        let kind = kind(schema, property, types);
        Field {
            name: name.clone(),
            title: title(name),
            description: sentence(&description(property)),
            // Null is told by leaving it out: a plugin's types have no null.
            required: is_required(object, name) && !is_nullable(property) && !is_any(target),
            default: default.filter(|default| !is_empty_list(default)).cloned(),
            choices: choices(target).into_iter().map(str::to_owned).collect(),
            example: example(&kind, types, property["examples"].get(0)),
            kind,
        }
    };
    properties.map(field).collect()
}

/// An example as it is for a field of this kind. Null is none: it is what is left out.
#[must_use]
pub(super) fn example(kind: &Kind, types: &Types, value: Option<&Value>) -> Option<Value> {
    let mut value = value.filter(|value| !value.is_null())?.clone();
    tell(kind, types, &mut value);
    Some(value)
}

fn is_empty_list(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

fn is_any(target: &Value) -> bool {
    ["type", "oneOf", "anyOf", "enum"]
        .iter()
        .all(|key| target.get(key).is_none())
}

fn kind(schema: &Value, property: &Value, types: &mut Types) -> Kind {
    let target = resolved(schema, property);
    if property["writeOnly"] == true {
        return Kind::Password;
    }
    if has_type(target, "array") {
        return Kind::List(Box::new(kind(schema, &target["items"], types)));
    }
    if has_type(target, "boolean") {
        return Kind::Boolean;
    }
    if has_type(target, "object") {
        return match named(schema, property) {
            Some(name) if target["properties"].is_object() => {
                let name = type_name(name);
                if !types.contains_key(&name) {
                    let fields = fields_of(schema, target, types);
                    types.insert(name.clone(), fields);
                }
                Kind::Custom(name)
            }
            _ => Kind::Object,
        };
    }
    let alternatives = target["anyOf"].as_array().into_iter().flatten();
    let has = |name| has_type(target, name) || alternatives.clone().any(|one| has_type(one, name));
    match (has("integer"), has("string")) {
        (true, true) => Kind::NumberOrName,
        (true, false) => Kind::Integer,
        (false, false) if is_any(target) => Kind::AnyJson,
        _ => Kind::String,
    }
}

/// The name of the definition behind a property; of a definition that is another's name, that one's.
fn named<'a>(schema: &'a Value, property: &'a Value) -> Option<&'a str> {
    let name = reference(property)?;
    named(schema, &schema["$defs"][name]).or(Some(name))
}

/// A type's name as plugins write it: `UserView` is `user`.
fn type_name(definition: &str) -> String {
    let plain = definition.strip_suffix("View").unwrap_or(definition);
    let mut name = String::new();
    for (index, character) in plain.char_indices() {
        if character.is_ascii_uppercase() && index > 0 {
            name.push('_');
        }
        name.push(character.to_ascii_lowercase());
    }
    name
}

/// How strictly a schema takes what is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// A field that isn't required may be left out, and nothing else: what the vendor's tools
    /// generate of a plugin's fields.
    LeftOut,
    /// A text that isn't required may also be null or empty: what workflows send for a variable without
    /// a value.
    Empty,
}

/// The JSON Schema of fields, with the types that they need.
#[must_use]
pub fn schema(fields: &[Field], types: &Types, absence: Absence) -> Value {
    let mut schema = object_schema(fields, absence);
    let mut needed = Map::new();
    let mut open: Vec<&Field> = fields.iter().collect();
    while let Some(field) = open.pop() {
        let mut kind = &field.kind;
        while let Kind::List(item) = kind {
            kind = item;
        }
        if let Kind::Custom(name) = kind
            && !needed.contains_key(name)
        {
            let members = types.get(name).map(Vec::as_slice).unwrap_or_default();
            needed.insert(name.clone(), object_schema(members, absence));
            open.extend(members);
        }
    }
    // There even if empty, as the vendor's tools write it.
    schema["definitions"] = needed.into();
    schema
}

fn object_schema(fields: &[Field], absence: Absence) -> Value {
    let properties = fields.iter().map(|field| {
        let mut schema = kind_schema(&field.kind, absence);
        schema["title"] = field.title.clone().into();
        schema["description"] = field.description.clone().into();
        if let Some(default) = &field.default {
            schema["default"] = default.clone();
        }
        if !field.choices.is_empty() {
            let place = if let Kind::List(_) = field.kind {
                &mut schema["items"]
            } else {
                &mut schema
            };
            place["enum"] = field.choices.clone().into();
        }
        if absence == Absence::Empty && field.may_be_empty() {
            let bare = schema.take();
            schema = json!({"anyOf": [bare, {"type": "null"}, {"type": "string", "maxLength": 0}]});
        }
        (field.name.clone(), schema)
    });
    let properties: Map<String, Value> = properties.collect();
    let required: Vec<&str> = fields
        .iter()
        .filter(|field| field.required)
        .map(|field| field.name.as_str())
        .collect();
    json!({
        "type": "object", "title": "Variables", "properties": properties, "required": required,
    })
}

fn kind_schema(kind: &Kind, absence: Absence) -> Value {
    match kind {
        // Whoever has the number may well send it as one.
        Kind::NumberOrName if absence == Absence::Empty => json!({"type": ["string", "integer"]}),
        Kind::String | Kind::NumberOrName | Kind::AnyJson => json!({"type": "string"}),
        Kind::Password => json!({"type": "string", "format": "password"}),
        Kind::Integer => json!({"type": "integer"}),
        Kind::Boolean => json!({"type": "boolean"}),
        Kind::Object => json!({"type": "object"}),
        Kind::List(item) => json!({"type": "array", "items": kind_schema(item, absence)}),
        Kind::Custom(name) => json!({"$ref": format!("#/definitions/{name}")}),
        Kind::UsernameAndPassword => credential(&["username", "password"]),
        Kind::SecretKey => credential(&["secretKey"]),
    }
}

fn credential(members: &[&str]) -> Value {
    let properties = members
        .iter()
        .map(|name| ((*name).to_owned(), json!({"type": "string"})));
    let properties: Map<String, Value> = properties.collect();
    json!({"type": "object", "properties": properties, "required": members})
}

/// An input as an operation takes it: without what is empty, and with numbers where texts may be
/// numbers.
#[must_use]
pub(super) fn to_operation(fields: &[Field], mut input: Map<String, Value>) -> Map<String, Value> {
    for field in fields {
        let Some(value) = input.get_mut(&field.name) else {
            continue;
        };
        if field.may_be_empty() && (value.is_null() || *value == "") {
            input.remove(&field.name);
            continue;
        }
        numbers(&field.kind, value);
    }
    input
}

fn numbers(kind: &Kind, value: &mut Value) {
    match (kind, value) {
        (Kind::List(item), Value::Array(values)) => {
            for value in values {
                numbers(item, value);
            }
        }
        // A JSON Schema takes 4.0 for an integer. One that a fraction can't tell exactly stays as it is,
        // and the operation refuses it: it must not become another.
        (Kind::Integer | Kind::NumberOrName, value) if value.is_f64() => {
            const EXACT: f64 = 9_007_199_254_740_991.0;
            let whole = value.as_f64().filter(|number| number.fract() == 0.0);
            if let Some(number) = whole.filter(|number| number.abs() <= EXACT) {
                *value = (number as i64).into();
            }
        }
        (Kind::NumberOrName, value) => {
            let text = value
                .as_str()
                .filter(|text| text.bytes().all(|b| b.is_ascii_digit()));
            if let Some(number) = text.and_then(|text| text.parse::<i64>().ok()) {
                *value = number.into();
            }
        }
        _ => {}
    }
}

/// An outcome as a plugin may tell it: without null, and any JSON as its text.
pub(super) fn to_plugin(fields: &[Field], types: &Types, output: &mut Value) {
    let Value::Object(members) = output else {
        return;
    };
    members.retain(|_, value| !value.is_null());
    for field in fields {
        if let Some(value) = members.get_mut(&field.name) {
            tell(&field.kind, types, value);
        }
    }
}

fn tell(kind: &Kind, types: &Types, value: &mut Value) {
    match (kind, &mut *value) {
        (Kind::Custom(name), _) => {
            to_plugin(
                types.get(name).map(Vec::as_slice).unwrap_or_default(),
                types,
                value,
            );
        }
        (Kind::List(item), Value::Array(values)) => {
            for value in values {
                tell(item, types, value);
            }
        }
        (Kind::AnyJson | Kind::NumberOrName, other) if !other.is_string() => {
            *value = other.to_string().into();
        }
        _ => {}
    }
}
