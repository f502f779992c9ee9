//! The Lambda function `test-platform-connection`.

fn main() -> std::process::ExitCode {
    lambda::serve::<actions::TestPlatformConnection>()
}
