//! The surfaces of a deployment, as what operations open.

pub mod consoles;
pub(crate) mod platform;
mod slot;
