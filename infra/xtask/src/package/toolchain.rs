//! The workspace's Rust: what it can build for, and what it must not tell of the machine that builds.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use harness::{target_dir, workspace_root};

use crate::ui;

/// Makes sure that Rust's standard library for a target is there.
pub(super) fn install(triple: &str) -> Result<(), String> {
    if is_installed(triple)? {
        return Ok(());
    }
    ui::note(format_args!("installing it: rustup target add {triple}"));
    // In the workspace, where rust-toolchain.toml says which Rust it is for.
    let added = Command::new("rustup")
        .args(["target", "add", triple])
        .current_dir(workspace_root())
        .stdin(Stdio::null())
        .stdout(std::io::stderr())
        .status();
    if is_installed(triple)? {
        return Ok(());
    }
    let problem = match added {
        Ok(status) => format!("`rustup target add {triple}` failed ({status})"),
        Err(error) => format!("rustup does not start: {error}"),
    };
    Err(format!(
        "Rust's standard library for {triple} is missing, and {problem}.\n\n\
         It is one download. With rustup, in this folder and with a network:\n  \
         rustup target add {triple}\n\
         Without rustup, the package of your system that has it; or unpack \
         Rust's download rust-std-{}-{triple}.tar.xz and run its install.sh \
         with --prefix=\"$(rustc --print sysroot)\"",
        version(),
    ))
}

fn is_installed(triple: &str) -> Result<bool, String> {
    let folder = rustc(&["--print", "target-libdir", "--target", triple])?;
    Ok(Path::new(&folder).is_dir())
}

/// rustc's flags that keep the folders of this machine out of what it makes.
pub(super) fn without_folders() -> Result<Vec<OsString>, String> {
    let mut flags = vec![];
    let sysroot = PathBuf::from(rustc(&["--print", "sysroot"])?);
    let library = sysroot.join("lib/rustlib/src/rust");
    let mut folders = [
        (cargo_home()?, "/cargo".to_owned()),
        (workspace_root(), "/workspace".to_owned()),
        (target_dir(), "/target".to_owned()),
        // What it is called where the standard library's sources are not installed.
        (library, format!("/rustc/{}", commit()?)),
    ];
    // rustc uses the last one that fits, and one may lie in another.
    folders.sort_by_key(|(from, _)| from.as_os_str().len());
    for (from, to) in folders {
        let mut flag = OsString::from("--remap-path-prefix=");
        flag.push(from);
        flag.push("=");
        flag.push(to);
        flags.push(flag);
    }
    Ok(flags)
}

/// Where Cargo keeps the sources of dependencies.
fn cargo_home() -> Result<PathBuf, String> {
    let set = env::var_os("CARGO_HOME").filter(|value| !value.is_empty());
    match set {
        Some(folder) => std::path::absolute(folder).map_err(|error| format!("CARGO_HOME: {error}")),
        None => env::home_dir()
            .map(|home| home.join(".cargo"))
            .ok_or_else(|| "neither CARGO_HOME nor HOME is set".to_owned()),
    }
}

/// The commit that this Rust was built from.
fn commit() -> Result<String, String> {
    let words = rustc(&["--version", "--verbose"])?;
    let commit = words
        .lines()
        .find_map(|line| line.strip_prefix("commit-hash: "));
    Ok(commit.unwrap_or("unknown").to_owned())
}

/// The version of this Rust, for what is said when it lacks something.
fn version() -> String {
    let words = rustc(&["--version"]).unwrap_or_default();
    words.split(' ').nth(1).unwrap_or("VERSION").to_owned()
}

/// What the workspace's rustc answers.
fn rustc(args: &[&str]) -> Result<String, String> {
    let program = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(program)
        .args(args)
        .current_dir(workspace_root())
        .stdin(Stdio::null())
        .output();
    match output {
        Ok(Output { status, stdout, .. }) if status.success() => {
            Ok(String::from_utf8_lossy(&stdout).trim().to_owned())
        }
        Ok(Output { status, stderr, .. }) => Err(format!(
            "rustc {} failed ({status}): {}",
            args.join(" "),
            String::from_utf8_lossy(&stderr).trim()
        )),
        Err(error) => Err(format!("rustc does not start: {error}")),
    }
}
