//! The access review: who has which access on every surface, and what a reviewer should look at.
//!
//! All of it is plain data and plain functions. What reads the surfaces makes
//! [`ReportedAccount`]s of what it read; [`AccessReport::new`] does the rest.

mod csv_table;
mod findings;
mod html;
mod model;
mod page;
pub(crate) mod read;
#[cfg(test)]
mod sample;

pub use csv_table::to_csv;
pub use findings::{AccountRef, Finding, FindingKind, Severity, findings};
pub use model::{AccessReport, ReportedAccount, SurfaceKind, SurfaceSummary};
pub use page::to_html;
