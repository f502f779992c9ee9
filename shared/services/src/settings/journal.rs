//! Where the journal is kept.

use std::path::PathBuf;

use super::environment::{Environment, SettingsError, refuse_empty, wrong};

pub(super) const TABLE: &str = "RAPID7_JOURNAL_TABLE";
pub(super) const FOLDER: &str = "RAPID7_JOURNAL_FOLDER";

/// Set to nothing, they would read as "no journal".
pub(super) const PLACES: [&str; 2] = [TABLE, FOLDER];

/// Where the journal is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalAt {
    /// A table of DynamoDB, by its name or ARN.
    Table(String),
    /// A folder of this machine.
    Folder(PathBuf),
}

impl JournalAt {
    /// What the environment says, where the other settings come from elsewhere.
    ///
    /// # Errors
    /// For a variable that can't be used.
    pub fn from_environment() -> Result<Option<Self>, SettingsError> {
        let get = |name: &str| std::env::var(name).ok();
        refuse_empty(&get, &PLACES)?;
        read(&Environment {
            get: &get,
            certificates: &Ok,
            secret_at: None,
        })
    }
}

pub(super) fn read(environment: &Environment<'_>) -> Result<Option<JournalAt>, SettingsError> {
    match (environment.get(TABLE), environment.get(FOLDER)) {
        (Some(_), Some(_)) => {
            let expected = format!("expected not to be set together with {FOLDER}");
            Err(wrong(TABLE, &expected))
        }
        (Some(name), None) => Ok(Some(JournalAt::Table(name))),
        (None, Some(path)) => Ok(Some(JournalAt::Folder(path.into()))),
        (None, None) => Ok(None),
    }
}

/// Files of a function are gone with it.
pub(super) fn check_in_lambda(at: Option<&JournalAt>) -> Result<(), SettingsError> {
    match at {
        Some(JournalAt::Folder(_)) => {
            let expected = format!("a function keeps no files; expected {TABLE} instead");
            Err(wrong(FOLDER, &expected))
        }
        _ => Ok(()),
    }
}
