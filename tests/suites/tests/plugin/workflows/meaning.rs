//! What the files say fits this plugin: actions, inputs, variables; and nothing is changed before a person said yes.

use std::collections::BTreeSet;

use actions::{ALL, Effect};
use serde_json::Value;

use super::template::{Part, Variable, parse};
use super::{Workflow, all, members, specification, text};

/// A type, as a specification has it.
type Kind = String;

/// A workflow and the specification of the plugin that it is for.
struct Checked<'a> {
    workflow: &'a Workflow,
    specification: &'a Value,
}

impl Checked<'_> {
    /// The type of an output of a step, or of a member of it, for one who stands at another step.
    fn kind(&self, variable: &Variable, at: &str, item: Option<&Kind>) -> Result<Kind, String> {
        match variable {
            Variable::This => item
                .cloned()
                .ok_or_else(|| "`this` outside of a list".into()),
            Variable::Member(name) => {
                let item = item.ok_or_else(|| format!("{name} outside of a list"))?;
                self.member(item, name)
            }
            Variable::Output(step, names) => {
                if step == "$job" {
                    return match names.as_slice() {
                        [name] if name == "URL" => Ok("string".into()),
                        _ => Err(format!("the job has no {names:?}")),
                    };
                }
                let (first, rest) = names.split_first().ok_or("a step as a whole")?;
                let mut kind = self.output(step, first, at)?;
                for name in rest {
                    kind = self.member(&kind, name)?;
                }
                Ok(kind)
            }
        }
    }

    fn output(&self, step: &str, name: &str, at: &str) -> Result<Kind, String> {
        let steps = self.workflow.steps();
        let from = steps
            .get(step)
            .ok_or_else(|| format!("there is no step {step}"))?;
        let title = &from["name"];
        let way = self.workflow.way_to(at);
        let behind: Vec<&&Value> = way
            .iter()
            .skip_while(|edge| edge["fromNodeId"] != step)
            .collect();
        if behind.is_empty() {
            return Err(format!("{title} is not before it"));
        }
        if from["type"] == "trigger" {
            let kind = &self.workflow.trigger()["outputJsonSchema"]["properties"][name]["type"];
            let kind = kind
                .as_str()
                .ok_or_else(|| format!("{title} has no {name}"))?;
            return Ok(kind.to_owned());
        }
        let action = text(&from["identifier"]);
        if name == "$success" {
            return Ok("boolean".into());
        }
        // A step that failed has no outputs, and the workflow goes on.
        assert_eq!(from["continueOnFailure"], true, "{title}");
        let success = format!("{{{{[{step}].[$success]}}}} = true");
        let is_checked = behind.iter().any(|edge| {
            let ways =
                steps[text(&edge["fromNodeId"])]["parameters"]["stepControlParams"].as_array();
            let ways = ways.into_iter().flatten();
            ways.into_iter()
                .any(|way| way["edgeId"] == edge["id"] && way["expressionText"] == success)
        });
        if !is_checked {
            return Err(format!("{title} may have failed, then it has no {name}"));
        }
        let kind = &self.specification["actions"][action]["output"][name]["type"];
        let kind = kind
            .as_str()
            .ok_or_else(|| format!("{action} has no output {name}"))?;
        Ok(kind.to_owned())
    }

    fn member(&self, kind: &str, name: &str) -> Result<Kind, String> {
        let member = &self.specification["types"][kind][name]["type"];
        let member = member
            .as_str()
            .ok_or_else(|| format!("{kind} has no {name}"))?;
        Ok(member.to_owned())
    }

    /// Whether every variable of a text is one that there is.
    fn check(&self, parts: &[Part], at: &str, item: Option<&Kind>) -> Result<(), String> {
        for part in parts {
            match part {
                Part::Text(_) => {}
                Part::Value(variable) => {
                    let kind = self.kind(variable, at, item)?;
                    let is_shown = ["string", "integer", "boolean"].contains(&kind.as_str());
                    if !is_shown {
                        return Err(format!("{variable:?} is {kind}, which is no text"));
                    }
                }
                Part::Each(list, body) => {
                    let kind = self.kind(list, at, item)?;
                    let of = kind
                        .strip_prefix("[]")
                        .ok_or_else(|| format!("{list:?} is {kind}, no list"))?;
                    self.check(body, at, Some(&of.to_owned()))?;
                }
                Part::If(condition, yes, no) => {
                    self.kind(condition, at, item)?;
                    self.check(yes, at, item)?;
                    self.check(no, at, item)?;
                }
            }
        }
        Ok(())
    }
}

#[test]
fn every_action_and_every_input_is_one_of_this_plugin() {
    let specification = specification();
    for workflow in all() {
        let mut count = 0;
        for (_, step) in workflow.of_kind("action") {
            count += 1;
            let name = text(&step["name"]);
            let plugin = &step["plugin"];
            let is =
                |member: &str, of: &str| assert_eq!(plugin[member], specification[of], "{name}");
            is("name", "title");
            is("slugVendor", "vendor");
            is("slugName", "name");
            is("slugVersion", "version");
            let action = &specification["actions"][text(&step["identifier"])];
            assert!(
                action.is_object(),
                "{name}: there is no action {}",
                step["identifier"]
            );
            let inputs = members(&action["input"]);
            let given = members(&step["parameters"]["input"]);
            for name in given.keys() {
                assert!(
                    inputs.contains_key(name),
                    "{name} is no input of {}",
                    step["identifier"]
                );
            }
            for (input, about) in &inputs {
                let is_given = given.contains_key(input);
                assert!(
                    is_given || about["required"] != true,
                    "{name} lacks {input}"
                );
            }
            for (schema, fields) in [
                ("defaultInputJSONSchema", "input"),
                ("defaultOutputJSONSchema", "output"),
            ] {
                let known = members(&step[schema]["properties"]);
                let fields = members(&action[fields]);
                assert!(known.keys().eq(fields.keys()), "{name}: {schema}");
                for (field, about) in known {
                    let is_same = |member: &str| about[member] == fields[field][member];
                    assert!(
                        is_same("title") && is_same("description"),
                        "{name}: {field}"
                    );
                    assert!(about["order"].is_u64(), "{name}: {field}");
                }
            }
        }
        assert!(count >= 2, "{}", workflow.file);
    }
}

#[test]
fn every_variable_is_what_a_step_before_it_has_told() {
    let specification = specification();
    for workflow in &all() {
        let checked = Checked {
            workflow,
            specification: &specification,
        };
        for (id, step) in workflow.steps() {
            let at = |why: String| format!("{}: {}: {why}", workflow.file, step["name"]);
            let input = &step["parameters"]["input"];
            if step["type"] == "artifact" {
                let parts = parse(text(&input["content"]));
                checked.check(&parts, id, None).map_err(at).unwrap();
            }
            let way = workflow.way_to(id);
            let from = way.last().map_or(id, |edge| text(&edge["fromNodeId"]));
            for expression in step["parameters"]["stepControlParams"]
                .as_array()
                .into_iter()
                .flatten()
            {
                let parts = parse(text(&expression["expressionText"]));
                for part in &parts {
                    if let Part::Value(variable) = part {
                        checked.kind(variable, id, None).map_err(at).unwrap();
                    }
                }
            }
            if step["type"] != "action" {
                continue;
            }
            assert!(!from.is_empty());
            let takes = &specification["actions"][text(&step["identifier"])]["input"];
            for (name, value) in members(input) {
                let takes = text(&takes[name]["type"]);
                let Value::String(value) = value else {
                    assert!(value.is_boolean() && takes == "boolean", "{name}");
                    continue;
                };
                // One variable and nothing else, so that it keeps its type.
                let parts = parse(value);
                let [Part::Value(variable)] = parts.as_slice() else {
                    panic!("{name}: {value}");
                };
                let kind = checked.kind(variable, id, None).map_err(at).unwrap();
                // What starts a workflow has no types of this plugin.
                let is_custom = specification["types"].get(takes).is_some();
                assert!(
                    kind == takes || kind == "object" && is_custom,
                    "{name} takes {takes}, not {kind}"
                );
            }
        }
    }
}

#[test]
fn nothing_is_changed_before_a_person_says_yes() {
    for workflow in all() {
        let steps = workflow.steps();
        let mut changing = 0;
        for (id, step) in workflow.of_kind("action") {
            let action = text(&step["identifier"]);
            let entry = ALL
                .iter()
                .find(|entry| entry.operation.spec.name.replace('-', "_") == action);
            let effect = entry
                .unwrap_or_else(|| panic!("{action}"))
                .operation
                .spec
                .effect;
            let input = &step["parameters"]["input"];
            if effect == Effect::Read || input["dry_run"] == true {
                continue;
            }
            changing += 1;
            assert_eq!(
                input["dry_run"], false,
                "a plan and a change must not be mistaken for each other"
            );
            let way = workflow.way_to(id);
            let said_yes = way.iter().position(|edge| {
                let from = steps[text(&edge["fromNodeId"])];
                let parameters = &from["parameters"];
                let otherwise = [&parameters["timeoutEdgeId"], &parameters["defaultEdgeId"]];
                from["type"] == "human_decision"
                    && !otherwise.contains(&&edge["id"])
                    && edge["name"] == "Yes"
            });
            let said_yes =
                said_yes.unwrap_or_else(|| panic!("{}: {}", workflow.file, step["name"]));
            // What the person was shown is what comes before, and its plan has the same inputs.
            let decision = steps[text(&way[said_yes]["fromNodeId"])];
            let shown = text(&way[said_yes - 1]["fromNodeId"]);
            assert_eq!(steps[shown]["type"], "artifact");
            let expected = serde_json::json!([shown]);
            assert_eq!(
                decision["parameters"]["notifications"]["artifactIds"],
                expected
            );
            let before: BTreeSet<&str> = way[..said_yes]
                .iter()
                .map(|edge| text(&edge["fromNodeId"]))
                .collect();
            for earlier in before {
                if steps[earlier]["identifier"] == step["identifier"] {
                    let mut plan = steps[earlier]["parameters"]["input"].clone();
                    assert_eq!(plan["dry_run"], true);
                    plan["dry_run"] = false.into();
                    assert_eq!(plan, *input, "{}", step["name"]);
                }
            }
            let answer = decision["parameters"]["timeout"].as_u64();
            assert!(
                answer.is_some_and(|seconds| seconds > 0),
                "{}",
                decision["name"]
            );
        }
        assert_eq!(changing, 1, "{}", workflow.file);
    }
}
