//! The InsightVM console's REST API v3, as far as it concerns users.

mod access;
mod catalog;
mod client;
mod new_user;
mod paging;
mod replacement;
mod roles;
mod user;

pub use access::AccessKind;
pub use catalog::NamedResource;
pub use client::Client;
pub use new_user::{Authentication, Locale, NewUser, PersonName};
pub use replacement::Replacement;
pub use roles::{AuthenticationSource, Role};
pub use user::{User, UserId, WireForm};
