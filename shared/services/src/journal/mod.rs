//! Where the journal is kept: in the process, in a folder, or in a table of DynamoDB.

mod dynamodb;
mod folder;
mod memory;
mod table;
#[cfg(test)]
mod tests;
mod times;

use std::sync::Arc;

use actions::Journal;

pub use folder::Folder;
pub use memory::Memory;
pub use table::Table;

use crate::aws::Chain;
use crate::settings::JournalAt;

/// What Lambda offers: a table. Files are gone with the machine.
pub(crate) fn in_a_table(at: &JournalAt, chain: Chain) -> Option<Arc<dyn Journal>> {
    match at {
        JournalAt::Table(name) => Some(Arc::new(Table::new(name.clone(), chain))),
        JournalAt::Folder(_) => None,
    }
}

/// The journal in a place. Nothing is read or made yet.
#[must_use]
pub fn open(at: &JournalAt, chain: Chain) -> Arc<dyn Journal> {
    match at {
        JournalAt::Folder(path) => Arc::new(Folder::new(path.clone())),
        JournalAt::Table(name) => Arc::new(Table::new(name.clone(), chain)),
    }
}
