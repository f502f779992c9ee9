//! The Lambda function `restore-platform-user`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::RestorePlatformUser>()
}
