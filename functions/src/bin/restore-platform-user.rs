//! The Lambda function `restore-platform-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::RestorePlatformUser>()
}
