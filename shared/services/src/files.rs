//! Files and streams that somebody names, read as far as makes sense: none of them says beforehand how much it
//! holds, and a device never ends.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::Path;

/// A secret, or certificates.
pub const LARGEST_SECRET: usize = 1 << 20;

/// Reads all that a stream has.
///
/// # Errors
/// For what can't be read, is no text, or has more than `most` bytes.
pub fn read(stream: impl Read, most: usize) -> io::Result<String> {
    text(bytes_of(stream, most)?)
}

/// The same of a message, in which a byte order mark has no place.
///
/// # Errors
/// As [`read`].
pub fn read_message(stream: impl Read, most: usize) -> io::Result<String> {
    String::from_utf8(bytes_of(stream, most)?)
        .map_err(|_| io::Error::new(ErrorKind::InvalidData, "it is no text in UTF-8"))
}

fn bytes_of(stream: impl Read, most: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    stream.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(too_large(most));
    }
    Ok(bytes)
}

/// Text in UTF-8, without the byte order mark that some programs put before it.
fn text(bytes: Vec<u8>) -> io::Result<String> {
    // Without the text, which may be a secret.
    let other = |what: &str| {
        let save = "save it as UTF-8, a table as CSV UTF-8";
        io::Error::new(ErrorKind::InvalidData, format!("it is {what}: {save}"))
    };
    let in_words = |at: usize| {
        bytes
            .iter()
            .skip(at)
            .step_by(2)
            .take(64)
            .any(|byte| *byte == 0)
    };
    match bytes.as_slice() {
        [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => return Err(other("text in UTF-16")),
        [_, _, ..] if in_words(0) != in_words(1) => return Err(other("text in UTF-16")),
        _ => {}
    }
    match String::from_utf8(bytes) {
        Ok(text) => Ok(without_mark(&text).map(str::to_owned).unwrap_or(text)),
        Err(_) => Err(other(
            "no text in UTF-8, perhaps one in Latin-1 or Windows-1252",
        )),
    }
}

/// A text without the byte order mark before it; `None` if it has none.
fn without_mark(text: &str) -> Option<&str> {
    text.strip_prefix('\u{feff}')
}

/// Reads a file, or a pipe.
///
/// # Errors
/// As [`read`].
pub fn read_file(path: impl AsRef<Path>, most: usize) -> io::Result<String> {
    read(File::open(path)?, most)
}

/// Reads the secret, or the certificates, in a file.
///
/// # Errors
/// As [`read`].
pub fn read_secret(path: impl AsRef<Path>) -> io::Result<String> {
    read_file(path, LARGEST_SECRET)
}

/// What to say of a file with secrets in it that others may read.
#[must_use]
pub fn warning_of(path: impl AsRef<Path>) -> Option<String> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        let path = path.as_ref();
        let metadata = fs::metadata(path).ok()?;
        let mode = metadata.permissions().mode() & 0o777;
        // A pipe gives what is in it once.
        (metadata.is_file() && mode & 0o044 != 0).then(|| {
            format!("others on this machine may read the secret in {path:?} (mode {mode:o}): take that from them (chmod 600)")
        })
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Fails unless a path is a regular file, or nothing is there yet. For what is to be written to the disk and
/// read again: a device takes it and keeps nothing, and opening a pipe waits for somebody to read it.
///
/// # Errors
/// If something else is there.
pub fn check_regular(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_file() => Ok(()),
        Ok(found) if found.is_dir() => Err(ErrorKind::IsADirectory.into()),
        Ok(_) => Err(io::Error::new(
            ErrorKind::InvalidInput,
            "it is a device or a pipe, and a regular file is needed",
        )),
        // Nothing, or what opening it will tell.
        Err(_) => Ok(()),
    }
}

/// Makes a file its owner's alone, if others may read or write it: it holds the names and rights of people.
///
/// # Errors
/// If they may, and that is not ours to change.
pub fn take_from_others(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;

        let metadata = file.metadata()?;
        let mode = metadata.permissions().mode() & 0o777;
        // What is no file, such as a terminal, keeps nothing.
        if metadata.is_file() && mode & 0o077 != 0 {
            let alone = fs::Permissions::from_mode(mode & 0o700);
            file.set_permissions(alone).map_err(|error| {
                let why = format!(
                    "others may read or write it (mode {mode:o}), and that can't be changed: {error}"
                );
                io::Error::new(error.kind(), why)
            })?;
        }
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

fn too_large(most: usize) -> io::Error {
    let most = most >> 20;
    io::Error::new(
        ErrorKind::FileTooLarge,
        format!("it has more than {most} MB"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_is_read_past_and_other_encodings_are_told_by_name() {
        let read = |bytes: &[u8]| read(bytes, 1 << 20).map_err(|error| error.to_string());
        assert_eq!(read("\u{feff}é\n".as_bytes()), Ok("é\n".into()));
        assert_eq!(read(b""), Ok(String::new()));
        let units: Vec<u16> = "email\r\ncanary".encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        let marked = [&[0xff, 0xfe], &little[..]].concat();
        for (bytes, told) in [
            (&marked[..], "text in UTF-16"),
            (&little, "text in UTF-16"),
            (&big, "text in UTF-16"),
            (b"name\nJos\xe9 canary\n", "Latin-1"),
        ] {
            let error = read(bytes).expect_err(told);
            assert!(
                error.contains(told) && error.contains("save it as UTF-8"),
                "{error}"
            );
            assert!(!error.contains("canary"), "{error}");
        }
    }

    #[test]
    fn no_more_is_read_than_makes_sense() {
        let most = 3 << 20;
        let text = "a".repeat(most);
        assert_eq!(read(text.as_bytes(), most).expect("a text"), text);
        let error = read(io::repeat(b'a'), most).expect_err("no end");
        assert_eq!(error.to_string(), "it has more than 3 MB");
        // A character that the limit cuts in two is no reason to call it no text.
        let error = read(format!("{text}é").as_bytes(), most).expect_err("too large");
        assert_eq!(error.kind(), ErrorKind::FileTooLarge);
    }
}
