//! JSON Schemas of inputs and outputs, for callers and editors.

use serde_json::Value;

/// The folder, which has nothing else in it.
pub(super) const FOLDER: &str = "infra/schemas";

/// Every schema, with its path.
pub(super) fn all() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in actions::ALL {
        let name = entry.operation.spec.name;
        for (part, schema) in [("input", (entry.input)()), ("output", (entry.output)())] {
            let file = format!("{name}.{part}.json");
            let mut schema = Value::from(schema);
            schema["$id"] = file.clone().into();
            files.push((format!("{FOLDER}/{file}"), format!("{schema:#}\n")));
        }
    }
    files
}
