//! The workflows that people can import into InsightConnect, each with a picture.
//!
//! A workflow is written once, in `definitions`. `export` turns it into the file that InsightConnect itself would
//! export, and `picture` draws that file.

mod definitions;
mod export;
mod picture;
mod texts;

use serde_json::Value;

use super::json::Json;

/// Where the files are.
pub(super) const FOLDER: &str = "infra/insightconnect/workflows";

/// Every workflow and its picture, by path.
pub(super) fn files() -> Result<Vec<(String, String)>, String> {
    let mut files = Vec::new();
    for workflow in definitions::all() {
        let path = |end: &str| format!("{FOLDER}/{}.{end}", workflow.file);
        let export =
            export::export(&workflow).map_err(|why| format!("{}: {why}", workflow.file))?;
        files.push((path("svg"), picture::picture(&export)));
        let text = Json::parse(&export.to_string())?.pretty();
        files.push((path("icon"), text + "\n"));
    }
    Ok(files)
}

/// A workflow: a trigger, and steps that run one after the other. A check or a person may end it early.
///
/// Texts and inputs refer to what earlier steps answered as people see it in InsightConnect:
/// `{{["Name of the Step"].[output]}}`.
struct Workflow {
    /// The name of its files. All ids are made from it and from the names of the steps.
    file: &'static str,
    /// Its name for people.
    name: &'static str,
    /// What it does, in a sentence.
    summary: &'static str,
    /// The rest of what people read before they import it, in Markdown.
    description: &'static str,
    /// How many minutes of work it saves.
    minutes: u32,
    trigger: Trigger,
    steps: Vec<Step>,
}

/// What starts a workflow: a call of InsightConnect's API, also by hand.
struct Trigger {
    name: &'static str,
    description: &'static str,
    /// What it takes: names, and types of JSON.
    inputs: &'static [(&'static str, &'static str)],
}

struct Step {
    name: &'static str,
    what: What,
}

enum What {
    /// Runs an action of this plugin. The workflow goes on if it fails: a check comes next.
    Action { action: &'static str, input: Value },
    /// Shows a text, in Markdown.
    Artifact(String),
    /// Goes on if this is so.
    Check { so: Condition, otherwise: Exit },
    /// Goes on if a person says yes. No answer in time is a no.
    Ask {
        /// What yes means.
        yes: &'static str,
        /// What no means.
        no: &'static str,
        otherwise: Exit,
    },
}

/// What a check looks at: an output of an earlier step.
enum Condition {
    /// The step did not fail.
    Succeeded(&'static str),
    /// An output has this value.
    Is(&'static str, &'static str, Value),
    /// A list has something in it.
    HasSome(&'static str, &'static str),
}

/// How a workflow ends early: with a text that says why, in Markdown.
struct Exit {
    name: &'static str,
    text: String,
}
