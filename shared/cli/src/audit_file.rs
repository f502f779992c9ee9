//! The file that keeps audit records on a laptop.

use std::io::{self, Write as _};
use std::path::PathBuf;

use actions::{Audit, AuditRecord};
use clap::ArgMatches;
use etcetera::{BaseStrategy as _, choose_base_strategy};
use rapid7::BoxFuture;
use services::audit::line;
use services::files;

/// A file that only grows, readable by its owner alone; made when the first record is written.
pub(crate) struct AppendedFile(PathBuf);

impl AppendedFile {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self(path)
    }

    /// The file that the arguments name, or else the one in the state folder.
    pub(crate) fn of(arguments: &ArgMatches) -> actions::Result<Self> {
        if let Some(path) = arguments.get_one::<PathBuf>("audit_file") {
            files::check_regular(path).map_err(|error| {
                let expected = format!("{} can't be used: {error}", path.display());
                actions::Error::invalid_input("--audit-file", &expected)
            })?;
            return Ok(Self(path.clone()));
        }
        let folders = choose_base_strategy().map_err(|_| {
            actions::Error::invalid_input("--audit-file", "required where HOME is not set")
        })?;
        // Windows has no folder for state.
        let state = folders.state_dir().unwrap_or_else(|| folders.data_dir());
        Ok(Self(state.join("rapid7-user-actions/audit.jsonl")))
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
