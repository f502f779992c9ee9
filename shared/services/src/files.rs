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
    let mut bytes = Vec::new();
    stream.take(most as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > most {
        return Err(too_large(most));
    }
    String::from_utf8(bytes).map_err(|_| {
        // Without the text, which may be a secret.
        io::Error::new(ErrorKind::InvalidData, "it is no text in UTF-8")
    })
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
