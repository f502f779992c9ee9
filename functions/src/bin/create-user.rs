//! The Lambda function that creates an account.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve(actions::Operation::of::<actions::CreateUser>())
}
