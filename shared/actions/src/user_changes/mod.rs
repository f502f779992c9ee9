//! What changed among a console's users between two looks at them.
//!
//! All of it is plain data and plain functions: [`State`] is what a look is remembered by, and [`diff`]
//! tells two looks apart. What reads the console is in `operations/users/list_user_changes.rs`.

mod diff;
mod state;
#[cfg(test)]
mod tests;

pub(crate) use diff::{Page, diff};
pub use diff::{UserChange, UserChangeKind};
pub(crate) use state::State;
