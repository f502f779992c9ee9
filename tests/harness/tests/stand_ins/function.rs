//! The Runtime API and the function process, with the smallest real function.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use harness::{Function, RuntimeApi, Settings, binary};
use serde_json::json;

fn hello() -> Function {
    Function::start(&binary("hello-world"), &[])
}

/// A function that does not speak the protocol, for what can go wrong.
fn shell(script: &str) -> Function {
    let arguments = vec!["-c".to_owned(), script.to_owned()];
    let settings = Settings {
        arguments,
        ..Settings::default()
    };
    Function::start_with(
        Path::new("/bin/sh"),
        &[("GREETING", "good morning")],
        settings,
    )
}

#[test]
fn a_function_answers_again_and_again() {
    let function = hello();
    for name in ["Ada", "Grace"] {
        let invocation = function.invoke(&json!({ "name": name }));
        assert_eq!(
            invocation.result,
            Ok(json!({ "message": format!("Hello, {name}") }))
        );
        assert_eq!(
            invocation.duration,
            invocation.answered.unwrap() - invocation.handed_out.unwrap()
        );
    }
}

#[test]
fn a_failed_invocation_leaves_the_process_alive() {
    let function = hello();
    let error = function
        .invoke(&json!({ "nom": "Ada" }))
        .result
        .unwrap_err();
    assert!(
        error.error_message.contains("missing field `name`"),
        "{error}"
    );
    assert_eq!(error.raw["errorType"], error.error_type);
    assert!(function.invoke(&json!({ "name": "Ada" })).result.is_ok());
}

#[test]
fn the_cold_start_ends_with_the_first_next() {
    let before = Instant::now();
    let function = hello();
    let cold = function.wait_for_first_next(Duration::from_secs(10));
    assert!(before <= function.started());
    assert_eq!(
        function.started() + cold,
        function.api().first_next().unwrap()
    );
}

#[test]
#[cfg(target_os = "linux")]
fn the_peak_memory_is_known_while_it_runs() {
    let function = hello();
    function.wait_for_first_next(Duration::from_secs(10));
    assert!(function.peak_memory_kib().unwrap() > 500);
    function.kill();
    assert_eq!(function.peak_memory_kib(), None);
}

#[test]
fn the_environment_is_lambdas_and_the_callers_only() {
    let function = shell("env; exit 3");
    let error = function.invoke(&json!({})).result.unwrap_err();
    assert_eq!(error.error_type, "Runtime.ExitError");
    let logs = function.logs();
    assert!(
        error.error_message.contains("exit status: 3") && error.error_message.ends_with(&logs),
        "{error}"
    );
    assert!(
        logs.contains("GREETING=good morning\n")
            && logs.contains("AWS_LAMBDA_FUNCTION_MEMORY_SIZE=128\n")
    );
    let foreign: Vec<_> = logs
        .lines()
        .filter(|line| {
            ![
                "AWS_",
                "GREETING=",
                "PATH=",
                "PWD=",
                "OLDPWD=",
                "SHLVL=",
                "_=",
            ]
            .iter()
            .any(|own| line.starts_with(own))
        })
        .collect();
    assert!(foreign.is_empty(), "{foreign:?}");
}

#[test]
fn what_was_printed_before_the_exit_is_in_the_logs() {
    let invocation =
        shell("i=0; while [ $i -lt 2000 ]; do echo line $i; echo error $i >&2; i=$((i+1)); done")
            .invoke(&json!({}));
    let expected: String = (0..2000)
        .map(|i| format!("line {i}\nerror {i}\n"))
        .collect();
    assert_eq!(invocation.logs, expected);
}

#[test]
fn a_function_that_hangs_is_ended_at_its_deadline() {
    let function = hello();
    function.wait_for_first_next(Duration::from_secs(10));
    let stop = Command::new("kill")
        .args(["-STOP", &function.pid().to_string()])
        .status();
    assert!(stop.unwrap().success());
    let limit = Duration::from_millis(200);
    let invocation = function.invoke_with_deadline(&json!({ "name": "Ada" }), limit);
    assert_eq!(
        invocation.result.unwrap_err().error_type,
        "Sandbox.Timedout"
    );
    assert!(invocation.duration >= limit && invocation.duration < Duration::from_secs(5));
    assert!(function.exit_status().is_some());
    let after = function
        .invoke(&json!({ "name": "Ada" }))
        .result
        .unwrap_err();
    assert_eq!(after.error_type, "Runtime.ExitError");
}

#[test]
#[should_panic(expected = "ended before its first event (exit status: 1)")]
fn a_function_that_does_not_come_up_says_why() {
    shell("echo no such secret; exit 1").wait_for_first_next(Duration::from_secs(10));
}

#[test]
#[should_panic(expected = "does not start")]
fn a_missing_binary_is_named() {
    Function::start(Path::new("/nowhere/bootstrap"), &[]);
}

#[test]
fn the_runtime_api_speaks_without_a_function() {
    let api = RuntimeApi::start();
    let url = format!("http://{}/2018-06-01/runtime", api.address());
    let unknown = ureq::post(format!("{url}/invocation/unknown/response")).send("{}");
    assert_eq!(unknown.unwrap_err().to_string(), "http status: 400");
    assert_eq!(api.first_next(), None);

    let worker = std::thread::spawn(move || {
        let mut next = ureq::get(format!("{url}/invocation/next")).call().unwrap();
        let header = |name: &str| next.headers()[name].to_str().unwrap().to_owned();
        let (id, deadline) = (
            header("lambda-runtime-aws-request-id"),
            header("lambda-runtime-deadline-ms"),
        );
        assert!(header("lambda-runtime-invoked-function-arn").starts_with("arn:aws:lambda:"));
        let event = next.body_mut().read_to_string().unwrap();
        assert_eq!(event, r#"{"x":1}"#);
        let answer = ureq::post(format!("{url}/invocation/{id}/error"))
            .send(r#"{"errorType":"A","errorMessage":"b"}"#);
        assert_eq!(answer.unwrap().status(), 202);
        ureq::post(format!("{url}/init/error"))
            .send(r#"{"errorType":"I","errorMessage":"j"}"#)
            .unwrap();
        (id, deadline.parse::<u64>().unwrap())
    });
    let invocation = api
        .invoke(&json!({ "x": 1 }), Duration::from_secs(5))
        .unwrap();
    let (id, deadline) = worker.join().unwrap();
    assert_eq!(invocation.request_id, id);
    assert_eq!(invocation.result.unwrap_err().to_string(), "A: b");
    assert_eq!(api.init_error().unwrap().to_string(), "I: j");
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis() as u64;
    assert!((now..=now + 5000).contains(&deadline));
}

#[test]
fn an_answer_larger_than_lambda_takes_is_an_error() {
    let api = RuntimeApi::start();
    let url = format!("http://{}/2018-06-01/runtime/invocation", api.address());
    std::thread::spawn(move || {
        let next = ureq::get(format!("{url}/next")).call().unwrap();
        let id = next.headers()["lambda-runtime-aws-request-id"]
            .to_str()
            .unwrap();
        ureq::post(format!("{url}/{id}/response")).send(format!("\"{}\"", "x".repeat(7_000_000)))
    });
    let invocation = api.invoke(&json!({}), Duration::from_secs(5)).unwrap();
    assert_eq!(
        invocation.result.unwrap_err().error_type,
        "Function.ResponseSizeTooLarge"
    );
}
