//! What an account logs in with.

pub(crate) mod reset_two_factor;
pub(crate) mod set_password;

pub use reset_two_factor::*;
pub use set_password::*;
