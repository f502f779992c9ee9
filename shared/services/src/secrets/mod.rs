//! Secrets: where they are kept, what is read out of them, and what is delivered into them.

pub mod age;
pub mod console_secret;
pub mod credentials;
mod deliveries;
pub(crate) mod platform_secret;
pub mod references;
pub mod store;
pub mod versions;
