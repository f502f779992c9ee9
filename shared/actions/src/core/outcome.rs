//! What a run that may write answers with.

use std::fmt;

use rapid7::console::User;
use rapid7::platform;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::core::change::FieldChange;
use crate::core::text::printable;

/// Identifies an account on its surface.
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

/// The account that a run was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Subject {
    /// The surface: `console` or `platform`.
    pub surface: String,
    /// The address of the console or the platform.
    pub target: String,
    /// User number on a console, UUID on the platform. Null if the account does not exist.
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

/// The result of a run, proven by reading back.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[schemars(rename = "Outcome", bound = "State: JsonSchema + Restorable")]
pub struct Outcome<State> {
    /// Name of the operation.
    pub operation: String,
    /// The account.
    pub subject: Subject,
    /// Whether this run changed anything. Always false in a dry run.
    pub changed: bool,
    /// Whether this was a dry run.
    pub dry_run: bool,
    /// The steps taken; in a dry run, the steps planned. Empty if everything was already done.
    pub plan: Vec<String>,
    /// The changes, field by field; in a dry run, the changes that would be made.
    pub changes: Vec<FieldChange>,
    /// The account as read back; in a dry run, as it is now. Null if it does not exist.
    pub state: Option<State>,
    /// Warnings for a person.
    pub warnings: Vec<String>,
    /// The platform's correlation ids of the write requests, for Rapid7's support. A console has none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub correlation_ids: Vec<String>,
    /// The audit record from before the change. The restore operation takes it as `record`. Left out if
    /// nothing was changed that can be restored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<State::Record>")]
    pub record: Option<Value>,
}
