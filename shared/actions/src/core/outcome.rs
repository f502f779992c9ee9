//! What a run that may write answers with.

use std::fmt;

use rapid7::console::User;
use rapid7::platform;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::core::change::FieldChange;
use crate::core::text::printable;

/// What names an account on its surface.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum AccountId {
    /// A console's number.
    Console(i64),
    /// The platform's UUID.
    Platform(String),
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Console(id) => id.fmt(f),
            Self::Platform(id) => id.fmt(f),
        }
    }
}

/// Whom a run was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Subject {
    /// Which of Rapid7's surfaces: `console` or `platform`.
    pub surface: String,
    /// The address of the console or the platform.
    pub target: String,
    /// The user's number on a console, its UUID on the platform; null before it exists.
    pub user_id: Option<AccountId>,
    /// The login name; on the platform, the email address.
    pub login: String,
    /// The email address.
    pub email: Option<String>,
}

impl Subject {
    pub(crate) fn of(user: &User, target: &str) -> Self {
        Self {
            surface: "console".into(),
            target: target.into(),
            user_id: Some(AccountId::Console(user.id().0)),
            login: user.login().into(),
            email: user.email().map(str::to_owned),
        }
    }

    pub(crate) fn of_platform(user: &platform::User, target: &str) -> Self {
        Self {
            surface: "platform".into(),
            target: target.into(),
            user_id: Some(AccountId::Platform(user.id().to_string())),
            login: user.email().into(),
            email: Some(user.email().into()),
        }
    }

    /// For people: `jdoe (user 42)`.
    #[must_use]
    pub fn to_line(&self) -> String {
        let login = printable(&self.login);
        match &self.user_id {
            Some(id) => format!("{login} (user {id})"),
            None => login,
        }
    }
}

/// An account as it is shown, of a surface whose accounts can be brought back.
pub trait Restorable {
    /// The audit record that one is restored from.
    type Record: JsonSchema;
}

/// What was done, proven by reading back.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Outcome", bound = "State: JsonSchema + Restorable")]
pub struct Outcome<State> {
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
    pub state: Option<State>,
    /// What a person should know.
    pub warnings: Vec<String>,
    /// What the platform calls the requests that wrote: its support finds them by these. A console has
    /// none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub correlation_ids: Vec<String>,
    /// The audit record from before the change: given to the operation that restores, as its `record`, it
    /// brings the account back. Left out where nothing was changed that a record brings back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<State::Record>")]
    pub record: Option<Value>,
}
