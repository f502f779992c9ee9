//! The plugin on the vendor's runtime, as a process and as a server.

use std::net::TcpStream;
use std::thread::sleep;
use std::time::{Duration, Instant};

use harness::Plugin;
use serde_json::{Value, json};

fn echo(text: &str) -> Value {
    json!({"version": "v1", "type": "action_start", "body": {
        "action": "echo",
        "connection": {"url": "http://a", "credentials": {"username": "a", "password": "??"}},
        "input": {"text": text},
    }})
}

#[test]
fn the_vendors_runtime_answers_on_standard_output() {
    let answer = Plugin::on_vendor_runtime().send("run", &echo("Ada"));
    assert_eq!(answer.code, 0, "{}", answer.stderr);
    let event = answer.event().expect(&answer.stdout);
    assert_eq!(event["body"]["output"], json!({"text": "Ada"}));
}

#[test]
fn the_vendors_runtime_serves_until_it_is_dropped() {
    let server = Plugin::on_vendor_runtime().serve();
    let answer = server.post("/actions/echo", &echo("Grace"));
    assert_eq!(answer.status, 200, "{}", answer.text);
    let event = answer.json().expect(&answer.text);
    assert_eq!(event["body"]["output"], json!({"text": "Grace"}));
    assert_eq!(server.get("/actions/echo").status, 405);

    let address = server.url().trim_start_matches("http://").to_owned();
    drop(server);
    // Its workers have the socket too: it is free when they are gone, which takes them a moment.
    let limit = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(&address).is_ok() {
        assert!(Instant::now() < limit, "{address} is still served");
        sleep(Duration::from_millis(50));
    }
}
