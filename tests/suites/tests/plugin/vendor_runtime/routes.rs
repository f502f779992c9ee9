//! Requests to the server, which of them there are, and what they mean while it shuts down.

use harness::{Plugin, PluginServer};

use super::{Comparison, Words, answered, bytes, message, realistic, set, without};

/// A request, and what comes of it.
struct Request {
    what: &'static str,
    method: &'static str,
    /// With `ACTION` and `TASK` for the names of the plugin.
    path: &'static str,
    body: fn(&Words) -> Vec<u8>,
    seen: &'static str,
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
