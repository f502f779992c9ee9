//! How inputs name a user of the platform.

/// Declares the input of an operation on one user of the platform, who is named in exactly one way.
macro_rules! platform_user_input {
    ($(#[$attributes:meta])* pub struct $name:ident { $($members:tt)* }) => {
        $crate::core::input::input! {
            $(#[$attributes])*
            pub struct $name {
                /// The user's UUID on the platform. Exactly one of `user_id`, `email`.
                #[schemars(example = &"067c4624-3a7c-4f42-8045-fee12e8ad7f6")]
                pub user_id: Option<String>,
                /// The user's complete email address; case is ignored.
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
            pub fn selector(&self) -> $crate::core::error::Result<$crate::platform::lookup::PlatformSelector> {
                $crate::platform::lookup::PlatformSelector::from_members(
                    self.user_id.as_deref(),
                    self.email.as_deref(),
                )
            }
        }
    };
}

pub(crate) use platform_user_input;
