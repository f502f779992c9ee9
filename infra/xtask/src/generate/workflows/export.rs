//! A workflow as InsightConnect exports one.
//!
//! The vendor documents no format. This is what its public exports have in common: those of 2020 and 2021 at
//! <https://github.com/rapid7/insightconnect-workflows>, and the newer ones up to build 1.183 of March 2026 at
//! <https://github.com/ewilson-r7/workflows>. No public export uses a plugin that is not the vendor's own.

use std::collections::BTreeMap;

use insightconnect::{Absence, NAME, PluginAction, TITLE, VENDOR, VERSION, document, schema};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::{Condition, Step, What, Workflow};

/// The build of InsightConnect whose exports this is like.
const BUILD: &str = "1.183.51-477bc97a1";

/// A file says when it was exported. The same sources have to give the same file.
const EXPORTED_AT: &str = "2026-03-18T00:00:00.000000000Z";

/// How long a person has to decide, in seconds.
const DECIDE_WITHIN: u32 = 24 * 60 * 60;

const PICTURES: &str = "https://us.cdn-assets.connect.insight.rapid7.com/step-type-icons";

pub(super) fn export(workflow: &Workflow) -> Result<Value, String> {
    let ids = Ids::of(workflow)?;
    let mut steps = Map::new();
    let mut edges = Map::new();
    let trigger = &workflow.trigger;
    steps.insert(ids.node(trigger.name)?, trigger_step(workflow, &ids)?);
    let names: Vec<&str> = workflow.steps.iter().map(|step| step.name).collect();
    edge(
        &mut edges,
        &ids,
        trigger.name,
        names.first().copied(),
        ["", ""],
    )?;
    for (step, index) in workflow.steps.iter().zip(1..) {
        let next = names.get(index).copied();
        steps.insert(ids.node(step.name)?, exported(step, next, &ids)?);
        let (otherwise, yes, no) = match &step.what {
            What::Action { .. } | What::Artifact(_) => (None, "", ""),
            What::Check { otherwise, .. } => (Some(otherwise), "", ""),
            What::Ask { yes, no, otherwise } => (Some(otherwise), *yes, *no),
        };
        let Some(exit) = otherwise else {
            edge(&mut edges, &ids, step.name, next, ["", ""])?;
            continue;
        };
        edge(&mut edges, &ids, step.name, next, ["Yes", yes])?;
        edge(&mut edges, &ids, step.name, Some(exit.name), ["No", no])?;
        edge(&mut edges, &ids, exit.name, None, ["", ""])?;
        steps.insert(ids.node(exit.name)?, artifact(exit.name, &exit.text, &ids)?);
    }
    let nodes = steps.keys();
    let nodes: Map<String, Value> = nodes
        .map(|id| (id.clone(), json!({"id": id, "parentNodeId": ""})))
        .collect();
    let version = json!({
        "name": workflow.name,
        "type": "runnable",
        "version": "",
        "summary": workflow.summary,
        "description": description(workflow),
        "graph": {"nodes": nodes, "edges": edges},
        "steps": steps,
        "tags": null,
        "humanCostSeconds": workflow.minutes * 60,
        "humanCostDisplayUnit": "minutes",
        "parameters": {"definitionSchema": null},
    });
    let inputs = trigger_schema(workflow);
    let trigger = json!({
        "id": ids.trigger(),
        "name": trigger.name,
        "description": trigger.description,
        "input": null,
        "inputJsonSchema": inputs,
        "outputJsonSchema": inputs,
        "tags": [],
        "type": "trigger_api",
    });
    Ok(json!({"kom": {
        "komandVersion": BUILD,
        "komFileVersion": "2.0.0",
        "exportedAt": EXPORTED_AT,
        "workflowVersions": [version],
        "triggers": [trigger],
    }}))
}

fn description(workflow: &Workflow) -> String {
    format!(
        "# Description\n\n{}\n\n{}\n\n# Requirements\n\n* The plugin {TITLE} {VERSION}, and a connection for it\n",
        workflow.summary, workflow.description
    )
}

/// An edge to a step, or to the end; with a name and a description, if it leaves a decision.
fn edge(
    edges: &mut Map<String, Value>,
    ids: &Ids,
    from: &str,
    to: Option<&str>,
    [name, description]: [&str; 2],
) -> Result<(), String> {
    let id = ids.edge(from, to);
    let to = to.map_or_else(|| Ok(String::new()), |to| ids.node(to))?;
    let edge = json!({
        "id": id,
        "name": name,
        "description": description,
        "parentNodeId": "",
        "fromNodeId": ids.node(from)?,
        "toNodeId": to,
    });
    edges.insert(id, edge);
    Ok(())
}

fn trigger_step(workflow: &Workflow, ids: &Ids) -> Result<Value, String> {
    let mut step = common(ids, workflow.trigger.name, "trigger", Some("trigger-api"))?;
    let inputs = trigger_schema(workflow);
    step["triggerId"] = ids.trigger().into();
    step["defaultInputJSONSchema"] = inputs.clone();
    step["defaultOutputJSONSchema"] = inputs;
    Ok(step)
}

fn trigger_schema(workflow: &Workflow) -> Value {
    let inputs = workflow.trigger.inputs.iter();
    let inputs = inputs.map(|(name, kind)| ((*name).to_owned(), json!({"type": kind})));
    let inputs: Map<String, Value> = inputs.collect();
    json!({"type": "object", "definitions": {}, "properties": inputs})
}

fn exported(step: &Step, next: Option<&str>, ids: &Ids) -> Result<Value, String> {
    match &step.what {
        What::Action { action, input } => run(step.name, action, input, ids),
        What::Artifact(text) => artifact(step.name, text, ids),
        What::Check { so, otherwise } => {
            let mut exported = common(
                ids,
                step.name,
                "automated_decision",
                Some("automated-decision"),
            )?;
            let (expression, text) = expression(so, ids)?;
            let no = ids.edge(step.name, Some(otherwise.name));
            exported["parameters"] = json!({
                "defaultEdgeId": no,
                "stepControlParams": [
                    {
                        "edgeId": ids.edge(step.name, next),
                        "expression": expression,
                        "expressionText": text,
                    },
                    {"edgeId": no, "expression": {}, "expressionText": ""},
                ],
            });
            Ok(exported)
        }
        What::Ask { otherwise, .. } => {
            let mut exported = common(ids, step.name, "human_decision", Some("human-decision"))?;
            let no = ids.edge(step.name, Some(otherwise.name));
            let path = |edge: &str| {
                json!({
                    "edgeId": edge,
                    "expression": {},
                    "expressionText": "",
                    "isTimeoutOnly": false,
                    "nodeId": exported["nodeId"],
                })
            };
            exported["parameters"] = json!({
                "defaultEdgeId": "",
                "notifications": {
                    "artifactIds": ids.shown_before(step.name)?,
                    "userIdsForEmail": [],
                },
                "stepControlParams": [path(&ids.edge(step.name, next)), path(&no)],
                "timeout": DECIDE_WITHIN,
                "timeoutDisplayUnit": "minutes",
                "timeoutEdgeId": no,
            });
            Ok(exported)
        }
    }
}

/// What every step has.
fn common(ids: &Ids, name: &str, kind: &str, picture: Option<&str>) -> Result<Value, String> {
    let picture = picture.map_or_else(String::new, |name| format!("{PICTURES}/{name}.svg"));
    Ok(json!({
        "nodeId": ids.node(name)?,
        "name": name,
        "type": kind,
        "continueOnFailure": false,
        "isDisabled": false,
        "defaultInputJSONSchema": null,
        "defaultOutputJSONSchema": null,
        "outputJSONSchema": null,
        "defaultImageData": picture,
        "connectionType": "NONE",
        "caseManagementInputJsonSchema": null,
        "caseManagementOutputJsonSchema": null,
    }))
}

fn artifact(name: &str, text: &str, ids: &Ids) -> Result<Value, String> {
    let mut step = common(ids, name, "artifact", Some("artifact"))?;
    step["parameters"] = json!({"type": "markdown", "input": {"content": ids.resolved(text)?}});
    Ok(step)
}

fn run(name: &str, action: &str, input: &Value, ids: &Ids) -> Result<Value, String> {
    let found = PluginAction::find(action).ok_or_else(|| format!("no action {action}"))?;
    let mut step = common(ids, name, "action", None)?;
    step["identifier"] = action.into();
    step["plugin"] = json!({
        "name": TITLE,
        "slugVendor": VENDOR,
        "slugName": NAME,
        "slugVersion": VERSION,
        // Where InsightConnect keeps the icons of plugins that are not the vendor's, no public export says.
        "imageData": "",
    });
    step["isCloud"] = false.into();
    step["connectionType"] = "CONNECTION".into();
    // A failed step would end the job without a word of ours: the check behind it tells.
    step["continueOnFailure"] = true.into();
    let mut resolved = Map::new();
    for (name, value) in input.as_object().into_iter().flatten() {
        let value = match value {
            Value::String(text) => ids.resolved(text)?.into(),
            other => other.clone(),
        };
        resolved.insert(name.clone(), value);
    }
    step["parameters"] = json!({"input": resolved});
    let mut inputs = schema(&found.input, &found.types, Absence::LeftOut);
    // The order of the specification, which is that of the forms.
    for (name, about) in members(&mut inputs["properties"]) {
        about["order"] = document()["actions"][action]["input"][name]["order"].clone();
        if about["format"] == "password" {
            about["displayType"] = "password".into();
        }
    }
    let mut outputs = schema(&found.output, &found.types, Absence::LeftOut);
    number(&mut outputs["properties"]);
    for schema in [&mut inputs, &mut outputs] {
        for (_, definition) in members(&mut schema["definitions"]) {
            number(&mut definition["properties"]);
        }
    }
    step["defaultInputJSONSchema"] = inputs;
    step["defaultOutputJSONSchema"] = outputs;
    Ok(step)
}

fn members(object: &mut Value) -> impl Iterator<Item = (&String, &mut Value)> {
    object.as_object_mut().into_iter().flatten()
}

fn number(properties: &mut Value) {
    for ((_, about), number) in members(properties).zip(1..) {
        about["order"] = number.into();
    }
}

/// A condition as InsightConnect reads it, and as people do.
fn expression(condition: &Condition, ids: &Ids) -> Result<(Value, String), String> {
    let (step, output) = match condition {
        Condition::Succeeded(step) => (step, "$success"),
        Condition::Is(step, output, _) | Condition::HasSome(step, output) => (step, *output),
    };
    let id = ids.node(step)?;
    let variable = json!({"type": "variable", "name": format!("{id}.{output}")});
    let shown = format!("{{{{[{id}].[{output}]}}}}");
    let binary = |left: Value, op: &str, right: &Value| {
        json!({
            "type": "binary",
            "left": left,
            "op": op,
            "right": {"type": "literal", "value": right},
        })
    };
    Ok(match condition {
        Condition::Succeeded(_) => {
            let yes = Value::from(true);
            (binary(variable, "=", &yes), format!("{shown} = {yes}"))
        }
        Condition::Is(_, _, value) => (binary(variable, "=", value), format!("{shown} = {value}")),
        Condition::HasSome(..) => {
            let length = json!({"type": "function", "name": "length", "args": [variable]});
            let none = Value::from(0);
            (
                binary(length, ">", &none),
                format!("length({shown}) > {none}"),
            )
        }
    })
}

/// The ids of a workflow's parts: random in form, but always the same.
struct Ids {
    file: &'static str,
    nodes: BTreeMap<&'static str, String>,
    /// For each step that asks, the artifact before it.
    shown: BTreeMap<&'static str, &'static str>,
}

impl Ids {
    fn of(workflow: &Workflow) -> Result<Self, String> {
        let mut ids = Self {
            file: workflow.file,
            nodes: BTreeMap::new(),
            shown: BTreeMap::new(),
        };
        let mut artifact = None;
        ids.name(workflow.trigger.name)?;
        for step in &workflow.steps {
            ids.name(step.name)?;
            match &step.what {
                What::Action { .. } => {}
                What::Artifact(_) => artifact = Some(step.name),
                What::Check { otherwise, .. } => ids.name(otherwise.name)?,
                What::Ask { otherwise, .. } => {
                    ids.name(otherwise.name)?;
                    let shown = artifact.ok_or_else(|| format!("{} shows nothing", step.name))?;
                    ids.shown.insert(step.name, shown);
                }
            }
        }
        Ok(ids)
    }

    fn name(&mut self, name: &'static str) -> Result<(), String> {
        let id = self.made(&["node", name]);
        match self.nodes.insert(name, id) {
            None => Ok(()),
            Some(_) => Err(format!("two steps have the name {name}")),
        }
    }

    fn node(&self, name: &str) -> Result<String, String> {
        let known = self.nodes.get(name).cloned();
        known.ok_or_else(|| format!("no step has the name {name}"))
    }

    fn edge(&self, from: &str, to: Option<&str>) -> String {
        self.made(&["edge", from, to.unwrap_or_default()])
    }

    fn trigger(&self) -> String {
        self.made(&["trigger"])
    }

    /// What a person sees who is asked.
    fn shown_before(&self, name: &str) -> Result<Vec<String>, String> {
        self.shown
            .get(name)
            .map(|shown| self.node(shown))
            .into_iter()
            .collect()
    }

    /// A UUID of version 4, as all of them are, but of a hash.
    fn made(&self, of: &[&str]) -> String {
        let of = [&[VENDOR, NAME, self.file][..], of].concat().join("\n");
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&Sha256::digest(of)[..16]);
        bytes[6] = (bytes[6] & 0x0f) | 0x40;
        bytes[8] = (bytes[8] & 0x3f) | 0x80;
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
        parts.map(|part| digits[part].to_owned()).join("-")
    }

    /// A text with the ids of steps in place of their names.
    fn resolved(&self, text: &str) -> Result<String, String> {
        let mut parts = text.split("[\"");
        let mut resolved = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (name, rest) = part
                .split_once("\"]")
                .ok_or_else(|| format!("no end of a name in {part}"))?;
            resolved += &format!("[{}]{rest}", self.node(name)?);
        }
        Ok(resolved)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::workflows::definitions;

    #[test]
    fn what_there_is_not_is_told() {
        let [mut workflow, ..] = definitions::all();
        let ids = Ids::of(&workflow).expect("ids");
        let id = ids.node("Person Leaves").expect("an id");
        assert_eq!(
            ids.resolved(r#"to {{["Person Leaves"].[email]}}"#),
            Ok(format!("to {{{{[{id}].[email]}}}}"))
        );
        assert!(ids.resolved(r#"{{["Person Comes"].[email]}}"#).is_err());
        assert!(ids.resolved(r#"{{["Person Leaves].[email]}}"#).is_err());
        for step in &mut workflow.steps {
            if let What::Action { action, .. } = &mut step.what {
                *action = "onboard_everybody";
            }
        }
        let told = export(&workflow).unwrap_err();
        assert_eq!(told, "no action onboard_everybody");
        workflow.steps[1].name = workflow.steps[0].name;
        assert!(export(&workflow).unwrap_err().contains("Plan Offboarding"));
    }
}
