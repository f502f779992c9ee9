//! The workflows that people import into InsightConnect. InsightConnect itself can't be run here: the files are
//! compared with what public exports have in common, and with this plugin, and they are run by a small
//! interpreter that knows no more than these files use.

mod format;
mod meaning;
mod runs;
mod template;

use std::collections::BTreeMap;
use std::fs;

use harness::{Plugin, workspace_root};
use serde_json::Value;

const FOLDER: &str = "infra/insightconnect/workflows";

/// A workflow as it is imported.
struct Workflow {
    /// The name of its file.
    file: String,
    export: Value,
    picture: String,
}

/// All of them. Nothing else is in the folder.
fn all() -> Vec<Workflow> {
    let folder = workspace_root().join(FOLDER);
    let files = fs::read_dir(&folder).expect("the workflows");
    let files = files.map(|file| {
        let name = file.expect("a file").file_name();
        name.into_string().expect("a name")
    });
    let mut files: Vec<String> = files.collect();
    files.sort();
    let expected = ["offboard", "restore", "unlock"];
    let names = expected.map(|name| [format!("{name}.icon"), format!("{name}.svg")]);
    assert_eq!(files, names.concat());
    let read = |name: String| fs::read_to_string(folder.join(name)).expect("a file");
    let workflow = |file: &str| Workflow {
        file: file.to_owned(),
        export: serde_json::from_str(&read(format!("{file}.icon"))).expect("JSON"),
        picture: read(format!("{file}.svg")),
    };
    expected.map(workflow).into()
}

fn workflow(file: &str) -> Workflow {
    let found = all().into_iter().find(|workflow| workflow.file == file);
    found.expect("the workflow")
}

impl Workflow {
    /// The one version that an export has.
    fn version(&self) -> &Value {
        &self.export["kom"]["workflowVersions"][0]
    }

    /// The one trigger that an export has.
    fn trigger(&self) -> &Value {
        &self.export["kom"]["triggers"][0]
    }

    fn steps(&self) -> BTreeMap<&str, &Value> {
        members(&self.version()["steps"])
    }

    fn edges(&self) -> Vec<&Value> {
        members(&self.version()["graph"]["edges"])
            .into_values()
            .collect()
    }

    /// The steps of a kind, by id.
    fn of_kind<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.steps()
            .into_iter()
            .filter(move |(_, step)| step["type"] == kind)
    }

    /// The edges that lead from the start to a step. There is one way to each: no way joins another.
    fn way_to(&self, id: &str) -> Vec<&Value> {
        let mut way = Vec::new();
        let mut at = id;
        while let Some(edge) = self.edges().into_iter().find(|edge| edge["toNodeId"] == at) {
            way.push(edge);
            at = text(&edge["fromNodeId"]);
        }
        way.reverse();
        way
    }
}

fn members(object: &Value) -> BTreeMap<&str, &Value> {
    let members = object.as_object().expect("an object");
    members
        .iter()
        .map(|(name, value)| (name.as_str(), value))
        .collect()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// What the plugin tells of itself.
fn specification() -> Value {
    let answer = Plugin::own().serve().get("/api/v1/spec?format=json");
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json().expect("JSON")
}
