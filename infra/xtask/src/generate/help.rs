//! The plugin's help.md, in the form that the vendor's tools read.

use std::fmt::Write as _;

use serde_json::{Map, Value};

/// Inputs and outputs of an action that was run on its example.
pub(super) struct Run {
    pub(super) name: String,
    /// What it does otherwise than the same action of the vendor's plugin.
    pub(super) difference: Option<&'static str>,
    pub(super) input: Value,
    pub(super) output: Value,
}

/// What is written by hand, with places for the rest.
const PAGE: &str = include_str!("help.md");

/// How many entries of a list are shown.
const SHOWN: usize = 3;

/// The members of a connection that its example has.
const CONNECTION_EXAMPLE: [&str; 5] = [
    "url",
    "credentials",
    "certificate_sha256",
    "region",
    "api_key",
];

/// The page, of a specification and its actions in the order of `runs`.
pub(super) fn page(specification: &Value, runs: &[Run]) -> String {
    let text = |name: &str| specification[name].as_str().unwrap_or_default();
    let versions = specification["supported_versions"].as_array();
    let versions = versions.into_iter().flatten().filter_map(Value::as_str);
    let versions: Vec<String> = versions.map(|version| format!("* {version}")).collect();
    let connection = &specification["connection"];
    let example = CONNECTION_EXAMPLE.map(|name| {
        let example = connection[name]["example"].clone();
        (name.to_owned(), example)
    });
    let example: Map<String, Value> = example.into_iter().collect();
    PAGE.replace("{{description}}", text("description"))
        .replace("{{version}}", text("version"))
        .replace("{{versions}}", &versions.join("\n"))
        .replace("{{connection}}", input_table(connection).trim_end())
        .replace("{{connection_example}}", &pretty(&example.into()))
        .replace("{{tasks}}", tasks(&specification["tasks"]).trim_end())
        .replace("{{types}}", types(&specification["types"]).trim_end())
        // Last: what an action answered may look like a place.
        .replace("{{actions}}", actions(specification, runs).trim_end())
}

fn actions(specification: &Value, runs: &[Run]) -> String {
    let mut text = String::new();
    for run in runs {
        step("action", &specification["actions"][&run.name], &mut text);
        let mut output = run.output.clone();
        cut(&mut output);
        // The input's example stands with the inputs, before the heading of the outputs.
        if let (Some(difference), Some(place)) = (run.difference, text.rfind("##### Input")) {
            let difference = format!("Compared with Rapid7's own plugin: {difference}\n\n");
            text.insert_str(place, &difference);
        }
        let input = format!("Example input:\n\n```\n{}\n```\n\n", pretty(&run.input));
        if let Some(place) = text.rfind("##### Output") {
            text.insert_str(place, &input);
        }
        let _ = writeln!(text, "Example output:\n\n```\n{}\n```\n", pretty(&output));
    }
    text
}

fn tasks(tasks: &Value) -> String {
    let mut text = String::new();
    for (_, task) in members(tasks) {
        step("task", task, &mut text);
    }
    if text.is_empty() {
        text.push_str("*This plugin does not contain any tasks.*\n");
    }
    text
}

/// The heading and the tables of an action or a task.
fn step(kind: &str, about: &Value, text: &mut String) {
    let title = plain(&about["title"]);
    let _ = writeln!(
        text,
        "#### {title}\n\nThis {kind} is used to {}\n",
        uncapitalized(&plain(&about["description"]))
    );
    let _ = writeln!(text, "##### Input\n\n{}", input_table(&about["input"]));
    let _ = writeln!(text, "##### Output\n");
    text.push_str("|Name|Type|Required|Description|Example|\n");
    text.push_str("| :--- | :--- | :--- | :--- | :--- |\n");
    for (name, field) in members(&about["output"]) {
        let cells = ["type", "required", "description", "example"];
        row(name, &cells.map(|cell| shown(&field[cell])), text);
    }
    text.push('\n');
}

fn types(types: &Value) -> String {
    let mut text = String::new();
    for (name, fields) in members(types) {
        let _ = writeln!(text, "**{name}**\n");
        text.push_str("|Name|Type|Default|Required|Description|Example|\n");
        text.push_str("| :--- | :--- | :--- | :--- | :--- | :--- |\n");
        for (_, field) in members(fields) {
            let cells = ["type", "default", "required", "description", "example"];
            row(
                &plain(&field["title"]),
                &cells.map(|cell| shown(&field[cell])),
                &mut text,
            );
        }
        text.push('\n');
    }
    text
}

fn input_table(fields: &Value) -> String {
    let mut text = "|Name|Type|Default|Required|Description|Enum|Example|Placeholder|Tooltip|\n\
                    | :--- | :--- | :--- | :--- | :--- | :--- | :--- | :--- | :--- |\n"
        .to_owned();
    let mut fields = members(fields);
    fields.sort_by_key(|(_, field)| field["order"].as_u64());
    for (name, field) in fields {
        let cells = [
            "type",
            "default",
            "required",
            "description",
            "enum",
            "example",
            "placeholder",
            "tooltip",
        ];
        row(name, &cells.map(|cell| shown(&field[cell])), &mut text);
    }
    text
}

fn row(name: &str, cells: &[String], text: &mut String) {
    let _ = writeln!(text, "|{name}|{}|", cells.join("|"));
}

fn members(object: &Value) -> Vec<(&String, &Value)> {
    object.as_object().into_iter().flatten().collect()
}

fn plain(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn uncapitalized(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(characters).collect()
}

/// A value in a table, as Python prints it: the vendor's validator compares with that.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Array(_) => python(value).replace('\'', "\""),
        other => python(other),
    };
    text.replace('\n', "\\n")
}

fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string(),
        // Of texts with both kinds of quotes there are none in a specification.
        Value::String(text) if text.contains('\'') => format!("\"{text}\""),
        Value::String(text) => format!("'{text}'"),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(python).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("'{name}': {}", python(value));
            let members: Vec<String> = members.iter().map(member).collect();
            format!("{{{}}}", members.join(", "))
        }
    }
}

/// JSON with two spaces an indentation, which the vendor's validator counts.
fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

/// Leaves only the first entries of lists.
fn cut(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.truncate(SHOWN);
            items.iter_mut().for_each(cut);
        }
        Value::Object(members) => members.values_mut().for_each(cut),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_shown_as_python_prints_them() {
        for (value, expected) in [
            (json!(null), "None"),
            (json!(true), "True"),
            (json!("a\nb"), "a\\nb"),
            (json!(["a", 1]), "[\"a\", 1]"),
            (
                json!({"a": "it's", "b": [null]}),
                "{'a': \"it's\", 'b': [None]}",
            ),
        ] {
            assert_eq!(shown(&value), expected);
        }
    }

    #[test]
    fn an_action_has_its_tables_and_examples() {
        let specification = json!({"actions": {"act": {
            "title": "Act", "description": "Do it",
            "input": {
                "b": {"type": "string", "required": true, "description": "B", "example": "x", "order": 1},
                "a": {"type": "integer", "required": false, "description": "A", "example": 2, "order": 2},
            },
            "output": {"c": {"type": "boolean", "required": true, "description": "C", "example": true}},
        }}});
        let run = Run {
            name: "act".into(),
            difference: Some("It is done."),
            input: json!({"b": "x"}),
            output: json!({"c": [1, 2, 3, 4]}),
        };
        let expected = "\
#### Act

This action is used to do it

Compared with Rapid7's own plugin: It is done.

##### Input

|Name|Type|Default|Required|Description|Enum|Example|Placeholder|Tooltip|
| :--- | :--- | :--- | :--- | :--- | :--- | :--- | :--- | :--- |
|b|string|None|True|B|None|x|None|None|
|a|integer|None|False|A|None|2|None|None|

Example input:

```
{
  \"b\": \"x\"
}
```

##### Output

|Name|Type|Required|Description|Example|
| :--- | :--- | :--- | :--- | :--- |
|c|boolean|True|C|True|

Example output:

```
{
  \"c\": [
    1,
    2,
    3
  ]
}
```

";
        assert_eq!(actions(&specification, &[run]), expected);
    }
}
