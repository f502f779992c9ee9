//! Everything that the pack decides: what an operation reads, plans, refuses, writes and proves.
//!
//! An operation reads freely, computes a [`Plan`] with a plain function, and hands it to
//! `ConsoleContext::apply`, the only code that writes. This crate sees no environment, no AWS, no
//! command line: those belong to its callers.

mod access_report;
mod console;
mod core;
mod operations;
mod person;
mod platform;
mod registry;
mod user_changes;

pub use crate::core::{
    AccountId, Action, Audit, AuditRecord, AuditRecords, Caller, Changed, Check, Common, Effect,
    Ending, Entry, Error, ErrorKind, FieldChange, Found, History, Holder, IdentityRules, Input,
    Journal, JournalEntry, JournalError, JournalErrorKind, JournalKey, Lease, NotOne, Noun,
    OnlyTarget, Operation, PastRun, Phase, Policy, Progress, RecordText, Result, Run, RunContext,
    RunOutcome, Scope, SecretReader, SecretWriter, Services, Spec, Staged, Subject, Target,
    Targets, UndoPath, Verdict, WrongInput, invoke, nearest_name, no_formula, schema, strict_json,
    typed, typed_whole,
};
pub use access_report::{
    AccessReport, AccountRef, Finding, FindingKind, KeyOwner, ReportedAccount, ReportedKey,
    Severity, SurfaceKind, SurfaceSummary, findings, to_csv, to_html,
};
pub use console::{
    AccessChange, AuthenticationType, Change, CharacterClass, ConsoleContext, Delivery, IdOrName,
    Outcome, Place, Plan, Recorded, RecordedState, ResourceView, RestoreRecord, RoleView, Selector,
    Snapshot, UserView, generate_password,
};
pub use operations::*;
pub use person::{
    AccountPick, Candidate, Confidence, Options, PersonEntry, PersonReport, PersonRow, PersonView,
    PickedId, PlatformStep, Presence, RowResult, Summary, SurfaceIdentity, SurfaceReport,
    SurfaceVerdict, Surfaces,
};
pub use platform::{
    ApiKeyView, Left, PlatformChange, PlatformContext, PlatformPlan, PlatformRecorded,
    PlatformRecordedState, PlatformRestoreRecord, PlatformSelector, PlatformSnapshot,
    PlatformUserView, ProductView,
};
pub use registry::{ALL, SPECS};
pub use user_changes::{UserChange, UserChangeKind};
