//! What the operations on the Insight Platform share.

pub(crate) mod context;

pub use context::PlatformContext;
