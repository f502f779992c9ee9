//! The access review: who has which access on every surface, and what a reviewer should look at.
//!
//! All of it is plain data and plain functions. What reads the surfaces makes
//! [`ReportedAccount`]s of what it read; [`AccessReport::new`] does the rest.

pub(crate) mod api_keys;
pub(crate) mod csv_table;
pub(crate) mod findings;
mod html;
pub(crate) mod model;
pub(crate) mod page;
pub(crate) mod read;
pub(crate) mod report;
#[cfg(test)]
mod sample;

pub use api_keys::{KeyOwner, ReportedKey};
pub use csv_table::to_csv;
pub use findings::{AccountRef, Finding, FindingKind, Severity, findings};
pub use model::{ReportedAccount, SurfaceKind, SurfaceSummary};
pub use page::to_html;
pub use report::AccessReport;
