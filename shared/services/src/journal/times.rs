//! Times as journals keep them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A time as it is kept.
pub(super) fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.as_millis().try_into().unwrap_or(u64::MAX)
}

/// The same read again.
pub(super) fn time(millis: u64) -> SystemTime {
    let time = UNIX_EPOCH.checked_add(Duration::from_millis(millis));
    time.unwrap_or(UNIX_EPOCH)
}

/// When the work of a holder ended that never said so. It was killed, nobody knows when: what was read before
/// its lease ended may be old.
pub(super) fn lapsed(until: SystemTime, now: SystemTime) -> SystemTime {
    until.min(now)
}
