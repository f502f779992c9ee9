//! One person across both surfaces: who it is, what to do on each, and what came of it.

mod batch;
mod console_task;
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

pub use batch::{PersonRow, Summary};
pub(crate) use batch::{Row, Step, carry_out, prepare};
pub(crate) use identity::Person;
pub use identity::{Confidence, IdentityRules};
pub use listing::{Candidate, PersonView, Presence, SurfaceIdentity};
pub(crate) use listing::{check_sight, listings, resolve};
pub(crate) use offboarding::{Offboarding, Prepared, Wanted};
pub use options::{AccountPick, PickedId, PlatformStep};
pub(crate) use options::{Options, offboarding_input};
pub use people::PersonEntry;
pub(crate) use people::people;
pub use report::{PersonReport, RowResult, SurfaceReport, SurfaceVerdict};
pub(crate) use report::{Worked, changed, failure, report};
pub(crate) use resume::Earlier;
