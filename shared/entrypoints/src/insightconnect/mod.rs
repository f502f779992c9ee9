//! The pack as an InsightConnect plugin: one program that reads a message and answers with one, on
//! standard input and output or over HTTP.

use std::process::ExitCode;

/// The plugin's name, as workflows know it.
pub const NAME: &str = "rapid7_user_actions";
/// Who makes the plugin.
pub const VENDOR: &str = "user_actions_pack";
/// The plugin's version: that of this workspace.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Runs the plugin.
#[must_use]
pub fn main() -> ExitCode {
    println!("{NAME} {VERSION}");
    ExitCode::SUCCESS
}
