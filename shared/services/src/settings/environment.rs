//! How a variable is read, and what is said of one that can't be used.

use std::fmt;

use actions::typed_whole;
use rapid7::is_hidden;

use super::secret_at::SecretAt;

/// A variable that can't be used. Values are not repeated: one may be a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError(pub(super) String);

impl SettingsError {
    /// The same where settings have other names, each given with the name that it has in the environment.
    pub(super) fn renamed<'a>(&self, names: impl IntoIterator<Item = (&'a str, String)>) -> Self {
        let mut names: Vec<(&str, String)> = names.into_iter().collect();
        // A name that begins like another one comes first.
        names.sort_by_key(|(variable, _)| std::cmp::Reverse(variable.len()));
        let renamed = names.iter().fold(self.0.clone(), |text, (variable, name)| {
            text.replace(variable, name)
        });
        Self(renamed)
    }
}

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
    /// Given by value, but perhaps for the secret in it.
    Given {
        identity: C,
        secret: Option<SecretAt>,
    },
}

impl<C> CredentialsAt<C> {
    /// What a person should know of the place.
    pub(crate) fn warning(&self) -> Option<String> {
        match self {
            Self::File(path) => crate::files::warning_of(path),
            Self::Given {
                secret: Some(SecretAt::File(path)),
                ..
            } => crate::files::warning_of(path),
            _ => None,
        }
    }

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
    /// Where the secret of the credentials is kept, if no variable holds it.
    pub(super) secret_at: Option<&'a SecretAt>,
}

impl Environment<'_> {
    pub(super) fn get(&self, name: &str) -> Option<String> {
        (self.get)(name).filter(|value| !value.is_empty())
    }

    /// A secret, as its owner types it.
    pub(super) fn secret(&self, name: &str) -> Result<Option<String>, SettingsError> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let text = typed_whole(&text).map_err(|expected| wrong(name, expected))?;
        Ok(Some(text.to_owned()))
    }

    /// Whether one of these is set.
    pub(super) fn has_any(&self, names: &[&str]) -> bool {
        names.iter().any(|name| self.get(name).is_some())
    }

    /// Which of these are set, for people; nothing where that is no contradiction.
    pub(super) fn both(&self, names: &[&str]) -> Option<String> {
        let set = names.iter().filter(|name| self.get(name).is_some());
        let set: Vec<&str> = set.copied().collect();
        match set.as_slice() {
            [] | [_] => None,
            [first @ .., last] => Some(format!("{} and {last}", first.join(", "))),
        }
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

/// What to say where variables contradict each other: which of them are set.
pub(super) fn contradicts(
    expected: &SettingsError,
    environment: &Environment<'_>,
    names: &[&str],
) -> SettingsError {
    match environment.both(names) {
        Some(both) => SettingsError(format!(
            "{both} are set, and contradict each other: {expected}"
        )),
        None => expected.clone(),
    }
}

/// What to say of a variable that can't be used.
pub(super) fn wrong(name: &str, expected: &str) -> SettingsError {
    SettingsError(format!("{name}: {expected}"))
}

/// What stands between commas, of a list of names; nothing if one of it is empty, or has something in it or
/// around it that is part of no name: another list's punctuation would make names that nobody has.
pub(super) fn names(text: &str) -> Option<Vec<String>> {
    let quoted = |name: &str| name.starts_with('\'') || name.ends_with('\'');
    let odd = |c: char| {
        is_hidden(c)
            || matches!(
                c,
                '"' | '`' | ';' | '(' | ')' | '[' | ']' | '{' | '}' | '<' | '>' | '|'
            )
            || matches!(c, '\u{2018}'..='\u{201f}' | '«' | '»')
    };
    let names = entries(text)?;
    let is_name = |name: &String| !name.contains(odd) && !quoted(name);
    (!text.contains(['\r', '\n']) && names.iter().all(is_name)).then_some(names)
}

/// What stands between commas; nothing if one of it is empty.
pub(super) fn entries(text: &str) -> Option<Vec<String>> {
    let entry = |entry: &str| Some(entry.trim().to_owned()).filter(|entry| !entry.is_empty());
    text.split(',').map(entry).collect()
}
