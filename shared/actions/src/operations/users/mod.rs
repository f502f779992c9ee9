//! Accounts on a console.

pub(crate) mod create_user;
pub(crate) mod delete_user;
pub(crate) mod disable_user;
pub(crate) mod enable_user;
pub(crate) mod get_user;
pub(crate) mod list_user_changes;
pub(crate) mod list_users;
pub(crate) mod provision_user;
pub(crate) mod restore_user;
pub(crate) mod set_role;
pub(crate) mod unlock_user;
pub(crate) mod update_user;

pub use create_user::*;
pub use delete_user::*;
pub use disable_user::*;
pub use enable_user::*;
pub use get_user::*;
pub use list_user_changes::*;
pub use list_users::*;
pub use provision_user::*;
pub use restore_user::*;
pub use set_role::*;
pub use unlock_user::*;
pub use update_user::*;
