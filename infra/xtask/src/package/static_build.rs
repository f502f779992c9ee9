//! Programs that need nothing of the system but its kernel.

use std::env;
use std::env::consts::ARCH;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use harness::{target_dir, workspace_root};

use crate::{Failure, cargo, ui};

/// What a static program is built for.
pub(super) struct Target {
    triple: String,
}

impl Target {
    /// Linux with musl, the C library that Rust brings along. Installs it if it is missing.
    ///
    /// `architecture` as Rust calls it.
    pub(super) fn musl(architecture: &str) -> Result<Self, String> {
        let triple = format!("{architecture}-unknown-linux-musl");
        let target = Self { triple };
        if target.is_installed()? {
            return Ok(target);
        }
        let triple = &target.triple;
        ui::note(format_args!("installing it: rustup target add {triple}"));
        // In the workspace, where rust-toolchain.toml says which Rust it is for.
        let added = Command::new("rustup")
            .args(["target", "add", triple])
            .current_dir(workspace_root())
            .stdin(Stdio::null())
            .stdout(std::io::stderr())
            .status();
        if target.is_installed()? {
            return Ok(target);
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
             https://static.rust-lang.org/dist/rust-std-{}-{triple}.tar.xz and run its install.sh \
             with --prefix=\"$(rustc --print sysroot)\"",
            toolchain(),
        ))
    }

    /// musl for this machine, or glibc linked statically where that can't be had.
    ///
    /// For tests: glibc's way to look up names needs parts of the system at run time, so what is
    /// handed out is never built like this.
    pub(super) fn for_tests() -> Result<Self, String> {
        let missing = match Self::musl(ARCH) {
            Ok(target) => return Ok(target),
            Err(missing) => missing,
        };
        let triple = format!("{ARCH}-unknown-linux-gnu");
        ui::error(missing);
        ui::note(format_args!(
            "THE TESTS GO ON WITH {triple}, LINKED STATICALLY: not what is handed out"
        ));
        Ok(Self { triple })
    }

    /// Builds a program of this workspace and returns where it is.
    pub(super) fn build(&self, profile: &str, selection: &[&str]) -> Result<PathBuf, Failure> {
        let [.., name] = selection else {
            return Err("no program to build".to_owned().into());
        };
        let mut build = cargo::command("build");
        build.args(["--profile", profile, "--target", &self.triple]);
        build.args(selection);
        // Instead of RUSTFLAGS: what somebody set for another build is not for this one.
        build.env(
            "CARGO_ENCODED_RUSTFLAGS",
            self.flags()?.join("\x1f".as_ref()),
        );
        if self.is_musl() {
            self.set_tools(&mut build);
        }
        cargo::run(&mut build, "the build failed")?;
        let folder = target_dir().join(&self.triple);
        Ok(folder.join(cargo::profile_dir(profile)).join(name))
    }

    fn is_musl(&self) -> bool {
        self.triple.ends_with("-musl")
    }

    /// rustc's flags: static, and without the folders of the machine that builds.
    fn flags(&self) -> Result<Vec<OsString>, String> {
        let mut flags: Vec<OsString> = vec!["-Ctarget-feature=+crt-static".into()];
        if self.is_musl() {
            flags.push("-Clink-self-contained=yes".into());
        }
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

    /// Which C compiler and linker to use with musl, unless the user said so.
    fn set_tools(&self, build: &mut Command) {
        let triple = self.triple.replace('-', "_");
        let linker = format!("CARGO_TARGET_{}_LINKER", triple.to_uppercase());
        let mut default = |name: String, value: &str| {
            if env::var_os(&name).is_none() {
                build.env(name, value);
            }
        };
        // It is part of Rust, so it is there, it is for every architecture, and always the same.
        default(linker, "rust-lld");
        // ring's C calls nothing but memcpy and the like, so any compiler for this architecture does.
        if self.triple.starts_with(ARCH) {
            default(format!("CC_{triple}"), "cc");
        }
        // glibc's headers would turn those into functions that only glibc has.
        default(format!("CFLAGS_{triple}"), "-U_FORTIFY_SOURCE");
    }

    fn is_installed(&self) -> Result<bool, String> {
        let folder = rustc(&["--print", "target-libdir", "--target", &self.triple])?;
        Ok(Path::new(&folder).is_dir())
    }
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
fn toolchain() -> String {
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
