//! Accounts on the Insight Platform.

pub(crate) mod create_platform_user;
pub(crate) mod delete_platform_user;
pub(crate) mod get_platform_user;
pub(crate) mod list_platform_api_keys;
pub(crate) mod list_platform_users;
pub(crate) mod restore_platform_user;
pub(crate) mod revoke_platform_api_keys;
pub(crate) mod revoke_product_access;
pub(crate) mod suspend_platform_user;
pub(crate) mod test_platform_connection;

pub use create_platform_user::*;
pub use delete_platform_user::*;
pub use get_platform_user::*;
pub use list_platform_api_keys::*;
pub use list_platform_users::*;
pub use restore_platform_user::*;
pub use revoke_platform_api_keys::*;
pub use revoke_product_access::*;
pub use suspend_platform_user::*;
pub use test_platform_connection::*;
