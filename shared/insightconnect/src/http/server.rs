//! What the routes share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::plugin::Plugin;

/// The server: the plugin, and what is going on.
pub(super) struct Server {
    pub(super) plugin: Plugin,
    pub(super) args: (usize, usize),
    /// Whether new steps are refused.
    pub(super) closing: AtomicBool,
    /// Steps that are running.
    pub(super) active: AtomicUsize,
}

/// Counts a step as running, however it ends.
pub(super) struct Running(pub(super) Arc<Server>);

impl Running {
    pub(super) fn new(server: &Arc<Server>) -> Self {
        server.active.fetch_add(1, Ordering::SeqCst);
        Self(Arc::clone(server))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::SeqCst);
    }
}
