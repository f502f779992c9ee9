//! What programs say on standard output and standard error, where somebody may not listen any more.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write as _};

/// Writes to standard output, all of it.
///
/// # Errors
/// If it could not be written. A reader that hung up is none.
pub fn print(text: &str) -> io::Result<()> {
    let mut output = io::stdout().lock();
    let written = output.write_all(text.as_bytes());
    heard(written.and_then(|()| output.flush()))
}

/// Says something on standard error. Where nobody can be told, what was begun goes on all the same.
pub fn say(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// A reader that has seen enough and hung up does not make what is done fail.
///
/// # Errors
/// All others.
pub fn heard(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}
