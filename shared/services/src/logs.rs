//! Logs: JSON lines in Lambda, plain lines on a terminal. Only this pack's own crates may say more
//! than warnings: an HTTP library's debug log would hold headers. A line that can't be written is lost, and no more:
//! telling so on standard error could end the run in the middle of it.

use std::io::{self, Write};

use rapid7::printable_lines;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::settings::LOG;

/// Our crates as sources of log lines; `r7user` is the program of the crate `cli`.
const OURS: [&str; 7] = [
    "actions",
    "http_api",
    "insightconnect",
    "lambda",
    "r7user",
    "rapid7",
    "services",
];

fn targets(ours: LevelFilter) -> Targets {
    let others = LevelFilter::WARN.min(ours);
    Targets::new()
        .with_default(others)
        .with_targets(OURS.map(|name| (name, ours)))
        // Begins as one of ours does.
        .with_target("lambda_runtime", others)
}

/// JSON lines on standard output, with the run's operation, request id and ticket.
/// `RAPID7_LOG` is `error`, `warn`, `info` (without it) or `debug`.
pub fn to_json() {
    let wanted = std::env::var(LOG).unwrap_or_default();
    let level = match wanted.as_str() {
        "" => Some(LevelFilter::INFO),
        wanted => wanted.parse().ok(),
    };
    let format = fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_target(false)
        .log_internal_errors(false);
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
        .with_writer(writer)
        .log_internal_errors(false);
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
        .with_writer(|| Shown(io::stderr()))
        .log_internal_errors(false);
    tracing_subscriber::registry()
        .with(format)
        .with(targets(level.map_or(LevelFilter::OFF, Into::into)))
        .init();
}

/// Writes lines in which nothing is that nobody sees.
struct Shown<W>(W);

impl<W: Write> Write for Shown<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let shown = printable_lines(&String::from_utf8_lossy(bytes));
        self.0.write_all(shown.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn ours_say_more_than_warnings_and_nobody_else_does() {
        let targets = targets(LevelFilter::DEBUG);
        for ours in OURS {
            assert!(targets.would_enable(&format!("{ours}::module"), &Level::DEBUG));
        }
        for other in [
            "lambda_runtime::layers",
            "lambda_runtime_api_client",
            "reqwest",
        ] {
            assert!(!targets.would_enable(other, &Level::INFO), "{other}");
            assert!(targets.would_enable(other, &Level::WARN), "{other}");
        }
    }
}
