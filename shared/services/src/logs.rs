//! Logs: JSON lines in Lambda, plain lines on a terminal. Only this pack's own crates may say more
//! than warnings: an HTTP library's debug log would hold headers.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

fn targets(ours: LevelFilter) -> Targets {
    let others = LevelFilter::WARN.min(ours);
    Targets::new()
        .with_default(others)
        .with_target("actions", ours)
        .with_target("http_api", ours)
        .with_target("insightconnect", ours)
        .with_target("lambda", ours)
        // Begins alike, and is not ours.
        .with_target("lambda_runtime", others)
        .with_target("r7user", ours)
        .with_target("rapid7", ours)
        .with_target("services", ours)
}

/// JSON lines on standard output, with the run's operation, request id and ticket.
/// `RAPID7_LOG` is `error`, `warn`, `info` (without it) or `debug`.
pub fn to_json() {
    let wanted = std::env::var("RAPID7_LOG").unwrap_or_default();
    let level = match wanted.as_str() {
        "" => Some(LevelFilter::INFO),
        wanted => wanted.parse().ok(),
    };
    let format = fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false);
    tracing_subscriber::registry()
        .with(format)
        .with(targets(level.unwrap_or(LevelFilter::INFO)))
        .init();
    if level.is_none() {
        tracing::warn!("RAPID7_LOG: expected error, warn, info or debug; it is info now");
    }
}

/// Plain lines to any writer.
pub fn to_writer<W>(level: tracing::Level, writer: W)
where
    W: for<'a> fmt::MakeWriter<'a> + Send + Sync + 'static,
{
    let format = fmt::layer()
        .compact()
        .with_ansi(false)
        .with_target(false)
        .with_writer(writer);
    tracing_subscriber::registry()
        .with(format)
        .with(targets(level.into()))
        .init();
}

/// Plain lines on standard error.
pub fn to_stderr(level: Option<tracing::Level>) {
    let format = fmt::layer()
        .compact()
        .with_ansi(false)
        .with_target(false)
        .with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(format)
        .with(targets(level.map_or(LevelFilter::OFF, Into::into)))
        .init();
}
