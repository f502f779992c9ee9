//! The version that `r7user --version` tells: the pack's, and the commit and its date where it is built from a clone.

use std::path::Path;
use std::process::Command;

/// What git prints, if there is one and this is a clone.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let text = text.trim().to_owned();
    (output.status.success() && !text.is_empty()).then_some(text)
}

/// Whether the clone is this project's, and not one of somebody who has these sources in a folder of it.
fn is_ours() -> bool {
    let root = git(&["rev-parse", "--show-toplevel"]);
    let root = root.and_then(|root| Path::new(&root).canonicalize().ok());
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    root.is_some() && root == own.canonicalize().ok()
}

fn main() {
    let version = env!("CARGO_PKG_VERSION");
    let commit = git(&["log", "-1", "--format=%h, %cs"]).filter(|_| is_ours());
    let version = commit.map_or(version.to_owned(), |commit| format!("{version} ({commit})"));
    println!("cargo::rustc-env=R7USER_VERSION={version}");
    println!("cargo::rerun-if-changed=build.rs");
    // Each commit adds a line there.
    if let Some(log) = git(&[
        "rev-parse",
        "--path-format=absolute",
        "--git-path",
        "logs/HEAD",
    ]) {
        println!("cargo::rerun-if-changed={log}");
    }
}
