//! What a run that may write answers with.

use rapid7::console::User;
use schemars::JsonSchema;
use serde::Serialize;

use crate::diff::FieldChange;
use crate::lookup::printable;
use crate::view::UserView;

/// Whom a run was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Subject {
    /// Which of Rapid7's surfaces: `console`.
    pub surface: String,
    /// The console's address.
    pub target: String,
    /// The user's number; null before it exists.
    pub user_id: Option<i64>,
    /// The login name.
    pub login: String,
    /// The email address.
    pub email: Option<String>,
}

impl Subject {
    pub(crate) fn of(user: &User, target: &str) -> Self {
        Self {
            surface: "console".into(),
            target: target.into(),
            user_id: Some(user.id().0),
            login: user.login().into(),
            email: user.email().map(str::to_owned),
        }
    }

    /// For people: `jdoe (user 42)`.
    #[must_use]
    pub fn to_line(&self) -> String {
        let login = printable(&self.login);
        match self.user_id {
            Some(id) => format!("{login} (user {id})"),
            None => login,
        }
    }
}

/// What was done, proven by reading back.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Outcome {
    /// The operation.
    pub operation: String,
    /// Whom it was about.
    pub subject: Subject,
    /// Whether this run changed anything. A dry run never does.
    pub changed: bool,
    /// Whether this run only shows what would be done.
    pub dry_run: bool,
    /// The steps that were, or would be, taken; empty if nothing was left to do.
    pub plan: Vec<String>,
    /// What differs, field by field; of a dry run, what would.
    pub changes: Vec<FieldChange>,
    /// The account as read back; of a dry run, as it is. Null if it does not exist.
    pub state: Option<UserView>,
    /// What a person should know.
    pub warnings: Vec<String>,
}
