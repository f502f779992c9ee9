//! The files have the form of public exports.

use std::collections::BTreeSet;
use std::process::Command;

use harness::{insightconnect_python, workspace_root};
use serde_json::Value;
use suites::told;

use super::{FOLDER, Workflow, all, members, text};

/// What every public export has in each place. Members that only some of them have are not here.
const FILE: [&str; 5] = [
    "exportedAt",
    "komFileVersion",
    "komandVersion",
    "triggers",
    "workflowVersions",
];
const VERSION: [&str; 9] = [
    "description",
    "graph",
    "humanCostDisplayUnit",
    "humanCostSeconds",
    "name",
    "steps",
    "tags",
    "type",
    "version",
];
const EDGE: [&str; 6] = [
    "description",
    "fromNodeId",
    "id",
    "name",
    "parentNodeId",
    "toNodeId",
];
const NODE: [&str; 2] = ["id", "parentNodeId"];
const TRIGGER: [&str; 8] = [
    "description",
    "id",
    "input",
    "inputJsonSchema",
    "name",
    "outputJsonSchema",
    "tags",
    "type",
];
const STEP: [&str; 10] = [
    "connectionType",
    "continueOnFailure",
    "defaultImageData",
    "defaultInputJSONSchema",
    "defaultOutputJSONSchema",
    "isDisabled",
    "name",
    "nodeId",
    "outputJSONSchema",
    "type",
];
/// What newer exports have beside that.
const NEWER: [&str; 4] = [
    "caseManagementInputJsonSchema",
    "caseManagementOutputJsonSchema",
    "parameters",
    "summary",
];
/// What a step has beside `STEP`, by its kind.
const KINDS: [(&str, &[&str]); 5] = [
    ("action", &["identifier", "isCloud", "parameters", "plugin"]),
    ("artifact", &["parameters"]),
    ("automated_decision", &["parameters"]),
    ("human_decision", &["parameters"]),
    ("trigger", &["triggerId"]),
];
const PLUGIN: [&str; 5] = ["imageData", "name", "slugName", "slugVendor", "slugVersion"];

/// That an object has these members, and beside them only what newer exports have.
fn has(object: &Value, expected: &[&[&str]], at: &str) {
    let expected: BTreeSet<&str> = expected.concat().into_iter().collect();
    let found: BTreeSet<&str> = members(object).into_keys().collect();
    let missing: Vec<_> = expected.difference(&found).collect();
    assert!(missing.is_empty(), "{at} lacks {missing:?}");
    let unknown = found
        .difference(&expected)
        .filter(|name| !NEWER.contains(name));
    let unknown: Vec<_> = unknown.collect();
    assert!(unknown.is_empty(), "{at} has {unknown:?}");
}

#[test]
fn every_part_has_the_members_that_public_exports_have() {
    for workflow in all() {
        let at = |what: &str| format!("{}: {what}", workflow.file);
        has(&workflow.export["kom"], &[&FILE], &at("the file"));
        has(workflow.version(), &[&VERSION], &at("the version"));
        has(workflow.trigger(), &[&TRIGGER], &at("the trigger"));
        assert_eq!(workflow.trigger()["type"], "trigger_api");
        assert_eq!(workflow.export["kom"]["komFileVersion"], "2.0.0");
        assert_eq!(workflow.version()["type"], "runnable");
        for edge in workflow.edges() {
            has(edge, &[&EDGE], &at("an edge"));
        }
        for (id, node) in members(&workflow.version()["graph"]["nodes"]) {
            has(node, &[&NODE], &at(id));
        }
        for (id, step) in workflow.steps() {
            let kind = text(&step["type"]);
            let more = KINDS.iter().find(|(name, _)| *name == kind);
            let (_, more) = more.unwrap_or_else(|| panic!("{id}: {kind}"));
            has(step, &[&STEP, more], &at(text(&step["name"])));
            let parameters = &step["parameters"];
            match kind {
                "action" => {
                    has(&step["plugin"], &[&PLUGIN], id);
                    has(parameters, &[&["input"]], id);
                    assert_eq!(step["connectionType"], "CONNECTION");
                }
                "artifact" => {
                    has(parameters, &[&["input", "type"]], id);
                    has(&parameters["input"], &[&["content"]], id);
                    assert_eq!(parameters["type"], "markdown");
                }
                "automated_decision" => {
                    has(parameters, &[&["defaultEdgeId", "stepControlParams"]], id)
                }
                "human_decision" => {
                    let expected: &[&str] = &[
                        "defaultEdgeId",
                        "notifications",
                        "stepControlParams",
                        "timeout",
                        "timeoutDisplayUnit",
                        "timeoutEdgeId",
                    ];
                    has(parameters, &[expected], id);
                    has(
                        &parameters["notifications"],
                        &[&["artifactIds", "userIdsForEmail"]],
                        id,
                    );
                }
                _ => {}
            }
            if kind != "action" {
                assert_eq!(step["connectionType"], "NONE", "{id}");
            }
            // An object there makes an import of such a step fail without a word.
            assert!(step["outputJSONSchema"].is_null(), "{id}");
        }
    }
}

/// UUIDs of version 4, no two alike in all files but where one part names another.
#[test]
fn ids_are_well_formed_and_belong_to_one_part_each() {
    let mut known = BTreeSet::new();
    for workflow in all() {
        let graph = &workflow.version()["graph"];
        let nodes = members(&graph["nodes"]);
        let steps = workflow.steps();
        assert!(nodes.keys().eq(steps.keys()), "{}", workflow.file);
        for (id, node) in nodes {
            assert_eq!((text(&node["id"]), text(&steps[id]["nodeId"])), (id, id));
            assert_eq!(node["parentNodeId"], "");
            assert!(known.insert(id.to_owned()), "{id}");
        }
        for (id, edge) in members(&graph["edges"]) {
            assert_eq!(edge["id"], id);
            assert_eq!(edge["parentNodeId"], "");
            assert!(known.insert(id.to_owned()), "{id}");
        }
        let trigger = text(&workflow.trigger()["id"]);
        assert!(known.insert(trigger.to_owned()), "{trigger}");
        let start: Vec<_> = workflow.of_kind("trigger").collect();
        assert_eq!(start.len(), 1);
        let (_, start) = start[0];
        assert_eq!(
            (text(&start["triggerId"]), &start["name"]),
            (trigger, &workflow.trigger()["name"])
        );
    }
    for id in known {
        let shape: String = id
            .chars()
            .map(|c| if c == '-' { '-' } else { 'x' })
            .collect();
        assert_eq!(shape, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx", "{id}");
        assert!(
            id.chars()
                .all(|c| c == '-' || c.is_ascii_digit() || ('a'..='f').contains(&c)),
            "{id}"
        );
        assert_eq!(&id[14..15], "4", "{id}");
        assert!(["8", "9", "a", "b"].contains(&&id[19..20]), "{id}");
    }
}

#[test]
fn every_step_is_reached_by_one_way_and_every_decision_knows_its_ways() {
    for workflow in all() {
        let steps = workflow.steps();
        let mut names = BTreeSet::new();
        for (id, step) in &steps {
            let name = text(&step["name"]);
            assert!(
                names.insert(name),
                "{}: two steps are called {name}",
                workflow.file
            );
            let into = workflow
                .edges()
                .into_iter()
                .filter(|edge| edge["toNodeId"] == *id)
                .count();
            assert_eq!(into, usize::from(step["type"] != "trigger"), "{name}");
            let out = workflow
                .edges()
                .into_iter()
                .filter(|edge| edge["fromNodeId"] == *id);
            let out: BTreeSet<&str> = out.map(|edge| text(&edge["id"])).collect();
            let ways = step["parameters"]["stepControlParams"].as_array();
            let Some(ways) = ways else {
                assert_eq!(out.len(), 1, "{name}");
                continue;
            };
            let ways: BTreeSet<&str> = ways.iter().map(|way| text(&way["edgeId"])).collect();
            assert_eq!(ways, out, "{name}");
            assert_eq!(ways.len(), 2, "{name}");
            let late = if step["type"] == "human_decision" {
                "timeoutEdgeId"
            } else {
                "defaultEdgeId"
            };
            assert!(ways.contains(text(&step["parameters"][late])), "{name}");
        }
        for edge in workflow.edges() {
            let (from, to) = (text(&edge["fromNodeId"]), text(&edge["toNodeId"]));
            assert!(
                steps.contains_key(from) && (to.is_empty() || steps.contains_key(to)),
                "{edge}"
            );
        }
        for id in steps.keys() {
            let start = workflow
                .way_to(id)
                .first()
                .map_or(*id, |edge| text(&edge["fromNodeId"]));
            assert_eq!(steps[start]["type"], "trigger", "{id}");
        }
    }
}

/// A condition as people read it.
fn shown(expression: &Value) -> String {
    match text(&expression["type"]) {
        "variable" => {
            let parts = text(&expression["name"]).split('.');
            let parts: Vec<String> = parts.map(|part| format!("[{part}]")).collect();
            format!("{{{{{}}}}}", parts.join("."))
        }
        "literal" => expression["value"].to_string(),
        "function" => format!(
            "{}({})",
            text(&expression["name"]),
            shown(&expression["args"][0])
        ),
        "binary" => {
            let side = |name: &str| shown(&expression[name]);
            format!(
                "{} {} {}",
                side("left"),
                text(&expression["op"]),
                side("right")
            )
        }
        other => panic!("{other}"),
    }
}

#[test]
fn a_condition_is_the_same_for_people_and_for_insightconnect() {
    for workflow in all() {
        for (_, step) in workflow.of_kind("automated_decision") {
            let parameters = &step["parameters"];
            for way in parameters["stepControlParams"].as_array().expect("ways") {
                let is_default = way["edgeId"] == parameters["defaultEdgeId"];
                let members = way["expression"].as_object().expect("an expression");
                assert_eq!(members.is_empty(), is_default, "{step}");
                let expected = if is_default {
                    String::new()
                } else {
                    shown(&way["expression"])
                };
                assert_eq!(text(&way["expressionText"]), expected);
            }
        }
    }
}

#[test]
fn the_picture_names_every_step_and_runs_nothing() {
    let escaped = |name: &str| {
        name.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    for Workflow {
        file,
        picture,
        export,
    } in &all()
    {
        let version = &export["kom"]["workflowVersions"][0];
        for step in members(&version["steps"]).into_values() {
            let name = format!(">{}</text>", escaped(text(&step["name"])));
            assert!(picture.contains(&name), "{file}.svg lacks {name}");
        }
        assert!(
            picture.contains(&format!(">{}</title>", escaped(text(&version["name"])))),
            "{file}"
        );
        for active in [
            "<script",
            "onload",
            "href",
            "<foreignObject",
            "@import",
            "url(http",
        ] {
            assert!(!picture.contains(active), "{file}.svg has {active}");
        }
        assert!(picture.contains("prefers-color-scheme:dark"), "{file}");
    }
}

/// The vendor's own rules for such files, as far as they are about the file alone.
#[test]
fn the_files_keep_the_vendors_rules() {
    let python = insightconnect_python();
    assert!(
        python.is_file(),
        "{} is absent: run `cargo xtask test`, which installs it",
        python.display()
    );
    let root = workspace_root();
    for Workflow { file, .. } in all() {
        let output = Command::new(&python)
            .args(["-I", "-B"])
            .arg(root.join("tests/python/validate_workflow.py"))
            .arg(root.join(FOLDER).join(format!("{file}.icon")))
            .output()
            .expect("Python starts");
        let (status, stdout, stderr) = told(&output);
        assert_eq!(status, 0, "{file}: {stdout}{stderr}");
        assert_eq!(stdout.lines().count(), 4, "{stdout}");
    }
}
