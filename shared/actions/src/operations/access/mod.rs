//! Which sites and asset groups an account has.

use crate::core::entry::operations;

pub(crate) mod get_asset_group_access;
pub(crate) mod get_site_access;
pub(crate) mod grant_asset_group_access;
pub(crate) mod grant_site_access;
pub(crate) mod revoke_asset_group_access;
pub(crate) mod revoke_site_access;
pub(crate) mod set_asset_group_access;
pub(crate) mod set_site_access;

operations! {
    /// In this order wherever operations are listed.
    ENTRIES of Access:
    get_site_access::GetSiteAccess,
    set_site_access::SetSiteAccess,
    grant_site_access::GrantSiteAccess,
    revoke_site_access::RevokeSiteAccess,
    get_asset_group_access::GetAssetGroupAccess,
    set_asset_group_access::SetAssetGroupAccess,
    grant_asset_group_access::GrantAssetGroupAccess,
    revoke_asset_group_access::RevokeAssetGroupAccess,
}
