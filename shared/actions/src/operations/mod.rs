//! What the pack can do: one file an operation, its tests beside it, in the folder of its noun.

pub(crate) mod access;
pub(crate) mod catalogue;
pub(crate) mod credentials;
pub(crate) mod people;
pub(crate) mod platform;
pub(crate) mod users;

pub use access::*;
pub use catalogue::*;
pub use credentials::*;
pub use people::*;
pub use platform::*;
pub use users::*;
