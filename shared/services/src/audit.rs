//! Where audit records go: standard output in Lambda, a file on a laptop. One JSON object a line.

use std::io::{self, Write as _};

use actions::{Audit, AuditRecord};
use rapid7::BoxFuture;

/// Standard output, which Lambda keeps as logs.
pub struct StandardOutput;

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

/// A file that only grows, readable by its owner alone; made when the first record is written.
pub struct AppendedFile(std::path::PathBuf);

impl AppendedFile {
    pub fn new(path: std::path::PathBuf) -> Self {
        Self(path)
    }

    fn append(&self, line: &[u8]) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut options = std::fs::OpenOptions::new();
        options.create(true).append(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&self.0)?;
        file.write_all(line)?;
        file.sync_data()
    }
}

impl Audit for AppendedFile {
    fn write<'a>(&'a self, record: &'a AuditRecord<'a>) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let appended = self.append(&line(record)?);
            appended.map_err(|error| format!("{}: {error}", self.0.display()))
        })
    }
}
