//! What changed among a console's users between two looks at them.
//!
//! All of it is plain data and plain functions: [`state::State`] is what a look is remembered by, and [`diff::diff`]
//! tells two looks apart. What reads the console is in `operations/users/list_user_changes.rs`.

pub(crate) mod diff;
pub(crate) mod state;
#[cfg(test)]
mod tests;

pub use diff::{UserChange, UserChangeKind};
