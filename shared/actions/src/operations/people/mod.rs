//! One person across every console and the platform.

use crate::core::entry::operations;

pub(crate) mod access_report;
pub(crate) mod offboard_user;
pub(crate) mod offboard_users;
pub(crate) mod resolve_identity;

operations! {
    /// In this order wherever operations are listed.
    ENTRIES of People:
    resolve_identity::ResolveIdentity,
    offboard_user::OffboardUser,
    offboard_users::OffboardUsers,
    access_report::ReportAccess,
}
