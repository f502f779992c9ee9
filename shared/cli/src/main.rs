//! `r7user`: the operations for people on call.

fn main() -> std::process::ExitCode {
    cli::main()
}
