//! An operation's example, run for real on a console of its own.

use std::sync::Arc;
use std::time::Duration;

use actions::{
    Audit, AuditRecord, Caller, Entry, OnlyTarget, Policy, Run, SecretReader, SecretWriter,
    Services, Staged,
};
use fake_console::{FakeConsole, State};
use rapid7::console::Client;
use rapid7::{BoxFuture, Credentials, Options, Trust};
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::Instant;

use super::json::Json;

/// What stands for the console's address on the page.
const ADDRESS: &str = "https://console.example.com:3780";

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
    let input = example.replace(ADDRESS, console.url());
    let input: Value = serde_json::from_str(&input).map_err(|error| wrong(error.to_string()))?;
    let result = actions::invoke(entry.operation, stage(&console), input).await;
    let output = result.map_err(|error| wrong(error.to_string()))?;
    let output = output.to_string().replace(console.url(), ADDRESS);
    Ok(Example {
        input: shown.pretty(),
        output: Json::parse(&output).map_err(wrong)?.pretty(),
    })
}

fn stage(console: &FakeConsole) -> Run {
    let own = Arc::new(Credentials {
        username: "svc-soar".into(),
        password: "correct horse battery staple".into(),
        token: None,
    });
    let pin = console.certificate_sha256().parse().expect("a fingerprint");
    let trust = Trust::Pins(vec![pin]);
    let options = Options {
        trust,
        ..Options::default()
    };
    let client = Client::new(console.url(), Arc::new(own), None, options);
    Run {
        services: Services {
            consoles: Arc::new(OnlyTarget::new("console", client.expect("an address"))),
            platform: None,
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
