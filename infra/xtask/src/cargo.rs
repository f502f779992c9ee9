//! Cargo, run in the workspace.

use std::env;
use std::process::Command;

use harness::{target_dir, workspace_root};

use crate::Failure;

/// A Cargo subcommand, with the environment that the user gave this program.
pub(crate) fn command(subcommand: &str) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo
        .arg(subcommand)
        .current_dir(workspace_root())
        // Made absolute: tests run in the folders of their packages.
        .env("CARGO_TARGET_DIR", target_dir());
    // `cargo run` sets these for this program. Some build scripts (ring's) rerun when they change,
    // so handing them on would rebuild half the tree each time one goes back to plain `cargo test`.
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            cargo.env_remove(&name);
        }
    }
    cargo
}

/// The folder in the target folder that a profile builds to.
pub(crate) fn profile_dir(profile: &str) -> &str {
    match profile {
        "dev" | "test" => "debug",
        "bench" => "release",
        other => other,
    }
}

/// Runs a command to its end; its exit code becomes ours.
pub(crate) fn run(command: &mut Command, failure: &str) -> Result<(), Failure> {
    let status = command.status();
    let status =
        status.map_err(|error| format!("{:?} does not start: {error}", command.get_program()))?;
    if status.success() {
        return Ok(());
    }
    let exit_code = status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .unwrap_or(1);
    Err(Failure {
        message: format!("{failure} ({status})"),
        exit_code,
    })
}
