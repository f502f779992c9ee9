//! Who runs this, and which run it is.

use std::time::{SystemTime, UNIX_EPOCH};

/// Who runs this.
pub(crate) fn person() -> Option<String> {
    std::env::var("USER").ok()
}

/// Tells one run on this machine from another in logs and records.
pub(crate) fn request_id() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default().as_micros();
    format!("cli-{now}-{}", std::process::id())
}
