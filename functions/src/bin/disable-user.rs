//! The Lambda function that disables an account.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve(actions::Operation::of::<actions::DisableUser>())
}
