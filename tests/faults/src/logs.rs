//! What the engine logs, searched for secrets.

use std::io::{self, Write};
use std::sync::{Mutex, OnceLock, PoisonError};

use tracing_subscriber::fmt;

use crate::properties::is_secret;

static FOUND: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Where lines go.
struct Searched;

impl Write for Searched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        if is_secret(&line) {
            let mut found = FOUND.lock().unwrap_or_else(PoisonError::into_inner);
            found.push(line.into_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Searches what is logged from now on, in this whole process.
pub(crate) fn watch() {
    static WATCHED: OnceLock<()> = OnceLock::new();
    WATCHED.get_or_init(|| {
        let made = fmt().json().with_writer(|| Searched).finish();
        // Somebody else may have been first: then nothing is searched here.
        let _ = tracing::subscriber::set_global_default(made);
    });
}

/// The lines with secrets since it was asked last.
pub(crate) fn take() -> Vec<String> {
    std::mem::take(&mut *FOUND.lock().unwrap_or_else(PoisonError::into_inner))
}
