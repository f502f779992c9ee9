//! What an account logs in with.

use crate::core::entry::operations;

pub(crate) mod reset_two_factor;
pub(crate) mod set_password;

operations! {
    /// In this order wherever operations are listed.
    ENTRIES of Credentials:
    set_password::SetPassword,
    reset_two_factor::ResetTwoFactor,
}
