//! Words that everybody uses: what an operation is, what a run is given, and how it ends.

pub(crate) mod action;
pub(crate) mod audit;
pub(crate) mod change;
pub(crate) mod check;
pub(crate) mod context;
pub(crate) mod ending;
pub(crate) mod entry;
pub(crate) mod error;
pub(crate) mod history;
pub(crate) mod hold;
pub(crate) mod identity_rules;
pub(crate) mod input;
pub(crate) mod journal;
pub(crate) mod lease;
pub(crate) mod lookup;
pub(crate) mod near;
pub(crate) mod operation;
pub(crate) mod outcome;
pub(crate) mod policy;
pub(crate) mod reading;
pub(crate) mod recorded;
pub(crate) mod records;
pub mod schema;
pub(crate) mod sending;
pub(crate) mod spec;
pub mod strict_json;
pub(crate) mod text;
pub(crate) mod typed;
pub(crate) mod undo;

pub use action::Action;
pub use audit::{Audit, AuditRecord, Phase};
pub use change::FieldChange;
pub use check::{Check, Verdict};
pub use context::{
    Caller, OnlyTarget, Progress, RunContext, Scope, SecretReader, SecretWriter, Services, Staged,
    Target, Targets,
};
pub use ending::Ending;
pub use entry::{Entry, Noun};
pub use error::{Changed, Error, ErrorKind, Result, WrongInput};
pub use history::{History, NotOne, PastRun, RunOutcome, UndoPath};
pub use identity_rules::IdentityRules;
pub use input::{Common, Input};
pub use journal::{
    Found, Holder, Journal, JournalEntry, JournalError, JournalErrorKind, JournalKey, Lease,
};
pub use near::nearest_name;
pub use operation::{Operation, Run, invoke};
pub use outcome::{AccountId, Subject};
pub use policy::Policy;
pub use records::{AuditRecords, RecordText};
pub use spec::{Effect, Spec};
pub use text::no_formula;
pub use typed::{typed, typed_whole};
