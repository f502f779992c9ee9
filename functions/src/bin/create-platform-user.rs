//! The Lambda function `create-platform-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::CreatePlatformUser>()
}
