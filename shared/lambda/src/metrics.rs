//! Metrics of a Lambda function: a line in its log that CloudWatch makes metrics of (embedded metric
//! format, <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>).
//!
//! Each metric is paid for once for every combination of its dimensions' values, so each has only the
//! dimensions that it is looked at by. What belongs to one run or one account is no dimension, and
//! what names an account is not in the line at all.

use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use actions::{Changed, Effect, Error, Spec};
use serde::Serialize;
use serde_json::Value;
use services::sent::Sent;
use services::settings::metrics_namespace;

/// What is told of one invocation.
pub(crate) struct Record<'a> {
    pub(crate) operation: &'static Spec,
    pub(crate) request_id: &'a str,
    pub(crate) ticket: Option<&'a str>,
    /// Whether one was asked for, whatever came of it.
    pub(crate) dry_run: bool,
    pub(crate) result: &'a Result<Value, Error>,
    pub(crate) duration: Duration,
    /// When the version of the console's secret in use was made, where that is known.
    pub(crate) secret_created: Option<SystemTime>,
}

/// Where metrics go.
pub(crate) struct Metrics {
    namespace: String,
    sent: Sent,
    /// What of `sent` earlier lines have told.
    told: Sent,
}

impl Metrics {
    /// None, unless the environment names a namespace.
    pub(crate) fn from_environment(sent: Sent) -> Option<Self> {
        Some(Self {
            namespace: metrics_namespace()?,
            sent,
            told: Sent::default(),
        })
    }

    /// Prints an invocation's line. One that can't be written is lost: the run's answer is worth more.
    pub(crate) fn print(&self, record: &Record<'_>) {
        // Lambda runs one invocation at a time, so what was sent since the last line is this one's; the
        // first one of a process also has what init sent.
        let since = |sent: &AtomicU64, told: &AtomicU64| {
            let sent = sent.load(Ordering::Relaxed);
            sent.saturating_sub(told.swap(sent, Ordering::Relaxed))
        };
        let console = since(&self.sent.console, &self.told.console);
        let platform = since(&self.sent.platform, &self.told.platform);
        if let Ok(mut line) = line(
            &self.namespace,
            record,
            console,
            platform,
            SystemTime::now(),
        ) {
            line.push(b'\n');
            let mut output = io::stdout().lock();
            let _ = output.write_all(&line).and_then(|()| output.flush());
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

const fn metric(name: &'static str, unit: &'static str) -> Metric {
    Metric { name, unit }
}

/// Metrics with the same dimensions.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive<'a> {
    namespace: &'a str,
    dimensions: [&'a [&'a str]; 1],
    metrics: &'a [Metric],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata<'a> {
    timestamp: u64,
    cloud_watch_metrics: [Directive<'a>; 3],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Line<'a> {
    #[serde(rename = "_aws")]
    metadata: Metadata<'a>,
    // Dimensions.
    operation: &'a str,
    outcome: &'a str,
    // Metrics.
    duration: f64,
    console_requests: u64,
    runs: u8,
    changed: u8,
    failures: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    platform_requests: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret_age_days: Option<f64>,
    // For people who search the log.
    #[serde(rename = "request_id")]
    request_id: &'a str,
    #[serde(rename = "ticket", skip_serializing_if = "Option::is_none")]
    ticket: Option<&'a str>,
    #[serde(rename = "kind", skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
    /// Null if it can't be told.
    #[serde(rename = "changed")]
    was_changed: Option<bool>,
    #[serde(rename = "dry_run")]
    dry_run: bool,
}

/// What of a ticket's text is kept: CloudWatch makes no metrics of a line that is too long.
fn short(ticket: &str) -> &str {
    &ticket[..ticket.floor_char_boundary(200)]
}

fn line(
    namespace: &str,
    record: &Record<'_>,
    console_requests: u64,
    platform_requests: u64,
    now: SystemTime,
) -> serde_json::Result<Vec<u8>> {
    let (kind, was_changed) = match record.result {
        Ok(outcome) => {
            let changed = outcome.get("changed").and_then(Value::as_bool);
            (None, Some(changed.unwrap_or_default()))
        }
        Err(error) => {
            let changed = match &error.changed {
                Changed::Nothing => Some(false),
                Changed::Applied(_) => Some(true),
                Changed::Unknown => None,
            };
            (Some(error.kind.name()), changed)
        }
    };
    let outcome = match (kind, record.operation.effect, was_changed) {
        (Some(kind), _, _) => kind,
        (None, Effect::Read, _) => "Read",
        (None, _, _) if record.dry_run => "DryRun",
        (None, _, Some(true)) => "Changed",
        (None, _, _) => "Unchanged",
    };
    let age = |created| now.duration_since(created).unwrap_or_default();
    let secret_age_days = record.secret_created.map(age);
    let secret_age_days = secret_age_days.map(|age| age.as_secs_f64() / 86_400.0);
    let platform_requests = Some(platform_requests).filter(|requests| *requests > 0);
    let mut of_all = vec![metric("Failures", "Count")];
    if platform_requests.is_some() {
        of_all.push(metric("PlatformRequests", "Count"));
    }
    if secret_age_days.is_some() {
        of_all.push(metric("SecretAgeDays", "None"));
    }
    let directive = |dimensions, metrics| Directive {
        namespace,
        dimensions: [dimensions],
        metrics,
    };
    let since_epoch = now.duration_since(SystemTime::UNIX_EPOCH);
    serde_json::to_vec(&Line {
        metadata: Metadata {
            timestamp: since_epoch.unwrap_or_default().as_millis() as u64,
            cloud_watch_metrics: [
                directive(
                    &["Operation"],
                    &[
                        metric("Duration", "Milliseconds"),
                        metric("ConsoleRequests", "Count"),
                    ],
                ),
                directive(
                    &["Operation", "Outcome"],
                    &[metric("Runs", "Count"), metric("Changed", "Count")],
                ),
                // Of the whole deployment: no dimension.
                directive(&[], &of_all),
            ],
        },
        operation: record.operation.name,
        outcome,
        duration: record.duration.as_secs_f64() * 1000.0,
        console_requests,
        runs: 1,
        changed: was_changed.unwrap_or_default().into(),
        failures: kind.is_some().into(),
        platform_requests,
        secret_age_days,
        request_id: record.request_id,
        ticket: record.ticket.map(short),
        kind,
        was_changed,
        dry_run: record.dry_run,
    })
}

#[cfg(test)]
mod tests {
    use actions::{DisableUser, Operation};
    use serde_json::json;

    use super::*;

    #[test]
    fn the_age_of_a_secret_is_told_where_it_is_known() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(1_764_000_000_123);
        let told = |secret_created| -> Value {
            let record = Record {
                operation: Operation::of::<DisableUser>().spec,
                request_id: "r1",
                ticket: None,
                dry_run: false,
                result: &Ok(json!({"changed": true})),
                duration: Duration::from_micros(1500),
                secret_created,
            };
            let line = line("stack", &record, 13, 0, now).expect("a line");
            serde_json::from_slice(&line).expect("JSON")
        };
        let unknown = told(None);
        assert_eq!(unknown["_aws"]["Timestamp"], 1_764_000_000_123_u64);
        assert_eq!(unknown["Duration"], 1.5);
        assert!(unknown.get("SecretAgeDays").is_none(), "{unknown}");
        let known = told(now.checked_sub(Duration::from_hours(36)));
        assert_eq!(known["SecretAgeDays"], 1.5);
        let of_all = &known["_aws"]["CloudWatchMetrics"][2];
        assert_eq!(of_all["Dimensions"], json!([[]]));
        assert_eq!(
            of_all["Metrics"][1],
            json!({"Name": "SecretAgeDays", "Unit": "None"})
        );
        // A clock that is behind AWS's.
        let early = told(now.checked_add(Duration::from_secs(9)));
        assert_eq!(early["SecretAgeDays"], 0.0);
    }
}
