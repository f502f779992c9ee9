//! How texts of callers and servers are read, compared and shown.

use crate::core::error::{Error, Result};

/// Text with content and no spaces around it: " jdoe" is more likely a mistake than a login.
pub(crate) fn solid(field: &str, text: &str) -> Result<String> {
    if text.is_empty() || text.trim() != text {
        return Err(Error::invalid_input(
            field,
            "expected text that is not empty and has no spaces around it",
        ));
    }
    Ok(text.to_owned())
}

/// Whether two email addresses are the same: upper and lower case are alike.
pub(crate) fn same_email(a: &str, b: &str) -> bool {
    a.to_lowercase() == b.to_lowercase()
}

/// Text without control characters: a login must not move the cursor of whoever reads about it.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { '\u{fffd}' } else { c })
        .collect()
}
