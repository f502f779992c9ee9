//! Audit records on their way out, one JSON object a line.

use std::io::{self, Write as _};

use actions::{Audit, AuditRecord};
use rapid7::BoxFuture;

/// Standard output, which Lambda keeps as logs.
pub struct StandardOutput;

/// A record as a line.
///
/// # Errors
/// If it can't be written as JSON.
pub fn line(record: &AuditRecord<'_>) -> Result<Vec<u8>, String> {
    let mut line = serde_json::to_vec(record).map_err(|error| error.to_string())?;
    line.push(b'\n');
    Ok(line)
}

impl Audit for StandardOutput {
    fn write<'a>(&'a self, record: &'a AuditRecord<'a>) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let line = line(record)?;
            let mut output = io::stdout().lock();
            let written = output.write_all(&line).and_then(|()| output.flush());
            written.map_err(|error| error.to_string())
        })
    }
}
