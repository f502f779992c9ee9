//! The plugin beside one on the vendor's runtime: the same messages, the same exit codes, HTTP status
//! codes and shapes of answers. Texts are each one's own.
//!
//! What the vendor's runtime does is written down here and checked too, so that a newer version of
//! it shows where it changed. Where this project's plugin does something else, that is in
//! [`DIFFERENCES`], with the reason.

mod differences;
mod messages;
mod routes;

use fake_console::{FakeConsole, State};
use harness::{Answer, Plugin, PluginOutput};
use serde_json::{Value, json};
use suites::{OWN_LOGIN, OWN_PASSWORD};

use differences::DIFFERENCES;

/// What means the same to either plugin.
struct Words {
    action: &'static str,
    input: Value,
    /// An action with required input, its input, and the required text in it.
    needy: (&'static str, Value, &'static str),
    /// An optional whole number, and an optional list of texts, of `action`.
    number: &'static str,
    list: &'static str,
    /// An action that fails, and its input.
    failing: (&'static str, Value),
    task: &'static str,
    /// A task that can't do its work answers so, with this input and connection.
    failing_task: (Value, Value),
    connection: Value,
    /// A connection that is refused when it is tested.
    refused: Value,
}

impl Words {
    fn of_the_sample() -> Self {
        let credentials = json!({"username": "u", "password": "!!!!"});
        let connection = json!({"url": "http://console", "credentials": credentials});
        Self {
            action: "echo",
            input: json!({"text": "hi"}),
            needy: ("echo", json!({"text": "hi"}), "text"),
            number: "number",
            list: "list",
            failing: (
                "fail",
                json!({"cause": "C.", "assistance": "A.", "data": "D"}),
            ),
            task: "count",
            failing_task: (json!({"fail": true}), connection.clone()),
            refused: json!({"url": "http://unreachable", "credentials": credentials}),
            connection,
        }
    }

    fn of(console: &FakeConsole) -> Self {
        let connection = |password: &str| {
            json!({
                "url": console.url(),
                "credentials": {"username": OWN_LOGIN, "password": password},
            })
        };
        Self {
            action: "get_user",
            input: json!({"user_id": 4}),
            needy: (
                "set_role",
                json!({"user_id": 4, "role_id": "auditor", "dry_run": true}),
                "role_id",
            ),
            number: "user_id",
            list: "include",
            failing: ("get_user", json!({"user_id": 999})),
            task: "user_changes",
            failing_task: (json!({}), connection("wrong")),
            connection: connection(OWN_PASSWORD),
            refused: connection("wrong"),
        }
    }

    fn start(&self, action: &str, input: &Value) -> Value {
        json!({"version": "v1", "type": "action_start", "body": {
            "action": action, "meta": {"a": 1}, "connection": self.connection, "input": input,
        }})
    }

    fn action(&self) -> Value {
        self.start(self.action, &self.input)
    }

    /// A message with this in place of the required text.
    fn needy(&self, value: Value) -> Value {
        let (action, input, member) = &self.needy;
        set(
            self.start(action, input),
            &format!("/body/input/{member}"),
            value,
        )
    }

    /// A message with this beside what is good input.
    fn and(&self, member: &str, value: Value) -> Value {
        set(self.action(), &format!("/body/input/{member}"), value)
    }

    fn task(&self) -> Value {
        json!({"version": "v1", "type": "task_start", "body": {
            "task": self.task, "meta": {}, "connection": self.connection, "input": {}, "state": {},
        }})
    }

    fn trigger() -> Value {
        let dispatcher = json!({"url": "http://127.0.0.1:1", "webhook_url": ""});
        json!({"version": "v1", "type": "trigger_start", "body": {
            "trigger": "nope", "meta": {}, "connection": {}, "input": {}, "dispatcher": dispatcher,
        }})
    }

    fn connection_test(&self) -> Value {
        json!({"version": "v1", "type": "connection_test", "body": {
            "meta": {}, "connection": self.connection,
        }})
    }
}

/// The same with a member set, added or not.
fn set(mut message: Value, pointer: &str, value: Value) -> Value {
    let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
    message.pointer_mut(parent).expect(parent)[member] = value;
    message
}

fn without(mut message: Value, pointer: &str) -> Value {
    let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
    let parent = message.pointer_mut(parent).expect(parent);
    let removed = parent.as_object_mut().and_then(|o| o.remove(member));
    assert!(removed.is_some(), "there is no {pointer}");
    message
}

fn bytes(message: &Value) -> Vec<u8> {
    message.to_string().into_bytes()
}

fn message(words: &Words) -> Vec<u8> {
    bytes(&words.action())
}

const OK: &str = r#"action_event ok: log meta={"a":1} output{}"#;
const REFUSED: &str = r#"action_event error: error log meta={"a":1}"#;
const FAILED: &str =
    r#"action_event error: error exception{assistance cause data} log meta={"a":1}"#;
const UNTYPED: &str = r#"null error: error log meta={"a":1}"#;

/// What a table says, with its abbreviations written out.
fn spelled_out(seen: &str) -> String {
    [
        ("{OK}", OK),
        ("{REFUSED}", REFUSED),
        ("{FAILED}", FAILED),
        ("{UNTYPED}", UNTYPED),
        (
            " {PROBLEM}",
            ": code# description method name response=null url",
        ),
        ("{PAGE}", "text/html"),
        (
            "{PROBLEM+}",
            "code# description method name original_exception{exception message} response=null url",
        ),
    ]
    .iter()
    .fold(seen.to_owned(), |text, (short, long)| {
        text.replace(short, long)
    })
}

/// The shape of JSON: its members and their types. Of an event also type, status and meta.
fn shape(value: &Value) -> String {
    let members = |value: &Value| -> String {
        let object = value.as_object().expect("an object");
        let mut members: Vec<String> = object.iter().map(member).collect();
        members.sort();
        members.join(" ")
    };
    match value {
        Value::Object(event) if event.get("body").is_some_and(Value::is_object) => {
            assert_eq!(value["version"], "v1", "{value}");
            let kind = value["type"].as_str().unwrap_or("null");
            let mut body = value["body"].clone();
            let status = body["status"].take();
            body.as_object_mut().expect("an object").remove("status");
            let status = status.as_str().expect("a status");
            format!(" {kind} {status}: {}", members(&body))
        }
        Value::Object(_) => format!(": {}", members(value)),
        Value::Array(_) => " []".into(),
        other => format!(" {other}"),
    }
}

fn member((name, value): (&String, &Value)) -> String {
    match (name.as_str(), value) {
        ("meta", _) => format!("meta={value}"),
        ("exception" | "original_exception", Value::Object(object)) => {
            let mut members: Vec<String> = object.iter().map(member).collect();
            members.sort();
            format!("{name}{{{}}}", members.join(" "))
        }
        (_, Value::Null) => format!("{name}=null"),
        (_, Value::Bool(_)) => format!("{name}?"),
        (_, Value::Number(_)) => format!("{name}#"),
        (_, Value::String(_)) => name.clone(),
        (_, Value::Array(_)) => format!("{name}[]"),
        (_, Value::Object(_)) => format!("{name}{{}}"),
    }
}

/// What a process ended with.
fn ended(output: &PluginOutput) -> String {
    match output.event() {
        Some(event) => format!("{}{}", output.code, shape(&event)),
        None if output.stdout.is_empty() => format!("{} nothing", output.code),
        None => format!("{} text", output.code),
    }
}

/// What a server answered with.
fn answered(answer: &Answer) -> String {
    match answer.json() {
        Some(value) if answer.content_type == "application/json" => {
            format!("{}{}", answer.status, shape(&value))
        }
        _ if answer.text.is_empty() => format!("{} nothing", answer.status),
        _ => format!("{} {}", answer.status, answer.content_type),
    }
}

/// Both plugins' answers, collected until all are there.
struct Comparison {
    /// `run`, `test`, or how it is asked otherwise.
    how: &'static str,
    wrong: Vec<String>,
    differences: Vec<String>,
}

impl Comparison {
    fn new(how: &'static str) -> Self {
        Self {
            how,
            wrong: vec![],
            differences: vec![],
        }
    }

    fn add(&mut self, what: &str, expected: &str, vendor: &str, own: &str) {
        let name = format!("{}: {what}", self.how);
        let difference = DIFFERENCES
            .iter()
            .find(|(case, ..)| *case == name || *case == expected);
        let expected = spelled_out(expected);
        if vendor != expected {
            self.wrong.push(format!(
                "{name}\n  the vendor's runtime: {vendor}\n  written down:         {expected}"
            ));
        }
        let wanted = difference.map_or(expected.clone(), |(_, instead, _)| spelled_out(instead));
        if difference.is_some() {
            self.differences.push(name.clone());
            if wanted == expected {
                self.wrong.push(format!("{name}\n  is no difference"));
            }
        }
        if own != wanted {
            self.wrong.push(format!(
                "{name}\n  this plugin:          {own}\n  it should be:         {wanted}"
            ));
        }
    }

    /// What is wrong, differences included that no case knows.
    fn problems(mut self) -> Vec<String> {
        let prefix = format!("{}: ", self.how);
        for (case, ..) in DIFFERENCES {
            if case.starts_with(&prefix) && !self.differences.iter().any(|met| met == case) {
                self.wrong.push(format!("{case}\n  is no case"));
            }
        }
        self.wrong
    }

    fn finish(self) {
        let wrong = self.problems();
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

fn realistic() -> FakeConsole {
    FakeConsole::start_http(State::realistic())
}

/// Arguments, and what comes of them.
const ARGUMENTS: &[(&[&str], &str)] = &[
    (&[], "0 text"),
    (&["--help"], "0 text"),
    (&["--version"], "0 text"),
    (&["info"], "0 text"),
    (&["nope"], "2 nothing"),
    (&["info", "more"], "2 nothing"),
    (&["run", "--nope"], "2 nothing"),
    (&["sample"], "2 nothing"),
    (&["sample", "nope"], "1 nothing"),
    (&["sample", "ACTION"], "0: body{} type version"),
    (&["sample", "TASK"], "0: body{} type version"),
    (&["--debug", "run"], "0 {OK}"),
    (&["run", "--", "what orchestrators add"], "0 {OK}"),
    (&["http", "--help"], "0 text"),
    (&["http", "--port", "nope"], "2 nothing"),
];

#[test]
fn arguments_mean_what_they_mean_to_the_vendors_runtime() {
    let console = realistic();
    let (sample, ours) = (Words::of_the_sample(), Words::of(&console));
    let (vendor, own) = (Plugin::on_vendor_runtime(), Plugin::own());
    let mut comparison = Comparison::new("arguments");
    for (arguments, expected) in ARGUMENTS {
        let ask = |plugin: &Plugin, words: &Words| {
            let arguments: Vec<&str> = arguments
                .iter()
                .map(|argument| match *argument {
                    "ACTION" => words.action,
                    "TASK" => words.task,
                    other => other,
                })
                .collect();
            let output = plugin.call(&arguments, &message(words));
            // A message to start from is no event: its body has no status.
            match output.event() {
                Some(start) if start["body"].get("status").is_none() => {
                    let start = start.as_object().expect("an object");
                    let mut members: Vec<String> = start.iter().map(member).collect();
                    members.sort();
                    format!("{}: {}", output.code, members.join(" "))
                }
                _ => ended(&output),
            }
        };
        let (vendor, own) = (ask(&vendor, &sample), ask(&own, &ours));
        comparison.add(&arguments.join(" "), expected, &vendor, &own);
    }
    comparison.finish();
}

/// The runtime's own options for its server, which orchestrators give; and one of a later runtime's,
/// which must not keep this plugin from starting.
#[test]
fn options_of_the_vendors_server_are_taken() {
    let known = [
        "--process_workers",
        "2",
        "--threads_per_worker",
        "8",
        "--worker_class",
        "gevent",
        "--worker_connections",
        "100",
        "--graceful_timeout",
        "5",
    ];
    let mut vendor = Plugin::on_vendor_runtime().serve_with(&known);
    let mut own = Plugin::own().serve_with(&[&known[..], &["--of_a_later_runtime", "1"]].concat());
    for server in [&mut vendor, &mut own] {
        let status = server.get("/api/v1/status");
        assert_eq!(status.json(), Some(json!({"status": "Ready"})));
        // As a container is ended.
        assert_eq!(server.terminate(), 0, "{}", server.logs());
    }
}
