//! Where the profiles are.

use std::path::{Path, PathBuf};

use etcetera::{BaseStrategy as _, choose_base_strategy};
use services::settings::CONFIG_FILE;

/// The file of profiles.
pub(crate) struct Place {
    /// None where there is no folder for it.
    pub(crate) path: Option<PathBuf>,
    /// Whether a variable names it: then it has to be there.
    pub(crate) is_named: bool,
}

impl Place {
    /// What the environment says, or else the one in the configuration folder.
    pub(crate) fn of_this_machine() -> Self {
        let named = std::env::var_os(CONFIG_FILE).filter(|name| !name.is_empty());
        match named {
            Some(path) => Self {
                path: Some(path.into()),
                is_named: true,
            },
            None => Self {
                path: folder().map(|folder| folder.join("config.toml")),
                is_named: false,
            },
        }
    }

    /// Where it is, or what there is instead, for people.
    pub(crate) fn shown(&self) -> String {
        match &self.path {
            Some(path) => shown(path),
            None => format!(
                "the configuration folder (there is none: HOME is not set; {CONFIG_FILE} names a file)"
            ),
        }
    }
}

/// The pack's configuration folder.
fn folder() -> Option<PathBuf> {
    // One that is not absolute counts as none (XDG Base Directory Specification).
    let told = std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from);
    let folder = match told.filter(|folder| folder.is_absolute()) {
        Some(folder) => folder,
        None => choose_base_strategy().ok()?.home_dir().join(".config"),
    };
    folder
        .is_absolute()
        .then(|| folder.join("rapid7-user-actions"))
}

/// A path for people, with `~` for the home folder.
pub(crate) fn shown(path: &Path) -> String {
    let home = etcetera::home_dir()
        .ok()
        .filter(|home| home.parent().is_some());
    match home.and_then(|home| path.strip_prefix(home).ok().map(Path::to_owned)) {
        Some(rest) => Path::new("~").join(rest).display().to_string(),
        None => path.display().to_string(),
    }
}

/// A path as it is written in the file: from the home folder, or from the file's own.
pub(crate) fn resolved(written: &str, file: &Path) -> PathBuf {
    if let Some(rest) = written.strip_prefix("~/")
        && let Ok(home) = etcetera::home_dir()
    {
        return home.join(rest);
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    folder.join(written)
}
