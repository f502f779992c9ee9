//! The task `user_changes`: what changed among a console's users since it ran last.

mod fields;
mod run;

pub(crate) use fields::{DESCRIPTION, NAME, OPERATION, TaskFields};
pub(crate) use run::run;
