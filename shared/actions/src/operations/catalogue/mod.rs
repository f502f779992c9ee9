//! What there is to choose from, and whether a console can be reached.

pub(crate) mod list_asset_groups;
pub(crate) mod list_authentication_sources;
pub(crate) mod list_roles;
pub(crate) mod list_sites;
pub(crate) mod test_connection;

pub use list_asset_groups::*;
pub use list_authentication_sources::*;
pub use list_roles::*;
pub use list_sites::*;
pub use test_connection::*;
