//! The file of profiles, read: what is wrong is told by line and key, and never by value.

use std::fmt;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};

use actions::{nearest_name, typed};
use rapid7::is_hidden;
use services::files;
use services::settings::{
    API_KEY, CONSOLE_KEYS, GENERAL_KEYS, Key, Kind, PASSWORD, PLATFORM_KEYS, POLICY_KEYS, Profile,
    SecretAt, Surface, Values, is_console_name,
};
use toml_edit::{Document, Item, TableLike, Value};

use super::place::{Place, resolved, shown};

/// A text of a list, and where it is.
type Text = (String, Option<Range<usize>>);

/// More than that is no file that a person has written.
const LARGEST: usize = 1 << 20;

/// The file of profiles.
pub(crate) struct File {
    path: PathBuf,
    document: Document<String>,
}

/// What is wrong with it.
#[derive(Debug)]
pub(crate) struct Wrong {
    place: String,
    line: Option<usize>,
    what: String,
    kind: Option<io::ErrorKind>,
}

impl Wrong {
    /// What kept it from being read.
    pub(crate) fn kind(&self) -> Option<io::ErrorKind> {
        self.kind
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "{}, line {line}: {}", self.place, self.what),
            None => write!(f, "{}: {}", self.place, self.what),
        }
    }
}

impl File {
    /// Reads it, if it is there.
    pub(crate) fn at(place: &Place) -> Result<Option<Self>, Wrong> {
        let Some(path) = &place.path else {
            return Ok(None);
        };
        let wrong = |what: String, kind| Wrong {
            place: shown(path),
            line: None,
            what,
            kind,
        };
        let text = match files::read_file(path, LARGEST) {
            Ok(text) => text,
            Err(error) => {
                return match error.kind() {
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Ok(None),
                    kind => Err(wrong(format!("can't be read: {error}"), Some(kind))),
                };
            }
        };
        let file = Self::parsed(path, text)?;
        file.check_others().map_err(|what| wrong(what, None))?;
        Ok(Some(file))
    }

    /// Reads a text that was in that file.
    pub(crate) fn parsed(path: &Path, text: String) -> Result<Self, Wrong> {
        let lines = text.clone();
        // The parser's own message, without the line of the file that it shows with it.
        let document = Document::parse(text).map_err(|error| {
            let span = error.span();
            Wrong {
                place: shown(path),
                line: span.map(|span| line_of(&lines, span.start)),
                what: format!(
                    "it is no TOML: {}",
                    error.message().trim().replace('\n', ", ")
                ),
                kind: None,
            }
        })?;
        Ok(Self {
            path: path.to_owned(),
            document,
        })
    }

    /// Refuses a file that others may write, as it says what is run here and whom to trust, and one that others may
    /// read although there is a secret in it.
    fn check_others(&self) -> Result<(), String> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;

            let metadata =
                fs::metadata(&self.path).map_err(|error| format!("can't be read: {error}"))?;
            let mode = metadata.permissions().mode() & 0o777;
            let verb = match mode {
                mode if mode & 0o022 != 0 => "change",
                mode if mode & 0o044 != 0 && self.has_a_secret() => "read the secrets in",
                _ => return Ok(()),
            };
            if metadata.is_file() {
                return Err(format!(
                    "others on this machine may {verb} it (mode {mode:o}): take that from them (chmod 600 {})",
                    shown(&self.path)
                ));
            }
        }
        Ok(())
    }

    /// Whether a secret is written in it, or may be, in any profile.
    fn has_a_secret(&self) -> bool {
        fn holds(table: &dyn TableLike) -> bool {
            table.iter().any(|(key, item)| match item.as_table_like() {
                Some(table) => holds(table),
                None => {
                    let proxy =
                        key == "proxy" && item.as_str().is_some_and(|text| text.contains('@'));
                    key == PASSWORD || key == API_KEY || proxy
                }
            })
        }
        holds(self.document.as_table())
    }

    /// The names of the profiles, in their order.
    pub(crate) fn names(&self) -> Vec<&str> {
        let profiles = self.document.as_table().get("profiles");
        let profiles = profiles.and_then(Item::as_table_like);
        profiles
            .map(|table| table.iter().map(|(name, _)| name).collect())
            .unwrap_or_default()
    }

    /// The profile that the file itself chooses.
    pub(crate) fn default_profile(&self) -> Result<Option<String>, Wrong> {
        let root = self.document.as_table();
        self.known(root, "", &["default_profile", "profiles"])?;
        if let Some(profiles) = root.get("profiles") {
            self.table(profiles, "profiles")?;
        }
        let Some(item) = root.get("default_profile") else {
            return Ok(None);
        };
        let name = self.text(item, "default_profile")?;
        let names = self.names();
        if !names.contains(&name.as_str()) {
            let what = match names.as_slice() {
                [] => "there is no profile in this file".to_owned(),
                [one] => format!("there is no such profile; the only one is {one}"),
                several => format!("there is no such profile; there are {}", several.join(", ")),
            };
            return Err(self.wrong(item.span(), "default_profile", &what));
        }
        Ok(Some(name))
    }

    /// One of the profiles.
    pub(crate) fn profile(&self, name: &str) -> Result<Profile, Wrong> {
        let item = &self.document.as_table()["profiles"][name];
        let place = format!("profiles.{name}");
        let table = self.table(item, &place)?;
        let general = GENERAL_KEYS.iter().map(|key| key.name);
        let known: Vec<&str> = ["consoles", "platform", "policy"]
            .into_iter()
            .chain(general)
            .collect();
        self.known(table, &place, &known)?;
        let mut profile = Profile {
            name: name.to_owned(),
            place: shown(&self.path),
            values: self.values(table, &place, GENERAL_KEYS)?,
            ..Profile::default()
        };
        if let Some(policy) = table.get("policy") {
            let place = format!("{place}.policy");
            let policy = self.table(policy, &place)?;
            self.known(policy, &place, &names_of(POLICY_KEYS))?;
            profile
                .values
                .extend(self.values(policy, &place, POLICY_KEYS)?);
        }
        if let Some(consoles) = table.get("consoles") {
            let place = format!("{place}.consoles");
            for (name, console) in self.table(consoles, &place)?.iter() {
                let place = format!("{place}.{name}");
                if !is_console_name(name) {
                    let what = "expected lower-case letters, digits and hyphens for a name, and not `platform`";
                    return Err(self.wrong(console.span(), &place, what));
                }
                profile.consoles.push(self.surface(
                    console,
                    name,
                    &place,
                    CONSOLE_KEYS,
                    PASSWORD,
                )?);
            }
        }
        if let Some(platform) = table.get("platform") {
            let place = format!("{place}.platform");
            profile.platform = Some(self.surface(platform, "", &place, PLATFORM_KEYS, API_KEY)?);
        }
        // What is allowed there is that deployment's to say: a policy here would be a guard that is none.
        if profile.via_lambda().is_some() {
            let others = ["consoles", "platform", "policy"];
            if let Some(other) = others.into_iter().find(|name| table.contains_key(name)) {
                let item = &table.get("via_lambda").and_then(Item::span);
                let what = format!(
                    "`{other}` is set, too, and would not count: a deployment's functions have their own"
                );
                return Err(self.wrong(item.clone(), &format!("{place}.via_lambda"), &what));
            }
        }
        Ok(profile)
    }

    fn surface(
        &self,
        item: &Item,
        name: &str,
        place: &str,
        keys: &[Key],
        secret: &'static str,
    ) -> Result<Surface, Wrong> {
        let table = self.table(item, place)?;
        let kept = ["", "_file", "_env", "_command"].map(|kind| format!("{secret}{kind}"));
        let mut known = names_of(keys);
        known.extend(kept.iter().map(String::as_str));
        self.known(table, place, &known)?;
        let set: Vec<&String> = kept
            .iter()
            .filter(|name| table.contains_key(name))
            .collect();
        if let [one, other, ..] = set.as_slice() {
            let span = table.get(other).and_then(Item::span);
            return Err(self.wrong(
                span,
                &format!("{place}.{other}"),
                &format!("`{one}` is set, too: expected one of them"),
            ));
        }
        let secret = match set.first().and_then(|name| Some((name, table.get(name)?))) {
            None => None,
            Some((name, item)) => {
                let place = format!("{place}.{name}");
                Some(self.secret(item, &place, &name[secret.len()..])?)
            }
        };
        Ok(Surface {
            name: name.to_owned(),
            values: self.values(table, place, keys)?,
            secret,
        })
    }

    fn secret(&self, item: &Item, place: &str, kind: &str) -> Result<SecretAt, Wrong> {
        if kind == "_command" {
            let words = self.texts(item, place)?;
            let mut words: Vec<String> = words.into_iter().map(|(text, _)| text).collect();
            // A name is looked for where programs are; a path begins where all others in the file do.
            if words[0].contains('/') {
                words[0] = resolved(&words[0], &self.path).display().to_string();
            }
            return Ok(SecretAt::Command(words));
        }
        let text = self.text(item, place)?;
        Ok(match kind {
            "_file" => SecretAt::File(resolved(&text, &self.path)),
            "_env" => SecretAt::Variable(text),
            _ => {
                let text =
                    typed(&text).map_err(|expected| self.wrong(item.span(), place, expected))?;
                SecretAt::Value(text.to_owned().into())
            }
        })
    }

    fn values(&self, table: &dyn TableLike, place: &str, keys: &[Key]) -> Result<Values, Wrong> {
        let mut values = Values::new();
        for key in keys {
            let Some(item) = table.get(key.name) else {
                continue;
            };
            let place = format!("{place}.{}", key.name);
            let wrong = |what: &str| self.wrong(item.span(), &place, what);
            let found = || format!("not {}", kind_of(item));
            let value = match key.kind {
                Kind::Text => self.text(item, &place)?,
                Kind::Path => resolved(&self.text(item, &place)?, &self.path)
                    .display()
                    .to_string(),
                Kind::Flag => match item.as_bool() {
                    Some(flag) => flag.to_string(),
                    None => return Err(wrong(&format!("expected true or false, {}", found()))),
                },
                Kind::Number => match item.as_integer() {
                    Some(number) => number.to_string(),
                    None => return Err(wrong(&format!("expected a whole number, {}", found()))),
                },
                Kind::List => {
                    let texts = self.texts(item, &place)?;
                    // Between them the environment has commas.
                    if let Some((_, span)) = texts.iter().find(|(text, _)| text.contains(',')) {
                        let what = "expected a text for each in the list, without commas in it";
                        return Err(self.wrong(span.clone(), &place, what));
                    }
                    let texts: Vec<String> = texts.into_iter().map(|(text, _)| text).collect();
                    texts.join(",")
                }
            };
            values.insert(key.variable, value);
        }
        Ok(values)
    }

    fn table<'a>(&self, item: &'a Item, place: &str) -> Result<&'a dyn TableLike, Wrong> {
        let found = || {
            self.wrong(
                item.span(),
                place,
                &format!("expected a table, not {}", kind_of(item)),
            )
        };
        item.as_table_like().ok_or_else(found)
    }

    fn text(&self, item: &Item, place: &str) -> Result<String, Wrong> {
        let wrong = |what: &str| self.wrong(item.span(), place, what);
        let text = item.as_str();
        let text = text.ok_or_else(|| {
            wrong(&format!(
                "expected text in quotation marks, not {}",
                kind_of(item)
            ))
        })?;
        fit(text).map_err(wrong)
    }

    /// A list of texts, each with its place.
    fn texts(&self, item: &Item, place: &str) -> Result<Vec<Text>, Wrong> {
        let list = item.as_array().ok_or_else(|| {
            let what = format!(
                "expected a list of texts, such as [\"one\", \"other\"], not {}",
                kind_of(item)
            );
            self.wrong(item.span(), place, &what)
        })?;
        if list.is_empty() {
            return Err(self.wrong(
                item.span(),
                place,
                "expected not to be empty, or the line to be left out",
            ));
        }
        let texts = list.iter().map(|value| {
            let wrong = |what: &str| self.wrong(value.span(), place, what);
            let text = value.as_str();
            let text = text.ok_or_else(|| {
                wrong(&format!(
                    "expected texts in the list, not {}",
                    name_of(value)
                ))
            })?;
            Ok((fit(text).map_err(wrong)?, value.span()))
        });
        texts.collect()
    }

    /// Refuses a key that is none here: what it was meant to say would not be known.
    fn known(&self, table: &dyn TableLike, place: &str, known: &[&str]) -> Result<(), Wrong> {
        let Some((name, item)) = table.iter().find(|(name, _)| !known.contains(name)) else {
            return Ok(());
        };
        let meant = match nearest_name(name, known) {
            Some(meant) => format!("perhaps `{meant}` was meant"),
            None => format!("there are {}", known.join(", ")),
        };
        let (key, _) = table.get_key_value(name).expect("it was found");
        let place = match place {
            "" => name.to_owned(),
            place => format!("{place}.{name}"),
        };
        Err(self.wrong(
            key.span().or_else(|| item.span()),
            &place,
            &format!("no such setting here; {meant}"),
        ))
    }

    fn wrong(&self, span: Option<Range<usize>>, place: &str, what: &str) -> Wrong {
        Wrong {
            place: shown(&self.path),
            line: span.map(|span| line_of(self.document.raw(), span.start)),
            what: format!("`{place}`: {what}"),
            kind: None,
        }
    }
}

/// A text that says something, and nothing that nobody sees.
fn fit(text: &str) -> Result<String, &'static str> {
    if text.trim().is_empty() {
        return Err("expected not to be empty, or the line to be left out");
    }
    if text.trim_end_matches(['\r', '\n']).contains(is_hidden) {
        return Err("expected text without control characters and others that nobody sees");
    }
    Ok(text.to_owned())
}

fn names_of(keys: &[Key]) -> Vec<&'static str> {
    keys.iter().map(|key| key.name).collect()
}

fn line_of(text: &str, at: usize) -> usize {
    let before = text.as_bytes().iter().take(at);
    before.filter(|byte| **byte == b'\n').count() + 1
}

/// What something is, without what is in it.
fn kind_of(item: &Item) -> &'static str {
    match item {
        Item::Value(value) => name_of(value),
        Item::None => "nothing",
        Item::Table(_) => "a table",
        Item::ArrayOfTables(_) => "a list of tables",
    }
}

fn name_of(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "text",
        Value::Integer(_) | Value::Float(_) => "a number",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date or time",
        Value::Array(_) => "a list",
        Value::InlineTable(_) => "a table",
    }
}

#[cfg(test)]
mod tests;
