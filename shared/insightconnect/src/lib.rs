//! The pack as an InsightConnect plugin: one program that reads a message and answers with one, on
//! standard input and output or over HTTP.

mod audit;
mod catalog;
mod clear;
mod cli;
mod connection;
mod fields;
mod http;
mod log;
mod message;
mod sample;
mod spec;
mod step;
mod task;
mod vendor_actions;
mod wording;

use std::process::ExitCode;

pub use catalog::{PluginAction, names};
pub use connection::fields as connection_fields;
pub use fields::{Absence, Field, Kind, Types, schema};
pub use spec::{Examples, document, document_with};
pub use step::run_action;
pub use vendor_actions::{VendorAction, vendor_actions};
pub use wording::title;

/// The plugin's name, as workflows know it.
pub const NAME: &str = "rapid7_user_actions";
/// Who makes the plugin.
pub const VENDOR: &str = "user_actions_pack";
/// The plugin's own version, which says what workflows may rely on.
pub const VERSION: &str = "1.0.0";
/// The plugin's name for people.
pub const TITLE: &str = "Rapid7 User Actions";
/// What the plugin is, in a sentence.
pub const DESCRIPTION: &str = "Create, grant, change, unlock, disable and delete Rapid7 user accounts \
                               on InsightVM consoles and the Insight Platform, with proof by reading \
                               back";

/// Runs the plugin.
#[must_use]
pub fn main() -> ExitCode {
    cli::main()
}

/// What names one run in logs and audit records.
fn random_id() -> String {
    use std::hash::{BuildHasher as _, RandomState};
    let half = || RandomState::new().hash_one(std::time::Instant::now());
    format!("{:016x}{:016x}", half(), half())
}
