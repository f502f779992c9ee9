//! The file that keeps audit records on a laptop.

use std::fs::{File, TryLockError};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use actions::{Audit, AuditRecord};
use clap::ArgMatches;
use etcetera::{BaseStrategy as _, choose_base_strategy};
use rapid7::BoxFuture;
use services::audit::line;
use services::files;
use services::settings::Profile;
use tokio::time::sleep;

use crate::private_file::{appended, ends_cut};
use crate::profile;

/// How often another process is waited for that is adding a record, and how long each time.
const WAITS: u32 = 500;
const WAIT: Duration = Duration::from_millis(10);

/// So much of the file is read: some thousand runs. A record takes many times its size in memory.
const LARGEST_READ: u64 = 16 << 20;

/// The newest records of the file.
pub(crate) struct Newest {
    /// Where they are, for people.
    pub(crate) place: String,
    pub(crate) text: String,
    /// How many bytes of older ones were not read.
    pub(crate) left_out: u64,
}

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
        if let Some(path) = profile::chosen(arguments)?
            .as_ref()
            .and_then(Profile::audit_file)
        {
            files::check_regular(path.as_ref()).map_err(|error| {
                profile::unusable(format!(
                    "`audit_file` of the profile: {path} can't be used: {error}"
                ))
            })?;
            return Ok(Self(path.into()));
        }
        Ok(Self(state_folder("--audit-file")?.join("audit.jsonl")))
    }

    /// Where it is, for people.
    pub(crate) fn place(&self) -> String {
        self.0.display().to_string()
    }

    /// The newest records, from the beginning of a line. A file that nobody `named` need not be there.
    pub(crate) fn newest(&self, named: bool) -> actions::Result<Newest> {
        let read = || -> io::Result<(String, u64)> {
            let mut file = File::open(&self.0)?;
            let length = file.metadata()?.len();
            let mut left_out = length.saturating_sub(LARGEST_READ);
            file.seek(SeekFrom::Start(left_out))?;
            let mut bytes = Vec::new();
            file.take(LARGEST_READ).read_to_end(&mut bytes)?;
            if left_out > 0 {
                let line = bytes.iter().position(|byte| *byte == b'\n');
                let line = line.map_or(bytes.len(), |end| end + 1);
                bytes.drain(..line);
                left_out += line as u64;
            }
            // What is no text spoils its own line alone.
            Ok((String::from_utf8_lossy(&bytes).into_owned(), left_out))
        };
        let (text, left_out) = match read() {
            Err(error) if error.kind() == io::ErrorKind::NotFound && !named => (String::new(), 0),
            read => read.map_err(|error| {
                let expected = format!("{} can't be read: {error}", self.place());
                actions::Error::invalid_input("--audit-file", &expected)
            })?,
        };
        Ok(Newest {
            place: self.place(),
            text,
            left_out,
        })
    }

    /// Adds a record on a line of its own, also behind one that could not be written whole. One process at a
    /// time, so that what one sees of the last line still holds when it writes.
    async fn append(&self, line: &[u8]) -> io::Result<()> {
        if let Some(folder) = self.0.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = appended(&self.0)?;
        lock(&file).await?;
        let line = match ends_cut(&self.0) {
            true => [b"\n", line].concat(),
            false => line.to_vec(),
        };
        file.write_all(&line)?;
        file.sync_data()
    }
}

/// Where this program keeps what it has to know later: an absolute path, so that it is the same wherever it runs.
/// `instead` is what names another place.
pub(crate) fn state_folder(instead: &str) -> actions::Result<PathBuf> {
    let unusable = |why: &str| {
        let expected = format!("required where {why}");
        Err(actions::Error::invalid_input(instead, &expected))
    };
    // One that is not absolute counts as none (XDG Base Directory Specification).
    let told = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
    if let Some(folder) = told.filter(|folder| folder.is_absolute()) {
        return Ok(folder.join("rapid7-user-actions"));
    }
    let Ok(folders) = choose_base_strategy() else {
        return unusable("HOME is not set");
    };
    // Windows has no folder for state.
    match folders.state_dir().unwrap_or_else(|| folders.data_dir()) {
        folder if folder.is_absolute() => Ok(folder.join("rapid7-user-actions")),
        _ => unusable("HOME is no absolute path"),
    }
}

/// Waits until no other process adds a record. Closing the file unlocks it.
async fn lock(file: &File) -> io::Result<()> {
    for _ in 0..WAITS {
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => sleep(WAIT).await,
            // Some file systems know no locks.
            Err(TryLockError::Error(_)) | Ok(()) => return Ok(()),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::TimedOut,
        "another process has it locked",
    ))
}

impl Audit for AppendedFile {
    fn write<'a>(&'a self, record: &'a AuditRecord<'a>) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let appended = self.append(&line(record)?).await;
            appended.map_err(|error| format!("{}: {error}", self.0.display()))
        })
    }
}
