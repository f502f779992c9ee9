//! Everything that the pack decides: what an operation reads, plans, refuses, writes and proves.
//!
//! An operation reads freely, computes a [`Plan`] with a plain function, and hands it to
//! `Context::apply`, the only code that writes. This crate sees no environment, no AWS, no
//! command line: those belong to its callers.

mod action;
mod apply;
mod audit;
mod context;
mod create_user;
mod diff;
mod disable_user;
mod enable_user;
mod error;
mod get_user;
mod grants;
mod guard;
mod input;
mod list_users;
mod lookup;
mod new_account;
mod outcome;
mod plan;
mod registry;
#[cfg(test)]
mod testing;
mod unlock_user;
mod verify;
mod view;
mod write;

pub use action::{Action, Effect, Spec};
pub use audit::{Audit, AuditRecord, Phase};
pub use context::{Caller, Context, SecretReader, Services};
pub use create_user::{AuthenticationType, CreateUser, CreateUserInput};
pub use diff::FieldChange;
pub use disable_user::{DisableUser, DisableUserInput};
pub use enable_user::{EnableUser, EnableUserInput};
pub use error::{Changed, Error, ErrorKind, Result};
pub use get_user::{GetUser, GetUserInput};
pub use guard::Policy;
pub use input::{Common, Input};
pub use list_users::{ListUsers, ListUsersInput, UserList};
pub use lookup::Selector;
pub use outcome::{Outcome, Subject};
pub use plan::{Change, Plan, Snapshot};
pub use registry::{ALL, Entry, Operation, Run, invoke};
pub use unlock_user::{UnlockUser, UnlockUserInput};
pub use view::UserView;
