//! How many requests have been sent, for metrics.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// How many requests this process has sent so far.
#[derive(Debug, Clone, Default)]
pub struct Sent {
    /// To all consoles.
    pub console: Arc<AtomicU64>,
    /// To the Insight Platform.
    pub platform: Arc<AtomicU64>,
}
