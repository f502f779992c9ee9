//! Secrets: where they are kept, what is read out of them, and what is delivered into them.

pub mod age;
mod apart;
pub mod console_secret;
pub(crate) mod credentials;
mod deliveries;
pub mod failure;
pub(crate) mod platform_secret;
pub mod references;
pub mod store;
pub mod surface_secret;
pub mod versions;
