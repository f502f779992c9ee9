//! The Lambda function `get-platform-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::GetPlatformUser>()
}
