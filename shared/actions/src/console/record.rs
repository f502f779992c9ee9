//! The audit record that an account on a console is restored from.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::console::view::UserView;
use crate::core::outcome::Restorable;

/// The needed parts of an audit record. Other members are ignored.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RestoreRecord {
    /// `before`: the record with the full state, from before the first write of a run.
    pub audit: String,
    /// Address of the console.
    pub target: String,
    /// The recorded data: `{"state": {"user", "sites", "asset_groups"}}`, and more.
    pub record: Recorded,
}

/// The recorded data that an account is restored from.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Recorded {
    /// The account before the run. Null if the run created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<RecordedState>,
}

/// An account as recorded.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RecordedState {
    /// The user, as the console returned it.
    pub user: Map<String, Value>,
    /// Individual sites. Null if they have no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sites: Option<BTreeSet<i64>>,
    /// Individual asset groups. Null if they have no effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_groups: Option<BTreeSet<i64>>,
}

impl Restorable for UserView {
    type Record = RestoreRecord;
}
