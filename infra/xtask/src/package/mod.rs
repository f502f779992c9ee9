//! `cargo xtask package`: what is handed to those who run the pack.

mod digest;
mod elf;
mod image;
pub(crate) mod plugin;
mod roots;
mod static_build;

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
}

const PLUGIN_EXAMPLES: &str = "\
Examples:
  cargo xtask package plugin                           into plugin/ in Cargo's target folder
  cargo xtask package plugin --out dist                into this folder
  cargo xtask package plugin --profile package-test    quick to build, and large
  cargo xtask package plugin --program ./plugin        this program, built before";

pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    match &args.kind {
        Kind::Plugin(args) => plugin::run(args),
    }
}
