//! An operation's example, run for real on a console of its own.

use std::sync::Arc;
use std::time::Duration;

use actions::{
    Audit, AuditRecord, Caller, Entry, OnlyTarget, Policy, Run, SecretReader, SecretWriter,
    Services, Staged,
};
use fake_console::{FakeConsole, FakePlatform, ORGANIZATION_KEY, PlatformState, State};
use rapid7::console::Client;
use rapid7::{ApiKey, BoxFuture, Credentials, Options, Trust, platform};
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::Instant;

use super::json::Json;

/// What stands for the console's address on the page, and for the platform's.
const ADDRESS: &str = "https://console.example.com:3780";
const PLATFORM_ADDRESS: &str = "https://us.api.insight.rapid7.com";

/// What differs from run to run, and what stands for it.
const VOLATILE: [(&str, &str); 1] = [("generated_at", "2026-01-02T03:04:05Z")];

/// An input and what came of it, as they are shown.
pub(super) struct Example {
    pub(super) input: String,
    pub(super) output: String,
}

/// Runs an operation on its example. Nothing in the result differs from run to run.
pub(super) async fn run(entry: &Entry) -> Result<Example, String> {
    let spec = entry.operation.spec;
    let example = spec.example;
    let wrong = |error: String| format!("the example of {}: {error}", spec.name);
    let shown = Json::parse(example).map_err(wrong)?;
    let console = FakeConsole::start(State::realistic());
    let platform = FakePlatform::start(PlatformState::realistic());
    let input = example.replace(ADDRESS, console.url());
    let input = input.replace(PLATFORM_ADDRESS, platform.url());
    let input: Value = serde_json::from_str(&input).map_err(|error| wrong(error.to_string()))?;
    let result = actions::invoke(entry.operation, stage(&console, &platform), input).await;
    let mut output = result.map_err(|error| wrong(error.to_string()))?;
    let mut text = output["text"].as_str().unwrap_or_default().to_owned();
    for (member, instead) in VOLATILE {
        if let Some(told) = output.get_mut(member).map(Value::take) {
            text = text.replace(told.as_str().unwrap_or_default(), instead);
            output[member] = instead.into();
        }
    }
    if !text.is_empty() {
        output["text"] = text.into();
    }
    let output = output.to_string().replace(console.url(), ADDRESS);
    let output = output.replace(platform.url(), PLATFORM_ADDRESS);
    Ok(Example {
        input: shown.pretty(),
        output: Json::parse(&output).map_err(wrong)?.pretty(),
    })
}

fn stage(console: &FakeConsole, platform: &FakePlatform) -> Run {
    let own = Arc::new(Credentials {
        username: "svc-soar".into(),
        password: "correct horse battery staple".into(),
        token: None,
    });
    let options = |pin: String| Options {
        trust: Trust::Pins(vec![pin.parse().expect("a fingerprint")]),
        ..Options::default()
    };
    let trusted = options(console.certificate_sha256());
    let client = Client::new(console.url(), Arc::new(own), None, trusted);
    let key = Arc::new(ApiKey(ORGANIZATION_KEY.into()));
    let trusted = options(platform.certificate_sha256());
    let platform = platform::Client::new(platform.url(), Arc::new(key), trusted);
    Run {
        services: Services {
            consoles: Arc::new(OnlyTarget::new("console", client.expect("an address"))),
            platform: Some(Arc::new(OnlyTarget::new(
                "platform",
                platform.expect("an address"),
            ))),
            policy: Policy {
                allow_deletion: true,
                ..Policy::default()
            },
            audit: Arc::new(Props),
            secrets: Arc::new(Props),
            deliveries: Some(Arc::new(Props)),
            progress: None,
        },
        caller: Caller::default(),
        deadline: Instant::now() + Duration::from_secs(30),
    }
}

/// Stands for what surrounds a run: every secret there is can be read and written, and records go
/// nowhere.
struct Props;

impl Audit for Props {
    fn write<'a>(&'a self, _record: &'a AuditRecord<'a>) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async { Ok(()) })
    }
}

impl SecretReader for Props {
    fn read<'a>(&'a self, _reference: &'a str) -> BoxFuture<'a, actions::Result<SecretString>> {
        Box::pin(async { Ok("only-the-secret-knows-1".into()) })
    }
}

impl SecretWriter for Props {
    fn stage<'a>(
        &'a self,
        _secret: &'a str,
        _token: &'a str,
        text: SecretString,
    ) -> BoxFuture<'a, actions::Result<Staged>> {
        let staged = Staged {
            text,
            delivered: false,
        };
        Box::pin(async { Ok(staged) })
    }

    fn check(&self, _secret: &str) -> actions::Result<()> {
        Ok(())
    }

    fn promote<'a>(
        &'a self,
        _secret: &'a str,
        _token: &'a str,
        _request: &'a str,
    ) -> BoxFuture<'a, actions::Result<()>> {
        Box::pin(async { Ok(()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nothing_shown_differs_from_run_to_run() {
        for entry in actions::ALL {
            let name = entry.operation.spec.name;
            let first = run(entry).await.expect(name);
            let again = run(entry).await.expect(name);
            assert_eq!(first.output, again.output, "{name}");
            assert!(!first.output.contains("127.0.0.1"), "{}", first.output);
        }
    }
}
