//! `cargo xtask package`: what is handed to those who run the pack.

mod digest;
mod elf;
mod image;
pub(crate) mod lambda;
pub(crate) mod plugin;
mod roots;
mod static_build;
mod toolchain;

use crate::Failure;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    kind: Kind,
}

#[derive(clap::Subcommand)]
enum Kind {
    /// The InsightConnect plugin: a container image in a .plg file.
    ///
    /// Builds `insightconnect-plugin` as one static program and packs it, with what it needs of a
    /// system, as `<vendor>_<name>_<version>.plg`: the file that InsightConnect imports, and that
    /// `docker load` reads. Needs Rust and a C compiler, no container engine. The same sources,
    /// Rust and C compiler give the same bytes; SOURCE_DATE_EPOCH sets the time in them (1970).
    #[command(after_help = PLUGIN_EXAMPLES)]
    Plugin(plugin::Args),
    /// The Lambda functions: a zip of each, for one or both of Lambda's architectures.
    ///
    /// Installs cargo-lambda and zig (Python 3.11 or later with venv; both pinned), builds the
    /// functions with them for Amazon Linux 2023, and packs each as `<out>/<arch>/<function>.zip`
    /// with the one file `bootstrap`. All functions take long to build. What was packed is told as a
    /// table on a terminal and as JSON otherwise. The same sources, Rust and zig give the same bytes;
    /// SOURCE_DATE_EPOCH sets the time in them (1980).
    #[command(after_help = LAMBDA_EXAMPLES)]
    Lambda(lambda::Args),
}

const PLUGIN_EXAMPLES: &str = "\
Examples:
  cargo xtask package plugin                           into plugin/ in Cargo's target folder
  cargo xtask package plugin --out dist                into this folder
  cargo xtask package plugin --profile package-test    quick to build, and large
  cargo xtask package plugin --program ./plugin        this program, built before";

const LAMBDA_EXAMPLES: &str = "\
Examples:
  cargo xtask package lambda                                every function for both architectures
  cargo xtask package lambda --arch arm64 --out dist        for one, into dist/arm64
  cargo xtask package lambda --only disable-user get-user   these functions
  cargo xtask package lambda > packed.json                  what was packed, for a program";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.kind {
        Kind::Lambda(args) => lambda::run(args),
        Kind::Plugin(args) => plugin::run(args),
    }
}
