//! How inputs name a console, and a user on it.

/// Declares the input of an operation on one console.
macro_rules! console_input {
    ($(#[$attributes:meta])* pub struct $name:ident { $($members:tt)* }) => {
        $crate::core::input::input! {
            @declare $(#[$attributes])* $name {
                $($members)*
                /// Name of the console, if several are configured.
                #[schemars(example = &"emea")]
                pub console: Option<String>,
            } |input| input.console.as_deref(), |_| false
        }
    };
    // Of an operation that replaces an account by itself.
    (@replaces $(#[$attributes:meta])* pub struct $name:ident { $($members:tt)* }) => {
        $crate::core::input::input! {
            @declare $(#[$attributes])* $name {
                $($members)*
                /// Accept that the account loses permissions of its own (a role without an id). No
                /// update can keep them, and nothing can restore them. Without this, such an account is
                /// refused.
                #[serde(default)]
                #[schemars(example = true)]
                pub accept_loss_of_privileges: bool,
                /// Name of the console, if several are configured.
                #[schemars(example = &"emea")]
                pub console: Option<String>,
            } |input| input.console.as_deref(), |input| input.accept_loss_of_privileges
        }
    };
}

/// Declares the input of an operation on one user, who is named in exactly one way.
macro_rules! user_input {
    (@replaces $($input:tt)*) => {
        $crate::console::input::user_input! { @named [@replaces] $($input)* }
    };
    ($(#[$attributes:meta])* pub $($input:tt)*) => {
        $crate::console::input::user_input! { @named [] $(#[$attributes])* pub $($input)* }
    };
    (@named [$($replaces:tt)*] $(#[$attributes:meta])* pub struct $name:ident { $($members:tt)* }) => {
        $crate::console::input::console_input! {
            $($replaces)*
            $(#[$attributes])*
            pub struct $name {
                /// The user's number on the console. Exactly one of `user_id`, `login`, `email`.
                #[schemars(range(min = 1))]
                #[schemars(example = 4)]
                pub user_id: Option<i64>,
                /// The user's login name, exactly as on the console.
                #[schemars(example = &"jdoe")]
                pub login: Option<String>,
                /// The user's email address; case is ignored. If several users have it, the error lists
                /// them.
                #[schemars(example = &"jdoe@example.com")]
                pub email: Option<String>,
                $($members)*
            }
        }

        impl $name {
            /// Whom this is about.
            ///
            /// # Errors
            /// `InvalidInput` unless exactly one way of naming the user is used.
            pub fn selector(&self) -> $crate::core::error::Result<$crate::console::lookup::Selector> {
                $crate::console::lookup::Selector::from_members(
                    self.user_id,
                    self.login.as_deref(),
                    self.email.as_deref(),
                )
            }
        }
    };
}

pub(crate) use {console_input, user_input};
