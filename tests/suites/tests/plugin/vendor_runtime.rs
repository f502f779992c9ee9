//! The plugin beside one on the vendor's runtime: the same messages, the same exit codes, HTTP status
//! codes and shapes of answers. Texts are each one's own.
//!
//! What the vendor's runtime does is written down here and checked too, so that a newer version of
//! it shows where it changed. Where this project's plugin does something else, that is in
//! [`DIFFERENCES`], with the reason.

use fake_console::{FakeConsole, State};
use harness::{Answer, Plugin, PluginOutput, PluginServer};
use serde_json::{Value, json};
use suites::{OWN_LOGIN, OWN_PASSWORD};

/// What this plugin does otherwise: the case, or all cases with that outcome; what it does instead;
/// and why.
const DIFFERENCES: &[(&str, &str, &str)] = &[
    (
        "run: body empty",
        "1 action_event error: error log meta={}",
        NO_META,
    ),
    (
        "test: body empty",
        "1 action_event error: error exception{assistance cause data} log meta={}",
        NO_META,
    ),
    (
        "run: meta a text",
        r#"0 action_event ok: log meta="x" output{}"#,
        OPAQUE_META,
    ),
    (
        "http: meta a text",
        r#"200 action_event ok: log meta="x" output{}"#,
        OPAQUE_META,
    ),
    ("run: no connection", "1 {FAILED}", NO_REQUIRED),
    ("http: no connection", "400 {FAILED}", NO_REQUIRED),
    (
        "run: a test of no connection",
        "1 connection_test error: error exception{assistance cause data} log meta={}",
        NO_REQUIRED,
    ),
    (
        "v1: a test of no connection",
        "400 connection_test error: error exception{assistance cause data} log meta={}",
        NO_REQUIRED,
    ),
    (
        "http: a byte order mark",
        "400 {PROBLEM}",
        "JSON has none, and on standard input neither takes it",
    ),
    ("http: a list", "400 {PROBLEM}", CALLERS_FAULT),
    ("http: a text", "400 {PROBLEM}", CALLERS_FAULT),
    ("http: a number", "400 {PROBLEM}", CALLERS_FAULT),
    ("http: body null", "400 {PROBLEM}", CALLERS_FAULT),
    ("http: body a list", "400 {PROBLEM}", CALLERS_FAULT),
    ("http: type a list", "400 {UNTYPED}", CALLERS_FAULT),
    ("v1: a test without body", "400 {PROBLEM}", CALLERS_FAULT),
    (
        "405 {PAGE}",
        "405 {PROBLEM}",
        "a program gets JSON for any other error, so for this one too",
    ),
];

const NO_META: &str = "a missing `meta` counts as an empty one whatever else is wrong";
const OPAQUE_META: &str = "`meta` is the orchestrator's: it is handed back as it came, not read";
const NO_REQUIRED: &str = "the connection may be to a console or to the platform, so no member of it is \
                           required, and what is missing is told as an error of the connection";
const CALLERS_FAULT: &str = "the caller's mistake, where the runtime crashes";

/// A message, and what comes of it.
struct Case {
    what: &'static str,
    message: fn(&Words) -> Vec<u8>,
    /// What `run` ends with.
    run: &'static str,
    /// What `test` ends with; `None` where that tells nothing new.
    test: Option<&'static str>,
    /// What posting it answers with.
    http: Option<&'static str>,
}

/// A request, and what comes of it.
struct Request {
    what: &'static str,
    method: &'static str,
    /// With `ACTION` and `TASK` for the names of the plugin.
    path: &'static str,
    body: fn(&Words) -> Vec<u8>,
    seen: &'static str,
}

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

const fn case(
    what: &'static str,
    message: fn(&Words) -> Vec<u8>,
    run: &'static str,
    http: &'static str,
) -> Case {
    Case {
        what,
        message,
        run,
        test: None,
        http: Some(http),
    }
}

impl Case {
    const fn test(self, seen: &'static str) -> Self {
        Self {
            test: Some(seen),
            ..self
        }
    }

    /// What no route is for.
    const fn not_http(self) -> Self {
        Self { http: None, ..self }
    }
}

const OK: &str = r#"action_event ok: log meta={"a":1} output{}"#;
const REFUSED: &str = r#"action_event error: error log meta={"a":1}"#;
const FAILED: &str =
    r#"action_event error: error exception{assistance cause data} log meta={"a":1}"#;
const UNTYPED: &str = r#"null error: error log meta={"a":1}"#;

/// In the order in which a message is looked at.
const CASES: &[Case] = &[
    case("a message", |w| bytes(&w.action()), "0 {OK}", "200 {OK}").test("0 {OK}"),
    // What is no message.
    case("not JSON", |_| b"x".into(), "1 nothing", "400 {PROBLEM}").test("1 nothing"),
    case("nothing", |_| vec![], "1 nothing", "400 {PROBLEM}").test("1 nothing"),
    case(
        "text behind the message",
        |w| [bytes(&w.action()), b" x".into()].concat(),
        "1 nothing",
        "400 {PROBLEM}",
    ),
    case(
        "two messages",
        |w| [bytes(&w.action()), bytes(&w.action())].join(&b'\n'),
        "1 nothing",
        "400 {PROBLEM}",
    ),
    case(
        "not UTF-8",
        |_| b"{\"a\":\"\xff\"}".into(),
        "1 nothing",
        "400 {PROBLEM}",
    ),
    case(
        "a byte order mark",
        |w| ["\u{feff}".into(), bytes(&w.action())].concat(),
        "1 nothing",
        "200 {OK}",
    ),
    case(
        "a line end behind the message",
        |w| [bytes(&w.action()), b"\r\n".into()].concat(),
        "0 {OK}",
        "200 {OK}",
    ),
    case("null", |_| b"null".into(), "1 nothing", "400: error"),
    case("a list", |_| b"[1]".into(), "1 nothing", "500: {PROBLEM+}"),
    case("an empty list", |_| b"[]".into(), "1 nothing", "400: error"),
    case(
        "a text",
        |_| b"\"x\"".into(),
        "1 nothing",
        "500: {PROBLEM+}",
    ),
    case("a number", |_| b"5".into(), "1 nothing", "500: {PROBLEM+}"),
    case(
        "an empty object",
        |_| b"{}".into(),
        "1 nothing",
        "400: error",
    )
    .test("1 nothing"),
    // The body.
    case(
        "no body",
        |w| bytes(&without(w.action(), "/body")),
        "1 nothing",
        "400 {PROBLEM}",
    )
    .test("1 nothing"),
    case(
        "body null",
        |w| bytes(&set(w.action(), "/body", Value::Null)),
        "1 nothing",
        "500: {PROBLEM+}",
    ),
    case(
        "body a list",
        |w| bytes(&set(w.action(), "/body", json!([]))),
        "1 nothing",
        "500: {PROBLEM+}",
    ),
    case(
        "body empty",
        |w| bytes(&set(w.action(), "/body", json!({}))),
        "1 action_event error: error log meta=null",
        "400 {PROBLEM}",
    )
    .test("1 action_event error: error exception{assistance cause data} log meta=null"),
    // Type and version.
    case(
        "no type",
        |w| bytes(&without(w.action(), "/type")),
        "1 {UNTYPED}",
        "400 {UNTYPED}",
    ),
    case(
        "type null",
        |w| bytes(&set(w.action(), "/type", Value::Null)),
        "1 {UNTYPED}",
        "400 {UNTYPED}",
    ),
    case(
        "an unknown type",
        |w| bytes(&set(w.action(), "/type", "nope".into())),
        "1 {UNTYPED}",
        "400 {UNTYPED}",
    ),
    case(
        "the type of an answer",
        |w| bytes(&set(w.action(), "/type", "action_event".into())),
        "1 {UNTYPED}",
        "400 {UNTYPED}",
    ),
    case(
        "type a list",
        |w| bytes(&set(w.action(), "/type", json!(["action_start"]))),
        "1 {UNTYPED}",
        "500 {UNTYPED}",
    ),
    case(
        "no version",
        |w| bytes(&without(w.action(), "/version")),
        "1 {REFUSED}",
        "400 {REFUSED}",
    ),
    case(
        "version null",
        |w| bytes(&set(w.action(), "/version", Value::Null)),
        "1 {REFUSED}",
        "400 {REFUSED}",
    ),
    case(
        "another version",
        |w| bytes(&set(w.action(), "/version", "v2".into())),
        "1 {REFUSED}",
        "400 {REFUSED}",
    )
    .test("1 {FAILED}"),
    // Which action.
    case(
        "no action",
        |w| bytes(&without(w.action(), "/body/action")),
        "1 {REFUSED}",
        "400 {PROBLEM}",
    ),
    case(
        "action null",
        |w| bytes(&set(w.action(), "/body/action", Value::Null)),
        "1 {REFUSED}",
        "400 {PROBLEM}",
    ),
    case(
        "action a number",
        |w| bytes(&set(w.action(), "/body/action", 5.into())),
        "1 {REFUSED}",
        "400 {PROBLEM}",
    ),
    case(
        "an unknown action",
        |w| bytes(&set(w.action(), "/body/action", "nope".into())),
        "1 {REFUSED}",
        "400 {REFUSED}",
    )
    .test("1 {FAILED}"),
    // Meta.
    case(
        "no meta",
        |w| bytes(&without(w.action(), "/body/meta")),
        "0 action_event ok: log meta={} output{}",
        "200 action_event ok: log meta={} output{}",
    ),
    case(
        "meta null",
        |w| bytes(&set(w.action(), "/body/meta", Value::Null)),
        "0 action_event ok: log meta=null output{}",
        "200 action_event ok: log meta=null output{}",
    ),
    case(
        "meta a text",
        |w| bytes(&set(w.action(), "/body/meta", "x".into())),
        "1 nothing",
        "500: {PROBLEM+}",
    ),
    // The connection.
    case(
        "no connection",
        |w| bytes(&without(w.action(), "/body/connection")),
        "1 {REFUSED}",
        "500 {REFUSED}",
    )
    .test("1 {FAILED}"),
    case(
        "connection null",
        |w| bytes(&set(w.action(), "/body/connection", Value::Null)),
        "1 {REFUSED}",
        "500 {REFUSED}",
    ),
    case(
        "connection a list",
        |w| bytes(&set(w.action(), "/body/connection", json!([]))),
        "1 {REFUSED}",
        "500 {REFUSED}",
    ),
    case(
        "a URL that is a number",
        |w| bytes(&set(w.action(), "/body/connection/url", 5.into())),
        "1 {REFUSED}",
        "500 {REFUSED}",
    )
    .test("1 {FAILED}"),
    case(
        "a flag that is a text",
        |w| bytes(&set(w.action(), "/body/connection/ssl_verify", "x".into())),
        "1 {REFUSED}",
        "500 {REFUSED}",
    ),
    case(
        "credentials without password",
        |w| {
            bytes(&without(
                w.action(),
                "/body/connection/credentials/password",
            ))
        },
        "1 {REFUSED}",
        "500 {REFUSED}",
    ),
    case(
        "more in the connection",
        |w| bytes(&set(w.action(), "/body/connection/more", 1.into())),
        "0 {OK}",
        "200 {OK}",
    ),
    case(
        "a connection that is refused",
        |w| {
            bytes(&set(
                w.connection_test(),
                "/body/connection",
                w.refused.clone(),
            ))
        },
        "1 connection_test error: error exception{assistance cause data} log meta={}",
        "",
    )
    .not_http()
    .test("1 connection_test error: error exception{assistance cause data} log meta={}"),
    // The input. A test does not look at it.
    case(
        "no input",
        |w| bytes(&without(w.needy(Value::Null), "/body/input")),
        "1 {REFUSED}",
        "400 {REFUSED}",
    )
    .test("0 {OK}"),
    case(
        "input null",
        |w| bytes(&set(w.action(), "/body/input", Value::Null)),
        "1 {REFUSED}",
        "400 {REFUSED}",
    ),
    case(
        "input a list",
        |w| bytes(&set(w.action(), "/body/input", json!([]))),
        "1 {REFUSED}",
        "400 {REFUSED}",
    ),
    case(
        "required text a number",
        |w| bytes(&w.needy(5.into())),
        "1 {REFUSED}",
        "400 {REFUSED}",
    )
    .test("0 {OK}"),
    case(
        "required text missing",
        |w| {
            let (_, _, member) = w.needy;
            bytes(&without(
                w.needy(Value::Null),
                &format!("/body/input/{member}"),
            ))
        },
        "1 {REFUSED}",
        "400 {REFUSED}",
    ),
    case(
        "required text null",
        |w| bytes(&w.needy(Value::Null)),
        "1 {REFUSED}",
        "400 {REFUSED}",
    ),
    case(
        "required text empty",
        |w| bytes(&w.needy("".into())),
        "1 {REFUSED}",
        "500 {REFUSED}",
    ),
    case(
        "optional number null",
        |w| bytes(&w.and(w.number, Value::Null)),
        "1 {REFUSED}",
        "400 {REFUSED}",
    ),
    case(
        "a whole number with a fraction of nothing",
        |w| bytes(&w.and(w.number, 4.0.into())),
        "0 {OK}",
        "200 {OK}",
    ),
    case(
        "a number with a fraction",
        |w| bytes(&w.and(w.number, 4.5.into())),
        "1 {REFUSED}",
        "400 {REFUSED}",
    ),
    case(
        "a number as text",
        |w| bytes(&w.and(w.number, "4".into())),
        "1 {REFUSED}",
        "400 {REFUSED}",
    ),
    case(
        "a number that is true",
        |w| bytes(&w.and(w.number, true.into())),
        "1 {REFUSED}",
        "400 {REFUSED}",
    ),
    case(
        "a list of numbers for one of texts",
        |w| bytes(&w.and(w.list, json!([1]))),
        "1 {REFUSED}",
        "400 {REFUSED}",
    ),
    case(
        "more input",
        |w| bytes(&w.and("more", 1.into())),
        "0 {OK}",
        "200 {OK}",
    ),
    case(
        "more in the message",
        |w| {
            bytes(&set(
                set(w.action(), "/body/more", 1.into()),
                "/more",
                1.into(),
            ))
        },
        "0 {OK}",
        "200 {OK}",
    ),
    case(
        "an action that fails",
        |w| bytes(&w.start(w.failing.0, &w.failing.1)),
        "1 {FAILED}",
        "400 {FAILED}",
    )
    .test("0 {OK}"),
    // Tasks, triggers, tests of the connection.
    case(
        "a task",
        |w| bytes(&w.task()),
        "0 task_event ok: has_more_pages? log meta={} output[] state{} status_code#",
        "200 task_event ok: has_more_pages? log meta={} output[] state{} status_code#",
    ),
    case(
        "a task with a configuration",
        |w| bytes(&set(w.task(), "/body/custom_config", json!({"a": 1}))),
        "0 task_event ok: has_more_pages? log meta={} output[] state{} status_code#",
        "200 task_event ok: has_more_pages? log meta={} output[] state{} status_code#",
    ),
    case(
        "a task that can't do its work",
        |w| {
            let (input, connection) = w.failing_task.clone();
            let task = set(w.task(), "/body/input", input);
            bytes(&set(task, "/body/connection", connection))
        },
        "0 task_event ok: exception{assistance cause data} has_more_pages? log meta={} output[] \
         state{} status_code#",
        "200 task_event ok: exception{assistance cause data} has_more_pages? log meta={} output[] \
         state{} status_code#",
    ),
    case(
        "a task without state",
        |w| bytes(&without(w.task(), "/body/state")),
        "1 task_event error: error log meta={}",
        "500 task_event error: error log meta={}",
    ),
    case(
        "a task's state null",
        |w| bytes(&set(w.task(), "/body/state", Value::Null)),
        "1 task_event error: error log meta={}",
        "400 task_event error: error log meta={}",
    ),
    case(
        "an unknown task",
        |w| bytes(&set(w.task(), "/body/task", "nope".into())),
        "1 task_event error: error log meta={}",
        "400 task_event error: error log meta={}",
    )
    .test("1 task_event error: error exception{assistance cause data} log meta={}"),
    case(
        "no task",
        |w| bytes(&without(w.task(), "/body/task")),
        "1 task_event error: error log meta={}",
        "400 {PROBLEM}",
    ),
    case(
        "an unknown trigger",
        |w| {
            bytes(&set(
                Words::trigger(),
                "/body/connection",
                w.connection.clone(),
            ))
        },
        "1 trigger_event error: error log meta={}",
        "",
    )
    .not_http()
    .test("1 trigger_event error: error exception{assistance cause data} log meta={}"),
    case(
        "no trigger",
        |_| bytes(&without(Words::trigger(), "/body/trigger")),
        "1 trigger_event error: error log meta={}",
        "",
    )
    .not_http(),
    case(
        "a test of the connection",
        |w| bytes(&w.connection_test()),
        "0 connection_test ok: log meta={} output{}",
        "",
    )
    .not_http()
    .test("0 connection_test ok: log meta={} output{}"),
    case(
        "a test of no connection",
        |w| bytes(&without(w.connection_test(), "/body/connection")),
        "1 connection_test error: error log meta={}",
        "",
    )
    .not_http(),
];

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

#[test]
fn a_message_is_run_as_the_vendors_runtime_runs_it() {
    let console = realistic();
    let (sample, ours) = (Words::of_the_sample(), Words::of(&console));
    let (vendor, own) = (Plugin::on_vendor_runtime(), Plugin::own());
    let mut comparison = Comparison::new("run");
    for case in CASES {
        let vendor = ended(&vendor.call(&["run"], &(case.message)(&sample)));
        let own = ended(&own.call(&["run"], &(case.message)(&ours)));
        comparison.add(case.what, case.run, &vendor, &own);
    }
    comparison.finish();
}

#[test]
fn a_message_is_tested_as_the_vendors_runtime_tests_it() {
    let console = realistic();
    let (sample, ours) = (Words::of_the_sample(), Words::of(&console));
    let (vendor, own) = (Plugin::on_vendor_runtime(), Plugin::own());
    let mut comparison = Comparison::new("test");
    for case in CASES {
        let Some(expected) = case.test else { continue };
        let vendor = ended(&vendor.call(&["test"], &(case.message)(&sample)));
        let own = ended(&own.call(&["test"], &(case.message)(&ours)));
        comparison.add(case.what, expected, &vendor, &own);
    }
    comparison.finish();
}

/// Where a message belongs: to what it names, or else to the action.
fn route(words: &Words, message: &[u8]) -> String {
    let message: Value = serde_json::from_slice(message).unwrap_or_default();
    let name = |member: &str| message["body"][member].as_str().map(str::to_owned);
    match (name("task"), name("action")) {
        _ if message["type"] == "task_start" && name("task").is_none() => {
            format!("/tasks/{}", words.task)
        }
        (Some(task), _) => format!("/tasks/{task}"),
        (None, action) => format!("/actions/{}", action.unwrap_or(words.action.to_owned())),
    }
}

#[test]
fn a_message_is_served_as_the_vendors_runtime_serves_it() {
    let console = realistic();
    let (sample, ours) = (Words::of_the_sample(), Words::of(&console));
    let vendor = Plugin::on_vendor_runtime().serve();
    let own = Plugin::own().serve();
    for prefix in ["", "/api/v1"] {
        let mut comparison = Comparison::new("http");
        for case in CASES {
            let Some(expected) = case.http else { continue };
            let ask = |server: &PluginServer, words: &Words| {
                let message = (case.message)(words);
                let path = format!("{prefix}{}", route(words, &message));
                // The type says nothing: it is read as JSON in any case.
                answered(&server.request("POST", &path, Some("text/plain"), &message))
            };
            let (vendor, own) = (ask(&vendor, &sample), ask(&own, &ours));
            comparison.add(case.what, expected, &vendor, &own);
        }
        comparison.finish();
    }
}

const fn get(what: &'static str, path: &'static str, seen: &'static str) -> Request {
    Request {
        what,
        method: "GET",
        path,
        body: |_| vec![],
        seen,
    }
}

const fn post(
    what: &'static str,
    path: &'static str,
    body: fn(&Words) -> Vec<u8>,
    seen: &'static str,
) -> Request {
    Request {
        what,
        method: "POST",
        path,
        body,
        seen,
    }
}

fn message(words: &Words) -> Vec<u8> {
    bytes(&words.action())
}

fn unknown_action(words: &Words) -> Vec<u8> {
    bytes(&set(words.action(), "/body/action", "nope".into()))
}

fn unknown_task(words: &Words) -> Vec<u8> {
    bytes(&set(words.task(), "/body/task", "nope".into()))
}

fn unknown_trigger(words: &Words) -> Vec<u8> {
    let trigger = Words::trigger();
    bytes(&set(trigger, "/body/connection", words.connection.clone()))
}

fn refused(words: &Words) -> Vec<u8> {
    let refused = words.refused.clone();
    bytes(&set(words.action(), "/body/connection", refused))
}

/// What is there under both prefixes.
const STEPS: &[Request] = &[
    post(
        "an action's test",
        "/actions/ACTION/test",
        message,
        "200 {OK}",
    ),
    post(
        "an action's test that fails",
        "/actions/ACTION/test",
        refused,
        "400 {FAILED}",
    ),
    post(
        "the test of an unknown action",
        "/actions/nope/test",
        unknown_action,
        "400 {FAILED}",
    ),
    post(
        "the test of a trigger",
        "/triggers/nope/test",
        unknown_trigger,
        "400 trigger_event error: error exception{assistance cause data} log meta={}",
    ),
    post(
        "the test of an unknown task",
        "/tasks/nope/test",
        unknown_task,
        "400 task_event error: error exception{assistance cause data} log meta={}",
    ),
    post(
        "another action's route",
        "/actions/nope",
        message,
        "400 {PROBLEM}",
    ),
    post(
        "another action's test",
        "/actions/nope/test",
        message,
        "400 {PROBLEM}",
    ),
    post(
        "an action at a task",
        "/tasks/TASK",
        message,
        "400 {PROBLEM}",
    ),
    post(
        "a task at an action",
        "/actions/ACTION",
        |w| bytes(&w.task()),
        "400 {PROBLEM}",
    ),
    post(
        "a test of the connection at an action",
        "/actions/ACTION",
        |w| bytes(&set(w.action(), "/type", "connection_test".into())),
        r#"200 connection_test ok: log meta={"a":1} output{}"#,
    ),
    post(
        "an action's route with more",
        "/actions/ACTION?a=b",
        message,
        "200 {OK}",
    ),
    post(
        "an action's route and a slash",
        "/actions/ACTION/",
        message,
        "404 {PROBLEM}",
    ),
    post("an unknown route", "/nope", message, "404 {PROBLEM}"),
    get("the prefix alone", "/", "404 {PROBLEM}"),
    get(
        "reading an action's test",
        "/actions/ACTION/test",
        "405 {PAGE}",
    ),
    get("reading a task's test", "/tasks/TASK/test", "405 {PAGE}"),
    Request {
        method: "PUT",
        ..post(
            "putting an action",
            "/actions/ACTION",
            message,
            "405 {PAGE}",
        )
    },
    Request {
        method: "DELETE",
        ..get("deleting an action", "/actions/ACTION", "405 {PAGE}")
    },
];

/// What is there under `/api/v1` alone.
const V1: &[Request] = &[
    get("status", "/status", "200: status"),
    get("actions", "/actions", "200 []"),
    get("tasks", "/tasks", "200 []"),
    get("triggers", "/triggers", "200 []"),
    get(
        "definitions",
        "/definitions/actions",
        "200: actionsDefinitions[]",
    ),
    get(
        "the connection",
        "/connection",
        "200: properties{} required[] title type",
    ),
    get("workers", "/workers", "200: num_workers#"),
    get(
        "whether it shuts down",
        "/admin/status",
        "200: active_work# shutdown_initiated? shutdown_safe?",
    ),
    get(
        "the specification in another form",
        "/spec?format=nope",
        "422: error",
    ),
    get(
        "the routes in another form",
        "/api?format=nope",
        "422: error",
    ),
    get("reading a test", "/connection/test", "405 {PAGE}"),
    get("reading the shutdown", "/admin/shutdown", "405 {PAGE}"),
    post("writing the status", "/status", message, "405 {PAGE}"),
    post(
        "writing the connection",
        "/connection",
        message,
        "405 {PAGE}",
    ),
    post(
        "a test of the connection",
        "/connection/test",
        |w| bytes(&w.connection_test()),
        "200 connection_test ok: log meta={} output{}",
    ),
    post(
        "a test of the connection for tasks",
        "/connection/test_task",
        |w| bytes(&w.connection_test()),
        "200 connection_test ok: log meta={} output{}",
    ),
    post(
        "a test of the connection that fails",
        "/connection/test",
        |w| {
            bytes(&set(
                w.connection_test(),
                "/body/connection",
                w.refused.clone(),
            ))
        },
        "400 connection_test error: error exception{assistance cause data} log meta={}",
    ),
    post(
        "a test of no connection",
        "/connection/test",
        |w| bytes(&without(w.connection_test(), "/body/connection")),
        "500 connection_test error: error exception{assistance cause data} log meta={}",
    ),
    post(
        "a test of the connection with an action",
        "/connection/test",
        message,
        "200 {OK}",
    ),
    post(
        "a test of the connection of another version",
        "/connection/test",
        |w| bytes(&set(w.connection_test(), "/version", "v2".into())),
        "400 connection_test error: error exception{assistance cause data} log meta={}",
    ),
    post(
        "a test of nothing",
        "/connection/test",
        |_| b"{}".into(),
        "400: error",
    ),
    post(
        "a test of what is not JSON",
        "/connection/test",
        |_| b"x".into(),
        "400 {PROBLEM}",
    ),
    post(
        "a test without body",
        "/connection/test",
        |_| br#"{"a":1}"#.into(),
        "200 null",
    ),
    post(
        "another test",
        "/connection/nope",
        |_| b"x".into(),
        "404: code# error method name",
    ),
];

/// After a shutdown was asked for, new actions are refused; all else goes on.
const SHUTTING_DOWN: &[Request] = &[
    post(
        "asking",
        "/api/v1/admin/shutdown",
        |_| vec![],
        "200: message",
    ),
    post(
        "asking again",
        "/api/v1/admin/shutdown",
        |_| vec![],
        "200: message",
    ),
    get(
        "whether it shuts down",
        "/api/v1/admin/status",
        "200: active_work# shutdown_initiated? shutdown_safe?",
    ),
    post("an action", "/api/v1/actions/ACTION", message, "503: error"),
    post(
        "an action, the older route",
        "/actions/ACTION",
        message,
        "503: error",
    ),
    post(
        "what is no message",
        "/actions/ACTION",
        |_| b"x".into(),
        "503: error",
    ),
    post(
        "an action's test",
        "/actions/ACTION/test",
        message,
        "200 {OK}",
    ),
    post(
        "a test of the connection",
        "/api/v1/connection/test",
        |w| bytes(&w.connection_test()),
        "200 connection_test ok: log meta={} output{}",
    ),
    get("status", "/api/v1/status", "200: status"),
];

impl Request {
    fn answer(&self, prefix: &str, server: &PluginServer, words: &Words) -> String {
        let path = self.path.replace("ACTION", words.action);
        let path = format!("{prefix}{}", path.replace("TASK", words.task));
        answered(&server.request(
            self.method,
            &path,
            Some("application/json"),
            &(self.body)(words),
        ))
    }
}

#[test]
fn the_routes_are_the_vendors() {
    let console = realistic();
    let (sample, ours) = (Words::of_the_sample(), Words::of(&console));
    let vendor = Plugin::on_vendor_runtime().serve();
    let own = Plugin::own().serve();
    let tables = [
        ("steps", &["", "/api/v1"][..], STEPS),
        ("v1", &["/api/v1"], V1),
        ("shutdown", &[""], SHUTTING_DOWN),
    ];
    let mut wrong = Vec::new();
    for (how, prefixes, table) in tables {
        let mut comparison = Comparison::new(how);
        for request in table {
            for prefix in prefixes {
                let vendor = request.answer(prefix, &vendor, &sample);
                let own = request.answer(prefix, &own, &ours);
                comparison.add(request.what, request.seen, &vendor, &own);
            }
            // Without the prefix there is none of these.
            if how == "v1" && !request.path.starts_with("/actions") {
                let path = request.path;
                for (server, words) in [(&vendor, &sample), (&own, &ours)] {
                    let answer = request.answer("", server, words);
                    assert!(answer.starts_with("404"), "{path}: {answer}");
                }
            }
        }
        wrong.extend(comparison.problems());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
