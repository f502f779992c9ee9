//! The line of metrics that a function prints for each invocation, held to the rules of CloudWatch's
//! embedded metric format, and to what the console saw.

use std::time::{Duration, SystemTime};

use fake_console::{Fault, FaultKind};
use harness::{Function, Invocation, binary};
use serde_json::{Map, Value, json};
use suites::{OWN_LOGIN, OWN_PASSWORD, World, for_each, with};

const NAMESPACE: &str = "user-actions-test";
const ON: (&str, &str) = ("RAPID7_METRICS_NAMESPACE", NAMESPACE);

/// Units of CloudWatch (API reference, `MetricDatum`), as far as they are used.
const UNITS: [&str; 3] = ["Count", "Milliseconds", "None"];

/// An invocation's line, which must fit the specification.
fn line(invocation: &Invocation) -> Map<String, Value> {
    let lines = invocation.logs.lines();
    let lines = lines.map(|line| serde_json::from_str::<Value>(line).expect(line));
    let mut lines = lines.filter(|line| line.get("_aws").is_some());
    let line = lines.next().expect("a line of metrics");
    assert!(lines.next().is_none(), "{}", invocation.logs);
    fits(&line);
    line.as_object().expect("an object").clone()
}

/// What <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>
/// asks for. CloudWatch passes over what does not fit without a word.
fn fits(line: &Value) {
    assert!(line.to_string().len() < 256 * 1024);
    let metadata = &line["_aws"];
    let told = metadata["Timestamp"].as_u64().expect("milliseconds");
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.expect("after 1970").as_millis() as u64;
    assert!(now.abs_diff(told) < 60_000, "{told} is not {now}");
    let directives = metadata["CloudWatchMetrics"].as_array().expect("an array");
    assert!(!directives.is_empty());
    let mut seen = Vec::new();
    for directive in directives {
        let members: Vec<&String> = directive.as_object().expect("an object").keys().collect();
        assert_eq!(members.len(), 3, "{members:?}");
        assert_eq!(directive["Namespace"], NAMESPACE);
        let sets = directive["Dimensions"].as_array().expect("an array");
        assert!(!sets.is_empty(), "an empty set is allowed, none is not");
        for set in sets {
            let names = set.as_array().expect("a dimension set");
            assert!(names.len() <= 30);
            for name in names {
                let name = name.as_str().expect("a dimension's name");
                let value = line[name].as_str();
                let value = value.unwrap_or_else(|| panic!("{name} is no text of the root"));
                assert!((1..=1024).contains(&value.len()), "{name}: {value}");
            }
        }
        let metrics = directive["Metrics"].as_array().expect("an array");
        assert!((1..=100).contains(&metrics.len()));
        for metric in metrics {
            assert_eq!(metric.as_object().expect("an object").len(), 2, "{metric}");
            let name = metric["Name"].as_str().expect("a name");
            assert!((1..=1024).contains(&name.len()));
            assert!(line[name].is_number(), "{name} is no number of the root");
            assert!(UNITS.iter().any(|unit| metric["Unit"] == *unit), "{metric}");
            assert!(!seen.contains(&name), "{name} twice");
            seen.push(name);
        }
    }
}

/// The metrics of each set of dimensions: what is paid for.
fn metrics_by_dimensions(line: &Map<String, Value>) -> Value {
    let directives = line["_aws"]["CloudWatchMetrics"].as_array();
    let of_one = |directive: &Value| {
        let metrics = directive["Metrics"].as_array().expect("metrics");
        let names: Vec<&Value> = metrics.iter().map(|metric| &metric["Name"]).collect();
        json!([directive["Dimensions"], names])
    };
    directives.expect("directives").iter().map(of_one).collect()
}

#[track_caller]
fn assert_told(line: &Map<String, Value>, expected: Value) {
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(line.get(name), Some(value), "{name} of {line:?}");
    }
}

#[test]
fn each_metric_has_the_dimensions_that_it_is_looked_at_by_and_no_more() {
    let world = World::new();
    let function = world.function_with("disable-user", &[ON]);
    let event = json!({"user_id": 4, "ticket": "OFF-1042", "requested_by": "ann@example.com"});
    let answer = function.invoke(&event);
    let line = line(&answer);
    let expected = json!([
        [[["Operation"]], ["Duration", "ConsoleRequests"]],
        [[["Operation", "Outcome"]], ["Runs", "Changed"]],
        [[[]], ["Failures", "SecretAgeDays"]],
    ]);
    assert_eq!(metrics_by_dimensions(&line), expected);
    let expected = json!({
        "Operation": "disable-user", "Outcome": "Changed", "Runs": 1, "Changed": 1, "Failures": 0,
        "request_id": answer.request_id, "ticket": "OFF-1042", "changed": true, "dry_run": false,
    });
    assert_told(&line, expected);
    let duration = line["Duration"].as_f64().expect("milliseconds");
    let took = answer.duration.as_secs_f64() * 1000.0;
    assert!((0.1..=took).contains(&duration), "{duration} of {took}");
    // The secret was put there a moment ago.
    let age = line["SecretAgeDays"].as_f64().expect("days");
    assert!((0.0..0.1).contains(&age), "{age}");
    // A member more would be a chance more to name somebody.
    let mut members: Vec<&str> = line.keys().map(String::as_str).collect();
    members.sort_unstable();
    let expected = [
        "Changed",
        "ConsoleRequests",
        "Duration",
        "Failures",
        "Operation",
        "Outcome",
        "Runs",
        "SecretAgeDays",
        "_aws",
        "changed",
        "dry_run",
        "request_id",
        "ticket",
    ];
    assert_eq!(members, expected);
}

#[test]
fn the_outcome_says_what_came_of_the_run() {
    let world = World::new();
    let function = world.function_with("disable-user", &[ON]);
    let run = |event: Value| line(&function.invoke(&event));
    let jdoe = json!({"user_id": 4});
    let dry = run(json!({"user_id": 4, "dry_run": true}));
    let expected = json!({"Outcome": "DryRun", "Changed": 0, "Failures": 0, "dry_run": true});
    assert_told(&dry, expected);
    let expected = json!({"Outcome": "Changed", "Changed": 1, "changed": true});
    assert_told(&run(jdoe.clone()), expected);
    let expected = json!({"Outcome": "Unchanged", "Changed": 0, "Runs": 1, "changed": false});
    assert_told(&run(jdoe), expected);
    let unknown = run(json!({"login": "nobody"}));
    let expected = json!({
        "Outcome": "NotFound", "kind": "NotFound", "Changed": 0, "Failures": 1, "Runs": 1,
        "changed": false,
    });
    assert_told(&unknown, expected);
    let refused = run(json!({"login": OWN_LOGIN, "dry_run": true}));
    let expected = json!({"Outcome": "Refused", "Failures": 1, "dry_run": true});
    assert_told(&refused, expected);
    let wrong = run(json!({"user_id": 4, "enabled": false, "ticket": "OFF-7"}));
    let expected = json!({"Outcome": "InvalidInput", "ticket": "OFF-7", "ConsoleRequests": 0});
    assert_told(&wrong, expected);

    let reading = world.function_with("get-user", &[ON]);
    let envelope = json!({
        "detail-type": "t", "source": "s", "detail": {"user_id": 4, "ticket": "OFF-8"},
    });
    let read = line(&reading.invoke(&envelope));
    assert_told(
        &read,
        json!({"Outcome": "Read", "Changed": 0, "ticket": "OFF-8"}),
    );
}

/// A run that failed after it had written.
#[test]
fn a_failure_that_changed_something_says_so() {
    let world = World::new();
    let function = world.function_with("unlock-user", &[ON]);
    // The password is set first.
    let refused = Fault::new(FaultKind::status(400)).on("DELETE", "/lock");
    world.console.push_fault(refused);
    let event = json!({"login": "rmartinez", "password": "An0ther-Passw0rd"});
    let answer = function.invoke(&event);
    let line = line(&answer);
    let error = answer.result.expect_err("half done");
    assert_eq!(line["Outcome"], error.error_type.as_str());
    assert_told(&line, json!({"Changed": 1, "changed": true, "Failures": 1}));
}

/// Those that opened the connection, those that failed and those sent again included.
#[test]
fn requests_are_those_that_the_console_got() {
    let world = World::new();
    let function = world.function_with("disable-user", &[ON]);
    let mut before = 0;
    let mut run = |event: Value| {
        let answer = function.invoke(&event);
        let line = line(&answer);
        let arrived = world.console.requests().len();
        assert_eq!(line["ConsoleRequests"], arrived - before, "{event}");
        before = arrived;
        (line, answer)
    };
    // The first line has the request of init, which the log of the run does not count.
    let (first, answer) = run(json!({"login": "jdoe"}));
    let lines = answer.logs.lines().map(serde_json::from_str);
    let lines: Vec<Value> = lines.collect::<Result<_, _>>().expect("JSON");
    let done = lines.iter().find(|line| line["message"] == "done");
    let counted = done.expect("a line for the run")["requests"].as_u64();
    assert_eq!(first["ConsoleRequests"], counted.expect("a count") + 1);
    run(json!({"login": "jdoe"}));
    world
        .console
        .push_fault(Fault::new(FaultKind::status(503)).on("GET", "/users"));
    let (again, _) = run(json!({"user_id": 4}));
    assert_told(
        &again,
        json!({"ConsoleRequests": 2, "Outcome": "Unchanged"}),
    );
    run(json!({"login": "nobody"}));
    run(json!({"login": "jdoe", "unknown": true}));
}

#[test]
fn requests_to_several_consoles_and_to_the_platform_are_counted_apart() {
    let world = World::with_two_consoles();
    let second = world.second.as_ref().expect("a second console");
    let function = world.function_with("offboard-user", &[ON]);
    let answer = function.invoke(&json!({"email": "jdoe@example.com", "dry_run": true}));
    let line = line(&answer);
    let consoles = world.console.requests().len() + second.requests().len();
    let platform = world.platform.requests().len();
    assert!(!second.requests().is_empty() && platform > 0);
    let expected = json!({
        "ConsoleRequests": consoles, "PlatformRequests": platform, "Outcome": "DryRun",
    });
    assert_told(&line, expected);
    let expected = json!([[[]], ["Failures", "PlatformRequests", "SecretAgeDays"]]);
    assert_eq!(metrics_by_dimensions(&line)[2], expected);
}

#[test]
fn what_never_got_to_a_console_is_counted_too() {
    // Nobody listens there.
    let world = World::new();
    let away = ("RAPID7_CONSOLE_URL", "http://127.0.0.1:1");
    let function = world.function_with("get-user", &[ON, away]);
    let answer = function.invoke_with_deadline(&json!({"user_id": 4}), Duration::from_secs(2));
    let expected = json!({
        "Outcome": "Unavailable", "kind": "Unavailable", "ConsoleRequests": 0, "Failures": 1,
    });
    assert_told(&line(&answer), expected);

    // A deployment without settings.
    let mut environment = world.secrets.env();
    environment.push(ON);
    let function = Function::start(&binary("disable-user"), &environment);
    for ticket in ["OFF-1", "OFF-2"] {
        let answer = function.invoke(&json!({"user_id": 4, "ticket": ticket}));
        let line = line(&answer);
        let expected = json!({
            "Operation": "disable-user", "Outcome": "Unauthorized", "Failures": 1, "Runs": 1,
            "ConsoleRequests": 0, "request_id": answer.request_id, "ticket": ticket,
        });
        assert_told(&line, expected);
        assert!(line["Duration"].as_f64().expect("milliseconds") < 1000.0);
    }
}

#[test]
fn nothing_is_printed_without_a_namespace() {
    let world = World::new();
    for environment in [&[][..], &[(ON.0, "")]] {
        let function = world.function_with("get-user", environment);
        let answer = function.invoke(&json!({"user_id": 4}));
        answer.result.expect("jdoe");
        let failed = function.invoke(&json!({"user_id": 4000}));
        failed.result.expect_err("nobody");
        assert!(!function.logs().contains("_aws"), "{}", function.logs());
    }
}

/// A dashboard has more readers than the log.
#[test]
fn nobody_is_named_in_the_line() {
    let operations: Vec<&str> = actions::ALL
        .iter()
        .map(|entry| entry.operation.spec.name)
        .collect();
    for_each(&operations, |operation| {
        let world = World::new();
        let function = world.allowed_function_with(operation, &[ON]);
        let more = json!({"requested_by": "canary.requester@example.com", "ticket": "OFF-1"});
        let event = with(world.usual_event(operation), more);
        // Whom and what the world knows.
        let mut canaries: Vec<String> = vec![
            "canary".into(),
            "@".into(),
            OWN_PASSWORD.into(),
            "S3cur3!pass".into(),
            "jsmith".into(),
            world.console.url().to_owned(),
            world.platform.url().to_owned(),
        ];
        for user in world.console.state().users.values() {
            canaries.extend([user.login.clone(), user.password.clone()]);
        }
        canaries.retain(|canary| !canary.is_empty());
        let stranger = json!({"login": "canary"});
        let wrong = json!({"login": "canary", "canary": "canary"});
        for event in [event.clone(), event, stranger, wrong] {
            let answer = function.invoke(&event);
            let line = Value::from(line(&answer)).to_string();
            for canary in &canaries {
                assert!(!line.contains(canary.as_str()), "{operation}: {line}");
            }
        }
    });
}
