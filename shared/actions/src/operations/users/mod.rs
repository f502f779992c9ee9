//! Accounts on a console.

use crate::core::entry::operations;

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

operations! {
    /// What an account is.
    ENTRIES of Users:
    list_users::ListUsers,
    list_user_changes::ListUserChanges,
    get_user::GetUser,
    create_user::CreateUser,
    provision_user::ProvisionUser,
    update_user::UpdateUser,
    set_role::SetRole,
}

operations! {
    /// Whether it may be used, up to its end. Apart, as what it may see and logs in with comes before.
    ENTRIES_OF_STATE of Users:
    unlock_user::UnlockUser,
    enable_user::EnableUser,
    disable_user::DisableUser,
    delete_user::DeleteUser,
    restore_user::RestoreUser,
}
