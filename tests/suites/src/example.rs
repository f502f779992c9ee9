//! The examples of operations, as events for the fakes.

use actions::{ALL, Entry, Spec};
use fake_console::{FakeConsole, FakePlatform, WireForm};
use serde_json::Value;

use super::DELIVERED;

/// What stands for the console's address in examples.
pub const CONSOLE_ADDRESS: &str = "https://console.example.com:3780";
/// The same of the platform.
pub const PLATFORM_ADDRESS: &str = "https://eu.api.insight.rapid7.com";
/// The secret that examples take a new account's password from.
pub const INITIAL_PASSWORD_SECRET: &str = "rapid7/initial-password";
/// The password in it.
pub const INITIAL_PASSWORD: &str = "only-the-secret-knows-1";

/// What is known of an operation.
///
/// # Panics
/// For one that there is not.
#[must_use]
pub fn entry(operation: &str) -> &'static Entry {
    let found = ALL
        .iter()
        .find(|entry| entry.operation.spec.name == operation);
    found.unwrap_or_else(|| panic!("there is no {operation}"))
}

/// An example with the addresses of the fakes.
///
/// # Panics
/// If it is no JSON.
#[must_use]
pub fn addressed(example: &str, console: &FakeConsole, platform: &FakePlatform) -> Value {
    let text = example
        .replace(CONSOLE_ADDRESS, console.url())
        .replace(PLATFORM_ADDRESS, platform.url());
    serde_json::from_str(&text).expect("JSON")
}

/// The example of an operation as an event that does what it is for: no dry run, and into the secret that
/// tests read.
#[must_use]
pub fn event(spec: &Spec, console: &FakeConsole, platform: &FakePlatform) -> Value {
    let mut event = addressed(spec.example, console, platform);
    let members = event.as_object_mut().expect("an object");
    members.remove("dry_run");
    if let Some(secret) = members.get_mut("deliver_to") {
        *secret = DELIVERED.into();
    }
    event
}

/// The console's wire forms in which an operation's example can be run.
///
/// # Panics
/// If it is no JSON.
#[must_use]
pub fn forms(entry: &Entry) -> &'static [WireForm] {
    let example: Value = serde_json::from_str(entry.operation.spec.example).expect("JSON");
    // A record is in the form of the console that it is of; the platform has only one.
    match entry.console && example.get("record").is_none() {
        true => &[WireForm::Vendor, WireForm::Guide],
        false => &[WireForm::Vendor],
    }
}

/// Whether an operation deletes for good: it takes a word of confirmation, and a deployment has to allow
/// it.
#[must_use]
pub fn deletes(entry: &Entry) -> bool {
    let schema = (entry.input)();
    let properties = schema.get("properties").and_then(Value::as_object);
    let mut names = properties.into_iter().flat_map(|members| members.keys());
    names.any(|name| name.starts_with("confirm_"))
}
