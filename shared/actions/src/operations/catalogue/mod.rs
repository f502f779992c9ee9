//! What there is to choose from, and whether a console can be reached.

use crate::core::entry::operations;

pub(crate) mod list_asset_groups;
pub(crate) mod list_authentication_sources;
pub(crate) mod list_roles;
pub(crate) mod list_sites;
pub(crate) mod test_connection;

operations! {
    /// In this order wherever operations are listed.
    ENTRIES of Catalogue:
    list_roles::ListRoles,
    list_authentication_sources::ListAuthenticationSources,
    list_sites::ListSites,
    list_asset_groups::ListAssetGroups,
    test_connection::TestConnection,
}
