//! Where the workspace keeps what tests run.

use std::env;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

/// A TCP port of 127.0.0.1 that nothing listens on now.
///
/// Another process may take it before it is used; only servers that can't be given port 0 and
/// asked for their choice should need this.
pub fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0))
        .and_then(|listener| listener.local_addr())
        .expect("127.0.0.1 has a free port")
        .port()
}

/// The folder of the workspace's `Cargo.toml`.
pub fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .expect("tests/harness is two levels below the workspace")
        .to_path_buf()
}

/// Cargo's target folder: `CARGO_TARGET_DIR`, relative to the workspace if it is relative, or
/// `target` in the workspace.
pub fn target_dir() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").filter(|value| !value.is_empty());
    workspace_root().join(target.map_or_else(|| PathBuf::from("target"), PathBuf::from))
}

/// A built program of this workspace, by name.
///
/// It is looked for in `<target>/debug`; set `USER_ACTIONS_TEST_PROFILE_DIR` (for example to `release`)
/// to test what another profile built.
///
/// # Panics
/// If it has not been built: tests of a package don't build the programs of another one.
pub fn binary(name: &str) -> PathBuf {
    let profile = env::var_os("USER_ACTIONS_TEST_PROFILE_DIR").unwrap_or_else(|| "debug".into());
    let mut path = target_dir().join(profile).join(name);
    path.set_extension(env::consts::EXE_EXTENSION);
    assert!(
        path.is_file(),
        "{} is absent: build it first (`cargo build --workspace --bins`), or run `cargo xtask test`",
        path.display()
    );
    path
}

/// The Python of the virtual environment with the test tools: `RAPID7_TEST_PYTHON`, or the one
/// that `cargo xtask test` makes at `<target>/python`. It may be absent.
pub fn python() -> PathBuf {
    env::var_os("RAPID7_TEST_PYTHON")
        .map_or_else(|| target_dir().join("python/bin/python"), PathBuf::from)
}

/// The Python of the virtual environment with InsightConnect's plugin runtime and validators:
/// `RAPID7_TEST_INSIGHTCONNECT_PYTHON`, or the one that `cargo xtask test` makes at
/// `<target>/python-insightconnect`. It may be absent.
pub fn insightconnect_python() -> PathBuf {
    env::var_os("RAPID7_TEST_INSIGHTCONNECT_PYTHON").map_or_else(
        || target_dir().join("python-insightconnect/bin/python"),
        PathBuf::from,
    )
}

/// AWS's Runtime Interface Emulator: `RAPID7_TEST_RIE`, or the one that `cargo xtask test`
/// installs at `<target>/python-tools/aws-lambda-rie`. It may be absent.
pub fn rie_binary() -> PathBuf {
    env::var_os("RAPID7_TEST_RIE").map_or_else(
        || target_dir().join("python-tools/aws-lambda-rie"),
        PathBuf::from,
    )
}

/// The packed plugin: `USER_ACTIONS_TEST_PLUGIN`, or the one that `cargo xtask test` leaves in
/// `<target>/plugin-test`.
///
/// # Panics
/// If there is none.
pub fn plugin_package() -> PathBuf {
    if let Some(chosen) = env::var_os("USER_ACTIONS_TEST_PLUGIN") {
        return PathBuf::from(chosen);
    }
    let folder = target_dir().join("plugin-test");
    let files = folder.read_dir().into_iter().flatten();
    let mut paths = files.filter_map(|file| Some(file.ok()?.path()));
    let package = paths.find(|path| path.extension().is_some_and(|extension| extension == "plg"));
    package.unwrap_or_else(|| {
        panic!(
            "{} has no .plg: run `cargo xtask test`, or `cargo xtask package plugin --profile \
             package-test --out {0}`",
            folder.display()
        )
    })
}
