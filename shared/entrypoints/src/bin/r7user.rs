//! The runbook CLI.

fn main() -> std::process::ExitCode {
    entrypoints::cli::main()
}
