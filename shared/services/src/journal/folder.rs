//! The journal in a folder: a file for each account, and a lock beside it.
//!
//! The lease is the system's lock on a file, which ends with the process that has it, however that ends. The
//! locked file is never deleted, so that nobody locks a name that somebody else has just made anew.

use std::collections::HashMap;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use actions::{Found, Holder, Journal, JournalEntry, JournalError, JournalKey, Lease};
use rapid7::BoxFuture;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::time::sleep;

use super::times::{lapsed, millis, time};
use crate::files;

/// An entry with the grants of an account that has all there are is far below.
const LARGEST: usize = 16 << 20;

/// Whoever only looks has a lock for a moment, too: so often is it asked for again.
const TRIES: u32 = 5;
const WAIT: Duration = Duration::from_millis(5);

/// A journal of files that their owner alone can read.
pub struct Folder {
    folder: PathBuf,
    held: Mutex<HashMap<JournalKey, Held>>,
}

/// A lease of this process.
struct Held {
    /// Who has it.
    holder: String,
    /// Locked until it is closed.
    lock: File,
    /// Whether what somebody left behind is still there.
    taken_over: bool,
}

/// What a file holds.
#[derive(Serialize, Deserialize)]
struct Stored {
    target: String,
    account: String,
    /// In milliseconds since 1970.
    until: u64,
    entry: JournalEntry,
}

/// The files of an account.
struct Paths {
    lock: PathBuf,
    entry: PathBuf,
    /// What becomes the entry once it is whole. What is left of one that was cut is never read.
    temporary: PathBuf,
}

impl Folder {
    /// In this folder, which is made when the first entry is written.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            held: Mutex::default(),
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<JournalKey, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn paths(&self, key: &JournalKey) -> Paths {
        let name = name(key);
        let path = |end: &str| self.folder.join(format!("{name}.{end}"));
        Paths {
            lock: path("lock"),
            entry: path("json"),
            temporary: path("new"),
        }
    }

    async fn ask(
        &self,
        key: &JournalKey,
        holder: &Holder,
        entry: &JournalEntry,
    ) -> Result<Lease, String> {
        let paths = self.paths(key);
        let own = |held: &Held| held.holder == holder.id;
        let taken_over = self
            .held()
            .get(key)
            .filter(|held| own(held))
            .map(|held| held.taken_over);
        if let Some(taken_over) = taken_over {
            // Its answer was lost.
            return match (taken_over, read(&paths.entry)?) {
                (true, Some(left)) => Ok(Lease::LeftBehind(Box::new(left.entry))),
                _ => {
                    paths.write(key, holder, entry)?;
                    Ok(Lease::Begun { ended: None })
                }
            };
        }
        self.make().map_err(|error| at(&self.folder, &error))?;
        let Some(lock) = paths
            .lock()
            .await
            .map_err(|error| at(&paths.lock, &error))?
        else {
            // What can't be read is its holder's to tell.
            let stored = read(&paths.entry).ok().flatten();
            return Ok(Lease::Busy {
                until: stored.as_ref().map(|stored| time(stored.until)),
                entry: stored.map(|stored| Box::new(stored.entry)),
            });
        };
        let found = read(&paths.entry)?;
        let gone = found.as_ref().map(|found| time(found.until));
        let left = found.filter(|found| found.entry.give_back.is_some());
        let lease = match left {
            Some(left) => Lease::LeftBehind(Box::new(left.entry)),
            None => {
                paths.write(key, holder, entry)?;
                let gone = gone.map(|until| lapsed(until, SystemTime::now()));
                let ended = ended(&lock).map_err(|error| at(&paths.lock, &error))?;
                Lease::Begun {
                    ended: ended.max(gone),
                }
            }
        };
        let held = Held {
            holder: holder.id.clone(),
            lock,
            taken_over: matches!(lease, Lease::LeftBehind(_)),
        };
        self.held().insert(key.clone(), held);
        Ok(lease)
    }

    /// Makes the folder, if it is not there, its owner's alone.
    fn make(&self) -> io::Result<()> {
        let mut folder = DirBuilder::new();
        folder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
        folder.create(&self.folder)
    }

    /// Lets go of a lease, if it is this holder's.
    fn release(&self, key: &JournalKey, holder: &Holder, finished: bool) -> Result<(), String> {
        let own = |held: &mut Held| held.holder == holder.id;
        // Closed, and with that unlocked, at the end of all.
        let held = {
            let mut all = self.held();
            match all.get_mut(key).is_some_and(own) {
                true => all.remove(key),
                false => None,
            }
        };
        let Some(held) = held else {
            return Ok(());
        };
        let paths = self.paths(key);
        let modified = held.lock.set_modified(SystemTime::now());
        modified.map_err(|error| at(&paths.lock, &error))?;
        let left = || -> Result<bool, String> {
            let left = read(&paths.entry)?;
            Ok(left.is_some_and(|left| left.entry.give_back.is_some()))
        };
        if !finished && left()? {
            return Ok(());
        }
        match fs::remove_file(&paths.entry) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(at(&paths.entry, &error)),
            _ => Ok(()),
        }
    }
}

impl Paths {
    /// The locked file, unless somebody else has it locked.
    async fn lock(&self) -> io::Result<Option<File>> {
        let mut options = private();
        options.read(true).write(true);
        let file = match options.clone().create_new(true).open(&self.lock) {
            Ok(file) => {
                // Nobody's work has ended yet.
                file.set_modified(UNIX_EPOCH)?;
                file
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => options.open(&self.lock)?,
            Err(error) => return Err(error),
        };
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) => sleep(WAIT).await,
                Err(TryLockError::Error(error)) => return Err(no_locks(&error)),
            }
        }
        Ok(None)
    }

    /// Leaves an entry, whole or not at all, and on the disk before anything is done that it is about.
    fn write(&self, key: &JournalKey, holder: &Holder, entry: &JournalEntry) -> Result<(), String> {
        let stored = Stored {
            target: key.target.clone(),
            account: key.account.clone(),
            until: millis(holder.until),
            entry: entry.clone(),
        };
        let text = serde_json::to_vec(&stored).map_err(|error| error.to_string())?;
        let whole = || {
            match fs::remove_file(&self.temporary) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = private()
                .write(true)
                .create_new(true)
                .open(&self.temporary)?;
            file.write_all(&text)?;
            file.sync_all()
        };
        whole().map_err(|error| {
            _ = fs::remove_file(&self.temporary);
            at(&self.temporary, &error)
        })?;
        let renamed = || {
            fs::rename(&self.temporary, &self.entry)?;
            // Elsewhere a folder can't be opened, and its names are kept without that.
            #[cfg(unix)]
            if let Some(folder) = self.entry.parent() {
                File::open(folder)?.sync_all()?;
            }
            Ok(())
        };
        renamed().map_err(|error| at(&self.entry, &error))
    }
}

/// Of files that their owner alone can read and write.
fn private() -> OpenOptions {
    #[cfg_attr(not(unix), expect(unused_mut, reason = "modes are Unix's"))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn read(path: &Path) -> Result<Option<Stored>, String> {
    let text = || {
        let file = File::open(path)?;
        files::take_from_others(&file)?;
        files::read(file, LARGEST)
    };
    let text = match text() {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at(path, &error)),
    };
    let stored = serde_json::from_str(&text);
    stored.map(Some).map_err(|error| {
        format!(
            "{} is no entry of a journal ({error}): see what account its name means, and whether that has what \
             it should, and then delete the file",
            path.display()
        )
    })
}

fn at(path: &Path, error: &io::Error) -> String {
    format!("{}: {error}", path.display())
}

fn no_locks(error: &io::Error) -> io::Error {
    io::Error::new(
        error.kind(),
        format!(
            "it can't be locked ({error}); the folder must be in a file system that knows locks"
        ),
    )
}

/// When the work of whoever had this lock last ended.
fn ended(lock: &File) -> io::Result<Option<SystemTime>> {
    let modified = lock.metadata()?.modified()?;
    Ok(Some(modified).filter(|modified| *modified > UNIX_EPOCH))
}

/// A name that says to people what it is about, and is nothing else's.
fn name(key: &JournalKey) -> String {
    const LONGEST: usize = 60;
    let clean = |text: &str| -> String {
        let kept = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        let clean = text.chars().map(|c| if kept(c) { c } else { '_' });
        clean.take(LONGEST).collect()
    };
    let (_, host) = key.target.split_once("://").unwrap_or(("", &key.target));
    let digest = Sha256::digest(format!("{}\0{}", key.target, key.account));
    let hash: String = digest
        .iter()
        .take(8)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("{}_{}_{hash}", clean(host), clean(&key.account))
}

impl Journal for Folder {
    fn begin<'a>(
        &'a self,
        key: &'a JournalKey,
        holder: &'a Holder,
        entry: &'a JournalEntry,
    ) -> BoxFuture<'a, Result<Lease, JournalError>> {
        Box::pin(async { Ok(self.ask(key, holder, entry).await?) })
    }

    fn end<'a>(
        &'a self,
        key: &'a JournalKey,
        holder: &'a Holder,
        finished: bool,
    ) -> BoxFuture<'a, Result<(), JournalError>> {
        Box::pin(std::future::ready(
            self.release(key, holder, finished).map_err(Into::into),
        ))
    }

    fn look<'a>(&'a self, key: &'a JournalKey) -> BoxFuture<'a, Result<Found, JournalError>> {
        let paths = self.paths(key);
        let look = || {
            // Unlocked when it is closed, after the entry was read.
            let lock = match File::open(&paths.lock) {
                Ok(lock) => Some(lock),
                Err(error) if error.kind() == ErrorKind::NotFound => None,
                Err(error) => return Err(at(&paths.lock, &error)),
            };
            match lock.as_ref().map(File::try_lock_shared) {
                Some(Err(TryLockError::WouldBlock)) => {
                    let stored = read(&paths.entry).ok().flatten();
                    let entry = stored.map(|stored| Box::new(stored.entry));
                    return Ok(Found::Busy { entry });
                }
                Some(Err(TryLockError::Error(error))) => {
                    return Err(at(&paths.lock, &no_locks(&error)));
                }
                Some(Ok(())) | None => {}
            }
            let left = read(&paths.entry)?.filter(|stored| stored.entry.give_back.is_some());
            let left = left.map(|stored| Box::new(stored.entry));
            Ok(left.map_or(Found::Nothing, Found::LeftBehind))
        };
        Box::pin(std::future::ready(look().map_err(String::into)))
    }

    fn abandon(&self, key: &JournalKey, holder: &Holder) {
        // What could not be said stays, and is looked at by the next run.
        _ = self.release(key, holder, false);
    }

    fn place(&self) -> String {
        self.folder.display().to_string()
    }

    fn outlives_the_process(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests;
