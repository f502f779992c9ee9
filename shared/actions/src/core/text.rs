//! How texts of callers and servers are read, compared and shown.

use crate::core::error::{Error, Result};

/// Text with content, no spaces around it and no control characters in it: " jdoe" is more likely a
/// mistake than a login, and no line break is part of one.
pub(crate) fn solid(field: &str, text: &str) -> Result<String> {
    if text.is_empty() || text.trim() != text {
        return Err(Error::invalid_input(
            field,
            "expected text that is not empty and has no spaces around it",
        ));
    }
    if text.contains(char::is_control) {
        return Err(Error::invalid_input(
            field,
            "expected text without line breaks and other control characters",
        ));
    }
    Ok(text.to_owned())
}

/// Whether two email addresses are the same: upper and lower case are alike.
pub(crate) fn same_email(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// Text without characters that nobody sees: a login must not move the cursor of whoever reads about it,
/// nor look like another one.
pub(crate) fn printable(text: &str) -> String {
    rapid7::printable(text)
}
