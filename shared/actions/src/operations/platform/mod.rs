//! Accounts on the Insight Platform.

use crate::core::entry::operations;

pub(crate) mod create_platform_user;
pub(crate) mod delete_platform_user;
pub(crate) mod get_platform_user;
pub(crate) mod list_platform_api_keys;
pub(crate) mod list_platform_products;
pub(crate) mod list_platform_roles;
pub(crate) mod list_platform_user_groups;
pub(crate) mod list_platform_users;
pub(crate) mod restore_platform_user;
pub(crate) mod revoke_platform_api_keys;
pub(crate) mod revoke_product_access;
pub(crate) mod suspend_platform_user;
pub(crate) mod test_platform_connection;

operations! {
    /// In this order wherever operations are listed.
    ENTRIES of Platform:
    list_platform_users::ListPlatformUsers,
    get_platform_user::GetPlatformUser,
    create_platform_user::CreatePlatformUser,
    revoke_product_access::RevokeProductAccess,
    list_platform_api_keys::ListPlatformApiKeys,
    revoke_platform_api_keys::RevokePlatformApiKeys,
    suspend_platform_user::SuspendPlatformUser,
    delete_platform_user::DeletePlatformUser,
    restore_platform_user::RestorePlatformUser,
    list_platform_products::ListPlatformProducts,
    list_platform_roles::ListPlatformRoles,
    list_platform_user_groups::ListPlatformUserGroups,
    test_platform_connection::TestPlatformConnection,
}
