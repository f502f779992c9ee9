//! The project's own commands, run as `cargo xtask <command>`.

mod emulator;
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
    /// Run every test, after installing what they need.
    ///
    /// Makes a Python environment with moto (an AWS mock), fetches AWS's Lambda emulator, builds
    /// the function binaries and runs `cargo test`. All of it lands in Cargo's target folder. Needs
    /// Python 3.10 or later with venv; the PYTHON environment variable names another than python3.
    #[command(after_help = TEST_EXAMPLES)]
    Test(test::Args),
}

const TEST_EXAMPLES: &str = "\
Examples:
  cargo xtask test                                   every test of the workspace
  cargo xtask test -- -p harness                     those of one package
  cargo xtask test -- --release                      of the optimised binaries
  cargo xtask test -- disable_user -- --nocapture    those with this in their name, with output
  PYTHON=python3.12 cargo xtask test                 with this Python";

fn main() -> ExitCode {
    let result = match Cli::parse().command {
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
