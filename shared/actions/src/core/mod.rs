//! Words that everybody uses: what an operation is, what a run is given, and how it ends.

pub(crate) mod action;
pub(crate) mod audit;
pub(crate) mod change;
pub(crate) mod context;
pub(crate) mod error;
pub(crate) mod input;
pub(crate) mod outcome;
pub mod schema;

pub use action::{Action, Effect, Spec};
pub use audit::{Audit, AuditRecord, Phase};
pub use change::FieldChange;
pub use context::{
    Caller, OnlyTarget, Progress, RunContext, Scope, SecretReader, SecretWriter, Services, Staged,
    Target, Targets,
};
pub use error::{Changed, Error, ErrorKind, Result};
pub use input::{Common, Input};
pub use outcome::{AccountId, Outcome, Subject};
