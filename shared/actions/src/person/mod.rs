//! One person across both surfaces: who it is, what to do on each, and what came of it.

pub(crate) mod account;
pub(crate) mod batch;
mod console_task;
mod duplicates;
mod extras;
pub(crate) mod failure;
mod identity;
pub(crate) mod listing;
pub(crate) mod offboarding;
pub(crate) mod options;
pub(crate) mod people;
mod pick;
mod picks;
mod platform_task;
pub(crate) mod report;
pub(crate) mod resume;
pub(crate) mod rows;
pub(crate) mod step;
pub(crate) mod surfaces;
mod table;
mod task;

pub use account::Confidence;
pub use listing::{Candidate, PersonView, Presence, SurfaceIdentity};
pub use options::{AccountPick, Options, PickedId, PlatformStep};
pub use people::PersonEntry;
pub use report::{PersonReport, RowResult, SurfaceReport, SurfaceVerdict};
pub use rows::{PersonRow, Summary};
pub use surfaces::Surfaces;
