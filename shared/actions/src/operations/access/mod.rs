//! Which sites and asset groups an account has.

pub(crate) mod get_asset_group_access;
pub(crate) mod get_site_access;
pub(crate) mod grant_asset_group_access;
pub(crate) mod grant_site_access;
pub(crate) mod revoke_asset_group_access;
pub(crate) mod revoke_site_access;
pub(crate) mod set_asset_group_access;
pub(crate) mod set_site_access;

pub use get_asset_group_access::*;
pub use get_site_access::*;
pub use grant_asset_group_access::*;
pub use grant_site_access::*;
pub use revoke_asset_group_access::*;
pub use revoke_site_access::*;
pub use set_asset_group_access::*;
pub use set_site_access::*;
