//! What the operations on the Insight Platform share.

pub(crate) mod apply;
pub(crate) mod catalogue_view;
pub(crate) mod context;
pub(crate) mod ending;
pub(crate) mod guard;
pub(crate) mod input;
pub(crate) mod lease;
pub(crate) mod lookup;
pub(crate) mod new_user;
pub(crate) mod plan;
pub(crate) mod products;
pub(crate) mod record;
pub(crate) mod snapshot;
#[cfg(test)]
pub(crate) mod testing;
pub(crate) mod verify;
pub(crate) mod view;
pub(crate) mod write;

pub use context::PlatformContext;
pub use lookup::PlatformSelector;
pub use plan::{Left, PlatformChange, PlatformPlan};
pub use record::{PlatformRecorded, PlatformRecordedState, PlatformRestoreRecord};
pub use snapshot::PlatformSnapshot;
pub use view::{ApiKeyView, PlatformUserView, ProductView};
