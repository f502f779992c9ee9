//! Messages: run, tested and served.

use harness::{Plugin, PluginServer};
use serde_json::{Value, json};

use super::{Comparison, Words, answered, bytes, ended, realistic, set, without};

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
