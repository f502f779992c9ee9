//! How a variable is read, and what is said of one that can't be used.

use std::fmt;

/// A variable that can't be used. Values are not repeated: one may be a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError(pub(super) String);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a surface's credentials are kept.
#[derive(Debug, Clone)]
pub(crate) enum CredentialsAt<C> {
    SecretsManager(String),
    File(String),
    Environment(C),
}

impl<C> CredentialsAt<C> {
    /// The secret's name or ARN, if it is one of Secrets Manager.
    pub(crate) fn managed(&self) -> Option<&str> {
        match self {
            Self::SecretsManager(id) => Some(id),
            _ => None,
        }
    }
}

/// Reads a variable; one that is empty is not there.
pub(super) struct Environment<'a> {
    pub(super) get: &'a dyn Fn(&str) -> Option<String>,
    /// The certificates that a variable means: those in the file of this name.
    pub(super) certificates: &'a dyn Fn(String) -> Result<String, String>,
}

impl Environment<'_> {
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.get)(name).filter(|value| !value.is_empty())
    }

    pub(super) fn certificates(&self, name: &str, value: String) -> Result<String, SettingsError> {
        (self.certificates)(value).map_err(|error| wrong(name, &error))
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, SettingsError> {
        match self.get(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(wrong(name, "expected true or false")),
        }
    }
}

/// Refuses variables that are set to nothing, where that would mean something else than was wanted.
pub(super) fn refuse_empty(
    get: &dyn Fn(&str) -> Option<String>,
    names: &[&str],
) -> Result<(), SettingsError> {
    let mut names = names.iter();
    match names.find(|name| get(name).is_some_and(|value| value.is_empty())) {
        None => Ok(()),
        Some(name) => Err(wrong(
            name,
            "expected not to be empty, or the variable not to be set",
        )),
    }
}

/// What to say of a variable that can't be used.
pub(super) fn wrong(name: &str, expected: &str) -> SettingsError {
    SettingsError(format!("{name}: {expected}"))
}

/// What stands between commas; nothing if one of it is empty.
pub(super) fn entries(text: &str) -> Option<Vec<String>> {
    let entry = |entry: &str| Some(entry.trim().to_owned()).filter(|entry| !entry.is_empty());
    text.split(',').map(entry).collect()
}
