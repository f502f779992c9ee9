//! What a run that may write to a console answers with.

use crate::console::view::UserView;

/// What was done, with the user as read back.
pub type Outcome<State = UserView> = crate::core::outcome::Outcome<State>;
