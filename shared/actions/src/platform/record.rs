//! The audit record that an account on the platform is restored from.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::core::outcome::Restorable;
use crate::platform::view::PlatformUserView;

/// The needed parts of an audit record. Other members are ignored.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PlatformRestoreRecord {
    /// `before`: the record with the full state, from before the first write of a run.
    pub audit: String,
    /// The platform's address.
    pub target: String,
    /// The recorded data: `{"state": {"user", "products", "api_keys"}}`, and more.
    pub record: PlatformRecorded,
}

/// The recorded data that an account is restored from.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PlatformRecorded {
    /// The account before the run. Null if the run created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<PlatformRecordedState>,
}

/// An account of the platform as recorded.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct PlatformRecordedState {
    /// The user, as the platform returned it.
    pub user: Map<String, Value>,
    /// The user's products. Null if they were not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub products: Option<Vec<Map<String, Value>>>,
    /// The user's API keys. Null if they were not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub api_keys: Option<Vec<Map<String, Value>>>,
}

impl Restorable for PlatformUserView {
    type Record = PlatformRestoreRecord;
}
