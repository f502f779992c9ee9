//! The Lambda function that lists all accounts.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve(actions::Operation::of::<actions::ListUsers>())
}
