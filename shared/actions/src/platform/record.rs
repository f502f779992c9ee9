//! The audit record that an account on the platform is restored from.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::core::outcome::Restorable;
use crate::platform::view::PlatformUserView;

/// What is needed of an audit record. Whatever else it has is left alone.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PlatformRestoreRecord {
    /// `before`: the record with the full state, written before the first write of a run.
    pub audit: String,
    /// The platform's address.
    pub target: String,
    /// What was recorded: `{"state": {"user", "products", "api_keys"}}`, and more.
    pub record: PlatformRecorded,
}

/// The part of an audit record that an account is restored from.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PlatformRecorded {
    /// The account before the run; null if the run created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<PlatformRecordedState>,
}

/// An account of the platform as it was.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PlatformRecordedState {
    /// The user as the platform told of it.
    pub user: Map<String, Value>,
    /// The products that the user could use; null where they were not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub products: Option<Vec<Map<String, Value>>>,
    /// The user's API keys; null where they were not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_keys: Option<Vec<Map<String, Value>>>,
}

impl Restorable for PlatformUserView {
    type Record = PlatformRestoreRecord;
}
