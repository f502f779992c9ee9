//! A plugin's connection: how Rapid7 is reached, and what the deployment allows. It says what the
//! environment says to a function, member by member, and is read by the same code.

mod members;
mod open;

pub use members::fields;
pub(crate) use members::{in_its_words, variables};
pub(crate) use open::Connections;
