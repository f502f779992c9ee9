//! The Lambda function `create-platform-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::CreatePlatformUser>()
}
