//! The Insight Platform's account API, and the guide's own listing.
//!
//! Confirmed by clients in the field: the base address by region, `X-Api-Key`, `GET /validate`, users
//! (list with filters, get, create, delete), the lists of products and roles, rate limit headers and
//! correlation ids; that lists are bare or in pages of `data` with `metadata`, and that a key over several
//! organizations says which it means (`R7-Organization-Id`). **Unconfirmed** by anything public: what `/users/{id}/products`, `/user-groups` and
//! `/api-keys` answer with, and what writes on them take. What is read of those is read leniently, and
//! kept whole.

mod api_key;
mod client;
mod key_type;
mod named_entry;
mod organization;
mod pages;
mod product;
mod region;
mod user;
mod uuid;
mod vm_users;

pub use api_key::{ApiKeyId, ApiKeyInfo};
pub use client::{Client, UserFilter};
pub use key_type::{KeyType, OwnKey};
pub use named_entry::NamedEntry;
pub use organization::OrganizationId;
pub use product::{Product, ProductToken};
pub use region::{InvalidRegion, Region};
pub use user::{NewUser, User, UserId};
pub use vm_users::VmUser;
