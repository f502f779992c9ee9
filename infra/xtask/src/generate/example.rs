//! An operation's example, run for real on a console of its own.

use std::sync::Arc;
use std::time::Duration;

use actions::{Caller, Ending, Entry, OnlyTarget, Operation, Policy, Run, SecretWriter, Services};
use fake_console::{FakeConsole, FakePlatform, ORGANIZATION_KEY, PlatformState, State};
use insightconnect::PluginAction;
use rapid7::{ApiKey, Credentials, Options, Trust, console, platform};
use serde_json::Value;
use suites::example::{CONSOLE_ADDRESS, PLATFORM_ADDRESS, addressed, event};
use suites::props::Props;
use suites::trace::{Trace, Watch};
use tokio::time::Instant;

use super::json::Json;

/// What stands for what the platform calls a request, which is another each time.
const CORRELATION_ID: &str = "7d9e7c29-8f9f-4b3f-9a57-0c7d6c1b2a3e";

/// What stands for what a caller calls a run.
const REQUEST_ID: &str = "3b0c1f0e-5a55-4d0c-9f52-6f1f0e7b9a11";

/// What stands for when it was.
const TIME: &str = "2026-01-02T03:04:05Z";

/// An input and what came of it, as they are shown.
pub(super) struct Example {
    pub(super) input: String,
    pub(super) output: String,
}

/// Runs an operation on its example. Nothing in the result differs from run to run.
pub(super) async fn run(entry: &Entry) -> Result<Example, String> {
    let Operation { spec, .. } = entry.operation;
    let wrong = |error: String| format!("the example of {}: {error}", spec.name);
    let shown = Json::parse(spec.example).map_err(wrong)?;
    let invoke = async |run, input| {
        let result = actions::invoke(entry.operation, run, input).await;
        result.map_err(|error| error.to_string())
    };
    let output = staged(spec.example, invoke).await.map_err(wrong)?;
    Ok(Example {
        input: shown.pretty(),
        output: Json::parse(&output).map_err(wrong)?.pretty(),
    })
}

/// Runs an action of the plugin on its example, by the plugin's own code.
pub(super) async fn run_action(action: &PluginAction) -> Result<(Value, Value), String> {
    let name = &action.name;
    let wrong = |error: String| format!("the example of the action {name}: {error}");
    let input = Value::from(action.example());
    let run = async |run: Run, input| insightconnect::run_action(name, run.services, input).await;
    let output = staged(&input.to_string(), run).await.map_err(wrong)?;
    let output = serde_json::from_str(&output).map_err(|error| wrong(error.to_string()))?;
    Ok((input, output))
}

/// What an operation's example does to a console and a platform, and what it does when it is run again.
pub(super) async fn trace(entry: &Entry) -> Result<Trace, String> {
    let Operation { spec, .. } = entry.operation;
    let console = FakeConsole::start(State::realistic());
    let platform = FakePlatform::start(PlatformState::realistic());
    let event = event(spec, &console, &platform);
    let props = Arc::new(Props::default());
    // As where a deployment does not say of which type the pack's own key is.
    let run = stage(&console, &platform, &props, platform::OwnKey::default());
    let watch = Watch::new(&console, &platform);
    let sent = async || {
        let result = actions::invoke(entry.operation, run.clone(), event.clone()).await;
        result.map_err(|error| format!("the example of {}: {error}", spec.name))?;
        Ok::<_, String>(watch.sent())
    };
    let (first, again) = (sent().await?, sent().await?);
    Ok(Trace {
        first,
        again,
        changes: watch.changes(&props.delivered()),
    })
}

/// What comes of an input on a console and a platform of its own, without what would differ from run
/// to run.
async fn staged(
    example: &str,
    act: impl AsyncFnOnce(Run, Value) -> Result<Value, String>,
) -> Result<String, String> {
    let console = FakeConsole::start(State::realistic());
    let platform = FakePlatform::start(PlatformState::realistic());
    let input = addressed(example, &console, &platform);
    let own_key = platform::OwnKey {
        key_type: Some(platform::KeyType::Organization),
        id: None,
    };
    let run = stage(&console, &platform, &Arc::default(), own_key);
    let mut output = act(run, input).await?;
    let mut text = output["text"].as_str().unwrap_or_default().to_owned();
    if let Some(time) = output.get_mut("generated_at").map(Value::take) {
        text = text.replace(time.as_str().unwrap_or_default(), TIME);
        output["generated_at"] = TIME.into();
    }
    let surfaces = output.get_mut("surfaces").and_then(Value::as_array_mut);
    let records = surfaces.into_iter().flatten();
    let mut records: Vec<&mut Value> = records.filter_map(|one| one.get_mut("record")).collect();
    records.iter_mut().for_each(|record| dateless(record));
    if let Some(record) = output.get_mut("record") {
        dateless(record);
    }
    let changes = output.get_mut("changes").and_then(Value::as_array_mut);
    for change in changes.into_iter().flatten() {
        if let Some(time) = change.get_mut("seen_at") {
            *time = TIME.into();
        }
    }
    if !text.is_empty() {
        output["text"] = text.into();
    }
    let mut output = output
        .to_string()
        .replace(console.url(), CONSOLE_ADDRESS)
        .replace(platform.url(), PLATFORM_ADDRESS);
    for id in platform
        .requests()
        .iter()
        .filter_map(|r| r.correlation_id.as_ref())
    {
        output = output.replace(id, CORRELATION_ID);
    }
    Ok(output)
}

/// An audit record without what is another each time.
fn dateless(record: &mut Value) {
    record["at"] = TIME.into();
    record["request_id"] = REQUEST_ID.into();
}

pub(super) fn stage(
    console: &FakeConsole,
    platform: &FakePlatform,
    props: &Arc<Props>,
    own_key: platform::OwnKey,
) -> Run {
    let own = Arc::new(Credentials {
        username: "svc-soar".into(),
        password: "correct horse battery staple".into(),
        token: None,
    });
    let trusting = |pin: String| Options {
        trust: Trust::Pins(vec![pin.parse().expect("a fingerprint")]),
        ..Options::default()
    };
    let options = trusting(console.certificate_sha256());
    let client = console::Client::new(console.url(), Arc::new(own), None, options);
    let key = Arc::new(ApiKey(ORGANIZATION_KEY.into()));
    let options = trusting(platform.certificate_sha256());
    let platform = platform::Client::new(platform.url(), Arc::new(key), options);
    let platform = platform.expect("an address").with_own_key(own_key);
    Run {
        services: Services {
            consoles: Arc::new(OnlyTarget::new("console", client.expect("an address"))),
            platform: Some(Arc::new(OnlyTarget::new("platform", platform))),
            policy: Policy {
                allow_deletion: true,
                ..Policy::default()
            },
            audit: Arc::<Props>::clone(props),
            secrets: Arc::<Props>::clone(props),
            deliveries: Some(Arc::<Props>::clone(props) as Arc<dyn SecretWriter>),
            progress: None,
            journal: None,
            ending: Ending::default(),
        },
        caller: Caller::default(),
        deadline: Instant::now() + Duration::from_secs(30),
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
