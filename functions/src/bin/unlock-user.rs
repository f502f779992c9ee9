//! The Lambda function that unlocks an account.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve(actions::Operation::of::<actions::UnlockUser>())
}
