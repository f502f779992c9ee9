//! What the routes share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::args::Args;
use super::limits::{Held, Limits};
use crate::plugin::Plugin;

/// The server: the plugin, and what is going on.
pub(super) struct Server {
    pub(super) plugin: Plugin,
    pub(super) args: (usize, usize),
    /// Whether any caller may ask for a shutdown.
    pub(super) remote_shutdown: bool,
    /// Whether new steps are refused.
    pub(super) closing: AtomicBool,
    /// Steps that are running.
    pub(super) active: AtomicUsize,
    pub(super) limits: Limits,
}

impl Server {
    pub(super) fn new(args: &Args) -> Self {
        Self {
            plugin: Plugin::new(),
            args: (args.process_workers, args.threads_per_worker),
            remote_shutdown: args.allow_remote_shutdown,
            closing: AtomicBool::new(false),
            active: AtomicUsize::new(0),
            limits: Limits::default(),
        }
    }
}

/// Counts a step as running, however it ends, with the message that it works on.
pub(super) struct Running {
    pub(super) server: Arc<Server>,
    _held: [Held; 2],
}

impl Running {
    pub(super) fn new(server: &Arc<Server>, held: [Held; 2]) -> Self {
        server.active.fetch_add(1, Ordering::SeqCst);
        Self {
            server: Arc::clone(server),
            _held: held,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.server.active.fetch_sub(1, Ordering::SeqCst);
    }
}
