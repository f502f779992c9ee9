//! An operation's input schema as command line arguments, and back.

mod command;
mod members;
mod read;
mod records;
mod spoken;
#[cfg(test)]
mod tests;
mod whom;

pub(crate) use command::command;
pub use command::example_of;
pub(crate) use members::{names_a_user, quoted, takes_accounts, takes_long};
pub(crate) use read::{LARGEST_FILE, check, input, report, unreadable_input};
pub(crate) use records::from_record;
pub(crate) use spoken::in_flags;
pub(crate) use whom::{Whom, given as whom};
