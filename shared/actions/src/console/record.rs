//! The audit record that an account on a console is restored from.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::console::view::UserView;
use crate::core::outcome::Restorable;

/// What is needed of an audit record. Whatever else it has is left alone.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RestoreRecord {
    /// `before`: the record with the full state, written before the first write of a run.
    pub audit: String,
    /// The console.
    pub target: String,
    /// What was recorded: `{"state": {"user", "sites", "asset_groups"}}`, and more.
    pub record: Recorded,
}

/// The part of an audit record that an account is restored from.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct Recorded {
    /// The account before the run; null if the run created it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<RecordedState>,
}

/// An account as it was.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct RecordedState {
    /// The user as the console told of it.
    pub user: Map<String, Value>,
    /// Sites given one by one; null where they meant nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sites: Option<BTreeSet<i64>>,
    /// Asset groups given one by one; null where they meant nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_groups: Option<BTreeSet<i64>>,
}

impl Restorable for UserView {
    type Record = RestoreRecord;
}
