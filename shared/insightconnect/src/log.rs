//! What a request logs, for its own answer: exactly its own lines, however many run at once.

use std::future::Future;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use rapid7::printable_lines;
use tracing_subscriber::fmt::MakeWriter;

/// The lines of one request.
#[derive(Debug, Clone, Default)]
pub(super) struct Lines(Arc<Mutex<Vec<u8>>>);

tokio::task_local! {
    static CURRENT: Lines;
}

impl Lines {
    /// Runs a request that logs here. Work that it hands to tasks of its own is not in its log.
    pub(super) async fn of<T>(&self, request: impl Future<Output = T>) -> T {
        CURRENT.scope(self.clone(), request).await
    }

    /// Everything that was logged.
    pub(super) fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&lines).into_owned()
    }

    pub(super) fn push(&self, line: &[u8]) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.extend_from_slice(line);
    }

    /// The lines of the request that is running here.
    pub(super) fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }
}

/// Writes to standard error, and to the lines of the request that is running, lines in which nothing is that
/// nobody sees.
pub(super) struct Tee;

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let shown = printable_lines(&String::from_utf8_lossy(bytes));
        if let Some(lines) = Lines::current() {
            lines.push(shown.as_bytes());
        }
        io::stderr().write_all(shown.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

impl<'a> MakeWriter<'a> for Tee {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}
