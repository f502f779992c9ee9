//! What the program ends with.

use actions::ErrorKind;

/// What a person's no ends with: nothing went wrong, and nothing was done.
pub(crate) const DECLINED: u8 = 3;

/// The exit code of an error, after sysexits.h.
pub(crate) fn exit_code(kind: ErrorKind) -> u8 {
    match kind {
        ErrorKind::InvalidInput => 64,
        ErrorKind::Ambiguous => 65,
        ErrorKind::NotFound => 67,
        ErrorKind::Unavailable => 69,
        ErrorKind::Unexpected => 70,
        ErrorKind::RateLimited | ErrorKind::Conflict | ErrorKind::Indeterminate => 75,
        ErrorKind::Refused | ErrorKind::Unauthorized => 77,
    }
}

/// The exit code of an error. Settings that can't be used have one of their own.
pub(crate) fn code_of(error: &actions::Error) -> u8 {
    match error.settings {
        true => 78,
        false => exit_code(error.kind),
    }
}
