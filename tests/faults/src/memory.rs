//! How much memory this process takes: the engine, and the fakes with it.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

/// More than this is too much: of a list, 32 MB are read, and some cases are run at once.
const BOUND_KIB: u64 = 256 * 1024;

static PEAK_KIB: AtomicU64 = AtomicU64::new(0);

/// What to say if it was too much since it was asked last. Cases that are run at the same time are not told
/// apart.
pub(crate) fn too_much() -> Option<String> {
    let peak = harness::peak_memory_kib(std::process::id())?;
    PEAK_KIB.fetch_max(peak, Ordering::Relaxed);
    if peak < BOUND_KIB {
        return None;
    }
    // Linux counts anew from here on.
    let _ = fs::write("/proc/self/clear_refs", "5");
    Some(format!("(8) {} MiB of memory were taken", peak / 1024))
}

/// The most so far.
pub(crate) fn peak_kib() -> u64 {
    PEAK_KIB.load(Ordering::Relaxed)
}
