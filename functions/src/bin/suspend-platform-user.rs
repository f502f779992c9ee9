//! The Lambda function `suspend-platform-user`.

fn main() -> std::process::ExitCode {
    entrypoints::lambda::serve::<actions::SuspendPlatformUser>()
}
