//! One person across every console and the platform.

pub(crate) mod access_report;
pub(crate) mod offboard_user;
pub(crate) mod offboard_users;
pub(crate) mod resolve_identity;

pub use access_report::*;
pub use offboard_user::*;
pub use offboard_users::*;
pub use resolve_identity::*;
