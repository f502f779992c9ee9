//! The file of profiles, written: what is not about the change stays as its owner wrote it.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;
use services::files;
use services::settings::{
    API_KEY, CONSOLE_KEYS, Key, Kind, PASSWORD, PLATFORM_KEYS, Profile, SecretAt, Surface,
};
use toml_edit::{Array, DocumentMut, Item, Table, Value};

/// What a new file begins with.
const HEADER: &str = "# Profiles of r7user: see docs/command-line.md. This file holds secrets, and is its owner's alone.\n\n";

/// Puts the consoles of a profile, and its platform, into the file, in the place of those of the same names, all at
/// once or not at all. The file is its owner's alone from then on.
///
/// # Errors
/// When it can't be written: then it is as it was.
pub(crate) fn save(path: &Path, profile: &Profile) -> io::Result<()> {
    // What a link leads to is written, and the link stays.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let folder = match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    make(&folder)?;
    // Whoever else writes waits until this is done, and reads what was written.
    let held = fs::File::open(&folder)?;
    let _ = held.lock();
    let before = match files::read_file(&target, 1 << 20) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let is_new = before.as_ref().is_none_or(|text| text.trim().is_empty());
    let text = with(before.as_deref().unwrap_or_default(), profile)?;
    let text = if is_new {
        format!("{HEADER}{text}")
    } else {
        text
    };
    replace(&target, &folder, &text)
}

fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Writes beside the file, and takes its place once all is on the disk.
fn replace(target: &Path, folder: &Path, text: &str) -> io::Result<()> {
    let name = format!(".config.toml.{}", std::process::id());
    let beside = folder.join(name);
    let _ = fs::remove_file(&beside);
    let written = || -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, target)
    };
    let result = written();
    match &result {
        Ok(()) => {
            // The name is on the disk once the folder is. Some systems can't do that.
            let _ = fs::File::open(folder).and_then(|folder| folder.sync_all());
        }
        Err(_) => {
            let _ = fs::remove_file(&beside);
        }
    }
    result
}

/// The text with a profile's surfaces in it.
fn with(text: &str, profile: &Profile) -> io::Result<String> {
    let invalid = |what: &str| io::Error::new(io::ErrorKind::InvalidData, what.to_owned());
    let mut document: DocumentMut = text
        .parse()
        .map_err(|_| invalid("it is no TOML any more"))?;
    // Comments alone would end up behind what is added.
    let comments = text.trim_end();
    if document.as_table().is_empty() && !comments.is_empty() {
        return Ok(format!("{comments}\n\n{}", with("", profile)?));
    }
    let odd = || invalid("it has something else where profiles are to be");
    let profiles = table(document.as_table_mut(), "profiles", true).ok_or_else(odd)?;
    let own = table(profiles, &profile.name, true).ok_or_else(odd)?;
    if !profile.consoles.is_empty() {
        let consoles = table(own, "consoles", true).ok_or_else(odd)?;
        for console in &profile.consoles {
            let table = table(consoles, &console.name, false).ok_or_else(odd)?;
            fill(table, console, CONSOLE_KEYS, PASSWORD);
        }
    }
    if let Some(platform) = &profile.platform {
        let table = table(own, "platform", false).ok_or_else(odd)?;
        fill(table, platform, PLATFORM_KEYS, API_KEY);
    }
    Ok(document.to_string())
}

/// A table in another one, made if it is not there. What was written on one line gets lines of its own.
fn table<'a>(parent: &'a mut Table, name: &str, implicit: bool) -> Option<&'a mut Table> {
    let item = parent.entry(name).or_insert_with(|| {
        let mut table = Table::new();
        table.set_implicit(implicit);
        Item::Table(table)
    });
    if let Item::Value(Value::InlineTable(inline)) = item {
        *item = Item::Table(inline.clone().into_table());
    }
    item.as_table_mut()
}

/// Puts the settings of a surface where others were.
fn fill(table: &mut Table, surface: &Surface, keys: &[Key], secret: &str) {
    for kind in ["", "_file", "_env", "_command"] {
        table.remove(&format!("{secret}{kind}"));
    }
    for key in keys {
        match surface.values.get(key.variable) {
            None => {
                table.remove(key.name);
            }
            Some(value) => {
                let value = match key.kind {
                    Kind::List => Value::from(value.split(',').map(Value::from).collect::<Array>()),
                    _ => Value::from(value.as_str()),
                };
                put(table, key.name, value);
            }
        }
    }
    if let Some(SecretAt::Value(value)) = &surface.secret {
        put(table, secret, Value::from(value.expose_secret()));
    }
}

/// In the place of another value its comments stay.
fn put(table: &mut Table, name: &str, mut value: Value) {
    if let Some(there) = table.get_mut(name).and_then(Item::as_value_mut) {
        *value.decor_mut() = there.decor().clone();
        *there = value;
    } else {
        table.insert(name, Item::Value(value));
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use services::settings::Values;

    use super::*;
    use crate::profile::place::Place;
    use crate::profile::read::File;

    fn profile(name: &str, console: &str, password: &str) -> Profile {
        Profile {
            name: name.into(),
            consoles: vec![Surface {
                name: console.into(),
                values: Values::from([
                    ("RAPID7_CONSOLE_URL", "https://new:3780".into()),
                    ("RAPID7_CONSOLE_USERNAME", "svc".into()),
                ]),
                secret: Some(SecretAt::Value(password.into())),
            }],
            ..Profile::default()
        }
    }

    #[test]
    fn what_somebody_wrote_stays_but_for_what_is_replaced() {
        let text = "# mine\ndefault_profile = \"other\" # why\n\n[profiles.other.consoles.apac]\nurl = \"https://apac\"\n\n\
                    [profiles.work.policy]\nallow_deletion = true\n\n# the old one\n[profiles.work.consoles.emea]\n\
                    url = \"https://old\" # moved\npassword_env = \"X\"\nca_file = \"ca.pem\"\n";
        let written = with(text, &profile("work", "emea", "p\"\\w")).expect("written");
        let kept = text
            .split("url = \"https://old\"")
            .next()
            .expect("a beginning");
        assert!(written.starts_with(kept), "{written}");
        assert!(
            written.contains("url = \"https://new:3780\" # moved"),
            "{written}"
        );
        assert!(
            !written.contains("ca_file") && !written.contains("password_env"),
            "{written}"
        );
        let file =
            File::parsed(Path::new("x"), written.clone()).unwrap_or_else(|_| panic!("{written}"));
        let read = file
            .profile("work")
            .unwrap_or_else(|wrong| panic!("{wrong}"));
        let Some(SecretAt::Value(password)) = &read.consoles[0].secret else {
            panic!("{written}");
        };
        assert_eq!(password.expose_secret(), "p\"\\w");
        assert_eq!(
            with("", &profile("default", "console", "p")).expect("written"),
            "\
            [profiles.default.consoles.console]\nurl = \"https://new:3780\"\nusername = \"svc\"\npassword = \"p\"\n"
        );
        assert!(with("profiles = 3", &profile("a", "b", "p")).is_err());
    }

    #[test]
    fn the_file_is_its_owners_alone_and_a_link_stays_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let real = folder.path().join("real.toml");
        fs::write(&real, "# mine\n").expect("written");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o644)).expect("set");
        let path = folder.path().join("config.toml");
        symlink(&real, &path).expect("a link");
        save(&path, &profile("default", "console", "p")).expect("saved");
        assert!(fs::symlink_metadata(&path).expect("there").is_symlink());
        assert_eq!(
            fs::metadata(&real).expect("there").permissions().mode() & 0o777,
            0o600
        );
        assert!(
            fs::read_to_string(&real)
                .expect("text")
                .starts_with("# mine\n")
        );
        let place = Place {
            path: Some(path),
            is_named: true,
        };
        assert!(File::at(&place).is_ok_and(|file| file.is_some()));
        // Nothing is left beside it.
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 2);
        // In a folder that nobody has made yet.
        let deep = folder.path().join("a/b/config.toml");
        save(&deep, &profile("default", "console", "p")).expect("saved");
        let mode = fs::metadata(folder.path().join("a/b"))
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o700);
    }
}
