//! The Lambda function that enables an account.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve(actions::Operation::of::<actions::EnableUser>())
}
