//! The Lambda function that shows an account.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve(actions::Operation::of::<actions::GetUser>())
}
