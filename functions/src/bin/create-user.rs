//! The Lambda function `create-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::CreateUser>()
}
