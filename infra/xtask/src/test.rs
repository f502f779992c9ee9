//! `cargo xtask test`: from a fresh clone to the last test.

use std::ffi::OsString;

use harness::{target_dir, workspace_root};

use crate::package::plugin;
use crate::ui::Progress;
use crate::{Failure, cargo, emulator, python};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Arguments for `cargo test`, after `--`.
    ///
    /// `--release` and `--profile` go to the build of the binaries too.
    #[arg(last = true, value_name = "CARGO TEST ARGUMENTS")]
    cargo: Vec<OsString>,
}

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let mut progress = Progress::new(6);
    let result = steps(args, &mut progress);
    progress.finish(if result.is_ok() { "Passed" } else { "Failed" });
    result
}

fn steps(args: &Args, progress: &mut Progress) -> Result<(), Failure> {
    let (root, target) = (workspace_root(), target_dir());
    let cargo_args = CargoArgs::new(&args.cargo);

    progress.step("Python tools: moto, vm-console-client");
    let python = python::environment(
        &target.join("python"),
        &root.join("tests/python/requirements.txt"),
    )?;
    progress.step("InsightConnect's Python tools: plugin runtime, validators");
    python::environment(
        &target.join("python-insightconnect"),
        &root.join("tests/python/insightconnect-requirements.txt"),
    )?;
    progress.step("AWS's Lambda emulator");
    emulator::install(&python, &target.join("python-tools"))?;
    progress.step("Build: the programs that the tests run");
    let mut build = cargo::command("build");
    build.args(["--workspace", "--bins"]);
    cargo::run(build.args(&cargo_args.profile), "the build failed")?;
    progress.step("Package: the plugin, quick to build");
    plugin::for_tests(&target.join("plugin-test"))?;
    progress.step("Tests");
    let mut test = cargo::command("test");
    test.env("USER_ACTIONS_TEST_PROFILE_DIR", &cargo_args.profile_dir);
    // Next to --workspace, Cargo ignores which packages were asked for.
    if !cargo_args.selects_packages {
        // Those have no tests of their own, and would each be linked for none.
        test.args(["--workspace", "--exclude", "functions"]);
    }
    cargo::run(test.args(&args.cargo), "the tests failed")
}

/// What of the arguments for `cargo test` concerns the rest.
#[derive(Debug, PartialEq)]
struct CargoArgs {
    /// The options that choose the profile.
    profile: Vec<OsString>,
    /// The folder in the target folder that the profile builds to.
    profile_dir: String,
    selects_packages: bool,
}

impl CargoArgs {
    fn new(args: &[OsString]) -> Self {
        let mut found = Self {
            profile: vec![],
            profile_dir: "debug".into(),
            selects_packages: false,
        };
        // What follows a `--` of its own is for the test programs.
        let mut args = args.iter().take_while(|arg| *arg != "--");
        while let Some(arg) = args.next() {
            let text = arg.to_string_lossy();
            if text == "--release" || text == "-r" {
                found.choose("release", [arg.clone()]);
            } else if let Some(name) = text.strip_prefix("--profile=") {
                found.choose(name, [arg.clone()]);
            } else if text == "--profile"
                && let Some(name) = args.next()
            {
                found.choose(&name.to_string_lossy(), [arg.clone(), name.clone()]);
            } else if text.starts_with("-p")
                || text == "--package"
                || text.starts_with("--package=")
            {
                found.selects_packages = true;
            }
        }
        found
    }

    fn choose(&mut self, profile: &str, options: impl Into<Vec<OsString>>) {
        self.profile = options.into();
        self.profile_dir = cargo::profile_dir(profile).to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> (String, String, bool) {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let args = CargoArgs::new(&words);
        let profile: Vec<_> = args
            .profile
            .iter()
            .map(|word| word.to_string_lossy())
            .collect();
        (profile.join(" "), args.profile_dir, args.selects_packages)
    }

    #[test]
    fn the_build_gets_the_profile_of_the_tests() {
        let expect = |options: &str, folder: &str| (options.to_owned(), folder.to_owned(), false);
        assert_eq!(parse("name --lib -- --nocapture"), expect("", "debug"));
        assert_eq!(parse("--release"), expect("--release", "release"));
        assert_eq!(parse("--profile=dev"), expect("--profile=dev", "debug"));
        assert_eq!(
            parse("--profile small x"),
            expect("--profile small", "small")
        );
        assert_eq!(parse("-- --release"), expect("", "debug"));
    }

    #[test]
    fn chosen_packages_are_noticed() {
        for line in [
            "-p actions",
            "-pactions",
            "--package actions",
            "--package=actions",
        ] {
            assert!(parse(line).2, "{line}");
        }
        assert!(!parse("--profile dev -- -p").2);
    }
}
