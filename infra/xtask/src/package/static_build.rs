//! Programs that need nothing of the system but its kernel.

use std::env;
use std::env::consts::ARCH;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::Command;

use harness::target_dir;

use super::toolchain;
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
        toolchain::install(&triple)?;
        Ok(Self { triple })
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
        flags.extend(toolchain::without_folders()?);
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
}
