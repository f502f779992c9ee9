//! One person across both surfaces: who it is, what to do on each, and what came of it.

mod batch;
mod console_task;
mod duplicates;
mod extras;
mod identity;
mod listing;
mod offboarding;
mod options;
mod people;
mod pick;
mod platform_task;
mod report;
mod resume;
mod rows;
pub(crate) mod surfaces;

pub(crate) use batch::{Batch, Ended, Step};
pub(crate) use identity::Person;
pub use identity::{Confidence, IdentityRules};
pub use listing::{Candidate, PersonView, Presence, SurfaceIdentity};
pub(crate) use listing::{check_sight, listings, resolve};
pub(crate) use offboarding::{Offboarding, Wanted, check_platform};
pub(crate) use options::offboarding_input;
pub use options::{AccountPick, Options, PickedId, PlatformStep};
pub use people::PersonEntry;
pub(crate) use people::people;
pub use report::{PersonReport, RowResult, SurfaceReport, SurfaceVerdict};
pub(crate) use report::{Worked, changed, details, failure, report};
pub(crate) use resume::Earlier;
pub(crate) use rows::Row;
pub use rows::{PersonRow, Summary};
pub use surfaces::Surfaces;
