//! The Lambda function `get-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::GetUser>()
}
