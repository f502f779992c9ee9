//! The project's own commands, run as `cargo xtask <command>`.

mod bench;
mod cargo;
mod demo;
mod demo_report;
mod deploy_check;
mod emulator;
mod faults;
mod generate;
mod package;
mod python;
mod test;
mod ui;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The project's own commands.
#[derive(Parser)]
#[command(
    name = "cargo xtask",
    bin_name = "cargo xtask",
    arg_required_else_help = true
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Show the pack at work: three events, the real function binaries, an embedded console.
    ///
    /// Starts a console (HTTPS, self-signed certificate) and a Lambda Runtime API on this machine,
    /// builds and starts the function binaries, and sends what their callers would send. Needs
    /// Rust alone.
    #[command(after_help = DEMO_EXAMPLES)]
    Demo(demo::Args),
    /// Measure functions against a bare one, the plugin against the vendor's runtime, and long lists.
    ///
    /// The functions are those that `cargo xtask package lambda` would pack for this machine. Building takes a
    /// few minutes the first time. Needs Python 3.11 or later with venv, for cargo-lambda and zig.
    #[command(after_help = BENCH_EXAMPLES)]
    Bench(bench::Args),
    /// Check the AWS template without an AWS account.
    ///
    /// Translates it with SAM's own translator, lints what comes of it (cfn-lint, statelint, parliament,
    /// checkov), runs the mappings of infra/events on their examples, deploys it to moto, and compares
    /// the functions and what they may read with the operations. infra/checks/accepted.json has what is
    /// accepted, and why. Needs Python 3.11 or later with venv.
    DeployCheck(deploy_check::Args),
    /// Run operations through sequences of faults, and check what must hold whatever happens.
    ///
    /// A case is an operation, a start, and up to three events at some requests of it: an answer that is
    /// no success, before or after the request was carried out, once or from there on; another password.
    /// Then come the repeats that the error invites, and one by hand. Prints the shortest case that shows
    /// what does not hold, as a command.
    #[command(after_help = FAULTS_EXAMPLES)]
    Faults(faults::Args),
    /// Write what is generated: the pages on operations, tables of other pages, the OpenAPI document, the
    /// plugin's files, the schemas.
    ///
    /// Runs the example of every operation and of every action of the plugin on a console of its own
    /// and shows what it answers.
    #[command(after_help = GENERATE_EXAMPLES)]
    Generate(generate::Args),
    /// Write what is handed to those who run the pack.
    Package(package::Args),
    /// Run every test, after installing what they need.
    ///
    /// Makes a Python environment with moto (an AWS mock) and vm-console-client (a client of the
    /// console, generated from the vendor's API file by somebody else) and another with
    /// InsightConnect's plugin runtime and validators, fetches AWS's Lambda emulator, builds the
    /// programs, packs the plugin and runs `cargo test`. All of it lands in Cargo's target folder.
    /// Needs Python 3.11 or later with venv; the PYTHON environment variable names another than
    /// python3.
    #[command(after_help = TEST_EXAMPLES)]
    Test(test::Args),
}

const DEMO_EXAMPLES: &str = "\
Examples:
  cargo xtask demo              three events, and proof of what changed
  cargo xtask demo --serve      then leave the console up, to go on by hand";

const BENCH_EXAMPLES: &str = "\
Examples:
  cargo xtask bench                25 starts of each
  cargo xtask bench --starts 100
  cargo xtask bench --only plugin  the plugin alone, beside one on the vendor's runtime
  cargo xtask bench --only function --profile smallest    functions built with another profile";

const FAULTS_EXAMPLES: &str = "\
Examples:
  cargo xtask faults                                  2,000 cases of every operation that writes
  cargo xtask faults --cases 50000 --seed 7           for a night
  cargo xtask faults --operation disable-user --pairs
  cargo xtask faults --replay 'disable-user vendor few 8s journal console#5=503-after'";

const GENERATE_EXAMPLES: &str = "\
Examples:
  cargo xtask generate            after a change to an operation or its input
  cargo xtask generate --check    change nothing; fail with the files that are out of date";

const TEST_EXAMPLES: &str = "\
Examples:
  cargo xtask test                                   every test of the workspace
  cargo xtask test -- -p harness                     those of one package
  cargo xtask test -- --release                      of the optimised binaries
  cargo xtask test -- disable_user -- --nocapture    those with this in their name, with output
  PYTHON=python3.12 cargo xtask test                 with this Python";

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Demo(args) => demo::run(&args),
        Command::Bench(args) => bench::run(&args),
        Command::DeployCheck(args) => deploy_check::run(&args),
        Command::Faults(args) => faults::run(&args),
        Command::Generate(args) => generate::run(&args),
        Command::Package(args) => package::run(&args),
        Command::Test(args) => test::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            ui::error(&failure.message);
            ExitCode::from(failure.exit_code)
        }
    }
}

/// Why a command ended early.
#[derive(Debug)]
struct Failure {
    message: String,
    exit_code: u8,
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self {
            message,
            exit_code: 1,
        }
    }
}
