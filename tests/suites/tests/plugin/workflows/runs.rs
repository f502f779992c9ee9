//! The workflows run: with the plugin itself on the fake console and platform, as far as an interpreter can stand
//! in for InsightConnect.

use std::collections::BTreeMap;

use harness::{Plugin, PluginServer};
use serde_json::{Value, json};
use suites::plugin::action;
use suites::{OWN_LOGIN, World};

use super::template::{Part, Variable, parse};
use super::{Workflow, text, workflow};

/// What came of a job.
struct Job {
    /// The last step.
    ended: String,
    /// What each artifact showed.
    shown: BTreeMap<String, String>,
    /// The steps that failed.
    failed: Vec<String>,
    was_asked: bool,
}

/// A world, and a plugin that works on it.
struct Place {
    world: World,
    plugin: PluginServer,
}

impl Place {
    fn new() -> Self {
        Self {
            world: World::new(),
            plugin: Plugin::own().serve(),
        }
    }

    /// Runs an action: its output, and its log; nothing if it failed.
    fn act(&self, name: &str, input: &Value) -> Option<(Value, String)> {
        let message = action(name, &self.world.connection(), input);
        let answer = self.plugin.post(&format!("/actions/{name}"), &message);
        let body = answer.json().expect("an event")["body"].clone();
        let is_ok = body["status"] == "ok";
        is_ok.then(|| (body["output"].clone(), text(&body["log"]).to_owned()))
    }

    /// Runs a workflow. `decide` says yes or no for the person who is asked.
    fn run(&self, workflow: &Workflow, event: Value, decide: impl Fn(&World) -> bool) -> Job {
        let steps = workflow.steps();
        let mut outputs = BTreeMap::from([(
            "$job".to_owned(),
            json!({"URL": "https://jobs.example.com/1"}),
        )]);
        let mut job = Job {
            ended: String::new(),
            shown: BTreeMap::new(),
            failed: Vec::new(),
            was_asked: false,
        };
        let (mut at, _) = workflow.of_kind("trigger").next().expect("a trigger");
        loop {
            let step = steps[at];
            let parameters = &step["parameters"];
            let mut taken = None;
            match text(&step["type"]) {
                "trigger" => {
                    outputs.insert(at.to_owned(), event.clone());
                }
                "action" => {
                    let input = parameters["input"].as_object().expect("an input").iter();
                    let input = input.map(|(name, value)| (name.clone(), given(value, &outputs)));
                    let done = self.act(text(&step["identifier"]), &Value::Object(input.collect()));
                    let mut output = match done {
                        Some((output, _)) => output,
                        None => {
                            job.failed.push(text(&step["name"]).to_owned());
                            json!({"$success": false})
                        }
                    };
                    output["$success"] = (output["$success"] != false).into();
                    outputs.insert(at.to_owned(), output);
                }
                "artifact" => {
                    let content = parse(text(&parameters["input"]["content"]));
                    let content = rendered(&content, &outputs, &Value::Null);
                    job.shown.insert(text(&step["name"]).to_owned(), content);
                }
                "automated_decision" => {
                    let ways = parameters["stepControlParams"]
                        .as_array()
                        .expect("ways")
                        .iter();
                    let mut fitting = ways.filter(|way| {
                        way["expression"] != json!({})
                            && value(&way["expression"], &outputs) == true
                    });
                    let way = fitting.next().map(|way| &way["edgeId"]);
                    taken = Some(way.unwrap_or(&parameters["defaultEdgeId"]));
                }
                "human_decision" => {
                    job.was_asked = true;
                    let ways = parameters["stepControlParams"]
                        .as_array()
                        .expect("ways")
                        .iter();
                    let no = &parameters["timeoutEdgeId"];
                    let mut yes = ways.map(|way| &way["edgeId"]).filter(|edge| *edge != no);
                    taken = if decide(&self.world) {
                        yes.next()
                    } else {
                        Some(no)
                    };
                }
                other => panic!("{other}"),
            }
            let next = workflow.edges().into_iter().find(|edge| {
                edge["fromNodeId"] == at && taken.is_none_or(|taken| edge["id"] == *taken)
            });
            let next = text(&next.expect("a way on")["toNodeId"]);
            let Some((next, _)) = steps.get_key_value(next) else {
                job.ended = text(&step["name"]).to_owned();
                return job;
            };
            at = next;
        }
    }
}

/// An input: a variable that has no value is an empty text.
fn given(input: &Value, outputs: &BTreeMap<String, Value>) -> Value {
    let Value::String(input) = input else {
        return input.clone();
    };
    match parse(input).as_slice() {
        [Part::Value(variable)] => match found(variable, outputs, &Value::Null) {
            Value::Null => "".into(),
            value => value,
        },
        parts => rendered(parts, outputs, &Value::Null).into(),
    }
}

fn found(variable: &Variable, outputs: &BTreeMap<String, Value>, item: &Value) -> Value {
    match variable {
        Variable::This => item.clone(),
        Variable::Member(name) => item[name].clone(),
        Variable::Output(step, names) => {
            let output = outputs.get(step).expect("a step before this one");
            names
                .iter()
                .fold(output, |value, name| &value[name])
                .clone()
        }
    }
}

fn rendered(parts: &[Part], outputs: &BTreeMap<String, Value>, item: &Value) -> String {
    let part = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Value(variable) => match found(variable, outputs, item) {
            Value::Null => String::new(),
            Value::String(text) => text,
            other => other.to_string(),
        },
        Part::Each(list, body) => {
            let list = found(list, outputs, item);
            let items = list.as_array().into_iter().flatten();
            items.map(|item| rendered(body, outputs, item)).collect()
        }
        Part::If(condition, yes, no) => {
            let is_nothing = match found(condition, outputs, item) {
                Value::Null | Value::Bool(false) => true,
                Value::String(text) => text.is_empty(),
                Value::Array(items) => items.is_empty(),
                _ => false,
            };
            rendered(if is_nothing { no } else { yes }, outputs, item)
        }
    };
    parts.iter().map(part).collect()
}

/// The value of a condition.
fn value(expression: &Value, outputs: &BTreeMap<String, Value>) -> Value {
    match text(&expression["type"]) {
        "literal" => expression["value"].clone(),
        "variable" => {
            let mut names = text(&expression["name"]).split('.');
            let output = outputs
                .get(names.next().expect("a step"))
                .expect("a step before this one");
            names.fold(output, |value, name| &value[name]).clone()
        }
        "function" => {
            assert_eq!(expression["name"], "length");
            let list = value(&expression["args"][0], outputs);
            list.as_array().expect("a list").len().into()
        }
        "binary" => {
            let side = |name: &str| value(&expression[name], outputs);
            match text(&expression["op"]) {
                "=" => (side("left") == side("right")).into(),
                ">" => (side("left").as_u64() > side("right").as_u64()).into(),
                other => panic!("{other}"),
            }
        }
        other => panic!("{other}"),
    }
}

fn yes(_: &World) -> bool {
    true
}

fn no(_: &World) -> bool {
    false
}

fn never(_: &World) -> bool {
    panic!("nobody is to be asked")
}

#[test]
fn offboarding_shows_the_plan_asks_and_does_it_once() {
    let place = Place::new();
    let workflow = workflow("offboard");
    let event = json!({"email": "jdoe@example.com", "ticket": "OFF-1042"});
    let job = place.run(&workflow, event.clone(), |world| {
        assert_eq!(world.writes(), [""; 0]);
        true
    });
    assert_eq!(job.ended, "Offboarding Report");
    let plan = &job.shown["Review Plan"];
    for told in [
        "# Offboard `jdoe@example.com`?",
        "- Ticket: `OFF-1042`",
        "- `console: enabled`: `true` → `false`",
        "planned",
    ] {
        assert!(plan.contains(told), "{told} is missing in {plan}");
    }
    assert!(!plan.contains("Asked for by"), "{plan}");
    let report = &job.shown["Offboarding Report"];
    assert!(
        report.contains("`true` → `false`") && report.contains("done"),
        "{report}"
    );
    assert!(!place.world.console.state().user_mut("jdoe").enabled);

    let writes = place.world.writes().len();
    let again = place.run(&workflow, event, never);
    assert_eq!(again.ended, "Nothing to Do");
    assert_eq!(place.world.writes().len(), writes);
}

#[test]
fn whoever_says_no_or_nothing_changes_nothing() {
    let place = Place::new();
    let locked = json!({"login": "rmartinez"});
    let before = place.world.snapshot();
    for (file, event, ended) in [
        (
            "offboard",
            json!({"email": "jdoe@example.com"}),
            "Not Offboarded",
        ),
        ("unlock", locked, "Identity Not Confirmed"),
    ] {
        let job = place.run(&workflow(file), event, no);
        assert_eq!((job.ended.as_str(), job.was_asked), (ended, true));
    }
    assert!(place.world.snapshot() == before);
    assert_eq!(place.world.writes(), [""; 0]);
}

#[test]
fn a_step_that_fails_is_told_with_where_to_look() {
    let place = Place::new();
    for (file, event, failed, ended) in [
        (
            "offboard",
            json!({"email": "nobody@example.com"}),
            "Plan Offboarding",
            "Plan Failed",
        ),
        ("offboard", json!({}), "Plan Offboarding", "Plan Failed"),
        (
            "unlock",
            json!({"login": "nobody"}),
            "Find Account",
            "Account Not Found",
        ),
        (
            "restore",
            json!({"record": {}}),
            "Plan Restore",
            "Plan Failed",
        ),
    ] {
        let job = place.run(&workflow(file), event, never);
        assert_eq!(job.failed, [failed]);
        assert_eq!(job.ended, ended);
        let told = &job.shown[ended];
        assert!(
            told.contains(failed) && told.contains("(https://jobs.example.com/1)"),
            "{told}"
        );
        assert!(told.contains("Nothing was changed."), "{told}");
    }
    assert_eq!(place.world.writes(), [""; 0]);
}

#[test]
fn what_fails_after_the_decision_is_no_success() {
    let place = Place::new();
    let event = json!({"email": "jdoe@example.com"});
    let job = place.run(&workflow("offboard"), event, |world| {
        world.console.state().user_mut(OWN_LOGIN).password = "changed-by-hand".into();
        true
    });
    assert_eq!(job.failed, ["Offboard Person"]);
    assert_eq!(job.ended, "Offboarding Failed");
}

#[test]
fn unlocking_asks_who_it_is_and_unlocks_that_account() {
    let place = Place::new();
    let workflow = workflow("unlock");
    let email = place
        .world
        .console
        .state()
        .user_mut("rmartinez")
        .email
        .clone();
    let event = json!({"email": email, "requested_by": "servicedesk@example.com"});
    let job = place.run(&workflow, event, yes);
    assert_eq!(job.ended, "Unlock Report");
    let asked = &job.shown["Check Identity"];
    for told in [
        "- Login: `rmartinez`",
        "Rosa Martínez",
        "- Asked for by: `servicedesk@example.com`",
    ] {
        assert!(asked.contains(told), "{told} is missing in {asked}");
    }
    assert!(!place.world.console.state().user_mut("rmartinez").locked);
    let again = place.run(&workflow, json!({"login": "rmartinez"}), never);
    assert_eq!(again.ended, "Nothing to Unlock");
}

#[test]
fn restoring_shows_what_differs_and_brings_it_back() {
    let place = Place::new();
    let workflow = workflow("restore");
    let (_, log) = place
        .act("disable_user", &json!({"login": "jdoe"}))
        .expect("a change");
    let records = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let record = records
        .into_iter()
        .find(|record| record["audit"] == "before")
        .expect("a record");
    let event = json!({"record": record, "ticket": "OFF-1043"});

    let refused = place.run(&workflow, event.clone(), no);
    assert_eq!(refused.ended, "Not Restored");
    assert!(!place.world.console.state().user_mut("jdoe").enabled);

    let job = place.run(&workflow, event.clone(), yes);
    assert_eq!(job.ended, "Restore Report");
    let differences = &job.shown["Review Differences"];
    assert!(
        differences.contains("`enabled`: `false` → `true`"),
        "{differences}"
    );
    assert!(place.world.console.state().user_mut("jdoe").enabled);

    let again = place.run(&workflow, event, never);
    assert_eq!(again.ended, "Nothing to Restore");
}
