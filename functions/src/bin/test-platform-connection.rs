//! The Lambda function `test-platform-connection`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::TestPlatformConnection>()
}
