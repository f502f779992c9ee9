//! Files that hold the names and rights of people: nobody else's to read.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use services::files;

/// A file that is added to, readable by its owner alone: made if it is not there, and taken from others if
/// they could read it.
///
/// # Errors
/// When it can't be opened, or others can read it and that is not ours to change.
pub(crate) fn appended(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path)?;
    files::take_from_others(&file)?;
    Ok(file)
}

/// Whether a file ends in the middle of a line: what wrote it last could not write all, so what is added must
/// begin on a line of its own.
pub(crate) fn ends_cut(path: &Path) -> bool {
    let last = || -> io::Result<u8> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::End(-1))?;
        let mut last = [0];
        file.read_exact(&mut last)?;
        Ok(last[0])
    };
    match std::fs::metadata(path) {
        Ok(metadata) if metadata.is_file() && metadata.len() > 0 => !matches!(last(), Ok(b'\n')),
        _ => false,
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::io::Write as _;
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_file_is_its_owners_alone_whatever_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        let mode = || fs::metadata(&path).expect("there").permissions().mode() & 0o777;
        appended(&path).expect("made");
        assert_eq!(mode(), 0o600);
        for (was, is) in [
            (0o644, 0o600),
            (0o660, 0o600),
            (0o700, 0o700),
            (0o602, 0o600),
        ] {
            fs::set_permissions(&path, fs::Permissions::from_mode(was)).expect("set");
            appended(&path).expect("opened");
            assert_eq!(mode(), is, "{was:o}");
        }
    }

    #[test]
    fn a_line_that_was_cut_is_seen() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("file");
        assert!(!ends_cut(&path));
        let mut file = appended(&path).expect("made");
        for (written, cut) in [
            ("", false),
            ("{}\n", false),
            ("{\"a\"", true),
            ("\n", false),
        ] {
            file.write_all(written.as_bytes()).expect("written");
            assert_eq!(ends_cut(&path), cut, "{written:?}");
        }
        assert!(!ends_cut(Path::new("/dev/null")));
    }
}
