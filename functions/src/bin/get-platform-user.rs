//! The Lambda function `get-platform-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::GetPlatformUser>()
}
